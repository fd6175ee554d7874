// Gathers the figures of all checks into one table: printed, and kept in test-results.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Reporter, TestCase, TestResult } from "@playwright/test/reporter";
import type { Figure } from "./figure.ts";
import { full } from "./scale.ts";

const NAME = `verify-${process.env.TEST_DATABASE_URL ? "postgres" : "sqlite"}${full ? "" : "-short"}.md`;
const FILE = join(import.meta.dirname, "../..", "test-results", NAME);

export default class Figures implements Reporter {
  private readonly rows: string[] = [];

  onTestEnd(_: TestCase, result: TestResult): void {
    for (const { type, description } of result.annotations) {
      if (type !== "figure") continue;
      const { property, threshold, figure } = JSON.parse(description ?? "{}") as Figure;
      const mark = result.status === "passed" ? "" : "**failed:** ";
      this.rows.push(`| ${property} | ${threshold} | ${mark}${figure} |`);
    }
  }

  onEnd(): void {
    const head = ["| property | threshold | found |", "| --- | --- | --- |"];
    const table = [...head, ...this.rows, ""].join("\n");
    mkdirSync(dirname(FILE), { recursive: true });
    writeFileSync(FILE, table);
    console.log(`\n${table}`);
  }

  printsToStdio(): boolean {
    return false;
  }
}
