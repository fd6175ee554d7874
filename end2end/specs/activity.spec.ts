import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { alive, expect, openForm, save, signIn, test, timeline } from "../support/test.ts";
import { DEMO, EDITOR } from "../support/users.ts";

const token = `EAAO${"pg4cXo".repeat(20)}ZDZD`;
const rows = (page: Page) =>
  page.getByRole("table", { name: "Activity, newest first" }).getByRole("row");
/** A row's cells, without the time. */
const cells = async (page: Page, index: number) =>
  (await rows(page).nth(index).locator("td:not(.when), th").allInnerTexts()).map((text) =>
    text.replace(/\s+/g, " ").trim(),
  );

test("who did what, through what, and what it was before", async ({ page, server }) => {
  server.secrets.push(token, "a new password");
  await server.patch(646, { Name: "by a program", Token: token });
  await openForm(page, "/connections/646", EDITOR);
  await page.getByLabel("Name", { exact: true }).fill("by an editor");
  await save(page).click();
  await expect(page.locator("#notice")).toHaveText("Saved.");
  await page.getByRole("button", { name: "Disable" }).click();
  await expect(page.locator(".facts")).toContainText("Disabled");
  await server.patch(612, { Password: "a new password" });

  await page.reload();
  await alive(page);
  await expect(timeline(page)).toHaveText([
    /you disabled it$/,
    /you changed Name: “by a program” → “by an editor”/,
    /demo@patchbay\.test changed Name and Page access token through the API\s*Name: “onebox DEMO” → “by a program”\s*Page access token changed/,
  ]);
  await expect(timeline(page).first().locator("time")).toHaveAttribute("title", / UTC$/);

  await page.getByRole("link", { name: "Activity", exact: true }).click();
  expect(await cells(page, 1)).toEqual([
    "demo@patchbay.test",
    "API",
    "Connection changed",
    "E-mail inbound test2-email-in 612",
    "Password changed",
  ]);
  expect(await cells(page, 2)).toEqual([
    "you",
    "browser",
    "Connection changed",
    "Instagram by an editor 646",
    "Enabled: yes → no",
  ]);
  expect(await cells(page, 3)).toContain("Name: “by a program” → “by an editor”");
  expect(await cells(page, 4)).toEqual(["you", "browser", "Signed in", "", ""]);
  expect((await cells(page, 5)).at(-1)).toBe(
    "Name: “onebox DEMO” → “by a program” Page access token changed",
  );
});

test("the filters are in the address", async ({ page, server }) => {
  await server.patch(612, { Name: "a" });
  await server.patch(646, { Name: "b" });
  await signIn(page, "/activity", EDITOR);
  const show = () => page.getByRole("button", { name: "Show" }).click();
  const all = await rows(page).count();
  for (const [filter, choose, address, found] of [
    ["Person", EDITOR.email, /[?&]person=3/, 1],
    ["Kind", "Connection changed", /[?&]kind=connection-changed/, 2],
    ["Channel", "Instagram", /[?&]channel=instagram/, 1],
  ] as const) {
    const choice = page.getByRole("combobox", { name: filter, exact: true });
    await choice.selectOption(choose);
    await show();
    await expect(page).toHaveURL(address);
    await expect(rows(page)).toHaveCount(1 + found);
    await page.reload();
    await expect(rows(page)).toHaveCount(1 + found);
    await expect(choice.locator(":checked")).toHaveText(choose);
    await page.getByRole("link", { name: "Clear filters" }).click();
    await expect(page).toHaveURL("/activity");
    await expect(rows(page)).toHaveCount(all);
  }
  await page.getByLabel("Connection number").fill("612");
  await page.getByLabel("Connection number").press("Enter");
  await expect(page).toHaveURL(/connection=612/);
  await expect(rows(page)).toHaveCount(2);
  await page.goto("/connections/646");
  await page.getByRole("link", { name: "All activity of this connection" }).click();
  await expect(page).toHaveURL("/activity?connection=646");
  await expect(rows(page)).toHaveCount(2);
});

test("the days are those of UTC", async ({ page, server }) => {
  await server.patch(612, { Name: "a" });
  await signIn(page, "/activity");
  const all = await rows(page).count();
  const day = (offset: number) =>
    new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  for (const [from, to, found] of [
    [day(-1), day(0), all],
    [day(0), "", all],
    ["", day(-1), 0],
    [day(1), "", 0],
  ] as const) {
    await page.getByLabel("From (UTC)").fill(from);
    await page.getByLabel("To (UTC)").fill(to);
    await page.getByRole("button", { name: "Show" }).click();
    await expect(page).toHaveURL((url) => url.searchParams.get("since") === from);
    await expect(rows(page)).toHaveCount(found);
  }
  await expect(page.getByRole("heading", { name: "No activity matches" })).toBeVisible();
  await page.getByRole("link", { name: "see all activity" }).click();
  await expect(rows(page)).toHaveCount(all);
});

test("older pages keep the filter and do not shift", async ({ page, server }) => {
  for (let n = 1; n <= 60; n += 1) await server.patch(646, { Name: `n${n}` });
  await signIn(page, "/activity?connection=646");
  await expect(rows(page)).toHaveCount(51);
  expect((await cells(page, 1)).at(-1)).toBe("Name: “n59” → “n60”");
  await server.patch(646, { Name: "n61" });
  await page.getByRole("link", { name: "Older" }).click();
  await expect(page).toHaveURL(/connection=646&before=\d+/);
  await expect(rows(page)).toHaveCount(11);
  expect((await cells(page, 1)).at(-1)).toBe("Name: “n9” → “n10”");
  await expect(page.getByRole("link", { name: "Older" })).toHaveCount(0);
  await page.getByRole("link", { name: "Newest" }).click();
  await expect(page).toHaveURL("/activity?connection=646");
  expect((await cells(page, 1)).at(-1)).toBe("Name: “n60” → “n61”");
  await page.goto("/activity?before=1");
  await expect(page.getByRole("heading", { name: "Nothing older" })).toBeVisible();
});

test("all of a view comes as CSV, without a secret", async ({ page, server }) => {
  server.secrets.push(token);
  for (let n = 1; n <= 60; n += 1) await server.patch(646, { Name: `n${n}` });
  await server.patch(646, { Name: '=1+1,"a"', Token: token });
  await server.patch(612, { Name: "b" });
  await signIn(page, "/activity?connection=646");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download CSV" }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe("activity-169.csv");
  const text = readFileSync(await file.path(), "utf8");
  expect(server.leaks(text)).toEqual([]);
  const lines = text.trimEnd().split(/\r?\n/);
  expect(lines).toHaveLength(1 + 61);
  expect(lines[0]).toBe("number,time (UTC),who,through,what,connection,name,channel,changes,about");
  expect(lines[1]).toMatch(/^\d+,\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,demo@patchbay\.test,API,/);
  expect(lines[1]).toContain(
    `Connection changed,646,"'=1+1,""a""",Instagram,"Name: n60 -> =1+1,""a""; Token",`,
  );
  expect(lines[61]).toContain("Name: onebox DEMO -> n1");
  expect(text).not.toContain("test2-email-in");
});

test("a failed sign-in is there, without what was typed", async ({ page, visitor }) => {
  const stranger = await visitor();
  await stranger.goto("/login");
  for (const email of [DEMO.email, "typed-by-mistake-3f9a@x.test"]) {
    await stranger.getByLabel("E-mail").fill(email);
    await stranger.getByLabel("Password").fill("wrong");
    await stranger.getByLabel("Site", { exact: true }).fill("169");
    await stranger.getByRole("button", { name: "Sign in" }).click();
    await expect(stranger.getByRole("alert")).toBeVisible();
    await stranger.goto("/login");
  }
  await signIn(page, "/activity?kind=sign-in-failed");
  await expect(rows(page)).toHaveCount(3);
  expect(await cells(page, 1)).toEqual(["somebody unknown", "browser", "Sign-in failed", "", ""]);
  expect(await cells(page, 2)).toEqual(["you", "browser", "Sign-in failed", "", ""]);
  expect(await page.content()).not.toContain("typed-by-mistake");
});

test("the activity by keyboard", async ({ page, server }) => {
  await server.patch(646, { Name: "b" });
  await signIn(page, "/activity");
  await page.getByLabel("Kind").focus();
  await page.keyboard.type("Connection ch");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/kind=connection-changed/);
  await page.getByRole("link", { name: "Clear filters" }).focus();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "b", exact: true })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/connections/646");
});
