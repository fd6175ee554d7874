// What the form shows after an answer of the server, whichever: what the server has, and on top of it what was
// typed meanwhile.

import type { Page } from "@playwright/test";
import { alive, expect, openForm, save, signIn, test } from "../support/test.ts";

const field = (page: Page, label: string) => page.getByLabel(label, { exact: true });
const notice = (page: Page) => page.locator("#notice");
const changes = (page: Page) => page.locator(".save-bar").getByRole("status");
const state = (page: Page) => page.getByRole("region", { name: "State" });

/** Holds back the answers to requests of a path until it is called. */
async function hold(page: Page, path: string): Promise<() => void> {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(path, async (route) => {
    const answer = await route.fetch();
    await held;
    await route.fulfill({ response: answer });
  });
  return release;
}

/** Replaces a secret and saves the form. */
async function replace(page: Page, label: string, value: string): Promise<void> {
  await page.getByRole("button", { name: `Replace ${label}` }).click();
  await field(page, label).fill(value);
  await save(page).click();
  await expect(notice(page)).toHaveText("Saved.");
}

/** Opens the form of a connection that works. */
async function openWorking(page: Page): Promise<string> {
  await signIn(page, "/?state=working&channel=email-inbound");
  const link = page.locator("#rows th a").first();
  const id = (await link.getAttribute("href"))!.split("/").pop()!;
  await link.click();
  await alive(page);
  await expect(state(page)).toContainText("Working · tested");
  return id;
}

test("what is typed while a save is under way stays, and is saved next", async ({
  page,
  server,
}) => {
  await openForm(page, "/connections/612");
  const release = await hold(page, "**/rpc/connection/patch");
  await field(page, "Name").fill("first");
  await field(page, "Port").fill("143");
  await page.getByRole("button", { name: "Replace Password" }).click();
  await field(page, "Password").fill("sent and saved");
  await save(page).click();
  await expect(page.getByRole("button", { name: "Saving…" })).toBeVisible();
  await field(page, "Name").fill("first and more");
  await field(page, "E-mail address").fill("help@mail.patchbay.test");
  release();

  await expect(notice(page)).toHaveText("Saved.");
  await expect(changes(page)).toHaveText("2 changes: Name, E-mail address");
  await expect(field(page, "Name")).toHaveValue("first and more");
  await expect(field(page, "E-mail address")).toHaveValue("help@mail.patchbay.test");
  await expect(field(page, "Port")).toHaveValue("143");
  await expect(page.locator("input[type=password]")).toHaveCount(0);
  expect(await server.connection(612)).toMatchObject({
    Name: "first",
    Port: "143",
    Password: "sent and saved",
  });

  await save(page).click();
  await expect(changes(page)).toHaveText("No changes");
  expect(await server.connection(612)).toMatchObject({
    Name: "first and more",
    From: "help@mail.patchbay.test",
  });
});

test("what is typed while the connection is disabled stays", async ({ page, server }) => {
  await openForm(page, "/connections/646");
  const release = await hold(page, "**/rpc/connection/patch");
  await page.getByRole("button", { name: "Disable" }).click();
  await field(page, "Name").fill("typed");
  release();
  await expect(state(page)).toContainText("Disabled");
  await expect(changes(page)).toHaveText("1 change: Name");
  expect(await server.connection(646)).toMatchObject({ Enabled: "0", Name: "onebox DEMO" });
});

test("nothing can be typed while a connection is made: its page is left then", async ({ page }) => {
  await signIn(page, "/connections/new?channel=email-inbound");
  await page.waitForFunction(() => document.querySelector(".save-bar button[type=reset]"));
  const release = await hold(page, "**/rpc/connection/create");
  await field(page, "Name").fill("new");
  await field(page, "User name").fill("anna");
  await field(page, "E-mail address").fill("anna@mail.patchbay.test");
  await field(page, "IMAP server").fill("mail.patchbay.test");
  await field(page, "Port").fill("993");
  await field(page, "Password").fill("one-two-three");
  await page.getByRole("button", { name: "Create connection" }).click();
  await expect(page.locator("fieldset").first()).toHaveAttribute("inert");
  release();
  await expect(page).toHaveURL(/\/connections\/\d+\?done=created$/);
});

test("a new token shows its own tail, a new password when it was changed", async ({ page }) => {
  await openForm(page, "/connections/583");
  await expect(page.locator(".secret").first()).toContainText("…ZDZD · changed");
  await replace(page, "Page access token", `EAAO${"pg4cXo".repeat(20)}PAGE`);
  await expect(page.locator(".secret").first()).toContainText("…PAGE · changed just now");
  await page.goto("/connections/613");
  await alive(page);
  await expect(page.locator(".secret")).toContainText("changed 3 days ago");
  await replace(page, "Password", "a new password");
  await expect(page.locator(".secret")).toContainText("changed just now");
});

test.describe("of a connection that works", () => {
  test.use({ serverArgs: ["--demo-rows", "120"] });

  test("a save of what tests depend on says that it is not tested", async ({ page }) => {
    await openWorking(page);
    await field(page, "E-mail address").fill("other@mail.patchbay.test");
    await save(page).click();
    await expect(state(page)).toContainText("Not tested");
    await expect(state(page)).not.toContainText("Working");
  });

  test("others' changes show in its state and its secret", async ({ page, server }) => {
    const listens = page.waitForResponse(/\/rpc\/events/);
    const id = await openWorking(page);
    await listens;
    await field(page, "Name").fill("typed");
    await server.patch(Number(id), { Password: "theirs-3f9a" });
    await expect(state(page)).toContainText("Not tested");
    await expect(page.locator(".secret")).toContainText("changed just now");
    await expect(changes(page)).toHaveText("1 change: Name");
  });
});

test("a test in its own tab shows in the form's state", async ({ page }) => {
  await openForm(page, "/connections/612");
  await expect(state(page)).toContainText("Not tested");
  const [opened] = await Promise.all([
    page.waitForEvent("popup"),
    page.getByRole("button", { name: "Test", exact: true }).click(),
  ]);
  await expect(opened.locator("#notice")).toContainText("did not pass");
  await expect(state(page)).toContainText("Failing · tested just now");
});
