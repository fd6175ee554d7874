// Pages that are there before they are asked for.

import { alive, expect, signIn, test } from "../support/test.ts";

test("the page of the link that the pointer rests on is made ready, and is then used", async ({
  page,
  server,
}) => {
  const seen: string[] = [];
  const session = await page.context().newCDPSession(page);
  // A browser that is steered as this one prerenders nothing, and only fetches ahead.
  session.on("Preload.prefetchStatusUpdated", ({ prefetchUrl, status }) => {
    seen.push(`${prefetchUrl.replace(server.url, "")} ${status}`);
  });
  session.on("Preload.ruleSetUpdated", ({ ruleSet }) => {
    expect(ruleSet.errorMessage ?? "").toBe("");
  });
  await session.send("Preload.enable");
  await signIn(page);
  expect(seen).toEqual([]);
  const link = page.getByRole("link", { name: "onebox DEMO" });
  await link.hover();
  await expect.poll(() => seen).toContain("/connections/646 Ready");
  await link.click();
  await alive(page);
  await expect.poll(() => seen).toContain("/connections/646 Success");
});
