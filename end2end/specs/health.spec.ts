// The board as the page that says what is broken, and what is done to several connections at once.

import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { expect, signIn, test } from "../support/test.ts";
import { VIEWER } from "../support/users.ts";

const box = (page: Page, name: string) => page.getByRole("checkbox", { name: `Choose ${name}` });

async function accessible(page: Page) {
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
}

test.describe("of a busy helpdesk", () => {
  test.use({ serverArgs: ["--demo-rows", "120"] });

  test("what needs attention comes first, and each state is a filter", async ({ page }) => {
    await signIn(page);
    const attention = page.getByRole("region", { name: "Needs attention" });
    await expect(attention).toContainText("The server refused the user name or the password.");
    await accessible(page);
    await attention.getByRole("link", { name: /^See all/ }).press("Enter");
    await expect(page).toHaveURL("/?state=attention");
    for (const row of await page.locator("#rows tbody tr").all()) {
      await expect(row).toContainText(/Failing|Sign-in failed/);
    }
    await accessible(page);
    await page.locator("#rows th a").first().press("Enter");
    const state = page.getByRole("region", { name: "State" });
    await expect(state).toContainText(/(Failing|Sign-in failed) · tested .* ago · worked .* ago/);
    await page.goto("/?state=working&channel=facebook");
    await expect(page.locator("#rows tbody tr").first()).toContainText("Working");
    await page.locator("#rows th a").first().press("Enter");
    await expect(page.getByRole("region", { name: "State" })).toContainText(/expire/);
    await accessible(page);
  });
});

test("several are tested by keyboard, and their states follow", async ({ page }) => {
  await signIn(page, "/?sort=id");
  for (const name of ["test2-email-in", "test2-email-out"]) {
    await box(page, name).focus();
    await page.keyboard.press("Space");
  }
  await page.getByRole("button", { name: "Test", exact: true }).press("Enter");
  await expect(page.getByRole("heading", { name: "Test of 2 connections" })).toBeVisible();
  await expect(page.getByRole("status")).toHaveText("0 of 2 connections work.");
  await expect(page.locator(".stages > .bad")).toHaveCount(2);
  await expect(page.locator(".stages")).toContainText("Server mail.patchbay.test not found");
  await accessible(page);
  await page.goto("/?state=attention");
  await expect(page.locator("#rows tbody tr")).toHaveCount(2);
  await page.goto("/connections/612");
  const timeline = page.getByRole("complementary", { name: "Timeline" });
  await expect(timeline).toContainText("you tested it: failing");
});

test("several are disabled after a look at what that does", async ({ page, server }) => {
  await server.patch(613, { Enabled: "0" });
  await signIn(page, "/?sort=name");
  await page.getByRole("checkbox", { name: "Choose all on this page" }).check();
  await box(page, "onebox DEMO").uncheck();
  await page.getByRole("button", { name: "Disable" }).click();
  await expect(page.getByRole("heading", { name: "Disable 3 connections?" })).toBeVisible();
  await expect(page.getByRole("row", { name: "test2-email-out" })).toContainText("Nothing");
  await accessible(page);
  expect((await server.connection(612)).Enabled).toBe("1");
  await page.getByRole("button", { name: "Disable 3 connections" }).press("Enter");
  await expect(page).toHaveURL("/?sort=name");
  await expect(page.locator("#flash")).toHaveText("Disabled 3 connections.");
  await accessible(page);
  for (const id of [576, 583, 612]) expect((await server.connection(id)).Enabled).toBe("0");
  expect((await server.connection(646)).Enabled).toBe("1");
  await page.goto("/?state=disabled");
  await expect(page.locator("#rows tbody tr")).toHaveCount(4);
});

test("what is chosen stays chosen when the board changes", async ({ page, server }) => {
  const listens = page.waitForRequest(/\/rpc\/events/);
  await signIn(page);
  await listens;
  await box(page, "onebox DEMO").check();
  await box(page, "onebox DEMO").focus();
  await server.patch(612, { Name: "changed meanwhile" });
  await expect(page.getByRole("row", { name: "changed meanwhile" })).toBeVisible();
  await expect(box(page, "onebox DEMO")).toBeChecked();
  await expect(box(page, "onebox DEMO")).toBeFocused();
});

test("who may only look chooses nothing", async ({ page }) => {
  await signIn(page, "/", VIEWER);
  await expect(page.getByRole("row", { name: "onebox DEMO" })).toBeVisible();
  await expect(page.getByRole("checkbox")).toHaveCount(0);
});
