// An HTTP client that can choose the address it calls from and send what no library would.

import { Agent, type IncomingHttpHeaders, request } from "node:http";

export type Answer = { status: number; headers: IncomingHttpHeaders; text: string };

export type Sent = {
  json?: unknown;
  form?: Record<string, string>;
  body?: string;
  headers?: Record<string, string>;
};

export type Caller = { token?: string; from?: string; keepAlive?: boolean; cookie?: string };

export const DEMO = { email: "demo@patchbay.test", password: "patchbay-demo", siteId: "169" };

export class Client {
  private readonly agent: Agent;

  constructor(
    readonly url: string,
    private readonly caller: Caller = {},
  ) {
    this.agent = new Agent({ keepAlive: caller.keepAlive ?? true, maxSockets: 64 });
  }

  /** A client with a token of the demo's user. */
  static async signedIn(url: string, caller: Caller = {}): Promise<Client> {
    const answer = await new Client(url, caller).send("POST", "/api/authenticate", { json: DEMO });
    const { token } = JSON.parse(answer.text) as { token?: string };
    if (!token) throw new Error(`no token: ${answer.status} ${answer.text}`);
    return new Client(url, { ...caller, token });
  }

  /** The same caller at a server that was started again. */
  at(url: string): Client {
    return new Client(url, this.caller);
  }

  get token(): string {
    return this.caller.token ?? "";
  }

  get(path: string, sent: Sent = {}): Promise<Answer> {
    return this.send("GET", path, sent);
  }

  patch(id: number, json: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send("PATCH", `/api/connection/${id}`, { json, headers });
  }

  send(method: string, path: string, { json, form, body, headers }: Sent): Promise<Answer> {
    const payload =
      body ?? (form ? String(new URLSearchParams(form)) : json ? JSON.stringify(json) : undefined);
    const all: Record<string, string | number> = {};
    if (json !== undefined) all["content-type"] = "application/json";
    if (form) all["content-type"] = "application/x-www-form-urlencoded";
    // What a browser says of its own posts.
    if (!path.startsWith("/api/")) all["sec-fetch-site"] = "same-origin";
    if (this.caller.token) all.authorization = `Bearer ${this.caller.token}`;
    if (this.caller.cookie) all.cookie = this.caller.cookie;
    if (payload) all["content-length"] = Buffer.byteLength(payload);
    const options = {
      method,
      agent: this.agent,
      localAddress: this.caller.from,
      headers: { ...all, ...headers },
      timeout: 30_000,
    };
    return new Promise((resolve, reject) => {
      const call = request(this.url + path, options, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(parts).toString("utf8");
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        });
      });
      call.on("error", reject);
      call.on("timeout", () => call.destroy(new Error("no answer in 30 s")));
      call.end(payload || undefined);
    });
  }

  /** The status of a stream of events, which is ended at once. */
  listens(path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.token}` };
      const call = request(this.url + path, { headers }, (response) => {
        resolve(response.statusCode ?? 0);
        response.on("error", () => {});
        call.destroy();
      });
      call.on("error", reject);
      call.end();
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
