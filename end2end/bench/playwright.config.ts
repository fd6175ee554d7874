// How soon pages can be used. Nothing else should run beside it.

import { defineConfig } from "@playwright/test";
import tests from "../playwright.config.ts";

export default defineConfig({
  ...tests,
  testDir: ".",
  outputDir: "../test-results/bench",
  fullyParallel: false,
  workers: 1,
  timeout: 120_000,
  use: { ...tests.use, trace: "off" },
});
