import { expect, save, signIn, test } from "../support/test.ts";

test.use({ javaScriptEnabled: false });

for (const [id, label, text, key] of [
  [612, "E-mail address", "help@mail.patchbay.test", "From"],
  [613, "Sender address", "help@mail.patchbay.test", "From"],
  [583, "Name", "Garden Centre", "Name"],
  [646, "Sender", "trycloudy", "From"],
  [576, "Sender screen name", "trial_corp2", "From"],
] as const) {
  test(`connection ${id} is edited and saved`, async ({ page, server }) => {
    const before = await server.connection(id);
    await signIn(page);
    await page.getByRole("link", { name: before.Name!, exact: true }).click();
    await page.getByLabel(label, { exact: true }).fill(text);
    await save(page).click();
    await expect(page).toHaveURL(`/connections/${id}?done=saved`);
    await expect(page.locator("#notice")).toHaveText("Saved.");
    const { ModifyDate: _, ...after } = await server.connection(id);
    const { ModifyDate: __, ...expected } = { ...before, [key]: text };
    expect(after).toEqual(expected);
  });
}

test("Enter saves, too", async ({ page, server }) => {
  await signIn(page, "/connections/646");
  await page.getByLabel("Name", { exact: true }).fill("typed");
  await page.getByLabel("Name", { exact: true }).press("Enter");
  await expect(page.locator("#notice")).toHaveText("Saved.");
  expect(await server.connection(646)).toMatchObject({ Name: "typed" });
});

test("a mistake keeps what was typed, and a secret is replaced", async ({ page, server }) => {
  await signIn(page, "/connections/612");
  await page.getByLabel("Name", { exact: true }).fill("typed");
  await page.getByRole("button", { name: "Replace Password" }).click();
  await page.getByLabel("Port").fill("x");
  await page.getByLabel("Password", { exact: true }).fill("new-secret");
  await save(page).click();
  await expect(page.locator("#Port-message")).toContainText("Enter a whole number");
  await expect(page.getByLabel("Port")).toBeFocused();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("typed");
  await page.getByLabel("Port").fill("993");
  await page.getByLabel("Password", { exact: true }).fill("new-secret");
  await save(page).click();
  await expect(page.locator("#notice")).toHaveText("Saved.");
  expect(await server.connection(612)).toMatchObject({ Name: "typed", Password: "new-secret" });
});

test("a connection is found, disabled, and made", async ({ page, server }) => {
  await signIn(page);
  await page.getByRole("searchbox").fill("garden");
  await page.getByRole("button", { name: "Show" }).click();
  await page.getByRole("link", { name: "Garden Centre Page" }).click();
  await page.getByRole("button", { name: "Disable" }).click();
  await expect(page.locator(".facts")).toContainText("Disabled");
  expect(await server.connection(583)).toMatchObject({ Enabled: "0" });
  await page.goto("/connections/new?channel=twitter");
  for (const label of ["Name", "Screen name", "Sender screen name"]) {
    await page.getByLabel(label, { exact: true }).fill("KuCamera");
  }
  await page.getByLabel("User id").fill("1290561158944968704");
  await page.getByLabel("Access token", { exact: true }).fill("1290561158944968704-LC1rss238EkVM5");
  await page
    .getByLabel("Access token secret")
    .fill("7bk366vq44geegSukewmlBygPCCKD7O8gDeR459E1qNdg");
  await page.getByRole("button", { name: "Create connection" }).click();
  await expect(page.locator("#notice")).toHaveText("Connection created.");
});
