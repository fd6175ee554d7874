// Takes a picture of every screen for people to look at: `make screens`. It checks nothing.

import type { Page } from "@playwright/test";
import { alive, fillSignIn, save, signIn, test } from "../support/test.ts";
import { DEMO } from "../support/users.ts";
import { PEOPLE } from "./people.ts";

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
  timeline: form(646),
  undone: async (page) => {
    await form(646)(page);
    await page.getByRole("button", { name: /^Undo/ }).first().click();
    await page.locator("#notice").waitFor();
  },
  "undo-refused": async (page, theirs) => {
    await form(646)(page);
    await theirs();
    await page.getByRole("button", { name: /^Undo/ }).first().click();
    await page.locator("#notice").waitFor();
  },
  activity: (page) => page.goto("/activity"),
  "activity-filtered": (page) => page.goto("/activity?kind=connection-changed&channel=instagram"),
  "activity-empty": (page) => page.goto("/activity?since=2020-01-01&until=2020-01-31"),
};

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [360, 1280]) {
    test.describe(`${colorScheme} ${width}`, () => {
      test.use({ colorScheme, viewport: { width, height: width < 600 ? 740 : 800 } });

      const shoot = (page: Page, name: string, fullPage = false) => {
        const path = `test-results/screens/${name}-${colorScheme}-${width}.png`;
        return page.screenshot({ path, fullPage });
      };

      test("connections", async ({ page, server }) => {
        await page.goto("/login");
        await fillSignIn(page, { ...DEMO, password: "wrong" });
        await shoot(page, "sign-in-refused");
        await page.goto("/login");
        await shoot(page, "sign-in");
        await signIn(page);
        let saves = 0;
        const theirs = () => {
          saves += 1;
          const patch = { Name: `theirs ${saves}`, Token: `EAAO${`x9T${saves}`.repeat(20)}ZDZD` };
          return server.patch(646, patch);
        };
        for (const [name, show] of Object.entries(SCREENS)) {
          await show(page, theirs);
          await shoot(page, name);
        }
      });

      test("people", async ({ page, visitor }) => {
        await signIn(page);
        for (const [name, show] of Object.entries(PEOPLE)) {
          const shown = await show(page, () => visitor());
          await shoot(shown, name, name !== "menu");
        }
      });
    });
  }
}
