// kill -9 in the midst of writes: what was acknowledged is still there, and it is soon back.

import { expect, test } from "@playwright/test";
import { Home, Server } from "../support/server.ts";
import { Client, sleep } from "./support/client.ts";
import { figure } from "./support/figure.ts";
import { ids, Ledger } from "./support/ledger.ts";
import { full, scale } from "./support/scale.ts";
import { Shim } from "./support/shim.ts";

const KILLS = scale(50, 3);
const WRITERS = 4;
const READY_MS = 2000;
const QUIET = { RUST_LOG: "warn" };
const ROWS = ["--demo-rows", "40"];
const SQLITE = { tag: "@sqlite" };

/** Writes from several clients, each to connections of its own, until the server is gone. */
async function load(client: Client, ledger: Ledger, connections: number[]): Promise<void> {
  const writer = async (first: number) => {
    for (let turn = first; ; turn += WRITERS) {
      await ledger.write(client, connections[turn % connections.length]!);
    }
  };
  await Promise.allSettled([...Array(WRITERS).keys()].map(writer));
}

async function killUnderLoad(server: Server, client: Client, ledger: Ledger): Promise<void> {
  const connections = (await ids(client)).slice(0, 5 * WRITERS);
  const writes = load(client, ledger, connections);
  await sleep(50 + Math.random() * 350);
  await server.kill();
  await writes;
}

test("no acknowledged patch is lost to kill -9", async () => {
  const home = new Home();
  const ledger = new Ledger();
  let server = await Server.launch({ home, args: ROWS, env: QUIET });
  let client = await Client.signedIn(server.url);
  const lost: string[] = [];
  let slowest = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    await killUnderLoad(server, client, ledger);
    const begin = performance.now();
    server = await Server.launch({ home, env: QUIET });
    client = client.at(server.url);
    expect((await client.get("/healthz")).status).toBe(200);
    slowest = Math.max(slowest, performance.now() - begin);
    lost.push(...(await ledger.lost(client)));
  }
  await server.stop();
  figure(
    "kill -9 under load",
    "0 acknowledged patches lost, ready again in < 2 s",
    `${lost.length} of ${ledger.acknowledged} lost in ${KILLS} kills, ` +
      `ready in ${Math.ceil(slowest)} ms`,
  );
  expect(lost).toEqual([]);
  expect(ledger.acknowledged).toBeGreaterThan(KILLS);
  if (full) expect(slowest).toBeLessThan(READY_MS);
});

test("control: a server whose writes do not reach the file is caught", SQLITE, async () => {
  const shim = new Shim("lie");
  const home = new Home();
  const ledger = new Ledger();
  const server = await Server.launch({ home, args: ROWS, env: { ...QUIET, ...shim.env } });
  const client = await Client.signedIn(server.url);
  shim.on();
  await killUnderLoad(server, client, ledger);
  const again = await Server.launch({ home, env: QUIET });
  const lost = await ledger.lost(client.at(again.url));
  await again.stop();
  shim.remove();
  expect(ledger.acknowledged).toBeGreaterThan(0);
  expect(lost).not.toEqual([]);
});
