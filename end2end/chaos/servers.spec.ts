// Several servers on one database: what one knows, all know, and one that is killed under load takes
// nothing with it.

import { execFileSync } from "node:child_process";
import { expect, test } from "@playwright/test";
import { executable, Home, Server } from "../support/server.ts";
import { Client, DEMO, sleep } from "./support/client.ts";
import { figure } from "./support/figure.ts";
import { ids, Ledger } from "./support/ledger.ts";
import { scale } from "./support/scale.ts";

const SERVERS = 3;
const WRITERS = 4;
const ROUNDS = scale(20, 2);
const LOAD_MS = scale(1500, 500);
const CALLS = 40;
const QUIET = { RUST_LOG: "warn" };

type Servers = { home: Home; servers: Server[]; clients: Client[] };

/** Servers on one database, each with a client that has the same token. */
async function start(...args: string[]): Promise<Servers> {
  const [home, servers]: [Home, Server[]] = [new Home(), []];
  for (let nth = 0; nth < SERVERS; nth += 1) {
    servers.push(await Server.launch({ home, args: ["--demo-rows", "80", ...args], env: QUIET }));
  }
  const first = await Client.signedIn(servers[0]!.url);
  return { home, servers, clients: servers.map((server) => first.at(server.url)) };
}

/** Ends all of them; the last one removes the home. */
async function stop(servers: Server[]): Promise<void> {
  for (const server of servers.slice(1)) await server.kill();
  await servers[0]!.stop();
}

/** Writes through one server, to connections of its own, until the time is over or it is gone. */
async function load(client: Client, ledger: Ledger, connections: number[], until: number) {
  const writer = async (first: number) => {
    for (let turn = first; performance.now() < until; turn += WRITERS) {
      await ledger.write(client, connections[turn % connections.length]!);
    }
  };
  await Promise.allSettled([...Array(WRITERS).keys()].map(writer));
}

test("of three servers one is killed under load, and nothing is lost", async () => {
  const { home, servers, clients } = await start();
  const connections = await ids(clients[0]!);
  const share = Math.floor(connections.length / SERVERS / WRITERS) * WRITERS;
  const ledgers = clients.map(() => new Ledger());
  const lost: string[] = [];
  let survivors = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const until = performance.now() + LOAD_MS;
    const writes = clients.map((client, nth) =>
      load(client, ledgers[nth]!, connections.slice(nth * share, (nth + 1) * share), until),
    );
    await sleep(LOAD_MS / 3 + Math.random() * (LOAD_MS / 3));
    const victim = 1 + (round % (SERVERS - 1));
    await servers[victim]!.kill();
    const before = ledgers[0]!.acknowledged;
    await Promise.all(writes);
    survivors += ledgers[0]!.acknowledged - before;
    for (const ledger of ledgers) lost.push(...(await ledger.lost(clients[0]!)));
    servers[victim] = await Server.launch({ home, env: QUIET });
    clients[victim] = clients[0]!.at(servers[victim].url);
  }
  const options = { cwd: home.folder, env: home.env };
  const verified = execFileSync(executable(), ["audit", "verify"], options);
  await stop(servers);
  const written = ledgers.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  figure(
    "three servers, one killed under load",
    "0 acknowledged patches lost; the others go on",
    `${lost.length} of ${written} lost in ${ROUNDS} kills; ${survivors} written meanwhile by another`,
  );
  expect(lost).toEqual([]);
  expect(survivors).toBeGreaterThan(0);
  expect(verified.toString()).toContain("the audit log is whole");
});

test("a session, and its end, hold on every server", async () => {
  const { servers } = await start();
  const urls = servers.map(({ url }) => url);
  const form = { email: DEMO.email, password: DEMO.password, siteId: DEMO.siteId };
  const signedIn = await new Client(urls[0]!).send("POST", "/login", { form });
  const cookie = signedIn.headers["set-cookie"]![0]!.split(";")[0]!;
  const pages = async () => {
    const answers = urls.map((url) => new Client(url, { cookie }).get("/connections/612"));
    return (await Promise.all(answers)).map(({ status }) => status);
  };
  expect(await pages()).toEqual([200, 200, 200]);
  await new Client(urls[1]!, { cookie }).send("POST", "/logout", { form: {} });
  expect(await pages()).toEqual([303, 303, 303]);
  await stop(servers);
});

test("quota and limits are exact over all servers", async () => {
  const free = new Date(Date.now() + 6 * 3600_000).toISOString().slice(11, 16);
  const window = `${free}-${new Date(Date.now() + 7 * 3600_000).toISOString().slice(11, 16)}`;
  const { servers, clients } = await start(
    ...["--quota-calls", String(CALLS), "--quota-window", window],
  );
  const calls = [...Array(3 * CALLS).keys()].map((nth) =>
    clients[nth % SERVERS]!.get("/api/connection/612"),
  );
  const within = (await Promise.all(calls)).filter(({ status }) => status === 200).length;
  const json = { ...DEMO, password: "not the password" };
  const guesses = [...Array(15).keys()].map((nth) =>
    new Client(servers[nth % SERVERS]!.url, { from: "127.0.0.9" }).send(
      "POST",
      "/api/authenticate",
      {
        json,
      },
    ),
  );
  const checked = (await Promise.all(guesses)).filter(({ status }) => status === 401).length;
  await stop(servers);
  figure(
    "quota and guessing over three servers",
    `${CALLS} calls, 5 guesses`,
    `${within} of ${3 * CALLS} calls, ${checked} of 15 guesses`,
  );
  expect(within).toBe(CALLS);
  expect(checked).toBe(5);
});
