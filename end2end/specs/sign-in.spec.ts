import { expect, openMenu, signIn, test } from "../support/test.ts";

test("a wrong password is said, and what was typed stays", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveTitle("Sign in · Patchbay");
  await page.getByLabel("E-mail").fill("demo@patchbay.test");
  await page.getByLabel("Password").fill("patchbay-demO");
  await page.getByLabel("Site").fill("169");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("E-mail, password or site is wrong");
  await expect(page.getByLabel("E-mail")).toHaveValue("demo@patchbay.test");
  await expect(page.getByLabel("Site")).toHaveValue("169");
  await expect(page.getByLabel("Password")).toHaveValue("");
  await expect(page.getByLabel("Password")).toBeFocused();
});

test("a sign-in leads to where its user was going", async ({ page }) => {
  await signIn(page, "/?channel=facebook&sort=name");
  await expect(page.getByRole("heading", { name: "Connections" })).toBeVisible();
});

test("a sign-out ends the session, also for pages seen before", async ({ page }) => {
  await signIn(page, "/connections/646");
  await openMenu(page);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page).toHaveURL("/login");
  await page.goto("/connections/646");
  await expect(page).toHaveURL("/login?next=%2Fconnections%2F646");
});

test("the session is in a cookie that no script can read", async ({ page, context }) => {
  await signIn(page);
  const [cookie] = await context.cookies();
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
  expect(await page.evaluate(() => document.cookie)).toBe("");
  expect(await page.evaluate(() => Object.keys({ ...localStorage, ...sessionStorage }))).toEqual(
    [],
  );
});
