// Clients that begin a request and never end it cost the others nothing, and are sent away.

import { connect, createServer, type Socket } from "node:net";
import { expect, test } from "@playwright/test";
import { Server } from "../support/server.ts";
import { Client, sleep } from "./support/client.ts";
import { figure, percentile } from "./support/figure.ts";
import { ids } from "./support/ledger.ts";
import { full, scale } from "./support/scale.ts";

const HALF_OPEN = scale(2000, 200);
const SAMPLES = scale(1000, 200);
const CLOSED_MS = 15_000;
/** Half-open connections are let be for some 10 s: what is measured among them must end before. */
const MEASURED_MS = 6000;
const ENV = { RUST_LOG: "warn" };

/** Connections that sent half a head; every second one goes on with a byte a second. */
class Crowd {
  private readonly sockets: Socket[] = [];
  private readonly begin = performance.now();
  private closed = 0;
  private last = 0;
  private readonly drip = setInterval(() => {
    for (const socket of this.sockets) if (socket.writable) socket.write("a");
  }, 1000);

  async open(url: string, count: number): Promise<void> {
    const { hostname, port } = new URL(url);
    for (let number = 0; number < count; number += 1) {
      // From several addresses, as if from several machines, and not from the good client's.
      const localAddress = `127.0.0.${2 + (number % 8)}`;
      const socket = connect({ host: hostname, port: Number(port), localAddress });
      socket.on("error", () => {});
      socket.on("close", () => {
        this.closed += 1;
        this.last = performance.now() - this.begin;
      });
      socket.resume();
      socket.write("GET / HTTP/1.1\r\nhost: patchbay.test\r\nx-slow: ");
      if (number % 2) this.sockets.push(socket);
      if (number % 50 === 49) await sleep(5);
    }
  }

  /** How many are still open when their time is over, and when the last one was closed. */
  async stillOpen(count: number, ms: number): Promise<{ open: number; last: number }> {
    while (this.closed < count && performance.now() - this.begin < ms) await sleep(100);
    clearInterval(this.drip);
    return { open: count - this.closed, last: Math.ceil(this.last) };
  }
}

/** The time that 99 of 100 requests stay below, each over a connection of its own. */
async function p99(client: Client, path: string): Promise<number> {
  const samples: number[] = [];
  const until = performance.now() + MEASURED_MS;
  while (samples.length < SAMPLES && performance.now() < until) {
    const begin = performance.now();
    expect((await client.get(path)).status).toBe(200);
    samples.push(performance.now() - begin);
  }
  return percentile(samples, 0.99);
}

test("half-open connections neither slow others nor stay", async () => {
  const server = await Server.launch({ env: ENV });
  const client = await Client.signedIn(server.url, { keepAlive: false });
  const path = `/api/connection/${(await ids(client))[0]}`;
  await p99(client, path);
  const first = await p99(client, path);
  const crowd = new Crowd();
  await crowd.open(server.url, HALF_OPEN);
  const during = await p99(client, path);
  const { open, last } = await crowd.stillOpen(HALF_OPEN, CLOSED_MS);
  // The machine's own mood is no fault of the crowd: the calmer of before and after does not count.
  const without = Math.max(first, await p99(client, path));
  await server.kill();
  server.home.remove();
  figure(
    `${HALF_OPEN} half-open connections`,
    "a good client’s p99 < 2×; all closed in 15 s",
    `p99 ${without.toFixed(1)} → ${during.toFixed(1)} ms; ` +
      `${open} open, the last closed after ${last} ms`,
  );
  expect(open).toBe(0);
  if (full) expect(during).toBeLessThan(2 * without);
});

test("control: a server that waits for ever is caught", async () => {
  const held: Socket[] = [];
  const patient = createServer((socket) => held.push(socket.on("error", () => {})));
  await new Promise<void>((resolve) => patient.listen(0, "127.0.0.1", resolve));
  const { port } = patient.address() as { port: number };
  const crowd = new Crowd();
  await crowd.open(`http://127.0.0.1:${port}`, 10);
  const { open } = await crowd.stillOpen(10, scale(CLOSED_MS, 3000));
  for (const socket of held) socket.destroy();
  patient.close();
  expect(open).toBe(10);
});
