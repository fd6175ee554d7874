// The screens of the team, the account and the sign-in, and those of who may only look.

import type { Page } from "@playwright/test";
import { invite } from "../support/team.ts";
import { fillSignIn, openMenu, signIn } from "../support/test.ts";
import { BOTH, DEMO, EDITOR, OTHER, VIEWER } from "../support/users.ts";

type Show = (page: Page, visitor: () => Promise<Page>) => Promise<Page>;

const press = async (page: Page, button: string) => {
  await page.getByRole("button", { name: button, exact: true }).click();
  return page;
};

async function change(page: Page, current: string, next: string): Promise<Page> {
  await page.goto("/account");
  await page.getByLabel("Current password").fill(current);
  await page.getByLabel("New password").fill(next);
  await page
    .locator("main form")
    .first()
    .evaluate((form: HTMLFormElement) => (form.noValidate = true));
  return press(page, "Change password");
}

/** Each begins as the demo's admin and shows its screen in a page, which may be another's. */
export const PEOPLE: Record<string, Show> = {
  team: async (page) => {
    await page.goto("/team");
    return page;
  },
  "team-link": async (page) => {
    await invite(page, "ann.with.a.long.name@customer-service.helpdesk.example", "editor");
    return page;
  },
  "team-invites": async (page) => {
    await page.goto("/team");
    return page;
  },
  "team-refused": async (page) => {
    await page.goto("/team");
    await page.getByLabel("E-mail").fill(EDITOR.email);
    return press(page, "Invite");
  },
  "team-forbidden": async (_, visitor) => {
    const page = await visitor();
    await signIn(page, "/team", EDITOR);
    return page;
  },
  invite: async (page, visitor) => {
    const link = await invite(page, "eve@helpdesk.example", "viewer");
    const eve = await visitor();
    await eve.goto(link);
    return eve;
  },
  "invite-refused": async (page, visitor) => {
    const link = await invite(page, OTHER.email, "viewer");
    const other = await visitor();
    await other.goto(link);
    await other.getByLabel("Password").fill("wrong");
    return press(other, "Join");
  },
  "invite-gone": async (_, visitor) => {
    const page = await visitor();
    await page.goto("/invite/0123456789abcdef0123456789abcdef");
    return page;
  },
  menu: async (_, visitor) => {
    const page = await visitor();
    await signIn(page, "/", BOTH);
    await openMenu(page);
    return page;
  },
  account: async (page) => {
    await page.goto("/account");
    return page;
  },
  "account-wrong": (page) => change(page, "wrong", "four words that are new"),
  "account-short": (page) => change(page, DEMO.password, "short"),
  "account-changed": async (_, visitor) => {
    const page = await visitor();
    await signIn(page, "/account", EDITOR);
    return change(page, EDITOR.password, "four words that are new");
  },
  "viewer-connection": async (_, visitor) => {
    const page = await visitor();
    await signIn(page, "/connections/613", VIEWER);
    return page;
  },
  "sign-in-too-many": async (_, visitor) => {
    const page = await visitor();
    await page.goto("/login");
    for (let attempt = 0; attempt < 6; attempt += 1) {
      await fillSignIn(page, { ...DEMO, password: "wrong" });
    }
    return page;
  },
};
