// The long checks of what must hold, and their short forms: `VERIFY=1` has the full figures.
// They run one after another, since most of them load the machine or measure it.

import { defineConfig } from "@playwright/test";
import { full } from "./support/scale.ts";

/** What is about SQLite's files has a tag that says so, and what is about PostgreSQL as well. */
const others = process.env.TEST_DATABASE_URL ? /@sqlite/ : /@postgres/;

export default defineConfig({
  testDir: ".",
  outputDir: "../test-results/verify",
  fullyParallel: false,
  workers: 1,
  forbidOnly: true,
  grepInvert: others,
  timeout: full ? 600_000 : 90_000,
  reporter: [["list"], ["./support/reporter.ts"]],
});
