// Errors that tell a client what it needs, and nothing of our insides.

import type { Answer } from "./client.ts";

/** What no client should read: names of our insides, paths, the system's own words. */
const INSIDES =
  /sqlite|postgres|sqlx|os error|errno|\(code|I\/O|disk|terminat|\.db|\.rs|panick|\/tmp|no space/i;

/** Why an answer is no clean one. */
export function unclean({ status, headers, text }: Answer): string[] {
  if (status < 500) return [];
  const envelope = () => {
    const { records } = JSON.parse(text) as { records: { errorCode: unknown } };
    return Number(records.errorCode) === status;
  };
  const clean = headers["content-type"] === "application/json" && envelope();
  return clean && !INSIDES.test(text) ? [] : [`${status} ${text}`];
}
