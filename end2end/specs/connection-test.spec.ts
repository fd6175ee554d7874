import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";

import { AxeBuilder } from "@axe-core/playwright";

import { Server } from "../support/server.ts";
import { alive, expect, openForm, signIn, test } from "../support/test.ts";

/** A mail server that takes connections and says nothing until a test has it answer. */
async function quietServer() {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    sockets.push(socket);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: String((server.address() as AddressInfo).port),
    sockets,
    close: () => server.close(),
  };
}

test("a test tells of the host that is not there, and saves nothing", async ({ page, server }) => {
  const before = await server.connection(612);
  await openForm(page, "/connections/612");
  await page.getByLabel("Name", { exact: true }).fill("typed");
  const [opened] = await Promise.all([
    page.waitForEvent("popup"),
    page.getByRole("button", { name: "Test", exact: true }).click(),
  ]);
  await expect(opened.getByRole("heading", { name: "Test of test2-email-in" })).toBeVisible();
  await expect(opened.locator(".stages > div.bad")).toContainText(
    "Server mail.patchbay.test not found",
  );
  await expect(opened.locator(".stages > div.bad")).toContainText("Look at: IMAP server");
  await expect(opened.locator("#notice")).toContainText("did not pass");
  expect((await new AxeBuilder({ page: opened }).analyze()).violations).toEqual([]);
  // The field at fault is marked in the form, until something is typed into it.
  const field = page.locator(".field").filter({ has: page.getByLabel("IMAP server") });
  await expect(field).toContainText("The test found: Server mail.patchbay.test not found");
  await expect(field).toHaveClass(/invalid/);
  await page.getByLabel("IMAP server").fill("mail.patchbay.test");
  await expect(field).not.toContainText("The test found");
  // The form is as it was, with what was typed.
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("typed");
  expect(await server.connection(612)).toEqual(before);
});

test("a new connection is tested before it is made", async ({ page, server }) => {
  await signIn(page, "/connections/new?channel=email-inbound");
  await page.getByLabel("User name").fill("anna");
  await page.getByLabel("IMAP server").fill("mail.patchbay.test");
  await page.getByLabel("Port").fill("993");
  const test = async () => {
    const [opened] = await Promise.all([
      page.waitForEvent("popup"),
      page.getByRole("button", { name: "Test", exact: true }).press("Enter"),
    ]);
    await expect(
      opened.getByRole("heading", { name: "Test of a new E-mail inbound" }),
    ).toBeVisible();
    return opened;
  };
  const refused = await test();
  await expect(refused.getByRole("alert")).toContainText("Password is missing.");
  // What a test does not depend on may be missing.
  await expect(refused.getByRole("alert")).not.toContainText("Name");
  await page.getByLabel("E-mail address").fill("anna@mail.patchbay.test");
  await page.getByLabel("Password", { exact: true }).fill("one-two-three");
  const tested = await test();
  await expect(tested.locator(".stages > div.bad")).toContainText(
    "Server mail.patchbay.test not found",
  );
  await expect(page.getByText("The test found: Server mail.patchbay.test not found")).toBeVisible();
  await page.goto("/?q=anna");
  await expect(page.getByText("No connection matches")).toBeVisible();
  expect((await server.connection(612)).Name).toBe("test2-email-in");
});

test("the kept password goes to no other server", async ({ page }) => {
  await openForm(page, "/connections/613");
  await page.getByLabel("SMTP server", { exact: true }).fill("mail.other.example");
  const [opened] = await Promise.all([
    page.waitForEvent("popup"),
    page.getByRole("button", { name: "Test", exact: true }).press("Enter"),
  ]);
  await expect(opened.getByRole("alert")).toContainText("Enter the password again");
  await expect(opened.locator(".stages")).toHaveCount(0);
});

test("a provider that cannot be reached is reported in plain words", async ({ browser }) => {
  const quiet = await quietServer();
  quiet.close();
  const server = await Server.start("--graph-url", `http://127.0.0.1:${quiet.port}/v25.0`);
  try {
    const page = await browser.newPage({ baseURL: server.url });
    await signIn(page, "/connections/646");
    const [opened] = await Promise.all([
      page.waitForEvent("popup"),
      page.getByRole("button", { name: "Test", exact: true }).click(),
    ]);
    await expect(opened.locator(".stages > div.bad")).toContainText("See the page");
    await expect(opened.locator(".stages > div.bad")).toContainText("Facebook cannot be reached");
  } finally {
    await server.stop();
  }
});

test("stages come as they end, and the test is ended, by keyboard", async ({ browser }) => {
  const quiet = await quietServer();
  const server = await Server.start(
    ...["--test-network", "127.0.0.0/8", "--test-port", `${quiet.port}=starttls`],
  );
  try {
    const context = await browser.newContext({ baseURL: server.url });
    const page = await context.newPage();
    await signIn(page, "/connections/612");
    await alive(page);
    await page.getByLabel("IMAP server", { exact: true }).fill("127.0.0.1");
    await page.getByLabel("Port", { exact: true }).fill(quiet.port);
    await page.getByRole("button", { name: "Replace Password" }).press("Enter");
    await expect(page.getByLabel("Password", { exact: true })).toBeFocused();
    await page.keyboard.type("a new password");
    const [opened] = await Promise.all([
      page.waitForEvent("popup"),
      page.getByRole("button", { name: "Test", exact: true }).press("Enter"),
    ]);
    // The server is still silent.
    await expect(opened.locator(".stages > div.good")).toHaveCount(2);
    await expect(opened.locator("#notice")).toHaveCount(0);
    const ended = new Promise((done) => quiet.sockets[0]!.resume().once("close", done));
    await opened.getByRole("link", { name: "Stop" }).press("Enter");
    await ended;
    await expect(opened.getByRole("button", { name: "Test what is stored" })).toBeVisible();
    await expect(page.getByLabel("Password", { exact: true })).toHaveValue("a new password");
  } finally {
    await server.stop();
    quiet.close();
  }
});

test("a connection that this server cannot test is not tested, and nowhere red", async ({
  page,
  server,
}) => {
  await server.patch(612, { Port: "1993", Password: "given-again-4c1d" });
  await signIn(page, "/connections/576");
  for (const [id, reason] of [
    [576, "Tests of Twitter are not set up on this server."],
    [612, "1993 is not a port"],
  ] as const) {
    await page.goto(`/connections/${id}`);
    await alive(page);
    const [opened] = await Promise.all([
      page.waitForEvent("popup"),
      page.getByRole("button", { name: "Test", exact: true }).click(),
    ]);
    await expect(opened.locator(".stages > .skipped")).toContainText(reason);
    await expect(opened.locator("#notice")).toContainText("Not tested");
    await expect(opened.locator(".bad")).toHaveCount(0);
    const state = page.getByRole("region", { name: "State" });
    await expect(state).toContainText("Not tested");
    await expect(state.locator(".muted")).toContainText(reason);
    await expect(page.locator(".bad, .invalid, .state-bad")).toHaveCount(0);
    expect(await server.connection(id)).toMatchObject({ Error: "0", Remarks: null });
  }
  await page.goto("/");
  await expect(page.locator("#connection-576")).toContainText("Not tested");
  await expect(page.getByRole("region", { name: "Needs attention" })).toHaveCount(0);
});
