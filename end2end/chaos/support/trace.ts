// Reads what strace wrote, and checks that no 200 is sent before its commit is on the disk.

type Call = { name: string; args: string; result: string; begin: number; end: number };

const WHOLE = /^(\d+) +(\w+)\((.*)\) += (.*)$/;
const BEGUN = /^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$/;
const ENDED = /^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (.*)$/;

/** The system calls, by the lines in which they begin and end. */
export function calls(lines: string[]): Call[] {
  const done: Call[] = [];
  const running = new Map<string, Call>();
  for (const [at, line] of lines.entries()) {
    const whole = WHOLE.exec(line);
    const begun = BEGUN.exec(line);
    const ended = ENDED.exec(line);
    if (ended) {
      const call = running.get(ended[1]!);
      if (!call) continue;
      running.delete(ended[1]!);
      done.push(Object.assign(call, { end: at, args: call.args + ended[3]!, result: ended[4]! }));
    } else if (whole) {
      done.push({ name: whole[2]!, args: whole[3]!, result: whole[4]!, begin: at, end: at });
    } else if (begun) {
      running.set(begun[1]!, {
        name: begun[2]!,
        args: begun[3]!,
        result: "",
        begin: at,
        end: Infinity,
      });
    }
  }
  return done.sort((a, b) => a.begin - b.begin);
}

const SYNC = /^f(data)?sync$/;
const WAL = /^\d+<[^>]*-wal>/;

export type Order = { acknowledged: number; early: number };

/**
 * Counts the 200s to PATCHes that come one after another, and those that went out although the
 * last write to the WAL since the request was not yet synced, or there was none.
 */
export function order(lines: string[]): Order {
  const all = calls(lines);
  const isSync = (call: Call) => SYNC.test(call.name) && WAL.test(call.args);
  const isWrite = (call: Call) => call.name.includes("write") && WAL.test(call.args);
  const found = { acknowledged: 0, early: 0 };
  let request: Call | undefined;
  for (const call of all) {
    if (/^(recv|read)/.test(call.name) && call.args.includes('"PATCH /api/')) request = call;
    if (!request || !/^(send|write)/.test(call.name)) continue;
    if (!call.args.includes('"HTTP/1.1 200')) continue;
    const { end: from } = request;
    const within = all.filter((other) => other.begin > from && other.end < call.begin);
    const write = within.findLast(isWrite);
    const synced = within.some(
      (other) => isSync(other) && other.result === "0" && write && other.begin > write.end,
    );
    found.acknowledged += 1;
    if (!synced) found.early += 1;
    request = undefined;
  }
  return found;
}
