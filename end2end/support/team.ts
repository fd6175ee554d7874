// What admins do on the team's page.

import type { Page } from "@playwright/test";
import { expect } from "./test.ts";

/** The row of a member or an invitation. */
export const rowOf = (page: Page, email: string) => page.getByRole("row", { name: email });

/** Invites somebody and returns the link. */
export async function invite(page: Page, email: string, role: string): Promise<string> {
  await page.goto("/team");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Role", { exact: true }).selectOption(role);
  await page.getByRole("button", { name: "Invite", exact: true }).click();
  const link = page.getByLabel(`Invitation link for ${email}`);
  await expect(link).toBeFocused();
  return link.inputValue();
}

/** Gives a member another role. */
export async function setRole(page: Page, email: string, role: string): Promise<void> {
  await page.goto("/team");
  await page.getByLabel(`Role of ${email}`).selectOption(role);
  await page.getByRole("button", { name: `Set role of ${email}` }).click();
  await expect(page.getByLabel(`Role of ${email}`)).toHaveValue(role);
}

/** Presses a button of a member. */
export async function press(page: Page, button: string, email: string): Promise<void> {
  await page.goto("/team");
  await page.getByRole("button", { name: `${button} ${email}`, exact: true }).click();
  await page.waitForURL(/\/team\?done=/);
  await expect(page.locator("#notice")).toBeVisible();
}
