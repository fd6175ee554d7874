// The real executable on a fresh database, its log, and its API.

import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export type Row = Record<string, string | null>;

const SITES = [
  { email: "demo@patchbay.test", password: "patchbay-demo", siteId: "169" },
  { email: "other@patchbay.test", password: "patchbay-other", siteId: "170" },
];

export class Server {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
    /** Every stored secret of the demo data. */
    readonly secrets: string[],
  ) {}

  static async start(...args: string[]): Promise<Server> {
    const program = process.env.PATCHBAY;
    if (!program) throw new Error("PATCHBAY names no executable: run make end2end");
    const folder = mkdtempSync(join(tmpdir(), "patchbay-"));
    const demo = ["serve", "--demo", "--addr", "127.0.0.1:0", ...args];
    const env = { RUST_LOG: "trace", PATH: process.env.PATH };
    const stdio = ["ignore", "pipe", "pipe"] as const;
    const child = spawn(program, demo, { cwd: folder, env, stdio: [...stdio] });
    child.stderr!.pipe(createWriteStream(join(folder, "log")));
    const lines = createInterface({ input: child.stdout! });
    for await (const line of lines) {
      const url = /^listening on (http:\S+)$/.exec(line)?.[1];
      if (url) {
        const server = new Server(url, child, folder, []);
        for (const site of SITES) {
          for (const row of await server.connections(site)) {
            server.secrets.push(...[row.Password, row.Token].filter((s) => s !== null));
          }
        }
        return server;
      }
    }
    throw new Error("the server did not start");
  }

  /** Stops it as an operator would; returns its whole log. */
  async stop(): Promise<string> {
    const ended = new Promise<number | null>((resolve) => this.child.on("exit", resolve));
    this.child.kill("SIGTERM");
    const code = await ended;
    const log = readFileSync(join(this.folder, "log"), "utf8");
    rmSync(this.folder, { recursive: true });
    if (code !== 0) throw new Error(`the server ended with ${code}`);
    return log;
  }

  /** The secrets of the demo data that occur in a text. */
  leaks(text: string): string[] {
    return this.secrets.filter((secret) => text.includes(secret));
  }

  async token(site = SITES[0]): Promise<string> {
    const response = await fetch(`${this.url}/api/authenticate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(site),
    });
    return ((await response.json()) as { token: string }).token;
  }

  async connections(site = SITES[0]): Promise<Row[]> {
    const headers = { authorization: `Bearer ${await this.token(site)}` };
    const response = await fetch(`${this.url}/api/connection?paging=0&limit=200`, { headers });
    return (await response.json()) as Row[];
  }

  async connection(id: number): Promise<Row> {
    const headers = { authorization: `Bearer ${await this.token()}` };
    const response = await fetch(`${this.url}/api/connection/${id}`, { headers });
    return (await response.json()) as Row;
  }

  /** A program's patch, as if somebody else had made it. */
  async patch(id: number, patch: Row): Promise<void> {
    const response = await fetch(`${this.url}/api/connection/${id}`, {
      method: "PATCH",
      headers: {
        authorization: `Bearer ${await this.token()}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(patch),
    });
    if (!response.ok) throw new Error(await response.text());
  }
}
