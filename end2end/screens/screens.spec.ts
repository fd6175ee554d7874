// Takes a picture of every screen for people to look at: `make screens`. It checks nothing.

import type { Page } from "@playwright/test";
import { alive, save, signIn, test } from "../tests/test.ts";

test.use({ serverArgs: ["--demo-rows", "120"] });
test.slow();

const form = (id: number) => async (page: Page) => {
  await page.goto(`/connections/${id}`);
  await alive(page);
};

const SCREENS: Record<string, (page: Page, theirs: () => Promise<void>) => Promise<unknown>> = {
  board: (page) => page.goto("/"),
  "board-filtered": (page) => page.goto("/?channel=instagram&state=disabled"),
  "board-empty": (page) => page.goto("/?q=nothing+like+this"),
  "email-in": form(612),
  "email-out": form(613),
  facebook: form(583),
  instagram: form(646),
  twitter: form(576),
  "choose-channel": (page) => page.goto("/connections/new"),
  "new-email-out": (page) => page.goto("/connections/new?channel=email-outbound"),
  "not-found": (page) => page.goto("/connections/424242"),
  errors: async (page) => {
    await form(612)(page);
    await page.getByLabel("Name", { exact: true }).fill("");
    await page.getByLabel("IMAP server").fill("imaps://mail.x.co:993/");
    await page.getByLabel("Port").fill("143");
    await page.getByRole("button", { name: "Replace Password" }).click();
    await page.getByLabel("Password", { exact: true }).fill("*****");
    await save(page).click();
  },
  changed: async (page) => {
    await form(583)(page);
    await page.getByLabel("Name", { exact: true }).fill("Garden Centre");
    await page.getByRole("button", { name: "Replace Page access token" }).click();
    await page.getByLabel("Page access token").fill("EAAG".repeat(20));
  },
  conflict: async (page, theirs) => {
    await form(646)(page);
    await page.getByLabel("Name", { exact: true }).fill("mine");
    await theirs();
    await save(page).click();
    await page.locator(".conflicts").waitFor();
  },
};

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [360, 1280]) {
    test(`${colorScheme} ${width}`, async ({ page, server }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: width < 600 ? 740 : 800 });
      const shoot = (name: string) =>
        page.screenshot({ path: `test-results/screens/${name}-${colorScheme}-${width}.png` });
      await page.goto("/login");
      await page.getByLabel("E-mail").fill("demo@patchbay.test");
      await page.getByLabel("Password").fill("wrong");
      await page.getByLabel("Site").fill("169");
      await page.getByRole("button", { name: "Sign in" }).click();
      await shoot("sign-in-refused");
      await page.goto("/login");
      await shoot("sign-in");
      await signIn(page);
      for (const [name, show] of Object.entries(SCREENS)) {
        const theirs = () =>
          server.patch(646, { Name: `theirs ${width}`, Token: `EAAO${"x9Tq".repeat(20)}ZDZD` });
        await show(page, theirs);
        await shoot(name);
      }
    });
  }
}
