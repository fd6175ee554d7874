// What the pages' Content-Security-Policy lets a browser do: all that they need, and nothing else.

import { expect, signIn, test } from "../support/test.ts";

test("a script that is not ours does not run", async ({ page, guard }) => {
  await signIn(page, "/");
  for (const path of ["/", "/connections/646"]) {
    await page.goto(path);
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
  expect(guard.violations.join("\n")).toContain("script-src");
  guard.violations = [];
});

test("another site's page cannot sign anybody out", async ({ page, server, guard }) => {
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
  // The sign-in's own policy forbids it already.
  guard.violations = [];
});
