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

/** Where a server keeps things; it outlives one that is killed and started again. */
export class Home {
  readonly folder = mkdtempSync(join(tmpdir(), "patchbay-"));
  /** The key ring must not lie beside the data that it protects. */
  readonly keys = mkdtempSync(join(tmpdir(), "patchbay-keys-"));
  readonly log = join(this.folder, "log");
  readonly env = { PATH: process.env.PATH, PATCHBAY_KEY_FILE: join(this.keys, "keyring") };

  remove(): void {
    rmSync(this.folder, { recursive: true });
    rmSync(this.keys, { recursive: true });
  }
}

export type Launch = {
  home?: Home;
  args?: string[];
  /** A program, with its arguments, that starts the server. */
  through?: string[];
  env?: Record<string, string>;
};

export function executable(): string {
  if (process.env.PATCHBAY) return process.env.PATCHBAY;
  throw new Error("PATCHBAY names no executable: run make end2end or make verify");
}

/** Servers that run; none outlives the tests, however those end. */
const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

export class Server {
  /** One token a site: sign-ins from one address are limited. */
  private readonly tokens = new Map<string, string>();

  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    readonly home: Home,
    /** Every stored secret of the demo data. */
    readonly secrets: string[],
  ) {}

  static async start(...args: string[]): Promise<Server> {
    const server = await Server.launch({ args });
    for (const site of SITES) {
      for (const row of await server.connections(site)) {
        server.secrets.push(...[row.Password, row.Token].filter((s) => s !== null));
      }
    }
    return server;
  }

  /** Starts it in a home of its own, or in one where another ran before. */
  static async launch(launch: Launch = {}): Promise<Server> {
    const { home = new Home(), args = [], through = [] } = launch;
    const serve = [executable(), "serve", "--demo", "--addr", "127.0.0.1:0", ...args];
    const [program, ...rest] = [...through, ...serve];
    const env = { RUST_LOG: "trace", ...home.env, ...launch.env };
    const child = spawn(program!, rest, { cwd: home.folder, env, stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    child.on("exit", () => running.delete(child));
    child.stderr!.pipe(createWriteStream(home.log, { flags: "a" }));
    const lines = createInterface({ input: child.stdout! });
    for await (const line of lines) {
      const url = /^listening on (http:\S+)$/.exec(line)?.[1];
      if (url) return new Server(url, child, home, []);
    }
    throw new Error(`the server did not start: ${readFileSync(home.log, "utf8").slice(-2000)}`);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Stops it as an operator would; returns its whole log. */
  async stop(): Promise<string> {
    const code = await this.end("SIGTERM");
    const log = readFileSync(this.home.log, "utf8");
    this.home.remove();
    if (code !== 0) throw new Error(`the server ended with ${code}`);
    return log;
  }

  /** Ends it without a warning; its home stays. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  private async end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const ended = new Promise<number | null>((resolve) => this.child.on("exit", resolve));
    this.child.kill(signal);
    return ended;
  }

  /** The secrets of the demo data that occur in a text. */
  leaks(text: string): string[] {
    return this.secrets.filter((secret) => text.includes(secret));
  }

  async token(site = SITES[0]!): Promise<string> {
    const known = this.tokens.get(site.siteId);
    if (known) return known;
    const response = await fetch(`${this.url}/api/authenticate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(site),
    });
    const { token } = (await response.json()) as { token: string };
    this.tokens.set(site.siteId, token);
    return token;
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
