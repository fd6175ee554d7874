import { alive, expect, signIn, test } from "../support/test.ts";

test("a new connection: channel first, then its form", async ({ page, server }) => {
  await signIn(page);
  await page.getByRole("link", { name: "New connection" }).click();
  await page.getByRole("link", { name: "E-mail outbound" }).click();
  await expect(page).toHaveURL("/connections/new?channel=email-outbound");
  await expect(page.getByRole("heading", { name: "New E-mail outbound connection" })).toBeVisible();
  await page.waitForFunction(() => !document.querySelector(".message:not(:empty)"));
  const create = page.getByRole("button", { name: "Create connection" });

  await page.getByLabel("Name", { exact: true }).fill("answers");
  await page.waitForLoadState("networkidle");
  await create.click();
  await expect(page.getByLabel("User name")).toBeFocused();
  await expect(page.locator("#ParentId-message")).toContainText("Inbound connection is missing");

  await page.getByLabel("User name").fill("answers@mail.patchbay.test");
  await page.getByLabel("Sender address").fill("answers@mail.patchbay.test");
  await page.getByLabel("Inbound connection").selectOption("test2-email-in (612)");
  await page.getByLabel("SMTP server").fill("smtp.patchbay.test");
  await page.getByLabel("Port").fill("587");
  await page.getByLabel("Password", { exact: true }).fill("pw-1");
  await create.click();
  await page.waitForURL(/\/connections\/\d+\?done=created/);
  await alive(page);
  await expect(page.locator("#notice")).toHaveText("Connection created.");
  const id = Number(/\d+/.exec(new URL(page.url()).pathname)![0]);
  expect(await server.connection(id)).toMatchObject({
    MediaId: "EMAIL",
    ProviderId: "PVD7",
    Name: "answers",
    ParentId: "612",
    Password: "pw-1",
    Enabled: "1",
  });
});

test("a number at WhatsApp: help says where its values are, and an incomplete form is not saved", async ({
  page,
  server,
}) => {
  await signIn(page, "/connections/new?channel=whatsapp");
  await page.waitForLoadState("networkidle");
  await expect(page.locator("#UserId-help")).toContainText("WhatsApp Manager");
  await page.getByLabel("Name", { exact: true }).fill("hotline");
  await page.getByLabel("Phone number id").fill("106540352242922");
  await page.getByLabel("Display number").fill("+49 30 1234567");
  await page.getByLabel("Access token").fill(`EAAJ${"q7Kd".repeat(40)}`);
  const create = page.getByRole("button", { name: "Create connection" });
  await create.click();
  await expect(page.locator("#TargetId-message")).toContainText("Business account id is missing");
  await page.getByLabel("Business account id").fill("104996122399160");
  await create.click();
  await page.waitForURL(/\/connections\/\d+\?done=created/);
  const id = Number(/\d+/.exec(new URL(page.url()).pathname)![0]);
  const record = await server.connection(id);
  expect(record).toMatchObject({
    MediaId: "WHATP",
    ProviderId: "PVD30",
    TargetId: "104996122399160",
  });
  await page.goto("/?channel=whatsapp");
  await expect(page.locator(`#connection-${id}`)).toContainText("+49 30 1234567");
});
