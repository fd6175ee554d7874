// The demo's users: whom a test can sign in as.

export type User = { email: string; password: string; siteId: string };

const user = (name: string, siteId: string): User => ({
  email: `${name}@patchbay.test`,
  password: `patchbay-${name}`,
  siteId,
});

/** The admin of site 169. */
export const DEMO = user("demo", "169");
export const EDITOR = user("editor", "169");
export const VIEWER = user("viewer", "169");
/** The admin of site 170. */
export const OTHER = user("other", "170");
/** Another admin of site 169, and an editor of site 170. */
export const BOTH = user("both", "169");
