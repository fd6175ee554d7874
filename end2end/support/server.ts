// The real executable on a fresh database, its log, and its API.

import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { Database } from "./database.ts";
import { DEMO, OTHER, type User } from "./users.ts";

export type Row = Record<string, string | null>;

const SITES = [DEMO, OTHER];

/** Where a server keeps things; it outlives one that is killed and started again. */
export class Home {
  readonly folder = mkdtempSync(join(tmpdir(), "patchbay-"));
  /** The key ring must not lie beside the data that it protects. */
  readonly keys = mkdtempSync(join(tmpdir(), "patchbay-keys-"));
  readonly log = join(this.folder, "log");
  readonly env: Record<string, string | undefined>;

  constructor(readonly database = Database.create()) {
    this.env = { PATH: process.env.PATH, PATCHBAY_KEY_FILE: join(this.keys, "keyring") };
    if (database) this.env.DATABASE_URL = database.url;
  }

  remove(): void {
    this.database?.remove();
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
process.once("exit", () => {
  for (const child of running) {
    child.kill("SIGKILL");
  }
});

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
    const child = spawn(program!, rest, {
      cwd: home.folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
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

  async token(user: User = DEMO): Promise<string> {
    const known = this.tokens.get(user.siteId);
    if (known) return known;
    const token = await this.authenticate(user);
    this.tokens.set(user.siteId, token);
    return token;
  }

  /** A new token of a user. */
  async authenticate(user: User): Promise<string> {
    const { status, json } = await this.call("POST", "/api/authenticate", undefined, user);
    if (status !== 200) throw new Error(JSON.stringify(json));
    return (json as { token: string }).token;
  }

  /** What the API answers. */
  async call(
    method: string,
    path: string,
    token?: string,
    body?: object,
  ): Promise<{ status: number; json: unknown }> {
    const headers: Record<string, string> = {};
    if (token) headers.authorization = `Bearer ${token}`;
    if (body) headers["content-type"] = "application/json";
    const request = { method, headers, body: body && JSON.stringify(body) };
    const response = await fetch(this.url + path, request);
    return { status: response.status, json: await response.json() };
  }

  async connections(user: User = DEMO): Promise<Row[]> {
    const path = "/api/connection?paging=0&limit=200";
    return (await this.call("GET", path, await this.token(user))).json as Row[];
  }

  async connection(id: number): Promise<Row> {
    return (await this.call("GET", `/api/connection/${id}`, await this.token())).json as Row;
  }

  /** A program's patch, as if somebody else had made it. */
  async patch(id: number, patch: Row): Promise<void> {
    const token = await this.token();
    const { status, json } = await this.call("PATCH", `/api/connection/${id}`, token, patch);
    if (status !== 200) throw new Error(JSON.stringify(json));
  }

  /** A program's new connection; returns its number. */
  async create(row: Row): Promise<number> {
    const { status, json } = await this.call("POST", "/api/connection", await this.token(), row);
    if (status !== 200) throw new Error(JSON.stringify(json));
    return Number((json as Row).Id);
  }
}
