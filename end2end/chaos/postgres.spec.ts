// PostgreSQL crashes in the midst of writes: what was acknowledged is still there, what was not is
// refused cleanly, and the server goes on by itself. And its own backups are backups.

import { execFileSync } from "node:child_process";
import { expect, test } from "@playwright/test";
import { Database } from "../support/database.ts";
import { executable, Home, Server } from "../support/server.ts";
import { unclean } from "./support/clean.ts";
import { Client, sleep } from "./support/client.ts";
import { Cluster } from "./support/cluster.ts";
import { figure } from "./support/figure.ts";
import { ids, Ledger } from "./support/ledger.ts";
import { scale } from "./support/scale.ts";

const CRASHES = scale(20, 2);
const WRITERS = 4;
const RECOVERED_MS = 10_000;
const PG = { tag: "@postgres" };

type Found = {
  acknowledged: number;
  lost: string[];
  unclean: string[];
  refused: number;
  slowest: number;
};

/** Crashes it under load, again and again, while each writer writes to connections of its own. */
async function crash(cluster: Cluster, crashes: number, isDurable = true): Promise<Found> {
  const home = new Home(Database.create(cluster.url));
  const env = { RUST_LOG: "error" };
  const server = await Server.launch({ home, args: ["--demo-rows", "40"], env });
  const client = await Client.signedIn(server.url);
  const connections = await ids(client);
  if (!isDurable) home.database!.commitEarly();
  cluster.sync();
  const ledger = new Ledger();
  const found: Found = { acknowledged: 0, lost: [], unclean: [], refused: 0, slowest: 0 };
  const write = async (turn: number): Promise<boolean> => {
    const answer = await ledger.write(client, connections[turn % connections.length]!);
    found.unclean.push(...unclean(answer));
    if (answer.status !== 200) found.refused += 1;
    return answer.status === 200;
  };
  for (let nth = 0; nth < crashes; nth += 1) {
    let crashed = 0;
    const writer = async (first: number) => {
      for (let turn = first; ; turn += WRITERS) {
        const begun = performance.now();
        const done = await write(turn);
        if (!crashed || begun < crashed) continue;
        // The first one since: refused, it is tried until it is done; one that waited was not refused.
        if (done || begun - crashed > RECOVERED_MS) return performance.now();
        await sleep(20);
      }
    };
    const writers = [...Array(WRITERS).keys()].map(writer);
    await sleep(200 + Math.random() * 300);
    cluster.crash();
    crashed = performance.now();
    const ends = await Promise.all(writers);
    found.slowest = Math.max(found.slowest, ...ends.map((end) => end - crashed));
    found.lost.push(...(await ledger.lost(client)));
  }
  await server.stop();
  return { ...found, acknowledged: ledger.acknowledged };
}

test("no acknowledged patch is lost when PostgreSQL crashes", PG, async () => {
  const cluster = await Cluster.start();
  const found = await crash(cluster, CRASHES);
  await cluster.stop();
  figure(
    "PostgreSQL crashes under load",
    "0 acknowledged patches lost; recovers without a restart",
    `${found.lost.length} of ${found.acknowledged} lost in ${CRASHES} crashes, ` +
      `${found.refused} refused, recovered in ${Math.ceil(found.slowest)} ms`,
  );
  expect(found.lost).toEqual([]);
  expect(found.unclean).toEqual([]);
  expect(found.refused).toBeGreaterThan(0);
  expect(found.slowest).toBeLessThan(RECOVERED_MS);
});

test("control: commits that are answered before they are durable are caught", PG, async () => {
  const cluster = await Cluster.start();
  const found = await crash(cluster, 1, false);
  await cluster.stop();
  expect(found.acknowledged).toBeGreaterThan(0);
  expect(found.lost).not.toEqual([]);
});

test("what pg_dump writes is a backup, for who has the key ring", PG, async () => {
  const server = await Server.launch({ env: { RUST_LOG: "error" } });
  const client = await Client.signedIn(server.url);
  await client.patch(612, { Name: "from before" });
  const before = await client.get("/api/connection/612");
  const home = new Home();
  home.database!.restore(server.home.database!.dump());
  const check = (env: Record<string, string | undefined>) =>
    execFileSync(executable(), ["check"], { cwd: home.folder, env, stdio: "pipe" });
  expect(() => check(home.env), "control: with a ring of its own").toThrow("no key ring");
  const ring = { PATCHBAY_KEY_FILE: server.home.env.PATCHBAY_KEY_FILE! };
  check({ ...home.env, ...ring });
  const again = await Server.launch({ home, env: { RUST_LOG: "error", ...ring } });
  const old = await client.at(again.url).get("/api/connection/612");
  expect(old.status, "a token from before the copy").toBe(401);
  const after = await (await Client.signedIn(again.url)).get("/api/connection/612");
  await again.stop();
  await server.stop();
  expect(after.text).toBe(before.text);
  expect(after.text).toContain("from before");
});
