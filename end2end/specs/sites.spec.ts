import { alive, expect, openForm, openMenu, save, signIn, test } from "../support/test.ts";
import { BOTH, EDITOR } from "../support/users.ts";

const ONE = "Switch to Site 169 · Demo helpdesk";
const TWO = "Switch to Site 170 · Other helpdesk";

test("who belongs to two sites switches between them, and sees one at a time", async ({ page }) => {
  await signIn(page, "/", BOTH);
  await expect(page.getByRole("link", { name: "All 5" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Team" })).toBeVisible();
  await openMenu(page);
  await expect(page.getByRole("list", { name: "Sites" }).locator("[aria-current]")).toContainText(
    "Site 169",
  );
  await page.getByRole("button", { name: TWO }).click();
  await expect(page).toHaveURL("/");
  await expect(page.locator("summary")).toContainText("Site 170");
  await expect(page.getByRole("link", { name: "All 1" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Other Helpdesk Page" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Team" }), "an editor here").toHaveCount(0);
  expect((await page.goto("/connections/646"))!.status()).toBe(404);
  await page.goto("/activity");
  await expect(page.getByRole("main")).not.toContainText("demo@patchbay.test");
  await openMenu(page);
  await page.getByRole("button", { name: ONE }).click();
  await expect(page.getByRole("link", { name: "onebox DEMO" })).toBeVisible();
  expect((await page.goto("/connections/700"))!.status()).toBe(404);
});

test("a form of the site that was left saves nothing", async ({ page, context, server }) => {
  await openForm(page, "/connections/646", BOTH);
  await page.getByLabel("Name", { exact: true }).fill("typed");
  const tab = await context.newPage();
  await tab.goto("/");
  await openMenu(tab);
  await tab.getByRole("button", { name: TWO }).click();
  await expect(tab.getByRole("link", { name: "Other Helpdesk Page" })).toBeVisible();
  await save(page).click();
  await expect(page.locator("#notice")).toContainText("You switched to another site");
  expect(await server.connection(646)).toMatchObject({ Name: "onebox DEMO" });
  await expect(tab.getByRole("button", { name: /^Switch back/ })).toHaveCount(0);
  const [there] = await Promise.all([
    page.waitForEvent("popup"),
    page.getByRole("button", { name: "Switch back to site 169 in a new tab" }).click(),
  ]);
  await expect(there.getByRole("heading", { name: "onebox DEMO" })).toBeVisible();
  await save(page).click();
  await expect(page.locator("#notice")).toHaveText("Saved.");
  expect(await server.connection(646)).toMatchObject({ Name: "typed" });
});

test("a page of the site that was left offers to switch", async ({ page }) => {
  await signIn(page, "/connections/646", BOTH);
  await openMenu(page);
  await page.getByRole("button", { name: TWO }).click();
  await expect(page.getByRole("link", { name: "Other Helpdesk Page" })).toBeVisible();
  expect((await page.goto("/connections/646"))!.status()).toBe(404);
  await page.getByRole("main").getByRole("button", { name: ONE }).click();
  await expect(page).toHaveURL("/connections/646");
  await expect(page.locator("summary")).toContainText("Site 169");
});

test("the menu by keyboard", async ({ page }) => {
  await openForm(page, "/connections/646", BOTH);
  await page.locator("summary").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: TWO })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("link", { name: "Other Helpdesk Page" })).toBeVisible();
  await page.goto("/connections/700");
  await alive(page);
});

test("who belongs to one site is offered no other, and cannot go there", async ({
  page,
  server,
}) => {
  await signIn(page, "/", EDITOR);
  await openMenu(page);
  await expect(page.getByRole("button", { name: /Switch to/ })).toHaveCount(0);
  await page.request.post("/site", { headers: { origin: server.url }, form: { site: 170 } });
  await page.reload();
  await expect(page.locator("summary")).toContainText("Site 169");
  await expect(page.getByRole("link", { name: "onebox DEMO" })).toBeVisible();
});
