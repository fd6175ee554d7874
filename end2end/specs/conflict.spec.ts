import { expect, openForm, save, test } from "../support/test.ts";

test("somebody else's save is shown beside one's own, and nothing is lost", async ({
  page,
  server,
}) => {
  await openForm(page, "/connections/612");
  await page.getByLabel("Name", { exact: true }).fill("mine");
  await page.getByLabel("E-mail address").fill("mine@mail.patchbay.test");
  await server.patch(612, { Name: "theirs", Port: "143", Password: "theirs-3f9a" });
  await save(page).click();

  await expect(page.locator("#notice")).toContainText("somebody else changed this connection");
  const row = (name: string) => page.locator(".conflicts").getByRole("row", { name });
  await expect(row("Name")).toContainText("test2-email-in");
  await expect(row("Name")).toContainText("theirs");
  await expect(row("Port")).toContainText("993");
  await expect(row("Port")).toContainText("143");
  await expect(row("Password")).toContainText("changed");
  expect(await page.content()).not.toContain("theirs-3f9a");
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("mine");
  await expect(page.getByLabel("Port")).toHaveValue("143");
  expect(await server.connection(612)).toMatchObject({ Name: "theirs" });

  await row("Name").getByRole("button", { name: "Take theirs" }).click();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("theirs");
  await expect(page.locator(".save-bar")).toContainText("1 change: E-mail address");
  await save(page).click();
  await expect(page.locator("#notice")).toHaveText("Saved.");
  await expect(page.locator(".conflicts")).toHaveCount(0);
  expect(await server.connection(612)).toMatchObject({
    Name: "theirs",
    Port: "143",
    Password: "theirs-3f9a",
    From: "mine@mail.patchbay.test",
  });
});

test("one's own text can be kept over theirs", async ({ page, server }) => {
  await openForm(page, "/connections/612");
  await page.getByLabel("Name", { exact: true }).fill("mine");
  await server.patch(612, { Name: "theirs" });
  await save(page).click();
  await expect(page.locator(".conflicts")).toContainText("yours");
  await save(page).click();
  await expect(page.locator("#notice")).toHaveText("Saved.");
  expect(await server.connection(612)).toMatchObject({ Name: "mine" });
});
