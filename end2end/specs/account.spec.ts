import { expect, fillSignIn, openMenu, signIn, test } from "../support/test.ts";
import { DEMO, EDITOR } from "../support/users.ts";

const NEW = "six words that nobody guesses";

test("a password is changed: here one stays, everywhere else one is out", async ({
  page,
  visitor,
  server,
}) => {
  server.secrets.push(NEW);
  await signIn(page, "/", EDITOR);
  const elsewhere = await visitor();
  await signIn(elsewhere, "/", EDITOR);
  const token = await server.authenticate(EDITOR);
  await openMenu(page);
  await page.getByRole("link", { name: "Account" }).click();
  const current = page.getByLabel("Current password");
  const next = page.getByLabel("New password");
  const change = async (was: string, now: string) => {
    await current.fill(was);
    await next.fill(now);
    await next.evaluate((input: HTMLInputElement) => (input.form!.noValidate = true));
    await page.getByRole("button", { name: "Change password" }).click();
  };
  await change("not the password", NEW);
  await expect(current).toHaveAccessibleDescription(/This is not your password/);
  await expect(current).toBeFocused();
  await expect(current).toHaveAttribute("aria-invalid", "true");
  await change(EDITOR.password, "too short");
  await expect(next).toHaveAccessibleDescription(
    /too short: use at least 12 characters, such as four words/,
  );
  await expect(next).toBeFocused();
  await expect(next).toHaveValue("");
  expect((await server.call("GET", "/api/connection/646", token)).status).toBe(200);
  await change(EDITOR.password, NEW);
  await expect(page.getByRole("status")).toHaveText(
    "Your password was changed. You were signed out everywhere else.",
  );
  await page.goto("/connections/646");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("onebox DEMO");
  await elsewhere.reload();
  await expect(elsewhere).toHaveURL("/login");
  expect((await server.call("GET", "/api/connection/646", token)).status).toBe(401);
  await fillSignIn(elsewhere, EDITOR);
  await expect(elsewhere.getByRole("alert")).toContainText("E-mail, password or site is wrong");
  await fillSignIn(elsewhere, { ...EDITOR, password: NEW });
  await expect(elsewhere.getByRole("heading", { name: "Connections" })).toBeVisible();
});

test("the account says who one is and what one may do", async ({ page }) => {
  await signIn(page, "/account", EDITOR);
  await expect(page.getByRole("definition").first()).toHaveText("editor@patchbay.test");
  await expect(page.getByRole("definition").nth(1)).toContainText(
    "Site 169 · Demo helpdesk: Editor, changes connections, too",
  );
});

test("sign out everywhere ends this session, all others and all tokens", async ({
  page,
  visitor,
  server,
}) => {
  await signIn(page, "/account", EDITOR);
  const elsewhere = await visitor();
  await signIn(elsewhere, "/", EDITOR);
  const token = await server.authenticate(EDITOR);
  await page.getByRole("button", { name: "Sign out everywhere" }).click();
  await expect(page.getByRole("status")).toHaveText("You are signed out everywhere.");
  await elsewhere.reload();
  await expect(elsewhere).toHaveURL("/login");
  expect((await server.call("GET", "/api/connection/646", token)).status).toBe(401);
  await fillSignIn(page, EDITOR);
  await expect(page.getByRole("heading", { name: "Connections" })).toBeVisible();
});

test("too many wrong sign-ins say how long to wait", async ({ page, server }) => {
  await page.goto("/login");
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    await fillSignIn(page, { ...DEMO, password: `wrong ${attempt}` });
    await expect(page.getByRole("alert")).toContainText("E-mail, password or site is wrong");
  }
  await fillSignIn(page, DEMO);
  const said = /Too many attempts\. Wait \d\d? seconds, then try again\./;
  await expect(page.getByRole("alert")).toHaveText(said);
  await expect(page.getByLabel("E-mail")).toHaveValue(DEMO.email);
  const api = await server.call("POST", "/api/authenticate", undefined, DEMO);
  expect(api.status).toBe(429);
  expect(JSON.stringify(api.json)).toMatch(/please try again in \d\d? seconds/);
});

test("guesses at the account page are counted, too", async ({ page }) => {
  await signIn(page, "/account", EDITOR);
  for (let attempt = 1; attempt <= 6; attempt += 1) {
    await page.getByLabel("Current password").fill(`wrong ${attempt}`);
    await page.getByLabel("New password").fill(NEW);
    await page.getByRole("button", { name: "Change password" }).click();
    await page.waitForLoadState();
  }
  await expect(page.getByRole("alert")).toHaveText(
    /Too many attempts\. Wait \d\d? seconds, then try again\./,
  );
});

test("the password is changed by keyboard alone", async ({ page }) => {
  await signIn(page, "/", EDITOR);
  await page.locator("summary").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Account" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.getByLabel("Current password").focus();
  await page.keyboard.type(EDITOR.password);
  await page.keyboard.press("Tab");
  await page.keyboard.type(NEW);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status")).toContainText("Your password was changed");
});
