// Playwright's `test` with a server of its own for each test. Whatever the test does, no page, no
// server function's answer and no log line may hold a stored secret.

import { type Page, test as base, expect } from "@playwright/test";
import { Server } from "./server.ts";

export { expect };

type Fixtures = { serverArgs: string[]; pageErrors: string[]; server: Server; guard: void };

export const test = base.extend<Fixtures>({
  serverArgs: [[], { option: true }],

  /** Errors that a test brings about in the page. */
  pageErrors: [[], { option: true }],

  server: async ({ serverArgs }, use) => {
    const server = await Server.start(...serverArgs);
    await use(server);
    const log = await server.stop();
    expect(log).toContain("request");
    expect(server.leaks(log), "secrets in the log").toEqual([]);
  },

  baseURL: async ({ server }, use) => use(server.url),

  guard: [
    async ({ context, pageErrors, server }, use) => {
      const bodies: Promise<string>[] = [];
      const errors: string[] = [];
      context.on("response", (response) => {
        bodies.push(response.text().catch(() => ""));
      });
      context.on("weberror", (error) => errors.push(error.error().message));
      await use();
      for (const body of await Promise.all(bodies)) {
        expect(server.leaks(body), "secrets in an answer").toEqual([]);
      }
      const unexpected = errors.filter((error) => !pageErrors.includes(error));
      expect(unexpected, "errors in the page").toEqual([]);
    },
    { auto: true },
  ],
});

/** Signs in on the page that asks for it. */
export async function signIn(page: Page, path = "/"): Promise<void> {
  await page.goto(path);
  await page.getByLabel("E-mail").fill("demo@patchbay.test");
  await page.getByLabel("Password").fill("patchbay-demo");
  await page.getByLabel("Site").fill("169");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => url.pathname + url.search === path);
}

/** Opens a page and waits until its form has come alive. */
export async function openForm(page: Page, path: string): Promise<void> {
  await signIn(page, path);
  await alive(page);
}

export async function alive(page: Page): Promise<void> {
  const status = page.getByRole("status").filter({ hasText: /No changes|change/ });
  await expect(status).toBeVisible();
}

export const save = (page: Page) => page.getByRole("button", { name: "Save", exact: true }).last();
