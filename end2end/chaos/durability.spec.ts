// A power cut takes what was written and not synced. So between a PATCH and its 200 the WAL must be
// synced, which strace sees.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { Server } from "../support/server.ts";
import { Client } from "./support/client.ts";
import { figure } from "./support/figure.ts";
import { ids, Ledger } from "./support/ledger.ts";
import { scale } from "./support/scale.ts";
import { Shim } from "./support/shim.ts";
import { order } from "./support/trace.ts";

const PATCHES = scale(500, 20);
const SQLITE = { tag: "@sqlite" };
const CALLS =
  "recvfrom,recvmsg,read,readv,sendto,sendmsg,write,writev,pwrite64,pwritev,fsync,fdatasync";

/** The system calls of a server while it takes patches, one after another. */
async function trace(patches: number, env: Record<string, string> = {}): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-trace-"));
  const file = join(folder, "trace");
  // -D: the server stays our child, so that signals reach it and not its tracer.
  const through = ["strace", "-D", "-f", "-yy", "-s", "20", "-e", `trace=${CALLS}`, "-o", file];
  const server = await Server.launch({ through, env: { RUST_LOG: "warn", ...env } });
  const client = await Client.signedIn(server.url);
  const [connection] = await ids(client);
  const ledger = new Ledger();
  for (let patch = 0; patch < patches; patch += 1) {
    expect((await ledger.write(client, connection!)).status).toBe(200);
  }
  client.close();
  await server.stop();
  const lines = readFileSync(file, "utf8").split("\n");
  rmSync(folder, { recursive: true });
  return lines;
}

test("no patch is acknowledged before it is on the disk", SQLITE, async () => {
  const lines = await trace(PATCHES);
  const { acknowledged, early } = order(lines);
  figure(
    "power cut",
    "no acknowledgement before its `fdatasync`",
    `${early} of ${acknowledged} acknowledged early`,
  );
  expect({ acknowledged, early }).toEqual({ acknowledged: PATCHES, early: 0 });

  // Control: the same trace with each sync of the WAL moved behind the answer that waits for it.
  const late: string[] = [];
  let held: string[] = [];
  for (const line of lines) {
    if (/sync(\(| resumed)/.test(line)) held.push(line);
    else late.push(line);
    if (line.includes('"HTTP/1.1 200')) {
      late.push(...held);
      held = [];
    }
  }
  expect(order(late)).toEqual({ acknowledged: PATCHES, early: PATCHES });
});

test("control: a server that does not sync its WAL is caught", SQLITE, async () => {
  const shim = new Shim("nosync");
  shim.on();
  const found = order(await trace(10, shim.env));
  shim.remove();
  expect(found).toEqual({ acknowledged: 10, early: 10 });
});
