// A PostgreSQL cluster of a check's own, which may be made to crash.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Commits that were answered before they were durable would reach the disk only after so long. */
const LATE = "wal_writer_delay=10s";

export class Cluster {
  private constructor(
    private readonly holder: ChildProcess,
    /** Its address, for its superuser. */
    readonly url: string,
  ) {}

  static async start(): Promise<Cluster> {
    const script = 'echo "postgres://$PGUSER:$PGPASSWORD@$PGHOST:$PGPORT/postgres"; exec cat';
    const options = ["-t", "-o", "fsync=on", "-o", LATE];
    // It may be made within another.
    const others = Object.entries(process.env).filter(([name]) => !name.startsWith("PG"));
    const holder = spawn("pg_virtualenv", [...options, "sh", "-c", script], {
      env: Object.fromEntries(others),
      stdio: ["pipe", "pipe", "ignore"],
    });
    for await (const line of createInterface({ input: holder.stdout! })) {
      if (line.startsWith("postgres://")) return new Cluster(holder, line);
    }
    throw new Error("there is no PostgreSQL: run ./setup.sh");
  }

  /** Makes everything written so far durable. */
  sync(): void {
    this.sql("CHECKPOINT");
  }

  /** Kills one of its processes: then PostgreSQL ends all, and goes on from what is on the disk. */
  crash(): void {
    const pid = this.sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'");
    process.kill(Number(pid), "SIGKILL");
  }

  private sql(sql: string): string {
    return execFileSync("psql", ["-qAtd", this.url, "-c", sql], { encoding: "utf8" });
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.holder.on("exit", resolve));
    this.holder.stdin!.end();
    await ended;
  }
}
