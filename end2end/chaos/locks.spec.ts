// Many at once: nobody is turned away, and nobody's change is overwritten unseen.

import { expect, test } from "@playwright/test";
import { Server } from "../support/server.ts";
import { Client, sleep } from "./support/client.ts";
import { figure } from "./support/figure.ts";
import { ids } from "./support/ledger.ts";
import { scale } from "./support/scale.ts";
import { Shim } from "./support/shim.ts";

const PEOPLE = 50;
const SECONDS = scale(60, 5);
const ENV = { RUST_LOG: "warn" };
const ROWS = ["--demo-rows", "100"];
const SQLITE = { tag: "@sqlite" };

/** Statuses by their first digit. */
type Counts = Record<string, number>;

/** So many writers and readers, each as fast as it is answered. */
async function crowd(client: Client, people: number, seconds: number): Promise<Counts> {
  const connections = await ids(client);
  const counts: Counts = {};
  const until = Date.now() + seconds * 1000;
  const person = async (number: number, writes: boolean) => {
    for (let turn = number; Date.now() < until; turn += 1) {
      const id = connections[turn % connections.length]!;
      const { status } = writes
        ? await client.patch(id, { Name: `${number} ${turn}` })
        : await client.get(turn % 10 ? `/api/connection/${id}` : "/api/connection?limit=50");
      const digit = `${Math.floor(status / 100)}xx`;
      counts[digit] = (counts[digit] ?? 0) + 1;
    }
  };
  const numbers = [...Array(people).keys()];
  await Promise.all(numbers.flatMap((number) => [person(number, true), person(number, false)]));
  return counts;
}

test("50 writers and 50 readers get no 5xx", async () => {
  const server = await Server.launch({ args: ROWS, env: ENV });
  const counts = await crowd(await Client.signedIn(server.url), PEOPLE, SECONDS);
  await server.stop();
  figure(
    "50 writers and 50 readers",
    "0 5xx",
    `${counts["5xx"] ?? 0} 5xx, ${counts["2xx"]} answers in ${SECONDS} s`,
  );
  expect(Object.keys(counts)).toEqual(["2xx"]);
});

test("control: a server whose disk fails is caught", SQLITE, async () => {
  const shim = new Shim("eio");
  const server = await Server.launch({ args: ROWS, env: { ...ENV, ...shim.env } });
  const client = await Client.signedIn(server.url);
  shim.on();
  const counts = await crowd(client, 2, 1);
  shim.off();
  await server.stop();
  shim.remove();
  expect(counts["5xx"]).toBeGreaterThan(0);
});

test("control: a server whose database is gone is caught", { tag: "@postgres" }, async () => {
  const server = await Server.launch({ args: ROWS, env: ENV });
  const client = await Client.signedIn(server.url);
  const writes = crowd(client, 2, 1);
  await sleep(300);
  server.home.database!.remove();
  const counts = await writes;
  await server.stop();
  expect(counts["5xx"]).toBeGreaterThan(0);
});
