import type { Row } from "../support/server.ts";
import { alive, expect, openForm, save, test } from "../support/test.ts";

const token = (seed: string) => `EAAO${seed.repeat(20)}ZDZD`;

// For each channel: what is typed, and the patch that must be sent for it.
const EDITS: { channel: string; id: number; type: Row; replace: Row; patch: Row }[] = [
  {
    channel: "E-mail inbound",
    id: 612,
    type: { "IMAP server": " Mail2.Patchbay.test ", Name: "helpdesk in" },
    replace: { Password: "a new password" },
    patch: { Name: "helpdesk in", Password: "a new password", Host: "mail2.patchbay.test" },
  },
  {
    channel: "E-mail outbound",
    id: 613,
    type: { Port: "465", "Sender address": "help@mail.patchbay.test" },
    replace: { Password: "a new password" },
    patch: { Password: "a new password", Port: "465", From: "help@mail.patchbay.test" },
  },
  {
    channel: "Facebook",
    id: 583,
    type: { Name: "Garden Centre" },
    replace: { "Page access token": token("pg4cXo") },
    patch: { Name: "Garden Centre", Password: token("pg4cXo") },
  },
  {
    channel: "Instagram",
    id: 646,
    type: { Name: "DEMO", Sender: "@trycloudy" },
    replace: { "Page access token": token("pg4cXo") },
    patch: { Name: "DEMO", From: "trycloudy", Token: token("pg4cXo") },
  },
  {
    channel: "Twitter",
    id: 576,
    type: { "Sender screen name": "@trial_corp2" },
    replace: { "Access token": " 738567483435556864-LC1rss238Ek VM5q4L00N9 " },
    patch: { From: "trial_corp2", Token: "738567483435556864-LC1rss238EkVM5q4L00N9" },
  },
];

for (const { channel, id, type, replace, patch } of EDITS) {
  test(`${channel}: one PATCH carries what was changed and no more`, async ({ page, server }) => {
    const before = await server.connection(id);
    await openForm(page, `/connections/${id}`);
    for (const [label, text] of Object.entries(type)) {
      await page.getByLabel(label, { exact: true }).fill(text!);
    }
    for (const [label, text] of Object.entries(replace)) {
      await page.getByRole("button", { name: `Replace ${label}`, exact: true }).click();
      await expect(page.getByLabel(label, { exact: true })).toBeFocused();
      await page.getByLabel(label, { exact: true }).fill(text!);
    }
    const count = Object.keys(patch).length;
    await expect(page.locator(".save-bar")).toContainText(`${count} changes: `);
    await expect(page.locator(".field.changed")).toHaveCount(count);

    const requests: import("@playwright/test").Request[] = [];
    page.on("request", (request) => requests.push(request));
    await save(page).click();
    await expect(page.locator("#notice")).toHaveText("Saved.");
    // One request saves; then the timeline is read again.
    await expect(page.getByRole("complementary")).toContainText("you changed");
    expect(requests.map((request) => request.method())).toEqual(["PATCH", "GET"]);
    expect(new URL(requests[1].url()).pathname).toBe(`/connections/${id}`);
    expect(new URL(requests[0].url()).pathname).toBe("/rpc/connection/patch");
    const form_id = expect.stringMatching(/^\d+\.169\.[0-9a-f]{32}$/);
    expect(requests[0].postDataJSON()).toEqual({
      id,
      version: 1,
      patch,
      allow_account_change: false,
      form_id,
    });

    const { ModifyDate: _, ...after } = await server.connection(id);
    const { ModifyDate: __, ...expected } = { ...before, ...patch };
    expect(after).toEqual(expected);
    await expect(page.locator(".save-bar")).toContainText("No changes");
    await expect(page.locator("input[type=password]")).toHaveCount(0);
    await page.reload();
    await alive(page);
    await expect(page.locator(".save-bar")).toContainText("No changes");
  });
}

test("a secret is not in the page, and nothing can fill it until it is to be replaced", async ({
  page,
}) => {
  await openForm(page, "/connections/612");
  await expect(page.locator("input[type=password]")).toHaveCount(0);
  await expect(page.locator(".secret")).toContainText("set · changed 3 days ago");
  await page.getByRole("button", { name: "Replace Password" }).click();
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
  await expect(page.locator(".save-bar")).toContainText("No changes");
  await page.getByLabel("Password", { exact: true }).fill("typed");
  await page.getByRole("button", { name: "Keep the old one" }).click();
  await expect(page.locator(".save-bar")).toContainText("No changes");
  await expect(page.getByRole("button", { name: "Replace Password" })).toBeFocused();
});

test("a token shows its last four characters, a password none", async ({ page }) => {
  await openForm(page, "/connections/583");
  await expect(page.locator(".secret").first()).toContainText("set · …ZDZD · changed");
});

test("discard brings back what is stored", async ({ page }) => {
  await openForm(page, "/connections/646");
  await page.getByLabel("Name", { exact: true }).fill("typed");
  await page.getByLabel("Instagram id").fill("1");
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("onebox DEMO");
  await expect(page.getByLabel("Instagram id")).toHaveValue("17841432079529884");
  await expect(page.locator(".save-bar")).toContainText("No changes");
});

test("a connection is disabled and enabled, and typed text stays", async ({ page, server }) => {
  await openForm(page, "/connections/646");
  await page.getByLabel("Name", { exact: true }).fill("typed");
  await page.getByRole("button", { name: "Disable" }).click();
  await expect(page.locator(".facts")).toContainText("Disabled");
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("typed");
  expect(await server.connection(646)).toMatchObject({ Enabled: "0", Name: "onebox DEMO" });
  await page.getByRole("button", { name: "Enable" }).click();
  await expect(page.locator(".facts")).toContainText("Enabled");
  await save(page).click();
  await expect(page.getByRole("heading", { name: "typed" })).toBeVisible();
  expect(await server.connection(646)).toMatchObject({ Enabled: "1", Name: "typed" });
});

test("the halves of an e-mail account link to each other", async ({ page }) => {
  await openForm(page, "/connections/612");
  await page.getByRole("link", { name: "test2-email-out (613)" }).click();
  await expect(page).toHaveURL("/connections/613");
  await page.getByRole("link", { name: "test2-email-in (612)" }).click();
  await expect(page).toHaveURL("/connections/612");
});

test("leaving with unsaved changes asks first", async ({ page }) => {
  await openForm(page, "/connections/646");
  await page.getByLabel("Name", { exact: true }).fill("typed");
  const dialog = page.waitForEvent("dialog");
  const click = page.getByRole("link", { name: "‹ Connections" }).click();
  expect((await dialog).type()).toBe("beforeunload");
  await (await dialog).dismiss();
  await click.catch(() => {});
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("typed");
});
