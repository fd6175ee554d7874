import type { Page } from "@playwright/test";
import { alive, expect, openForm, save, signIn, test, timeline } from "../support/test.ts";

const undo = (page: Page, deed: string) =>
  timeline(page).getByRole("button", { name: new RegExp(`^Undo ?: ${deed}`) });

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
    test.use({ javaScriptEnabled });

    test("a change is undone, and the undo, too", async ({ page, server }) => {
      await server.patch(646, { Name: "wrong", From: "wrong.too" });
      await signIn(page, "/connections/646");
      await undo(page, "changed Name and Sender").click();
      await expect(page).toHaveURL("/connections/646?done=undone");
      await expect(page.locator("#notice")).toHaveText("The change was undone.");
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("onebox DEMO");
      expect(await server.connection(646)).toMatchObject({
        Name: "onebox DEMO",
        From: "onebox.demo",
      });
      await expect(timeline(page).first()).toContainText("you undid a change of Name and Sender");
      await expect(undo(page, "changed Name and Sender")).toHaveCount(0);
      await undo(page, "undid a change").click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("wrong");
      expect(await server.connection(646)).toMatchObject({ Name: "wrong", From: "wrong.too" });
      await page.goto("/activity?connection=646");
      await expect(page.getByRole("row", { name: "Change undone" })).toHaveCount(2);
    });

    test("a replaced secret comes back", async ({ page, server }) => {
      const before = await server.connection(612);
      server.secrets.push("typed by mistake");
      await server.patch(612, { Password: "typed by mistake" });
      await signIn(page, "/connections/612");
      await undo(page, "changed Password").click();
      await expect(page.locator("#notice")).toHaveText("The change was undone.");
      const after = await server.connection(612);
      expect(after).toEqual({ ...before, ModifyDate: after.ModifyDate });
      await expect(timeline(page).first()).toContainText("you undid a change of Password");
      await undo(page, "undid a change of Password").click();
      await expect(page.locator("#notice")).toHaveText("The change was undone.");
      expect(await server.connection(612)).toMatchObject({ Password: "typed by mistake" });
    });
  });
}

test("what was changed again since is not undone, and it says so", async ({ page, server }) => {
  await server.patch(646, { Name: "first" });
  await signIn(page, "/connections/646");
  await server.patch(646, { Name: "second" });
  // The page still offers what was possible when it was made.
  await undo(page, "changed Name").click();
  await expect(page.locator("#notice")).toContainText(
    "Not undone: the same fields were changed again since.",
  );
  expect(await server.connection(646)).toMatchObject({ Name: "second" });
  await expect(timeline(page)).toHaveText([/“first” → “second”/, /“onebox DEMO” → “first”/]);
  await expect(timeline(page).nth(1).getByRole("button")).toHaveCount(0);
});

test("other fields may have changed since", async ({ page, server }) => {
  await server.patch(646, { Name: "first" });
  await server.patch(646, { From: "another" });
  await signIn(page, "/connections/646");
  await undo(page, "changed Name").click();
  await expect(page.locator("#notice")).toHaveText("The change was undone.");
  expect(await server.connection(646)).toMatchObject({ Name: "onebox DEMO", From: "another" });
});

test("an own save can be undone after the page is loaded again, by keyboard", async ({
  page,
  server,
}) => {
  await openForm(page, "/connections/646");
  await page.getByRole("button", { name: "Disable" }).click();
  await expect(page.locator(".facts")).toContainText("Disabled");
  await page.reload();
  await alive(page);
  await save(page).focus();
  await page.keyboard.press("Tab");
  await expect(undo(page, "disabled it")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("#notice")).toHaveText("The change was undone.");
  await expect(timeline(page).first()).toContainText("you undid a change of Enabled: no → yes");
  expect(await server.connection(646)).toMatchObject({ Enabled: "1" });
});

test("how a connection was made is not undone", async ({ page, server }) => {
  const id = await server.create({ MediaId: "YOTB", ProviderId: "PVD31", Name: "chat" });
  await signIn(page, `/connections/${id}`);
  await expect(timeline(page)).toHaveText([/you created this connection through the API/]);
  await expect(timeline(page).getByRole("button")).toHaveCount(0);
});
