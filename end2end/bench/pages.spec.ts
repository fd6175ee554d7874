// Page weight, and how soon pages can be used. Writes what it finds to the file that BENCH_PAGES names.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BrowserContext,
  chromium,
  type PlaywrightWorkerOptions,
  test,
} from "@playwright/test";
import { Server } from "../support/server.ts";
import { DEMO } from "../support/users.ts";
import { openBoard, openEdit, watchWays, wayTo } from "./visit.ts";

const ROUNDS = 5;
const FORM = "/connections/612";

type Figures = Record<string, number>;
type Note = (name: string, figures: Figures) => void;

/** The median of each figure. */
function medians(rounds: Figures[]): Figures {
  const middle = (name: string) =>
    rounds.map((round) => round[name]!).toSorted((a, b) => a - b)[Math.floor(rounds.length / 2)]!;
  const round = (value: number) => Math.round(value * 10) / 10;
  return Object.fromEntries(Object.keys(rounds[0]!).map((name) => [name, round(middle(name))]));
}

/** A browser's first visits: to a form, to it again, to and fro between it and the board. */
async function first(context: BrowserContext, note: Note): Promise<void> {
  for (const name of ["edit, cold", "edit, warm"]) {
    const page = await context.newPage();
    note(name, await openEdit(page, FORM));
    await page.close();
  }
  const page = await context.newPage();
  await page.addInitScript(watchWays);
  await page.goto("/");
  for (const turn of ["once", "again"]) {
    await page.locator(`a[href="${FORM}"]`).first().click();
    const to_edit_ms = await wayTo(page, "form");
    await page.getByRole("link", { name: "Connections", exact: true }).click();
    const to_board_ms = await wayTo(page, "board");
    if (turn === "again") note("to and fro", { to_edit_ms, to_board_ms });
  }
}

/** A browser of its own, as staff have one: it keeps files, and what it compiled of them. */
async function browse(
  url: string,
  { launchOptions }: Partial<PlaywrightWorkerOptions>,
  visit: (context: BrowserContext) => Promise<void>,
): Promise<void> {
  const profile = mkdtempSync(join(tmpdir(), "patchbay-browser-"));
  const options = { ...launchOptions, baseURL: url };
  const context = await chromium.launchPersistentContext(profile, options);
  const { email, password, siteId } = DEMO;
  const headers = { "sec-fetch-site": "same-origin" };
  await context.request.post("/login", { form: { email, password, siteId }, headers });
  await visit(context);
  await context.close();
  rmSync(profile, { recursive: true });
}

test("pages", async () => {
  const server = await Server.launch({ args: ["--demo-rows", "1000"], env: { RUST_LOG: "info" } });
  const found: Record<string, Figures[]> = {};
  const note: Note = (name, figures) => {
    found[name] = [...(found[name] ?? []), figures];
  };
  const use = test.info().project.use;
  for (let nth = 0; nth < ROUNDS; nth += 1) {
    await browse(server.url, use, (context) => first(context, note));
    await browse(server.url, use, async (context) => {
      note("board, cold", await openBoard(await context.newPage()));
    });
  }
  await server.stop();
  const pages = Object.fromEntries(
    Object.entries(found).map(([name, rounds]) => [name, medians(rounds)]),
  );
  const json = `${JSON.stringify({ rounds: ROUNDS, pages }, null, 2)}\n`;
  console.log(json);
  if (process.env.BENCH_PAGES) writeFileSync(process.env.BENCH_PAGES, json);
});
