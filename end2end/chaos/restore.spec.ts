// kill -9 in the midst of a restore: no database is left in which what was ended lives again.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { executable, Home, Server } from "../support/server.ts";
import { Client, sleep } from "./support/client.ts";
import { figure } from "./support/figure.ts";
import { scale } from "./support/scale.ts";

const KILLS = scale(50, 5);
const QUIET = { RUST_LOG: "warn" };
const SQLITE = { tag: "@sqlite" };

function run(home: Home, ...args: string[]): void {
  execFileSync(executable(), args, { cwd: home.folder, env: home.env, stdio: "pipe" });
}

function clear(home: Home): void {
  for (const suffix of ["", "-wal", "-shm"]) {
    rmSync(join(home.folder, `patchbay.db${suffix}`), { force: true });
  }
}

/** Kills a restore after a number of milliseconds, unless it ended before. */
async function killed(home: Home, ms: number): Promise<void> {
  const { folder: cwd, env } = home;
  const child = spawn(executable(), ["restore", "copy.db"], { cwd, env, stdio: "ignore" });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  await sleep(ms);
  child.kill("SIGKILL");
  await ended;
}

test("no session outlives a restore that is killed", SQLITE, async () => {
  const home = new Home();
  const first = await Server.launch({ home, args: ["--demo-rows", "5000"], env: QUIET });
  let client = await Client.signedIn(first.url);
  run(home, "backup", "copy.db");
  await first.kill();
  clear(home);
  const begin = performance.now();
  run(home, "restore", "copy.db");
  const whole = performance.now() - begin;

  const answers: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    clear(home);
    await killed(home, Math.random() * whole * 1.2);
    if (!existsSync(join(home.folder, "patchbay.db"))) continue;
    const server = await Server.launch({ home, env: QUIET });
    client = client.at(server.url);
    answers.push((await client.get("/api/connection")).status);
    await server.kill();
  }
  clear(home);
  run(home, "restore", "copy.db");
  run(home, "check");
  home.remove();
  figure(
    "kill -9 of a restore",
    "0 databases in which an old token works",
    `${answers.filter((status) => status !== 401).length} of ${answers.length} databases ` +
      `in ${KILLS} kills`,
  );
  expect(answers.filter((status) => status !== 401)).toEqual([]);
  expect(answers.length, "control: some were killed before the end").toBeLessThan(KILLS);
});
