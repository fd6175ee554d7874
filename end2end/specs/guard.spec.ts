// The guard of every test sees what it is for: else its silence would say nothing.

import { expect, signIn, test } from "../support/test.ts";

test("the guard sees what the Content-Security-Policy forbids", async ({ page, guard }) => {
  await signIn(page);
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'owned'";
    document.head.append(script);
    document.body.setAttribute("style", "color: red");
  });
  await expect.poll(() => guard.violations.join()).toMatch(/script-src.*style-src/s);
  expect(await page.title()).toBe("Connections · Patchbay");
  guard.violations = [];
});

test("the guard sees it in a second browser, too, and without scripts", async ({
  visitor,
  guard,
}) => {
  const page = await visitor({ javaScriptEnabled: false });
  await page.route("**/login", async (route) => {
    const answer = await route.fetch();
    const body = (await answer.text()).replace("</body>", "<p style='color: red'></p></body>");
    await route.fulfill({ response: answer, body });
  });
  await page.goto("/login");
  await expect.poll(() => guard.violations.join()).toContain("style");
  guard.violations = [];
});

test("the guard sees a secret in an answer", async ({ page, guard, server }) => {
  await page.route("**/login", (route) => route.fulfill({ body: server.secrets[0]! }));
  await page.goto("/login");
  const bodies = await Promise.all(guard.bodies);
  expect(bodies.flatMap((body) => server.leaks(body))).toEqual([server.secrets[0]]);
  guard.bodies.length = 0;
});
