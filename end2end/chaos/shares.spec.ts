// One user does their worst: tests against mail servers that say nothing, and streams of events. A user
// of another site notices nothing, and gets no 503.

import { Agent, type ClientRequest, createServer as createHttp, request } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "@playwright/test";
import { Server } from "../support/server.ts";
import { EDITOR, OTHER, type User, VIEWER } from "../support/users.ts";
import { Client, sleep } from "./support/client.ts";
import { figure, percentile } from "./support/figure.ts";
import { full, scale } from "./support/scale.ts";

const TESTS = scale(512, 64);
const STREAMS = scale(1024, 64);
const TESTS_A_SECOND = 20;
const MEASURED_MS = scale(15_000, 3000);
const ENV = { RUST_LOG: "warn" };
const INBOUND = 612;

/** Listens on loopback, and does no more. */
async function silent(): Promise<{ port: number; close: () => void }> {
  const held: Socket[] = [];
  const server = createServer((socket) => held.push(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    for (const socket of held) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

/** Requests of one user that are begun whatever becomes of the others. */
class Worst {
  readonly statuses = new Map<number, number>();
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  private readonly calls = new Set<ClientRequest>();
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly url: string,
    private readonly port: number,
  ) {}

  /** As many tests at once, and then some each second. */
  tests(token: string): void {
    for (let count = 0; count < TESTS; count += 1) this.test(token);
    this.timer = setInterval(() => this.test(token), 1000 / TESTS_A_SECOND);
  }

  streams(token: string): void {
    for (let count = 0; count < STREAMS; count += 1) {
      this.send("GET", "/api/connection/events", token, "127.0.0.3");
    }
  }

  end(): void {
    clearInterval(this.timer);
    for (const call of this.calls) call.destroy();
    this.agent.destroy();
  }

  private test(token: string): void {
    const body = JSON.stringify({ Host: "127.0.0.1", Port: String(this.port), Password: "x" });
    this.send("POST", `/api/connection/${INBOUND}/test`, token, "127.0.0.2", body);
  }

  private send(method: string, path: string, token: string, from: string, body?: string): void {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const options = { method, headers, agent: this.agent, localAddress: from };
    const call = request(this.url + path, options, (response) => {
      const status = response.statusCode ?? 0;
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      response.on("error", () => {}).on("close", () => this.calls.delete(call));
      response.resume();
    });
    this.calls.add(call.on("error", () => this.calls.delete(call)));
    call.end(body);
  }
}

type Measured = { p99: number; busy: number; answers: number };

/** How long a client waits for its answers, and how many of them say that the server is busy. */
async function measure(client: Client, paths: string[]): Promise<Measured> {
  const samples: number[] = [];
  let busy = 0;
  const until = performance.now() + MEASURED_MS;
  for (let count = 0; performance.now() < until; count += 1) {
    const begin = performance.now();
    const { status } = await client.get(paths[count % paths.length]!);
    samples.push(performance.now() - begin);
    if (status === 503) busy += 1;
    else expect(status).toBe(200);
    await sleep(5);
  }
  return { p99: percentile(samples, 0.99), busy, answers: samples.length };
}

test("one user’s worst is felt by nobody else", async () => {
  const mail = await silent();
  const args = ["--test-network", "127.0.0.0/8", "--test-port", `${mail.port}=starttls`];
  const server = await Server.launch({ env: ENV, args });
  const tokenOf = (user: User) => server.authenticate(user);
  const client = new Client(server.url, { token: await tokenOf(OTHER) });
  const paths = ["/api/connection?limit=1", "/healthz"];
  await measure(client, paths);
  const first = await measure(client, paths);
  const worst = new Worst(server.url, mail.port);
  worst.streams(await tokenOf(VIEWER));
  worst.tests(await tokenOf(EDITOR));
  await sleep(1000);
  const during = await measure(client, paths);
  const listening = await client.listens("/api/connection/events");
  worst.end();
  // The machine's own mood is no fault of the worst user.
  const without = Math.max(first.p99, (await measure(client, paths)).p99);
  client.close();
  mail.close();
  await server.kill();
  server.home.remove();
  const refused = worst.statuses.get(429) ?? 0;
  figure(
    `one user with ${TESTS} tests of silent mail servers at once and ${TESTS_A_SECOND} a second, and ` +
      `one with ${STREAMS} streams`,
    "another site’s p99 < 2×; 0 × 503",
    `p99 ${without.toFixed(1)} → ${during.p99.toFixed(1)} ms; ${during.busy} × 503 in ` +
      `${during.answers} answers; ${refused} × 429 for the two`,
  );
  expect(during.busy).toBe(0);
  expect(listening).toBe(200);
  expect(refused).toBeGreaterThan(TESTS / 2);
  expect(worst.statuses.get(503) ?? 0).toBe(0);
  if (full) expect(during.p99).toBeLessThan(2 * without);
});

test("control: a server whose places are first come, first served is caught", async () => {
  const PLACES = 16;
  let taken = 0;
  const greedy = createHttp((call, response) => {
    if (taken >= PLACES) return void response.writeHead(503).end();
    taken += 1;
    response.on("close", () => (taken -= 1));
    if (call.method === "GET") response.writeHead(200).end();
  });
  await new Promise<void>((resolve) => greedy.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(greedy.address() as AddressInfo).port}`;
  const worst = new Worst(url, 0);
  worst.tests("x");
  await sleep(100);
  const client = new Client(url);
  const { busy } = await measure(client, ["/"]);
  worst.end();
  client.close();
  greedy.closeAllConnections();
  greedy.close();
  expect(busy).toBeGreaterThan(0);
});
