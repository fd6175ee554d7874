// What the pages' Content-Security-Policy lets a browser do: all that they need, and nothing else.

import type { Page } from "@playwright/test";
import { expect, openForm, save, signIn, test } from "./test.ts";

/** Complaints of the browser: errors, and policies that it does not understand. */
function complaints(page: Page): string[] {
  const texts: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || /policy/i.test(message.text())) texts.push(message.text());
  });
  return texts;
}

test("no page breaks its own policy", async ({ page }) => {
  const texts = complaints(page);
  await openForm(page, "/connections/646");
  await page.getByLabel("Name", { exact: true }).fill("renamed");
  await save(page).click();
  await expect(page.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
  for (const path of ["/", "/?q=mail", "/connections/new", "/connections/new?channel=twitter"]) {
    await page.goto(path, { waitUntil: "networkidle" });
  }
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/login");
  expect(texts).toEqual([]);
});

test("a script that is not ours does not run", async ({ page }) => {
  await signIn(page, "/");
  const texts = complaints(page);
  for (const path of ["/", "/connections/646"]) {
    await page.goto(path, { waitUntil: "networkidle" });
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
      const image = document.createElement("img");
      image.setAttribute("onerror", "window.ran = true");
      image.src = "/nothing";
      document.body.append(image);
    });
    await page.waitForTimeout(300);
    expect(await page.evaluate(() => "ran" in window), path).toBe(false);
  }
  expect(texts.join("\n")).toContain("Content Security Policy");
});

test("another site's page cannot sign anybody out", async ({ page, server }) => {
  await signIn(page, "/");
  // The same server under another name is another site.
  const other = server.url.replace("127.0.0.1", "localhost");
  await page.goto(`${other}/login`);
  await page.setContent(`<form method="post" action="${server.url}/logout"></form>`);
  const answer = page.waitForResponse((response) => response.url().endsWith("/logout"));
  await page.evaluate(() => document.forms[0]!.submit()).catch(() => undefined);
  const blocked = page.waitForTimeout(1000).then(() => null);
  const response = await Promise.race([answer.catch(() => null), blocked]);
  expect([null, 403]).toContain(response?.status() ?? null);
  await page.goto(server.url);
  await expect(page).toHaveURL(`${server.url}/`);
});
