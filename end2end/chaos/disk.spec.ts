// A disk that is full or fails: no false promise, a clean error, and all is well when it is repaired.

import { expect, test } from "@playwright/test";
import { Home, Server } from "../support/server.ts";
import { unclean } from "./support/clean.ts";
import { Client, sleep } from "./support/client.ts";
import { failing, limited, small, type Trouble } from "./support/disk.ts";
import { figure } from "./support/figure.ts";
import { all, ids, Ledger } from "./support/ledger.ts";
import { scale } from "./support/scale.ts";
import { Shim } from "./support/shim.ts";

const QUIET = { RUST_LOG: "warn" };
const ROUNDS = scale(10, 2);
const RECOVERED_MS = 10_000;
const SQLITE = { tag: "@sqlite" };

type Found = { failed: number; unclean: string[]; lost: string[]; slowest: number };

/** Writes while there is trouble and after it, in rounds, and then reads what a restart leaves. */
async function troubled(trouble: Trouble, home: Home): Promise<Found> {
  const { through, args, env } = trouble;
  const launch = { home, through, args: ["--demo-rows", "20", ...args], env: { ...QUIET, ...env } };
  const server = await Server.launch(launch);
  const client = await Client.signedIn(server.url);
  const connections = await ids(client);
  const ledger = new Ledger();
  const found: Found = { failed: 0, unclean: [], lost: [], slowest: 0 };
  const write = async (turn: number) => {
    const id = connections[turn % connections.length]!;
    const answer = await ledger.write(client, id);
    found.unclean.push(...unclean(answer));
    if (answer.status >= 500) found.failed += 1;
    return answer.status;
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let turn = 0; turn < 5; turn += 1) expect(await write(turn)).toBe(200);
    trouble.begin(server);
    const before = found.failed;
    for (let turn = 0; turn < 2000 && found.failed < before + 10; turn += 1) await write(turn);
    expect(found.failed, "the trouble was felt").toBeGreaterThan(before);
    expect(await all(client), "reading goes on").toHaveLength(connections.length);
    trouble.end(server);
    const begin = performance.now();
    while ((await write(0)) !== 200 && performance.now() - begin < RECOVERED_MS) await sleep(50);
    found.slowest = Math.max(found.slowest, performance.now() - begin);
    found.lost.push(...(await ledger.lost(client)));
  }
  await server.kill();
  const again = await Server.launch({ ...launch, env: QUIET });
  found.lost.push(...(await ledger.lost(client.at(again.url))));
  await again.kill();
  return found;
}

function report(name: string, { failed, lost, slowest }: Found): void {
  figure(
    name,
    "no false acknowledgement; recovers without a restart",
    `${lost.length} false, ${failed} refused, recovered in ${Math.ceil(slowest)} ms`,
  );
}

const KINDS: [name: string, make: (home: Home) => Promise<Trouble>][] = [
  ["disk full (tmpfs)", small],
  ["disk full (size of files)", limited],
  ["I/O errors", failing],
];

for (const [name, make] of KINDS) {
  test(`${name}: nothing is promised that is not kept`, SQLITE, async () => {
    const home = new Home();
    const trouble = await make(home);
    try {
      const found = await troubled(trouble, home);
      report(name, found);
      expect(found.lost).toEqual([]);
      expect(found.unclean).toEqual([]);
      expect(found.slowest).toBeLessThan(RECOVERED_MS);
    } finally {
      trouble.remove();
      home.remove();
    }
  });
}

test("control: a disk that only says that it wrote is caught", SQLITE, async () => {
  const shim = new Shim("lie");
  const home = new Home();
  const server = await Server.launch({ home, env: { ...QUIET, ...shim.env } });
  const client = await Client.signedIn(server.url);
  const [connection] = await ids(client);
  const ledger = new Ledger();
  shim.on();
  expect((await ledger.write(client, connection!)).status).toBe(200);
  await server.kill();
  const again = await Server.launch({ home, env: QUIET });
  const lost = await ledger.lost(client.at(again.url));
  await again.stop();
  shim.remove();
  expect(lost).toHaveLength(1);
});

test("control: an answer that tells of our insides is caught", () => {
  const headers = { "content-type": "application/json" };
  const answer = (message: string) =>
    JSON.stringify({ records: { errorCode: 500, userMessage: message } });
  const found = (text: string) => unclean({ status: 500, headers, text }).length;
  expect(found(answer("try again later"))).toBe(0);
  expect(found(answer("(code: 13) database or disk is full"))).toBe(1);
  expect(() => found("plain text")).toThrow();
});
