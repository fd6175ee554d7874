import { expect, openForm, save, signIn, test } from "../support/test.ts";
import { EDITOR, VIEWER } from "../support/users.ts";

test("a viewer looks at connections and finds nothing to press", async ({ page }) => {
  await signIn(page, "/", VIEWER);
  await expect(page.getByRole("link", { name: "New connection" })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Team" })).toHaveCount(0);
  await page.getByRole("link", { name: "onebox DEMO" }).click();
  const main = page.getByRole("main");
  await expect(main.getByRole("heading", { level: 1 })).toHaveText("onebox DEMO");
  await expect(main.getByRole("definition").filter({ hasText: "17841432079529884" })).toBeVisible();
  await expect(main.getByText(/set · …ZDZD/).first()).toBeVisible();
  await expect(main.getByRole("button")).toHaveCount(0);
  await expect(main.getByRole("textbox")).toHaveCount(0);
  await expect(page.getByText("Admins of this site can make you an editor")).toBeVisible();
});

test("a viewer and an editor learn what they may not see", async ({ page, visitor }) => {
  await signIn(page, "/", VIEWER);
  const editor = await visitor();
  await signIn(editor, "/", EDITOR);
  for (const [who, path, title] of [
    [page, "/team", "Only admins look after the team"],
    [page, "/connections/new?channel=twitter", "Only editors make connections"],
    [editor, "/team", "Only admins look after the team"],
  ] as const) {
    expect((await who.goto(path))!.status()).toBe(403);
    await expect(who.getByRole("heading", { level: 1 })).toHaveText(title);
  }
});

test("what has no button is refused, too", async ({ page, server }) => {
  await server.patch(646, { Name: "a" });
  await signIn(page, "/", VIEWER);
  const before = [await server.connections(), await server.connection(646)];
  const headers = { origin: server.url };
  const forms: [path: string, form: Record<string, string | number>][] = [
    ["/connections/646", { version: 2, Name: "x", "was-Name": "a" }],
    ["/connections/646/enabled", { version: 2, enabled: 0 }],
    ["/connections/646/undo", { number: 4 }],
    ["/connections/new?channel=facebook", { Name: "x" }],
    ["/team/invite", { email: "eve@patchbay.test", role: "admin" }],
    ["/team/invite/withdraw", { id: 1 }],
    ["/team/role", { user: 4, role: "admin" }],
    ["/team/enabled", { user: 1, enabled: 0 }],
    ["/team/sign-out", { user: 1 }],
  ];
  for (const [path, form] of forms) {
    const answer = await page.request.post(path, { headers, form, maxRedirects: 0 });
    expect(answer.status(), path).toBe(403);
  }
  const patch = { id: 646, version: 2, patch: { Name: "x" } };
  const rpc = await page.request.patch("/rpc/connection/patch", { headers, data: patch });
  expect(rpc.status()).toBe(403);
  const token = await server.authenticate(VIEWER);
  const api = await server.call("PATCH", "/api/connection/646", token, { Name: "x" });
  expect(api.status).toBe(403);
  expect([await server.connections(), await server.connection(646)]).toEqual(before);
});

test("a viewer's token reads no secret", async ({ server }) => {
  const token = await server.authenticate(VIEWER);
  const { json } = await server.call("GET", "/api/connection/646", token);
  expect(json).toMatchObject({ Name: "onebox DEMO", Password: null, Token: null });
  expect(server.leaks(JSON.stringify(json))).toEqual([]);
});

test("an editor edits, but has no team", async ({ page, server }) => {
  await openForm(page, "/connections/583", EDITOR);
  await expect(page.getByRole("link", { name: "Team" })).toHaveCount(0);
  await page.getByLabel("Name", { exact: true }).fill("Garden Centre");
  await save(page).click();
  await expect(page.locator("#notice")).toHaveText("Saved.");
  expect(await server.connection(583)).toMatchObject({ Name: "Garden Centre" });
});
