// Clients that read, change and write the same connections at the same time.

import { expect, test } from "@playwright/test";
import { Server } from "../support/server.ts";
import { type Answer, Client } from "./support/client.ts";
import { figure } from "./support/figure.ts";
import { ids } from "./support/ledger.ts";
import { scale } from "./support/scale.ts";

const CLIENTS = 8;
const PATCHES = scale(16_000, 400);
const DISJOINT = scale(2000, 50);
const ENV = { RUST_LOG: "warn" };

const counter = ({ text }: Answer): number =>
  Number(/^n (\d+)$/.exec((JSON.parse(text) as { Name: string }).Name)?.[1] ?? NaN);

type Updates = { sent: number; done: number; refused: number; lost: number };

/** Each client adds one to the counters of the same few connections, guarded or not. */
async function count(client: Client, patches: number, guarded: boolean): Promise<Updates> {
  const connections = (await ids(client)).slice(0, 4);
  for (const id of connections) await client.patch(id, { Name: "n 0" });
  const found = { sent: 0, done: 0, refused: 0, lost: 0 };
  const add = async (number: number) => {
    for (let turn = number; found.sent < patches; turn += 1) {
      const id = connections[turn % connections.length]!;
      found.sent += 1;
      const read = await client.get(`/api/connection/${id}`);
      const guard: Record<string, string> = guarded ? { "if-match": read.headers.etag! } : {};
      const { status } = await client.patch(id, { Name: `n ${counter(read) + 1}` }, guard);
      if (status === 200) found.done += 1;
      else if (status === 412) found.refused += 1;
      else throw new Error(`a patch was answered with ${status}`);
    }
  };
  await Promise.all([...Array(CLIENTS).keys()].map(add));
  let stored = 0;
  for (const id of connections) stored += counter(await client.get(`/api/connection/${id}`));
  return { ...found, lost: found.done - stored };
}

test("no guarded patch is lost", async () => {
  const server = await Server.launch({ env: ENV });
  const client = await Client.signedIn(server.url);
  const { sent, done, refused, lost } = await count(client, PATCHES, true);
  // Control: the same clients, unguarded, overwrite each other.
  const unguarded = await count(client, 400, false);
  await server.stop();
  figure(
    "lost updates, 8 clients",
    "0 of 16,000 guarded patches",
    `${lost} of ${sent} (${done} done, ${refused} refused); ` +
      `unguarded ${unguarded.lost} of ${unguarded.sent}`,
  );
  expect(lost).toBe(0);
  expect(done).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
  expect(unguarded.lost).toBeGreaterThan(0);
});

test("unguarded patches of different fields both survive", async () => {
  const server = await Server.launch({ env: ENV });
  const client = await Client.signedIn(server.url);
  const [id] = await ids(client);
  let overwritten = 0;
  const write = async (key: string, value: (turn: number) => string) => {
    for (let turn = 1; turn <= DISJOINT; turn += 1) {
      const { text } = await client.patch(id!, { [key]: value(turn) });
      const row = JSON.parse(text) as Record<string, string>;
      if (row[key] !== value(turn)) overwritten += 1;
    }
  };
  await Promise.all([
    write("Name", (turn) => `n ${turn}`),
    write("Priority", (turn) => String(turn)),
  ]);
  const row = JSON.parse((await client.get(`/api/connection/${id}`)).text) as object;
  await server.stop();
  figure(
    "unguarded patches of different fields",
    "both survive",
    `${overwritten} of ${2 * DISJOINT} overwritten`,
  );
  expect(row).toMatchObject({ Name: `n ${DISJOINT}`, Priority: String(DISJOINT) });
  expect(overwritten).toBe(0);
});
