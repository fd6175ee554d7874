// What everybody can use: by keyboard alone, by screen reader (axe), in light and dark, on a phone.

import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { invite } from "../support/team.ts";
import {
  alive,
  expect,
  fillSignIn,
  openForm,
  openMenu,
  save,
  signIn,
  test,
} from "../support/test.ts";
import { VIEWER } from "../support/users.ts";

const EVE = "eve@patchbay.test";

async function refuse(page: Page, button: string, label: string, text: string): Promise<void> {
  await page.getByLabel(label).fill(text);
  await page.getByRole("button", { name: button, exact: true }).click();
  await page.locator("[aria-invalid], [role=alert]").first().waitFor();
}

const PAGES: [name: string, path: string, prepare?: (page: Page) => Promise<void>][] = [
  ["board", "/"],
  ["empty board", "/?q=nothing+like+this"],
  ["e-mail inbound", "/connections/612"],
  ["e-mail outbound", "/connections/613"],
  ["Facebook", "/connections/583"],
  ["Instagram", "/connections/646"],
  ["Twitter", "/connections/576"],
  ["choose a channel", "/connections/new"],
  ["new connection", "/connections/new?channel=facebook"],
  ["new e-mail connection", "/connections/new?channel=email-inbound&Host=imap.gmail.com"],
  ["find settings", "/connections/new/settings?channel=email-inbound"],
  ["test message", "/connections/613/message"],
  ["nothing there", "/connections/424242"],
  ["menu", "/", openMenu],
  ["activity", "/activity"],
  ["empty activity", "/activity?since=2020-01-01&until=2020-01-01"],
  ["activity of one connection", "/activity?connection=646&kind=connection-changed"],
  ["timeline", "/connections/646"],
  ["team", "/team"],
  ["team with a link", "/team", (page) => invite(page, EVE, "editor").then(() => {})],
  ["team with a refusal", "/team", (page) => refuse(page, "Invite", "E-mail", VIEWER.email)],
  ["account", "/account"],
  [
    "account with an error",
    "/account",
    async (page) => {
      await page.getByLabel("New password").fill("four words that are new");
      await refuse(page, "Change password", "Current password", "wrong");
    },
  ],
  [
    "errors",
    "/connections/612",
    async (page) => {
      await alive(page);
      await page.getByLabel("Name", { exact: true }).fill("");
      await page.getByLabel("Port").fill("143");
      await page.getByRole("button", { name: "Replace Password" }).click();
      await save(page).click();
    },
  ],
];

async function fits(page: Page): Promise<void> {
  const excess = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(excess, "the page scrolls sideways").toBe(0);
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing on any page, ${colorScheme}`, async ({ page, server }) => {
    test.slow();
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.goto("/login");
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await signIn(page);
    await server.patch(646, { Name: "onebox", Token: `EAAO${"pg4cXo".repeat(20)}ZDZD` });
    for (const [name, path, prepare] of PAGES) {
      await page.goto(path);
      await prepare?.(page);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations, name).toEqual([]);
    }
  });
}

for (const width of [360, 1280]) {
  test(`no page scrolls sideways at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 740 });
    await page.goto("/login");
    await fits(page);
    await signIn(page);
    for (const [, path, prepare] of PAGES) {
      await page.goto(path);
      await prepare?.(page);
      await fits(page);
    }
  });
}

test("axe finds nothing on the pages of those who are new, or may only look", async ({
  page,
  visitor,
}) => {
  const clean = async (page: Page, name: string) => {
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations, name).toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    await fits(page);
  };
  await signIn(page);
  const eve = await visitor();
  await eve.goto(await invite(page, EVE, "editor"));
  await clean(eve, "invitation");
  await eve.goto("/invite/0123456789abcdef");
  await clean(eve, "invitation that no longer works");
  await eve.goto("/login");
  await fillSignIn(eve, { ...VIEWER, password: "wrong" });
  await clean(eve, "sign-in refused");
  await signIn(eve, "/", VIEWER);
  for (const path of ["/", "/connections/646", "/connections/613", "/team", "/connections/new"]) {
    await eve.goto(path);
    await clean(eve, `viewer: ${path}`);
  }
});

test("sign in, find, open, edit and save by keyboard alone", async ({ page, server }) => {
  await page.goto("/");
  await expect(page.getByLabel("E-mail")).toBeFocused();
  await page.keyboard.type("demo@patchbay.test");
  await page.keyboard.press("Tab");
  await page.keyboard.type("patchbay-demo");
  await page.keyboard.press("Tab");
  await page.keyboard.type("169");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Connections" })).toBeVisible();
  const tabTo = async (matches: string) => {
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press("Tab");
      const focused = page.locator(":focus");
      if ((await focused.count()) && (await focused.evaluate((e, m) => e.matches(m), matches))) {
        const outline = await focused.evaluate((element) => getComputedStyle(element).outlineStyle);
        expect(outline, "the focus is seen").not.toBe("none");
        return;
      }
    }
    throw new Error(`the focus never reached ${matches}`);
  };
  await tabTo("input[type=search]");
  await page.keyboard.type("onebox");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/q=onebox/);
  await tabTo(".board a");
  await page.keyboard.press("Enter");
  await alive(page);
  await tabTo("#Name");
  await page.keyboard.press("End");
  await page.keyboard.type("!");
  await tabTo("#Token-toggle");
  await page.keyboard.press("Enter");
  await expect(page.locator("#Token")).toBeFocused();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await tabTo(".save-bar .primary");
  await page.keyboard.press("Enter");
  await expect(page.locator("#notice")).toHaveText("Saved.");
  expect(await server.connection(646)).toMatchObject({ Name: "onebox DEMO!" });
});

test("what happens is announced", async ({ page }) => {
  await openForm(page, "/connections/646");
  const live = page.locator("#notice");
  await expect(live).toHaveRole("status");
  const port = page.getByLabel("Instagram id");
  await port.fill("x");
  await port.blur();
  await expect(port).toHaveAccessibleDescription(/contains a character that does not belong there/);
});
