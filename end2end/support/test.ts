// Playwright's `test` with a server of its own for each test. Whatever the test does, no page, no
// server function's answer and no log line may hold a stored secret, and no page may do what its
// Content-Security-Policy forbids.

import { type BrowserContextOptions, test as base, expect, type Page } from "@playwright/test";
import { Server } from "./server.ts";
import { DEMO, type User } from "./users.ts";
import { Findings } from "./watch.ts";

export { expect };

type Fixtures = {
  serverArgs: string[];
  pageErrors: string[];
  server: Server;
  guard: Findings;
  visitor: (options?: BrowserContextOptions) => Promise<Page>;
};

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
      const findings = new Findings();
      await findings.watch(context);
      await use(findings);
      for (const body of await Promise.all(findings.bodies)) {
        expect(server.leaks(body), "secrets in an answer").toEqual([]);
      }
      const unexpected = findings.errors.filter((error) => !pageErrors.includes(error));
      expect(unexpected, "errors in the page").toEqual([]);
      expect(findings.violations, "breaches of the Content-Security-Policy").toEqual([]);
    },
    { auto: true },
  ],

  /** Somebody else at a browser of their own, who is watched, too. */
  visitor: async ({ browser, guard, server }, use) => {
    await use(async (options) => {
      const context = await browser.newContext({ baseURL: server.url, ...options });
      await guard.watch(context);
      return context.newPage();
    });
  },
});

/** Signs in on the page that asks for it. */
export async function signIn(page: Page, path = "/", user: User = DEMO): Promise<void> {
  await page.goto(path);
  await fillSignIn(page, user);
  await page.waitForURL((url) => url.pathname + url.search === path);
}

/** Sends the sign-in's form. */
export async function fillSignIn(page: Page, user: User): Promise<void> {
  await page.getByLabel("E-mail").fill(user.email);
  await page.getByLabel("Password").fill(user.password);
  await page.getByLabel("Site", { exact: true }).fill(user.siteId);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Opens a page and waits until its form has come alive. */
export async function openForm(page: Page, path: string, user: User = DEMO): Promise<void> {
  await signIn(page, path, user);
  await alive(page);
}

export async function alive(page: Page): Promise<void> {
  await expect(page.locator(".save-bar").getByRole("status")).toHaveText(/No changes|change/);
}

export const save = (page: Page) => page.getByRole("button", { name: "Save", exact: true }).last();

/** Opens the menu of who is signed in. */
export async function openMenu(page: Page): Promise<void> {
  await page.locator("summary").click();
}

/** The events of a connection's timeline. */
export const timeline = (page: Page) =>
  page.getByRole("complementary", { name: "Timeline" }).locator("ol > li");
