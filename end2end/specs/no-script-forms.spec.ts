// Forms without JavaScript: nothing is made twice, nothing that was typed is lost, and each post
// leads to a page that can be reloaded.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";

import { expect, fillSignIn, save, signIn, test } from "../support/test.ts";
import { BOTH, DEMO, EDITOR } from "../support/users.ts";

test.use({ javaScriptEnabled: false });

const name = (page: Page) => page.getByLabel("Name", { exact: true });

test("a double click creates one connection", async ({ page, server }) => {
  await signIn(page, "/connections/new?channel=email-inbound");
  await name(page).fill("made once");
  await page.getByLabel("User name").fill("once@mail.patchbay.test");
  await page.getByLabel("E-mail address").fill("once@mail.patchbay.test");
  await page.getByLabel("IMAP server").fill("mail.patchbay.test");
  await page.getByLabel("Port").fill("993");
  await page.getByLabel("Password", { exact: true }).fill("pw-1");
  await page.getByRole("button", { name: "Create connection" }).dblclick();
  await expect(page.locator("#notice")).toHaveText("Connection created.");
  const made = (await server.connections(DEMO)).filter((row) => row.Name === "made once");
  expect(made).toHaveLength(1);
});

test("a double click invites once, and the link survives the redirect", async ({ page }) => {
  await signIn(page, "/team");
  await page.getByLabel("E-mail").fill("eve@patchbay.test");
  await page.getByRole("button", { name: "Invite", exact: true }).dblclick();
  const link = await page.getByLabel("Invitation link for eve@patchbay.test").inputValue();
  await expect(page).toHaveURL("/team");
  await page.reload();
  await expect(page.getByLabel("Invitation link for eve@patchbay.test")).toHaveCount(0);
  expect((await page.goto(link))!.status(), "the link still works").toBe(200);
});

test("what was typed survives the end of the session, but secrets", async ({
  page,
  context,
  server,
}) => {
  await signIn(page, "/connections/612");
  await name(page).fill("typed");
  await page.getByRole("button", { name: "Replace Password" }).click();
  await page.getByLabel("Password", { exact: true }).fill("new-secret");
  await context.clearCookies();
  await save(page).click();
  await expect(page.locator("#notice")).toContainText("what you typed is still here");
  await fillSignIn(page, DEMO);
  await expect(page).toHaveURL("/connections/612");
  await expect(page.locator("#flash")).toContainText("Enter the password or token again");
  await expect(name(page)).toHaveValue("typed");
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
  expect(await server.connection(612)).toMatchObject({ Name: "test2-email-in" });
  await page.getByLabel("Password", { exact: true }).fill("new-secret");
  await save(page).click();
  await expect(page.locator("#notice")).toHaveText("Saved.");
  expect(await server.connection(612)).toMatchObject({ Name: "typed", Password: "new-secret" });
});

test("a form is not saved as somebody else unasked", async ({ page, context, server }) => {
  await signIn(page, "/connections/646", BOTH);
  await name(page).fill("typed");
  const tab = await context.newPage();
  await context.clearCookies();
  await signIn(tab, "/", EDITOR);
  await save(page).click();
  await expect(page.locator("#flash")).toContainText(`signed in as ${EDITOR.email}`);
  expect(await server.connection(646)).toMatchObject({ Name: "onebox DEMO" });
  await expect(name(page)).toHaveValue("typed");
  await save(page).click();
  await expect(page.locator("#notice")).toHaveText("Saved.");
});

test("a form of the site that was left is saved there", async ({ page, context, server }) => {
  await signIn(page, "/connections/646", BOTH);
  await name(page).fill("typed");
  const tab = await context.newPage();
  await tab.goto("/");
  await tab.locator("summary").click();
  await tab.getByRole("button", { name: "Switch to Site 170 · Other helpdesk" }).click();
  await expect(tab.getByRole("link", { name: "Other Helpdesk Page" })).toBeVisible();
  await save(page).click();
  await expect(page.locator("#flash")).toContainText("You switched to site 170 in another tab.");
  await page.getByRole("button", { name: "Switch back to site 169 and save" }).click();
  await expect(page.locator("#notice")).toHaveText("Saved.");
  expect(await server.connection(646)).toMatchObject({ Name: "typed" });
});

test("several are disabled, and Back and reload do no harm", async ({ page, server }) => {
  await signIn(page, "/?q=test2");
  await page.getByRole("checkbox", { name: /^Choose test2-email-in/ }).check();
  await page.getByRole("button", { name: "Disable" }).click();
  await expect(page.getByRole("heading", { name: "Disable 1 connection?" })).toBeVisible();
  await page.reload();
  await page.getByRole("button", { name: "Disable 1 connection" }).click();
  await expect(page).toHaveURL("/?q=test2");
  await expect(page.locator("#flash")).toHaveText("Disabled 1 connection.");
  expect(await server.connection(612)).toMatchObject({ Enabled: "0" });
  await page.reload();
  await expect(page.locator("#flash")).toHaveCount(0);
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Disable 0 connections?" })).toBeVisible();
});

test("a link on another site opens the page for who is signed in", async ({ page, server }) => {
  const mail = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(`<a href="${server.url}/connections/646">the connection</a>`);
  });
  await new Promise<void>((listening) => mail.listen(0, "127.0.0.1", listening));
  try {
    await signIn(page);
    // Another host name is another site, whatever the address.
    await page.goto(`http://localhost:${(mail.address() as AddressInfo).port}/`);
    await page.getByRole("link", { name: "the connection" }).click();
    await expect(page.getByRole("heading", { name: "onebox DEMO" })).toBeVisible();
    await expect(page).toHaveURL("/connections/646");
  } finally {
    mail.close();
  }
});
