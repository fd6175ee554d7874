// The line that a check adds to the table of figures.

import { test } from "@playwright/test";

export type Figure = { property: string; threshold: string; figure: string };

/** Notes what a check found; a check that fails says what it found before it does. */
export function figure(property: string, threshold: string, found: string): void {
  const line: Figure = { property, threshold, figure: found };
  test.info().annotations.push({ type: "figure", description: JSON.stringify(line) });
}

/** The value below which a share of the samples lies. */
export function percentile(samples: number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
