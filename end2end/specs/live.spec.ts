// What one does appears where others look, with one server and across two on one database.

import type { Page } from "@playwright/test";
import { Server } from "../support/server.ts";
import { alive, expect, openForm, save, signIn, test } from "../support/test.ts";
import { EDITOR } from "../support/users.ts";

const nameOf = (page: Page) => page.getByLabel("Name", { exact: true });
const notice = (page: Page) => page.locator("#notice");
const rowOf = (page: Page, id: number) => page.locator(`#connection-${id}`);

/** Waits until the page listens. */
const listens = (page: Page) => page.waitForResponse(/\/rpc\/events/);

/** Changes a name as somebody at another browser, and shows it where others look. */
async function isSeen(board: Page, form: Page, writer: Page, server: Server): Promise<void> {
  await Promise.all([listens(board), signIn(board, "/?sort=name")]);
  await Promise.all([listens(form), openForm(form, "/connections/612")]);
  const others = await rowOf(board, 646).innerText();
  await signIn(writer, "/connections/612", EDITOR);
  await alive(writer);
  await nameOf(writer).fill("AAA as it is called now");
  await save(writer).click();
  await expect(notice(writer)).toHaveText("Saved.");

  await expect(rowOf(board, 612)).toContainText("AAA as it is called now");
  await expect(rowOf(board, 612)).toHaveClass(/fresh/);
  await expect(board.locator("tbody tr").first()).toHaveId("connection-612");
  expect(await rowOf(board, 646).innerText()).toBe(others);
  await expect(rowOf(board, 646)).not.toHaveClass(/fresh/);
  await expect(notice(form)).toContainText("Somebody else has just changed this connection");
  await expect(nameOf(form)).toHaveValue("AAA as it is called now");
  await expect(form.locator(".conflicts").getByRole("row", { name: "Name" })).toContainText(
    "theirs",
  );
  // The writer's own page has nothing to say of it.
  await expect(notice(writer)).toHaveText("Saved.");

  // The form goes on from there.
  await form.getByLabel("E-mail address").fill("help@mail.patchbay.test");
  await save(form).click();
  await expect(notice(form)).toHaveText("Saved.");
  expect(await server.connection(612)).toMatchObject({
    Name: "AAA as it is called now",
    From: "help@mail.patchbay.test",
  });
}

test("a change appears on others' board and in their open form", async ({
  page,
  server,
  visitor,
}) => {
  await isSeen(page, await visitor(), await visitor(), server);
});

test("it does across two servers on one database", async ({ page, server, visitor }) => {
  const second = await Server.launch({ home: server.home });
  try {
    const form = await visitor({ baseURL: second.url });
    await isSeen(page, form, await visitor({ baseURL: second.url }), server);
    await form.goto("about:blank");
  } finally {
    await second.kill();
  }
});

test("a new connection appears, and the numbers of the tabs follow", async ({ page, server }) => {
  await Promise.all([listens(page), signIn(page)]);
  const untested = page.getByRole("navigation", { name: "State" }).getByText("Not tested");
  const before = Number(await untested.locator(".count").innerText());
  const id = await server.create({
    MediaId: "EMAIL",
    ProviderId: "PVD9",
    Name: "brand new",
    UserId: "new@mail.patchbay.test",
    From: "new@mail.patchbay.test",
    Host: "imap.mail.patchbay.test",
    Port: "993",
    Password: "brand-new-4c1d",
    Enabled: "1",
  });
  await expect(rowOf(page, id)).toContainText("brand new");
  await expect(untested.locator(".count")).toHaveText(String(before + 1));
});

test("the focus stays on its row when the board changes", async ({ page, server }) => {
  await Promise.all([listens(page), signIn(page)]);
  await page.getByRole("link", { name: "onebox DEMO" }).focus();
  await server.patch(612, { Name: "changed meanwhile" });
  await expect(rowOf(page, 612)).toContainText("changed meanwhile");
  await expect(page.getByRole("link", { name: "onebox DEMO" })).toBeFocused();
});

test("a form that edits the same fields shows the change, and overwrites nothing unseen", async ({
  page,
  server,
}) => {
  await Promise.all([listens(page), openForm(page, "/connections/612")]);
  await nameOf(page).fill("mine");
  await server.patch(612, { Name: "theirs" });
  await expect(notice(page)).toContainText("changed what you are editing here");
  await expect(nameOf(page)).toHaveValue("mine");
  await save(page).click();
  await expect(notice(page)).toContainText("Not saved yet");
  expect(await server.connection(612)).toMatchObject({ Name: "theirs" });
  await expect(page.locator(".conflicts").getByRole("row", { name: "Name" })).toContainText(
    "yours",
  );
  await save(page).click();
  await expect(notice(page)).toHaveText("Saved.");
  expect(await server.connection(612)).toMatchObject({ Name: "mine" });
});

test("changes one after the other are reported together", async ({ page, server }) => {
  await Promise.all([listens(page), openForm(page, "/connections/612")]);
  await page.getByLabel("User name").fill("mine@mail.patchbay.test");
  await server.patch(612, { Name: "first" });
  await expect(nameOf(page)).toHaveValue("first");
  await server.patch(612, { Name: "second", Port: "143" });
  await expect(nameOf(page)).toHaveValue("second");
  const row = page.locator(".conflicts").getByRole("row", { name: "Name" });
  await expect(row).toContainText("test2-email-in");
  await expect(row).toContainText("second");
  await expect(page.locator(".save-bar")).toContainText("1 change: User name");
});

test("a tab that nobody sees asks for nothing, and catches up when it is seen", async ({
  page,
  server,
}) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const seen = (is: boolean) =>
    page.evaluate((is) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => !is });
      document.dispatchEvent(new Event("visibilitychange"));
    }, is);
  await Promise.all([listens(page), signIn(page)]);
  await seen(false);
  asked.length = 0;
  await server.patch(612, { Name: "while nobody looked" });
  await page.waitForTimeout(1500);
  expect(asked).toEqual([]);
  await seen(true);
  await expect(rowOf(page, 612)).toContainText("while nobody looked");
});
