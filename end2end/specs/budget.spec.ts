// What a page makes a browser load the first time, against budget.json: WebAssembly, scripts and
// styles as they are transferred, and the number of requests.

import type { Page, Request } from "@playwright/test";
import budget from "../budget.json" with { type: "json" };
import { alive, expect, test } from "../support/test.ts";
import { DEMO } from "../support/users.ts";

type Name = keyof typeof budget.bytes;

const PAGES: Record<Name, { path: string; ready: (page: Page) => Promise<unknown> }> = {
  board: { path: "/", ready: (page) => page.waitForRequest(/\/rpc\/events/) },
  "edit page": { path: "/connections/612", ready: alive },
};

/** The bytes of a file that has the same name as long as it is the same. */
async function weight(request: Request): Promise<number> {
  if (!new URL(request.url()).pathname.startsWith("/pkg/")) return 0;
  const length = await (await request.response())!.headerValue("content-length");
  return Number(length);
}

for (const [name, { path, ready }] of Object.entries(PAGES)) {
  test(`${name} stays within its budget`, async ({ page, context }) => {
    const { email, password, siteId } = DEMO;
    const headers = { "sec-fetch-site": "same-origin" };
    await context.request.post("/login", { form: { email, password, siteId }, headers });
    const requests: Request[] = [];
    // The stream of others' changes is no part of the page: it never ends.
    page.on("requestfinished", (request) => void requests.push(request));
    const isReady = ready(page);
    await page.goto(path);
    await isReady;
    await page.waitForLoadState("load");
    const weights = await Promise.all(requests.map(weight));
    const bytes = weights.reduce((sum, weight) => sum + weight, 0);
    const { [name as Name]: most } = budget.bytes;
    const { [name as Name]: times } = budget.requests;
    console.log(`${name}: ${bytes} of ${most} bytes, ${requests.length} of ${times} requests`);
    expect(weights.filter((weight) => weight > 0).length).toBeGreaterThanOrEqual(3);
    expect(bytes).toBeLessThanOrEqual(most);
    expect(
      requests.length,
      requests.map((request) => request.url()).join("\n"),
    ).toBeLessThanOrEqual(times);
  });
}
