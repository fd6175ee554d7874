// A form that is filled from a sign-in with its provider, in a window of its own. Both windows
// are in each story, which makes it long.

import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { LINKED, PAGE, pageToken, providers, TOKEN } from "../support/providers.ts";
import { Server } from "../support/server.ts";
import {
  alive,
  test as base,
  expect,
  fillSignIn,
  openForm,
  save,
  signIn,
} from "../support/test.ts";
import { DEMO } from "../support/users.ts";

type Fixtures = { provider: Awaited<ReturnType<typeof providers>> };

/** A server whose providers are the stand-in. */
const test = base.extend<Fixtures>({
  provider: async ({}, use) => {
    const provider = await providers([
      { id: PAGE, name: "Jamku" },
      { id: "1903864646522192", name: "Second page" },
    ]);
    await use(provider);
    provider.close();
  },
  server: async ({ provider }, use) => {
    const server = await Server.start(...provider.args);
    await use(server);
    const log = await server.stop();
    for (const secret of [TOKEN, pageToken(PAGE), "app-hush", "api-hush"]) {
      expect(log).not.toContain(secret);
    }
  },
});

const notice = (page: Page) => page.locator("#notice");

/** Opens the other window from a form. */
async function fill(page: Page): Promise<Page> {
  const [opened] = await Promise.all([
    page.waitForEvent("popup"),
    page.getByRole("button", { name: "Fill from sign-in…" }).press("Enter"),
  ]);
  await expect(opened.getByRole("heading", { name: /^Fill .* from sign-in$/ })).toBeVisible();
  await accessible(opened);
  return opened;
}

async function accessible(page: Page) {
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
}

async function take(opened: Page, closed = true) {
  await accessible(opened);
  const close = closed ? opened.waitForEvent("close") : Promise.resolve();
  await opened
    .getByRole("button", { name: "Take into the form" })
    .press("Enter")
    .catch(() => {});
  await Promise.race([
    close,
    opened
      .locator("#taken")
      .waitFor()
      .catch(() => {}),
  ]);
}

const row = (page: Page, label: string) => page.getByRole("row", { name: label });

test("a Facebook page from a pop-up, by keyboard: its old account is shown, and it is unsaved", async ({
  page,
  server,
}) => {
  const before = await server.connection(583);
  await openForm(page, "/connections/583");
  await page.getByLabel("Name", { exact: true }).fill("typed");
  const opened = await fill(page);
  await opened.getByRole("link", { name: "Sign in with Facebook" }).press("Enter");
  await opened.getByRole("radio", { name: "Jamku" }).press("Space");
  await accessible(opened);
  await opened.getByRole("button", { name: "Show what changes" }).press("Enter");
  await expect(notice(opened)).toContainText("This is another account.");
  await expect(notice(opened)).toContainText("469218373611012");
  await expect(row(opened, "Name")).toContainText("typed");
  await expect(row(opened, "Name")).toContainText("Jamku");
  await expect(row(opened, "Facebook page id")).toContainText(PAGE);
  await expect(row(opened, "Page access token")).toContainText("changed");
  expect(await opened.content()).not.toContain(pageToken(PAGE));
  await take(opened);
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Jamku");
  await expect(page.getByLabel("Facebook page id")).toHaveValue(PAGE);
  await expect(page.locator(".save-bar")).toContainText("6 changes");
  expect(await page.content()).not.toContain(TOKEN);
  expect(await server.connection(583)).toEqual(before);

  // It is another account: who means it saves once more.
  await save(page).click();
  await expect(
    page.locator(".message").filter({ hasText: "that of another account" }).first(),
  ).toContainText(`it was 469218373611012, and would be ${PAGE}`);
  expect(await server.connection(583)).toEqual(before);
  await accessible(page);
  await save(page).press("Enter");
  await expect(notice(page)).toHaveText("Saved.");
  expect(await server.connection(583)).toMatchObject({
    Name: "Jamku",
    UserId: PAGE,
    From: PAGE,
    TargetId: PAGE,
    Password: pageToken(PAGE),
    Token: TOKEN,
  });
});

test("an Instagram account from a pop-up, for a new connection", async ({ page, server }) => {
  await signIn(page, "/connections/new?channel=instagram");
  const opened = await fill(page);
  await opened.getByRole("link", { name: "Sign in with Facebook" }).click();
  await expect(opened.getByRole("radio")).toHaveCount(2);
  await opened.getByRole("radio", { name: "older123" }).check();
  await opened.getByRole("radio", { name: "trycloudy" }).check();
  await opened.getByRole("button", { name: "Show what changes" }).click();
  await take(opened);
  await expect(page.getByLabel("Instagram id")).toHaveValue(LINKED);
  await page.getByRole("button", { name: "Create connection" }).last().click();
  await page.waitForURL(/done=created/);
  const id = Number(/connections\/(\d+)/.exec(page.url())![1]);
  expect(await server.connection(id)).toMatchObject({
    Name: "trycloudy",
    UserId: PAGE,
    From: LINKED,
    TargetId: LINKED,
    Password: TOKEN,
    Token: pageToken(PAGE),
  });
});

test("two sign-ins in two tabs return each to its own form", async ({ page }) => {
  await openForm(page, "/connections/583");
  const other = await page.context().newPage();
  await other.goto("/connections/new?channel=facebook");
  const opened = [await fill(page), await fill(other)] as const;
  const links = opened.map((window) => window.getByRole("link", { name: "Sign in with Facebook" }));
  await Promise.all(links.map((link) => link.press("Enter")));
  for (const [window, name] of [
    [opened[1], "Second page"],
    [opened[0], "Jamku"],
  ] as const) {
    await window.getByRole("radio", { name }).press("Space");
    await window.getByRole("button", { name: "Show what changes" }).press("Enter");
    await take(window);
  }
  await expect(page.getByLabel("Facebook page id")).toHaveValue(PAGE);
  await expect(other.getByLabel("Facebook page id")).toHaveValue("1903864646522192");
});

test("a Twitter account from a pop-up", async ({ page, server }) => {
  await openForm(page, "/connections/576");
  const opened = await fill(page);
  await opened.getByRole("link", { name: "Sign in with Twitter" }).click();
  await expect(notice(opened)).toContainText("KuCamera");
  await take(opened);
  await expect(page.getByLabel("Screen name", { exact: true })).toHaveValue("KuCamera");
  await save(page).click();
  await save(page).click();
  await expect(notice(page)).toHaveText("Saved.");
  expect(await server.connection(576)).toMatchObject({
    UserId: "KuCamera",
    TargetId: "1290561158944968704",
    Password: "s".repeat(45),
    Token: `1290561158944968704-${"t".repeat(30)}`,
  });
});

const PASTED = {
  583: {
    token: TOKEN,
    accounts: [{ access_token: pageToken("1"), name: "Pasted", id: "469218373611012" }],
  },
  646: {
    token: TOKEN,
    accounts: [
      {
        ...{ access_token: pageToken("2"), name: "Its page", id: "110334703943674" },
        instagram_accounts: [{ id: "17841432079529884", username: "pasted" }],
      },
    ],
  },
  576: {
    profile: {
      ...{
        oauth_token: `738567483435556864-${"p".repeat(30)}`,
        oauth_token_secret: "q".repeat(45),
      },
      ...{ user_id: "738567483435556864", screen_name: "trial_corp" },
    },
  },
};

for (const [id, session] of Object.entries(PASTED)) {
  test(`connection ${id} from a session's JSON that is pasted`, async ({ page, server }) => {
    await openForm(page, `/connections/${id}`);
    const opened = await fill(page);
    await opened.getByLabel(/^Or paste/).fill(JSON.stringify(session));
    await opened.getByRole("button", { name: "Use it" }).click();
    // The same account: no warning.
    await expect(opened.getByRole("table")).toBeVisible();
    await expect(notice(opened)).toHaveCount(0);
    await take(opened);
    await expect(page.locator(".save-bar")).toContainText("change");
    await save(page).click();
    await expect(notice(page)).toHaveText("Saved.");
    const text = JSON.stringify(session);
    const { Password, Token } = await server.connection(Number(id));
    expect(text).toContain(Password!);
    expect(text).toContain(Token!);
  });
}

test("a session's id that is pasted, and what is neither", async ({ page }) => {
  await openForm(page, "/connections/583");
  const opened = await fill(page);
  const paste = async (text: string) => {
    await opened.getByLabel(/^Or paste/).fill(text);
    await opened.getByRole("button", { name: "Use it" }).click();
  };
  await paste("neither");
  await expect(opened.getByRole("alert")).toContainText("neither the id of a sign-in");
  await accessible(opened);
  await paste(JSON.stringify(PASTED[583]));
  const session = new URL(opened.url()).searchParams.get("sessionId")!;
  await opened.getByRole("link", { name: "Use another sign-in" }).click();
  await paste(session);
  await expect(row(opened, "Name")).toContainText("Pasted");
});

test("a sign-in that opens nothing, that is declined, and a form that is gone", async ({
  page,
  provider,
}) => {
  provider.state.accounts = [];
  await openForm(page, "/connections/583");
  const opened = await fill(page);
  await opened.getByRole("link", { name: "Sign in with Facebook" }).click();
  await expect(opened.getByRole("alert")).toContainText("That sign-in opens no page.");
  await accessible(opened);
  provider.state.declines = true;
  await opened.getByRole("link", { name: "Sign in with Facebook" }).click();
  await expect(opened.getByRole("alert")).toContainText("The sign-in was declined.");
  await opened.getByLabel(/^Or paste/).fill(JSON.stringify(PASTED[583]));
  await opened.getByRole("button", { name: "Use it" }).click();
  await page.goto("/");
  await opened.getByRole("button", { name: "Take into the form" }).click();
  await expect(opened.locator("#missing")).toContainText("The form is not open any more");
  await accessible(opened);
});

test("another program's user signs in to Patchbay first, goes to the provider, and back there", async ({
  page,
  provider,
}) => {
  await page.goto(`/facebook/auth?${new URLSearchParams({ redirectUrl: provider.helpdesk })}`);
  await fillSignIn(page, DEMO);
  await page.waitForURL((url) => url.searchParams.has("sessionId"));
  expect(page.url().split("?")[0]).toBe(provider.helpdesk);
});

test("an edit that moves a connection is asked about, and another value takes it back", async ({
  page,
  server,
}) => {
  await signIn(page, "/connections/583");
  await alive(page);
  const user = page.getByLabel("Facebook page id");
  await user.fill("469218373611013");
  await save(page).click();
  await expect(user).toBeFocused();
  await expect(page.locator(".message").filter({ hasText: "another account" })).toContainText(
    "it was 469218373611012, and would be 469218373611013",
  );
  await user.fill("469218373611015");
  await save(page).click();
  await expect(page.locator(".message").filter({ hasText: "another account" })).toContainText(
    "469218373611015",
  );
  expect((await server.connection(583)).UserId).toBe("469218373611012");
  await save(page).click();
  await expect(notice(page)).toHaveText("Saved.");
  expect((await server.connection(583)).UserId).toBe("469218373611015");
});

test("a warning about one account does not cover another field's", async ({ page, server }) => {
  await openForm(page, "/connections/583");
  const warning = page.locator(".message").filter({ hasText: "another account" });
  await page.getByLabel("Facebook page id").fill("469218373611013");
  await save(page).click();
  await expect(warning).toHaveCount(1);
  await page.getByLabel("Target page id").fill("469218373611014");
  await save(page).click();
  await expect(warning).toHaveCount(2);
  expect((await server.connection(583)).TargetId).not.toBe("469218373611014");
  await save(page).click();
  await expect(notice(page)).toHaveText("Saved.");
  expect(await server.connection(583)).toMatchObject({
    UserId: "469218373611013",
    TargetId: "469218373611014",
  });
});

test("without the form's script a move is asked about, too", async ({ browser, server }) => {
  const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled: false });
  const page = await context.newPage();
  await signIn(page, "/connections/583");
  await page.getByLabel("Facebook page id").fill("469218373611013");
  const warning = page.locator(".message").filter({ hasText: "another account" });
  await save(page).click();
  await expect(warning).toContainText("would be 469218373611013");
  // A warning about one account does not cover the next.
  await page.getByLabel("Facebook page id").fill("469218373611015");
  await save(page).click();
  await expect(warning).toContainText("would be 469218373611015");
  await page.getByLabel("Facebook page id").fill("469218373611013");
  await save(page).click();
  await expect(warning).toContainText("would be 469218373611013");
  expect((await server.connection(583)).UserId).toBe("469218373611012");
  await save(page).click();
  await expect(notice(page)).toHaveText("Saved.");
  expect((await server.connection(583)).UserId).toBe("469218373611013");
  await context.close();
});
