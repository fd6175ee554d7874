// From an address to a mail that goes out, against a real mail server.

import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "@playwright/test";

import { MailServer } from "../support/mail.ts";
import { Server } from "../support/server.ts";
import { alive, expect, signIn, test } from "../support/test.ts";

const DOMAIN = "srv.example";
const USER = `anna@${DOMAIN}`;
const PASSWORD = "correct-horse-9";

async function withMail(
  browser: Browser,
  javaScriptEnabled: boolean,
  story: (page: Page) => Promise<void>,
) {
  const mail = await MailServer.start(DOMAIN, USER, PASSWORD);
  const server = await Server.start(...mail.args);
  try {
    const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled });
    await story(await context.newPage());
    await context.close();
  } finally {
    await server.stop();
    mail.stop();
  }
}

async function clean(page: Page): Promise<void> {
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
}

for (const scripts of [true, false]) {
  test(`from an address to a mail that goes out, ${scripts ? "by keyboard" : "without scripts"}`, async ({
    browser,
  }) => {
    await withMail(browser, scripts, async (page) => {
      await signIn(page, "/connections/new?channel=email-outbound");
      await page.getByLabel("Find the settings of an address").fill(USER);
      await page.getByRole("button", { name: "Find settings" }).press("Enter");
      await expect(page.getByText(`smtp.${DOMAIN}:`)).toBeVisible();
      await expect(page.getByText("published by the domain (SRV record)")).toBeVisible();
      if (scripts) await clean(page);
      await page.getByRole("link", { name: "Use these settings" }).press("Enter");
      // The form is filled, but for the password.
      if (scripts) await page.waitForLoadState("networkidle");
      await expect(page.getByLabel("SMTP server")).toHaveValue(`smtp.${DOMAIN}`);
      await expect(page.getByLabel("User name")).toHaveValue(USER);
      await expect(page.getByLabel("Sender address")).toHaveValue(USER);
      await page.getByLabel("Name", { exact: true }).fill("answers");
      await page.getByLabel("Inbound connection").selectOption("test2-email-in (612)");
      await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
      const [opened] = await Promise.all([
        page.waitForEvent("popup"),
        page.getByRole("button", { name: "Test", exact: true }).press("Enter"),
      ]);
      await expect(opened.locator("#notice")).toContainText("All is well");
      await opened.close();
      await page.getByRole("button", { name: "Create connection" }).press("Enter");
      await page.waitForURL(/\/connections\/\d+\?done=created/);
      if (scripts) await alive(page);
      // A mail goes out through what is stored and passed.
      await page.getByRole("link", { name: "Send a test message" }).press("Enter");
      await page.getByRole("button", { name: "Send test message" }).press("Enter");
      await expect(page.getByRole("alert")).toContainText("Test the connection first");
      await page.getByRole("link", { name: "their test" }).press("Enter");
      await page.getByRole("button", { name: "Test what is stored" }).press("Enter");
      await expect(page.locator("#notice")).toContainText("All is well");
      await page.goto(page.url().replace("/test", "/message"));
      await expect(page.getByLabel("Send to")).toHaveValue("demo@patchbay.test");
      if (scripts) await clean(page);
      await page.getByLabel("Send to").fill(USER);
      await page.getByRole("button", { name: "Send test message" }).press("Enter");
      await expect(page.getByRole("alert")).toContainText("This is not your own address.");
      if (scripts) await clean(page);
      await page.getByRole("button", { name: `Send to ${USER}` }).press("Enter");
      await expect(page.getByText("The server took the message as ANNA.")).toBeVisible();
      await expect(page.locator("#notice")).toContainText("The server took the message.");
      if (scripts) await clean(page);
      await page.goto("/activity?kind=test-message-sent");
      await expect(page.getByRole("table")).toContainText("Test message sent");
    });
  });
}
