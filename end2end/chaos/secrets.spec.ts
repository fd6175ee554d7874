// Stored secrets leave only through the documented record. Everything else that the server says or
// writes is searched for them.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { executable, type Home, Server } from "../support/server.ts";
import { canary, forms, hits, mark } from "./support/canary.ts";
import { Client } from "./support/client.ts";
import { figure } from "./support/figure.ts";
import { scale } from "./support/scale.ts";
import { Shim } from "./support/shim.ts";
import { browser, visits } from "./support/visits.ts";

const CANARIES = scale(200, 40);
const SQLITE = { tag: "@sqlite" };

/** Makes connections whose secrets are canaries, and replaces some of them once. */
async function store(client: Client): Promise<number[]> {
  const ids: number[] = [];
  const common = { MediaId: "FCBK", ProviderId: "PVD12", UserId: "12345", From: "12345" };
  for (let number = 0; number < CANARIES; number += 4) {
    const [first, second, third, fourth] = [0, 1, 2, 3].map((more) => canary(1000 + number + more));
    const json = { ...common, Name: `row ${number}`, Password: first, Token: second };
    const made = await client.send("POST", "/api/connection", { json });
    expect(made.status, made.text).toBe(200);
    const id = Number((JSON.parse(made.text) as { Id: string }).Id);
    const { status } = await client.patch(id, { Password: third, Token: fourth });
    expect(status).toBe(200);
    ids.push(id);
  }
  const read = JSON.parse((await client.get(`/api/connection/${ids[0]}`)).text) as object;
  expect(read, "the documented answer has them").toMatchObject({ Token: canary(1003) });
  expect((await client.patch(612, { Password: canary(1) })).status).toBe(200);
  return ids;
}

/** The hits in each file of the database, or in all that PostgreSQL keeps on this machine. */
function searched({ database, folder }: Pick<Home, "database" | "folder">): string[] {
  const own = () =>
    readdirSync(folder)
      .filter((name) => name !== "log")
      .map((name) => join(folder, name));
  const files = database ? database.files() : own();
  const contents: [name: string, content: Buffer][] = files.map((file) => [
    file,
    readFileSync(file),
  ]);
  if (database) contents.push(["dump", database.dump()]);
  expect(
    contents.some(([, content]) => content.includes("row 0")),
    "the rows are there",
  ).toBe(true);
  return contents.flatMap(([name, content]) => hits(content).map((hit) => `${name} ${hit}`));
}

test("no page, error or log line holds a stored secret", async () => {
  const shim = new Shim("eio");
  const server = await Server.launch({ env: { RUST_LOG: "trace", ...shim.env } });
  const program = await Client.signedIn(server.url, { keepAlive: false });
  const rows = await store(program);
  const user = await browser(server.url);
  const found: string[] = [];
  let answers = 0;
  let shown = 0;
  for (const broken of [false, true]) {
    // The second time nothing can be written, so that errors from the depths come up as well.
    if (broken) shim.on();
    for await (const { name, answer } of visits(user, program, rows.slice(0, 10))) {
      answers += 1;
      if (answer.text.includes("row 0") && !name.startsWith("/api")) shown += 1;
      const said = JSON.stringify(answer.headers) + answer.text;
      found.push(...hits(said).map((hit) => `${name}: ${hit}`));
    }
  }
  shim.off();
  const log = await server.stop();
  shim.remove();
  expect(shown, "pages were seen by a user who is signed in").toBeGreaterThan(1);
  expect(log.length, "the log was kept").toBeGreaterThan(10_000);
  found.push(...hits(log, [mark, program.token]).map((hit) => `log: ${hit}`));
  figure(
    "secrets in log, pages, errors",
    "0 canaries, also base64, hex, URL and JSON forms",
    `${found.length} hits of ${CANARIES} canaries in ${answers} answers ` +
      `and ${log.length >> 10} KiB of log`,
  );
  expect(found).toEqual([]);
});

test("no database file holds a stored secret while the server runs", async () => {
  const server = await Server.launch({ env: { RUST_LOG: "warn" } });
  await store(await Client.signedIn(server.url));
  const found = searched(server.home);
  await server.stop();
  const hits = `${found.length} hits of ${CANARIES} canaries`;
  figure("secrets in database, WAL, dump", "0 canaries", hits);
  expect(found).toEqual([]);
});

test("no backup holds a stored secret", SQLITE, async () => {
  const server = await Server.launch({ env: { RUST_LOG: "warn" } });
  await store(await Client.signedIn(server.url));
  const { folder, env } = server.home;
  const file = join(folder, "copy.db");
  const database = ["--database-url", `sqlite://${join(folder, "patchbay.db")}`];
  execFileSync(executable(), ["backup", file, ...database], { env, stdio: "pipe" });
  const copy = readFileSync(file);
  await server.stop();
  figure("secrets in a backup", "0 canaries", `${hits(copy).length} hits of ${CANARIES} canaries`);
  expect(copy.includes("row 0"), "the copy has the rows").toBe(true);
  expect(hits(copy)).toEqual([]);
});

test("control: a secret is found in each form, wherever it begins", () => {
  for (const [form, ways] of Object.entries(forms(mark))) {
    for (const way of ways) expect(hits(`before ${way} after`).join(), way).toContain(form);
  }
  for (let offset = 0; offset < 3; offset += 1) {
    const text = "y".repeat(offset) + canary(7) + "z".repeat(offset);
    expect(hits(Buffer.from(text).toString("base64")).join()).toContain("base64");
    expect(hits(Buffer.from(text).toString("base64url")).join()).toContain("base64");
    expect(hits(Buffer.from(text).toString("hex")).join()).toContain("hex");
    expect(hits(encodeURIComponent(text)).join()).toContain("plain");
    expect(hits(JSON.stringify({ text })).join()).toContain("plain");
    expect(hits(text.slice(0, -mark.length - 1))).not.toEqual([]);
  }
  expect(hits("nothing to be seen")).toEqual([]);
});

test("control: a secret beside the database is found", () => {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-"));
  writeFileSync(join(folder, "patchbay.db"), "row 0");
  expect(searched({ database: undefined, folder })).toEqual([]);
  writeFileSync(join(folder, "patchbay.db-wal"), `x${canary(1)}`);
  expect(searched({ database: undefined, folder })).toHaveLength(1);
  rmSync(folder, { recursive: true });
});
