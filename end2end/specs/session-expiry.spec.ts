// A session that ends while somebody types: nothing that was typed is lost.

import type { Page } from "@playwright/test";
import { press, setRole } from "../support/team.ts";
import { expect, fillSignIn, openForm, save, signIn, test } from "../support/test.ts";
import { EDITOR, type User } from "../support/users.ts";

/** Signs in again in the tab that the notice leads to. */
async function signInAgain(page: Page, user: User): Promise<void> {
  const popup = page.waitForEvent("popup");
  await page.getByRole("link", { name: "Sign in again in another tab" }).click();
  const tab = await popup;
  await fillSignIn(tab, user);
  await expect(tab.getByRole("heading", { name: "Connections" })).toBeVisible();
  await tab.close();
}

async function savesNow(page: Page): Promise<void> {
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("typed");
  await expect(page.getByLabel("Page access token", { exact: true })).toHaveValue(token);
  await save(page).click();
  await expect(page.locator("#notice")).toHaveText("Saved.");
}

const token = `EAAO${"pg4cXo".repeat(20)}ZDZD`;

test.beforeEach(async ({ page, server }) => {
  server.secrets.push(token);
  await openForm(page, "/connections/646", EDITOR);
  await page.getByLabel("Name", { exact: true }).fill("typed");
  await page.getByRole("button", { name: "Replace Page access token" }).click();
  await page.getByLabel("Page access token", { exact: true }).fill(token);
});

test.afterEach(async ({ server }) => {
  expect(await server.connection(646)).toMatchObject({ Name: "typed", Token: token });
});

test("what is posted without a session leads back to its page", async ({ page, context }) => {
  const tab = await context.newPage();
  await tab.goto("/account");
  await context.clearCookies();
  await tab.getByRole("button", { name: "Sign out everywhere" }).click();
  await fillSignIn(tab, EDITOR);
  await expect(tab.getByRole("heading", { name: "Account" })).toBeVisible();
  await savesNow(page);
});

test("a session that ran out", async ({ page, context }) => {
  await context.clearCookies();
  await save(page).click();
  await expect(page.locator("#notice")).toContainText("your session has ended");
  await expect(page.locator("#notice")).toBeFocused();
  await signInAgain(page, EDITOR);
  await savesNow(page);
});

test("signed out everywhere by an admin meanwhile", async ({ page, visitor }) => {
  const admin = await visitor();
  await signIn(admin);
  await press(admin, "Sign out everywhere", EDITOR.email);
  await save(page).click();
  await expect(page.locator("#notice")).toContainText("your session has ended");
  await signInAgain(page, EDITOR);
  await savesNow(page);
});

test("disabled meanwhile, and enabled again", async ({ page, visitor, server }) => {
  const admin = await visitor();
  await signIn(admin);
  await press(admin, "Disable", EDITOR.email);
  await save(page).click();
  await expect(page.locator("#notice")).toContainText("your session has ended");
  expect(await server.connection(646)).toMatchObject({ Name: "onebox DEMO" });
  await press(admin, "Enable", EDITOR.email);
  await save(page).click();
  await expect(page.locator("#notice"), "the old session stays ended").toContainText(
    "your session has ended",
  );
  await signInAgain(page, EDITOR);
  await savesNow(page);
});

test("no longer an editor meanwhile, and one again", async ({ page, visitor }) => {
  const admin = await visitor();
  await signIn(admin);
  await setRole(admin, EDITOR.email, "viewer");
  await save(page).click();
  await expect(page.locator("#notice")).toContainText("Ask an admin of this site for the role");
  await setRole(admin, EDITOR.email, "editor");
  await savesNow(page);
});
