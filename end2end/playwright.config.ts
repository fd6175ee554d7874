import { execFileSync } from "node:child_process";
import { defineConfig } from "@playwright/test";

const executablePath = execFileSync("./chromium.sh", { encoding: "utf8" }).trim();
const root = process.getuid?.() === 0;

export default defineConfig({
  testDir: process.env.SCREENS ? "screens" : "tests",
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
    trace: "retain-on-failure",
  },
});
