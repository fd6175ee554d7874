// The long checks of what must hold, and their short forms: `VERIFY=1` has the full figures.
// They run one after another, since most of them load the machine or measure it.

import { defineConfig } from "@playwright/test";
import { full } from "./scale.ts";

export default defineConfig({
  testDir: ".",
  outputDir: "../test-results/verify",
  fullyParallel: false,
  workers: 1,
  forbidOnly: true,
  timeout: full ? 600_000 : 90_000,
  reporter: [["list"], ["./reporter.ts"]],
});
