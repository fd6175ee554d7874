import { invite, press, rowOf, setRole } from "../support/team.ts";
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
import { BOTH, DEMO, EDITOR, OTHER, VIEWER } from "../support/users.ts";

const EVE = { email: "eve@patchbay.test", password: "four words of eve", siteId: "169" };

test("who is invited chooses a password, and works as what the role says", async ({
  page,
  visitor,
}) => {
  await signIn(page);
  const link = await invite(page, EVE.email, "editor");
  await expect(page.getByRole("status")).toContainText("It works once and for 72 hours");
  await expect(rowOf(page, EVE.email)).toContainText(/Editor.*UTC/);
  await page.goto("/team");
  expect(await page.content(), "the link is shown once").not.toContain(link);

  const eve = await visitor();
  await eve.goto(link);
  await expect(eve.getByRole("heading", { name: "Join site 169 · Demo helpdesk" })).toBeVisible();
  await expect(eve.getByText("is invited as Editor")).toBeVisible();
  await expect(eve.getByLabel("New password")).toBeFocused();
  await eve.getByLabel("New password").fill(EVE.password);
  await eve.getByRole("button", { name: "Join" }).click();
  await expect(eve).toHaveURL(/^[^?]*\/login/);
  await fillSignIn(eve, EVE);
  await eve.getByRole("link", { name: "onebox DEMO" }).click();
  await alive(eve);
  await eve.getByLabel("Name", { exact: true }).fill("by eve");
  await save(eve).click();
  await expect(eve.locator("#notice")).toHaveText("Saved.");

  const answer = await eve.goto(link);
  expect(answer!.status()).toBe(404);
  await expect(eve.getByRole("heading", { name: "This link no longer works" })).toBeVisible();
  await page.goto("/team");
  await expect(page.getByRole("table", { name: "Open invitations" })).toHaveCount(0);
  await expect(rowOf(page, EVE.email)).toContainText("May sign in");
});

test("a short password is refused, and the link still works", async ({ page, visitor }) => {
  await signIn(page);
  const eve = await visitor();
  await eve.goto(await invite(page, EVE.email, "viewer"));
  const password = eve.getByLabel("New password");
  await password.fill("too short");
  await eve.getByRole("button", { name: "Join" }).click();
  expect(await password.evaluate((input: HTMLInputElement) => input.validity.tooShort)).toBe(true);
  await password.evaluate((input: HTMLInputElement) => (input.form!.noValidate = true));
  await eve.getByRole("button", { name: "Join" }).click();
  await expect(password).toHaveAccessibleDescription(
    /too short: use at least 12 characters, such as four words/,
  );
  await password.fill(EVE.password);
  await eve.getByRole("button", { name: "Join" }).click();
  await expect(eve).toHaveURL(/\/login/);
});

test("somebody of another site joins with the password they have", async ({ page, visitor }) => {
  await signIn(page);
  const link = await invite(page, OTHER.email, "viewer");
  const other = await visitor();
  await other.goto(link);
  await expect(other.getByText("The one that you sign in to Patchbay with")).toBeVisible();
  await other.getByLabel("Password").fill("patchbay-othez");
  await other.getByRole("button", { name: "Join" }).click();
  await expect(other.getByLabel("Password")).toHaveAccessibleDescription(
    /This is not your password/,
  );
  await other.getByLabel("Password").fill(OTHER.password);
  await other.getByRole("button", { name: "Join" }).click();
  await fillSignIn(other, { ...OTHER, siteId: "169" });
  await expect(other.getByRole("link", { name: "onebox DEMO" })).toBeVisible();
  await expect(other.getByRole("link", { name: "Team" })).toHaveCount(0);
  await openMenu(other);
  await other.getByRole("button", { name: "Switch to Site 170 · Other helpdesk" }).click();
  await expect(other.getByRole("link", { name: "Other Helpdesk Page" })).toBeVisible();
  await expect(other.getByRole("link", { name: "Team" })).toBeVisible();
});

test("an invitation that is withdrawn leads nowhere", async ({ page, visitor }) => {
  await signIn(page);
  const link = await invite(page, EVE.email, "viewer");
  await page.getByRole("button", { name: `Withdraw invitation of ${EVE.email}` }).click();
  await expect(page.getByRole("table", { name: "Open invitations" })).toHaveCount(0);
  const eve = await visitor();
  expect((await eve.goto(link))!.status()).toBe(404);
});

test("an invitation that makes no sense says why", async ({ page }) => {
  await signIn(page, "/team");
  const email = page.getByLabel("E-mail");
  for (const [typed, said] of [
    [EDITOR.email, "editor@patchbay.test is a member already. Change the role in the list below."],
    ["eve@", "This is not an e-mail address. Enter one such as ann@helpdesk.example."],
  ] as const) {
    await email.fill(typed);
    await email.evaluate((input: HTMLInputElement) => (input.form!.noValidate = true));
    await page.getByRole("button", { name: "Invite", exact: true }).click();
    await expect(page.getByRole("alert")).toHaveText(said);
    await expect(email).toHaveValue(typed);
    await expect(email).toBeFocused();
    await expect(email).toHaveAccessibleDescription(said);
  }
});

test("another role counts at once, for a session that goes on", async ({
  page,
  visitor,
  server,
}) => {
  await signIn(page);
  const editor = await visitor();
  await openForm(editor, "/connections/646", EDITOR);
  await editor.getByLabel("Name", { exact: true }).fill("typed");
  await setRole(page, EDITOR.email, "viewer");
  await save(editor).click();
  await expect(editor.locator("#notice")).toContainText("you may look at this connection, but not");
  expect(await server.connection(646)).toMatchObject({ Name: "onebox DEMO" });
  editor.on("dialog", (dialog) => dialog.accept());
  await editor.reload();
  await expect(editor.getByText("You may look at connections here")).toBeVisible();
  await expect(editor.getByRole("main").getByRole("button")).toHaveCount(0);
  await setRole(page, EDITOR.email, "admin");
  await editor.reload();
  await expect(save(editor)).toBeVisible();
  await editor.getByRole("link", { name: "Team" }).click();
  await expect(editor.getByRole("heading", { name: "Team" })).toBeVisible();
});

test("who is disabled is out at once, by browser and by token", async ({
  page,
  visitor,
  server,
}) => {
  await signIn(page);
  const editor = await visitor();
  await signIn(editor, "/connections/646", EDITOR);
  const token = await server.authenticate(EDITOR);
  const status = async () => (await server.call("GET", "/api/connection/646", token)).status;
  expect(await status()).toBe(200);
  await press(page, "Disable", EDITOR.email);
  await expect(rowOf(page, EDITOR.email)).toContainText("May not sign in");
  expect(await status()).toBe(401);
  await editor.reload();
  await expect(editor).toHaveURL("/login?next=%2Fconnections%2F646");
  await fillSignIn(editor, EDITOR);
  await expect(editor.getByRole("alert")).toContainText("E-mail, password or site is wrong");
  await press(page, "Enable", EDITOR.email);
  await fillSignIn(editor, EDITOR);
  await expect(editor).toHaveURL("/connections/646");
  expect(await status(), "the old token stays out").toBe(401);
});

test("an admin signs a member out everywhere", async ({ page, visitor, server }) => {
  await signIn(page);
  const viewer = await visitor();
  await signIn(viewer, "/", VIEWER);
  const token = await server.authenticate(VIEWER);
  await press(page, "Sign out everywhere", VIEWER.email);
  await viewer.reload();
  await expect(viewer).toHaveURL("/login");
  expect((await server.call("GET", "/api/connection", token)).status).toBe(401);
  await fillSignIn(viewer, VIEWER);
  await expect(viewer.getByRole("heading", { name: "Connections" })).toBeVisible();
});

test("no site loses its last admin", async ({ page, server }) => {
  await signIn(page, "/team", OTHER);
  const own = rowOf(page, OTHER.email);
  await expect(own).toContainText("Another admin can change yours");
  await expect(own.getByRole("button")).toHaveCount(0);
  await expect(own.getByRole("combobox")).toHaveCount(0);
  // The demo's second user.
  const headers = { origin: server.url };
  for (const [path, form] of [
    ["/team/role", { user: 2, role: "editor" }],
    ["/team/enabled", { user: 2, enabled: 0 }],
  ] as const) {
    const answer = await page.request.post(path, { headers, form });
    expect(answer.status()).toBe(422);
    expect(await answer.text()).toContain("This is the last admin of the site");
  }
  await page.reload();
  await expect(own).toContainText(/Admin.*May sign in/);
});

test("the other admin's role can be changed, and somebody is invited, by keyboard", async ({
  page,
}) => {
  await signIn(page, "/team", DEMO);
  await page.getByLabel(`Role of ${BOTH.email}`).focus();
  await page.keyboard.press("v");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByLabel(`Role of ${BOTH.email}`)).toHaveValue("viewer");
  await page.getByLabel("E-mail").focus();
  await page.keyboard.type(EVE.email);
  await page.keyboard.press("Tab");
  await page.keyboard.press("a");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByLabel(`Invitation link for ${EVE.email}`)).toBeFocused();
  await expect(rowOf(page, EVE.email)).toContainText("Admin");
});
