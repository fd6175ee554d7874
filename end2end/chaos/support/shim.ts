// Compiles shim.c and switches it on and off.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class Shim {
  private readonly folder = mkdtempSync(join(tmpdir(), "patchbay-shim-"));
  private readonly switch = join(this.folder, "on");
  readonly env: Record<string, string>;

  constructor(kind: "eio" | "lie" | "nosync") {
    const library = join(this.folder, "shim.so");
    const source = join(import.meta.dirname, "shim.c");
    execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]);
    this.env = { LD_PRELOAD: library, SHIM: kind, SHIM_SWITCH: this.switch };
  }

  on(): void {
    writeFileSync(this.switch, "");
  }

  off(): void {
    if (existsSync(this.switch)) rmSync(this.switch);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
