import { expect, signIn, test } from "../support/test.ts";

const names = (page: import("@playwright/test").Page) =>
  page.locator(".board tbody th a").allTextContents();

const ids = (page: import("@playwright/test").Page) =>
  page.locator(".board tbody .id").allTextContents();

test("the board shows each connection with channel, account, state and age", async ({ page }) => {
  await signIn(page);
  const row = page.getByRole("row", { name: "onebox DEMO" });
  await expect(row).toContainText("Instagram");
  await expect(row).toContainText("@onebox.demo");
  await expect(row).toContainText("Not tested");
  await expect(row.locator("time")).toHaveAttribute(
    "title",
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/,
  );
  await expect(page.getByRole("row", { name: "test2-email-in" })).toContainText(
    "test2@mail.patchbay.test · mail.patchbay.test:993",
  );
  await expect(page.getByRole("link", { name: "All 5" })).toHaveAttribute("aria-current", "page");
  expect(await names(page)).toEqual([
    "onebox DEMO",
    "test2-email-out",
    "test2-email-in",
    "trial_corp Official",
    "Garden Centre Page",
  ]);
});

test("search, filters and order are in the address", async ({ page, server }) => {
  await server.patch(583, { Enabled: "0" });
  await signIn(page);
  const search = page.getByRole("searchbox");
  for (const [text, found] of [
    ["garden", ["Garden Centre Page"]],
    ["mail.patchbay", ["test2-email-out", "test2-email-in"]],
    ["646", ["onebox DEMO"]],
    ["onebox.demo", ["onebox DEMO"]],
  ] as const) {
    await search.fill(text);
    await search.press("Enter");
    await expect(page).toHaveURL((url) => url.searchParams.get("q") === text);
    expect(await names(page)).toEqual(found);
  }
  await page.getByRole("link", { name: "Clear filters" }).click();
  await page.getByLabel("Channel").selectOption("E-mail inbound (1)");
  await page.getByLabel("Order").selectOption("By name");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/channel=email-inbound/);
  expect(await names(page)).toEqual(["test2-email-in"]);
  await page.goto("/");
  await page.getByRole("link", { name: "Disabled 1" }).click();
  await expect(page).toHaveURL("/?state=disabled");
  expect(await names(page)).toEqual(["Garden Centre Page"]);
  await page.reload();
  expect(await names(page)).toEqual(["Garden Centre Page"]);
});

test("nothing found says what to do", async ({ page }) => {
  await signIn(page, "/?q=nothing+like+this");
  await expect(page.getByRole("heading", { name: "No connection matches" })).toBeVisible();
  await page.getByRole("link", { name: "see all connections" }).click();
  expect(await names(page)).toHaveLength(5);
});

test("an address without a page says so", async ({ page }) => {
  await signIn(page, "/connections/424242");
  await expect(page.getByRole("heading", { name: "There is nothing here" })).toBeVisible();
});

test.describe("with many connections", () => {
  test.use({ serverArgs: ["--demo-rows", "120"] });

  test("the board has pages", async ({ page }) => {
    await signIn(page);
    const pages = page.getByRole("navigation", { name: "Pages" });
    const to = (name: string) => pages.getByRole("link", { name }).click();
    await expect(pages.getByRole("link")).toHaveText(["Next ›", "Last »"]);
    const first = await ids(page);
    expect(first).toHaveLength(50);
    await to("Next");
    await expect(page).toHaveURL(/\?after=/);
    const second = await ids(page);
    await to("Next");
    await expect(pages.getByRole("link")).toHaveText(["« First", "‹ Previous"]);
    const third = await ids(page);
    expect(new Set([...first, ...second, ...third]).size).toBe(125);
    await to("Previous");
    await expect(pages.getByRole("link")).toHaveCount(4);
    expect(await ids(page)).toEqual(second);
    await to("Last");
    await expect(page).toHaveURL("/?page=last");
    expect((await ids(page)).slice(-25)).toEqual(third);
    await to("First");
    await expect(page).toHaveURL("/");
    expect(await ids(page)).toEqual(first);
  });
});
