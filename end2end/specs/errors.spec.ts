import { expect, openForm, save, test } from "../support/test.ts";

test("a field speaks up after it is left, not while it is first typed into", async ({ page }) => {
  await openForm(page, "/connections/612");
  const port = page.getByLabel("Port");
  const message = page.locator("#Port-message");
  await port.fill("99999");
  await expect(message).toBeEmpty();
  await port.blur();
  await expect(message).toHaveText(
    "Port is not a number in the range. Enter a whole number from 1 to 65535.",
  );
  await expect(port).toHaveAttribute("aria-invalid", "true");
  await port.fill("143");
  await expect(message).toHaveText("Port 143 is unusual here; 993 is usual.");
  await expect(port).not.toHaveAttribute("aria-invalid");
  await port.fill("993");
  await expect(message).toBeEmpty();
});

test("a message that appears does not take the click that made it appear", async ({ page }) => {
  await openForm(page, "/connections/612");
  await page.getByLabel("Port").fill("99999");
  await page.setViewportSize({ width: 1280, height: 1200 });
  const replace = page.getByRole("button", { name: "Replace Password" });
  const box = (await replace.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await expect(page.getByLabel("Port")).not.toBeFocused();
  await expect(page.locator("#Port-message")).toBeEmpty();
  await page.mouse.up();
  await expect(page.getByLabel("Password", { exact: true })).toBeFocused();
  await expect(page.locator("#Port-message")).not.toBeEmpty();
});

test("a warning does not block", async ({ page, server }) => {
  await openForm(page, "/connections/583");
  await page.getByLabel("Sender page id").fill("469218373611013");
  await page.getByLabel("Sender page id").blur();
  await expect(page.locator("#From-message")).toContainText("differs from the Facebook page id");
  await save(page).click();
  await expect(page.locator("#notice")).toHaveText("Saved.");
  expect(await server.connection(583)).toMatchObject({ From: "469218373611013" });
});

test("a pasted address is answered with what to enter", async ({ page }) => {
  await openForm(page, "/connections/612");
  const host = page.getByLabel("IMAP server");
  await host.fill("imaps://mail.x.co:993/");
  await host.blur();
  await expect(page.locator("#Host-message")).toHaveText(
    "IMAP server is more than a host name. Enter only mail.x.co, and 993 as the port.",
  );
});

test("a save with mistakes sends nothing and leads to the first", async ({ page }) => {
  await openForm(page, "/connections/646");
  await page.getByLabel("Name", { exact: true }).fill("");
  await page.getByLabel("Instagram id").fill("12");
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await save(page).click();
  await expect(page.getByLabel("Name", { exact: true })).toBeFocused();
  await expect(page.locator("#notice")).toContainText("Correct these fields");
  await expect(page.locator("#notice").getByRole("listitem")).toHaveText(["Name", "Instagram id"]);
  expect(requests).toEqual([]);
});

test("a mask is refused in place of a secret", async ({ page }) => {
  await openForm(page, "/connections/612");
  await page.getByRole("button", { name: "Replace Password" }).click();
  await page.getByLabel("Password", { exact: true }).fill("********");
  await save(page).click();
  await expect(page.locator("#Password-message")).toContainText("is a mask, not the real value");
});

test("what only the server can know lands on its field", async ({ page, server }) => {
  await openForm(page, "/connections/576");
  // The stored access token belongs to the stored user id, but the browser cannot see it.
  await page.getByLabel("User id").fill("1290561158944968704");
  await save(page).click();
  await expect(page.locator("#Token-message")).toContainText("belongs to another account");
  await expect(page.locator("#notice")).toContainText("Access token");
  await expect(page.getByLabel("User id")).toHaveValue("1290561158944968704");
  expect(await server.connection(576)).toMatchObject({ TargetId: "738567483435556864" });
});

test("a network failure keeps the form, and the same save works later", async ({
  page,
  server,
}) => {
  await openForm(page, "/connections/646");
  await page.getByLabel("Name", { exact: true }).fill("typed");
  await page.route("**/rpc/**", (route) => route.abort());
  await save(page).click();
  await expect(page.locator("#notice")).toContainText("the server was not reached");
  await expect(page.locator("#notice")).toBeFocused();
  await page.unroute("**/rpc/**");
  await save(page).click();
  await expect(page.locator("#notice")).toHaveText("Saved.");
  expect(await server.connection(646)).toMatchObject({ Name: "typed" });
});

test("a session that ends keeps the form until its user is back", async ({
  page,
  context,
  server,
}) => {
  await openForm(page, "/connections/646");
  await page.getByLabel("Name", { exact: true }).fill("typed");
  const cookies = await context.cookies();
  await context.clearCookies();
  await save(page).click();
  await expect(page.locator("#notice")).toContainText("your session has ended");
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("typed");
  await expect(page.getByRole("link", { name: "Sign in again in another tab" })).toBeVisible();
  await context.addCookies(cookies);
  await save(page).click();
  await expect(page.locator("#notice")).toHaveText("Saved.");
  expect(await server.connection(646)).toMatchObject({ Name: "typed" });
});

test("text is text: nothing that is stored can run", async ({ page, server }) => {
  const name = `"><img src=x onerror="document.title='owned'">`;
  await server.patch(646, { Name: name });
  await openForm(page, "/connections/646");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(name);
  await page.goto("/");
  await expect(page.getByRole("link", { name })).toBeVisible();
  expect(await page.title()).toBe("Connections · Patchbay");
});
