import { execFileSync } from "node:child_process";
import { defineConfig } from "@playwright/test";

const executablePath = execFileSync("./chromium.sh", { encoding: "utf8" }).trim();
const root = process.getuid?.() === 0;

// What looks at markup, scripts and bytes alone is the same on both databases, and runs on SQLite.
const sharedByDatabases = /(access|budget|policy|prerender|slow|xss)\.spec\.ts/;

export default defineConfig({
  testDir: process.env.SCREENS ? "screens" : "specs",
  testIgnore: process.env.TEST_DATABASE_URL ? sharedByDatabases : undefined,
  fullyParallel: true,
  forbidOnly: true,
  workers: 2,
  // A busy machine takes its time; what hangs fails all the same.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    viewport: { width: 1280, height: 800 },
    launchOptions: { executablePath, args: root ? ["--no-sandbox"] : [] },
    // A trace costs a quarter of the time: TRACE=1 keeps one of each test.
    trace: process.env.TRACE ? "on" : "off",
  },
});
