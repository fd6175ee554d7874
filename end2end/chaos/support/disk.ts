// Three ways for a server's disk to fail: full, files limited in their size, and broken.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Home, Server } from "../../support/server.ts";
import { Shim } from "./shim.ts";

export type Trouble = {
  /** What the server is started through, and with. */
  through: string[];
  args: string[];
  env: Record<string, string>;
  begin(server: Server): void;
  end(server: Server): void;
  remove(): void;
};

/** What is left when a disk is full: the trouble begins within a few writes, not with the first. */
const SLACK = 64 * 1024;

/** A disk of 8 MB, mounted in a namespace of its own: that needs no rights on most systems. */
export async function small(home: Home): Promise<Trouble> {
  const disk = join(home.folder, "disk");
  mkdirSync(disk);
  const script = 'mount -t tmpfs -o size=8m,mode=777 tmpfs "$1" && echo ready && exec sleep 3600';
  const unshare = ["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", disk];
  const holder = spawn("unshare", unshare, { stdio: ["ignore", "pipe", "inherit"] });
  await ready(holder);
  const seen = `/proc/${holder.pid}/root${disk}`;
  const balloon = join(seen, "balloon");
  return {
    through: ["nsenter", `--target=${holder.pid}`, "--user", "--mount", "--preserve-credentials"],
    args: ["--database-url", `sqlite://${disk}/patchbay.db`],
    env: {},
    begin() {
      const { bavail, bsize } = statfsSync(seen);
      writeFileSync(balloon, Buffer.alloc(Math.max(0, bavail * bsize - SLACK)));
    },
    end: () => rmSync(balloon),
    remove: () => void holder.kill("SIGKILL"),
  };
}

async function ready(holder: ChildProcess): Promise<void> {
  for await (const line of createInterface({ input: holder.stdout! })) {
    if (line === "ready") return;
  }
  throw new Error("no small disk: this system lets its users have no namespaces; run it as root");
}

/** The system refuses writes beyond a limit in any file, as a disk quota would. */
export async function limited(): Promise<Trouble> {
  const limit = (server: Server, bytes: number | "unlimited") =>
    execFileSync("prlimit", [`--pid=${server.pid}`, `--fsize=${bytes}:`]);
  return {
    // The signal that comes with the error would end the process.
    through: ["sh", "-c", 'trap "" XFSZ; exec "$@"', "sh"],
    args: [],
    env: {},
    // Not beyond what the files have: SQLite may be writing its WAL from the beginning again.
    begin: (server) => limit(server, SLACK),
    end: (server) => limit(server, "unlimited"),
    remove: () => {},
  };
}

/** Every write to the database and every sync of it fails. */
export async function failing(): Promise<Trouble> {
  const shim = new Shim("eio");
  return {
    through: [],
    args: [],
    env: shim.env,
    begin: () => shim.on(),
    end: () => shim.off(),
    remove: () => shim.remove(),
  };
}
