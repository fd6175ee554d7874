import { alive, expect, save, signIn, test } from "../support/test.ts";

test("text that is typed before the page has come alive is kept and saved", async ({
  page,
  server,
}) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/*.wasm", async (route) => {
    await held;
    await route.continue();
  });
  await signIn(page, "/connections/646");
  const name = page.getByLabel("Name", { exact: true });
  await name.press("End");
  await name.pressSequentially(" typed early");
  await expect(page.locator(".save-bar p")).toBeEmpty();
  await name.press("Home");
  release();
  await alive(page);
  await expect(name).toHaveValue("onebox DEMO typed early");
  expect(await name.evaluate((input: HTMLInputElement) => input.selectionStart)).toBe(0);
  await expect(page.locator(".save-bar")).toContainText("1 change: Name");
  await save(page).click();
  await expect(page.locator("#notice")).toHaveText("Saved.");
  expect(await server.connection(646)).toMatchObject({ Name: "onebox DEMO typed early" });
});

test.describe("without WebAssembly", () => {
  test.use({ pageErrors: ["Failed to fetch"] });

  test("a form is saved although its WebAssembly never comes", async ({ page, server }) => {
    await page.route("**/*.wasm", (route) => route.abort());
    await signIn(page, "/connections/646");
    await page.getByLabel("Name", { exact: true }).fill("typed");
    await save(page).click();
    await expect(page).toHaveURL("/connections/646?done=saved");
    expect(await server.connection(646)).toMatchObject({ Name: "typed" });
  });
});
