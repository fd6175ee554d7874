// A server's database: one of its own on the cluster that TEST_DATABASE_URL names, else a file that
// the server makes.

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";

export class Database {
  private constructor(
    private readonly cluster: string,
    private readonly name: string,
  ) {}

  /** An empty one. Its owner is an ordinary role: a superuser walks through the wall between sites. */
  static create(cluster = process.env.TEST_DATABASE_URL): Database | undefined {
    if (!cluster) return undefined;
    const database = new Database(cluster, `patchbay_${randomBytes(6).toString("hex")}`);
    const { name } = database;
    database.sql(
      `CREATE ROLE ${name} LOGIN PASSWORD '${name}'`,
      `CREATE DATABASE ${name} OWNER ${name}`,
    );
    return database;
  }

  /** Its address, for its owner. */
  get url(): string {
    const { host } = new URL(this.cluster.replace(/^postgres(ql)?:/, "http:"));
    return `postgres://${this.name}:${this.name}@${host}/${this.name}`;
  }

  /** The files in which the cluster keeps it, and the cluster's WAL. */
  files(): string[] {
    const query = `SELECT current_setting('data_directory'), oid FROM pg_database WHERE datname = '${this.name}'`;
    const [data, oid] = this.sql("CHECKPOINT", query).trim().split("|");
    const folders = [join(data!, "base", oid!), join(data!, "pg_wal")];
    const inside = (folder: string) => readdirSync(folder, { withFileTypes: true });
    const files = folders.flatMap(inside).filter((entry) => entry.isFile());
    return files.map(({ parentPath, name }) => join(parentPath, name));
  }

  /** All that is in it, as an operator backs it up. */
  dump(): Buffer {
    const env = { ...process.env, PGOPTIONS: "-c patchbay.site=0" };
    const args = ["--enable-row-security", "--no-owner", this.url];
    return execFileSync("pg_dump", args, { env, maxBuffer: 1 << 28 });
  }

  /** Fills it, empty as it is, from a dump. */
  restore(dump: Buffer): void {
    execFileSync("psql", ["-v", "ON_ERROR_STOP=1", "-qd", this.url], {
      input: dump,
      stdio: "pipe",
    });
  }

  /**
   * Has each change of a connection answered before it is durable: what the server refuses to start with,
   * done behind its back.
   */
  commitEarly(): void {
    const address = new URL(this.cluster.replace(/^postgres(ql)?:/, "http:"));
    const url = `postgres://${address.username}:${address.password}@${address.host}/${this.name}`;
    const sql = `
      CREATE FUNCTION commit_early() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM set_config('synchronous_commit', 'off', true); RETURN new; END $$;
      CREATE TRIGGER commit_early BEFORE UPDATE ON connection
      FOR EACH ROW EXECUTE FUNCTION commit_early()`;
    execFileSync("psql", ["-v", "ON_ERROR_STOP=1", "-qd", url, "-c", sql], { stdio: "pipe" });
  }

  remove(): void {
    this.sql(
      `DROP DATABASE IF EXISTS ${this.name} WITH (FORCE)`,
      `DROP ROLE IF EXISTS ${this.name}`,
    );
  }

  private sql(...statements: string[]): string {
    const commands = statements.flatMap((sql) => ["-c", sql]);
    const options = ["-v", "ON_ERROR_STOP=1", "-qAt", "-d", this.cluster, ...commands];
    return execFileSync("psql", options, { encoding: "utf8", stdio: "pipe" });
  }
}
