// A stored password goes nowhere but where it was given for: who saves another server gives it again.

import type { Page } from "@playwright/test";
import { expect, openForm, save, signIn, test } from "../support/test.ts";

const password = (page: Page) => page.getByLabel("Password", { exact: true });
const asked = "Enter the password again";

test("who saves another server is asked for the password, and nothing typed is lost", async ({
  page,
  server,
}) => {
  await openForm(page, "/connections/612");
  await page.getByLabel("IMAP server").fill("mail2.patchbay.test");
  await save(page).click();
  await expect(page.locator("#Password-message")).toContainText(asked);
  await expect(page.getByLabel("IMAP server")).toHaveValue("mail2.patchbay.test");
  expect(await server.connection(612)).toMatchObject({ Host: "mail.patchbay.test" });
  await page.getByRole("button", { name: "Replace Password", exact: true }).click();
  await password(page).fill("one-two-three");
  await save(page).click();
  await expect(page.locator("#notice")).toHaveText("Saved.");
  expect(await server.connection(612)).toMatchObject({
    Host: "mail2.patchbay.test",
    Password: "one-two-three",
  });
});

test("it is the same without scripts", async ({ browser, server }) => {
  const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled: false });
  const page = await context.newPage();
  await signIn(page, "/connections/612");
  await page.getByLabel("Port", { exact: true }).fill("143");
  await save(page).click();
  await expect(page.locator("#Password-message")).toContainText(asked);
  await page.getByRole("button", { name: "Replace Password", exact: true }).click();
  await password(page).fill("one-two-three");
  await save(page).click();
  await expect(page.locator("#notice")).toHaveText("Saved.");
  expect(await server.connection(612)).toMatchObject({ Port: "143", Password: "one-two-three" });
  await context.close();
});
