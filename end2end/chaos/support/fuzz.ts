// Runs schemathesis over an API document and the server that it describes.

import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "./client.ts";

/** What the checks touch of an OpenAPI document. */
export type Document = {
  paths: Record<string, Record<string, { parameters?: Parameter[]; responses: object }>>;
  components: { schemas: Record<string, Schema> };
};
type Parameter = { in: string; schema: Schema };
type Schema = { properties?: Record<string, Schema>; [key: string]: unknown };

/** Faults by their kinds; what was said tells how to repeat each. */
export type Fuzzed = { cases: number; faults: string[]; said: string };

const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "unsupported_method",
  "allow_header_conformance",
  "ignored_auth",
];

/** The server's document, so changed that some of what is made up leads to a success. */
export async function document(client: Client, ids: number[]): Promise<Document> {
  const { text } = await client.get("/api/openapi.json");
  const document = JSON.parse(text) as Document;
  // An answer that has no end cannot be held against anything.
  delete document.paths["/api/connection/events"];
  // Hosts that are made up would be looked up; the body is read as that of a PATCH.
  delete document.paths["/api/connection/{id}/test"];
  for (const operations of Object.values(document.paths)) {
    for (const { parameters = [] } of Object.values(operations)) {
      for (const parameter of parameters.filter((parameter) => parameter.in === "path")) {
        parameter.schema = { enum: ids };
      }
    }
  }
  const { schemas } = document.components;
  const good = {
    Name: { type: "string", pattern: "^[a-zA-Z ]{1,50}[a-z]$" },
    Priority: { type: "integer", minimum: 0, maximum: 9999 },
    Enabled: { enum: ["0", "1"] },
  };
  const object = { type: "object", additionalProperties: false };
  const patch = { ...object, properties: good };
  const secret = { type: "string", pattern: "^[A-Za-z0-9]{40,60}$" };
  const id = { type: "string", pattern: "^[0-9]{5,20}$" };
  const page = { ...good, UserId: id, From: id, Password: secret, Token: secret };
  const facebook = { MediaId: { const: "FCBK" }, ProviderId: { const: "PVD12" } };
  const properties = { ...page, ...facebook };
  const create = { ...object, properties, required: Object.keys(properties) };
  schemas.ConnectionPatch = { anyOf: [patch, schemas.ConnectionPatch] };
  schemas.ConnectionCreate = { anyOf: [create, schemas.ConnectionCreate] };
  return document;
}

type Report = { test_cases: { generated: number }; failures: unknown[]; errors: unknown[] };

/** Sends made-up requests, and holds the answers against the document. */
export async function fuzz(client: Client, document: Document, args: string[]): Promise<Fuzzed> {
  const where = join(import.meta.dirname, "schemathesis.sh");
  const program = execFileSync(where, { encoding: "utf8" }).trim();
  const folder = mkdtempSync(join(tmpdir(), "patchbay-fuzz-"));
  writeFileSync(join(folder, "openapi.json"), JSON.stringify(document));
  const run = ["run", "openapi.json", `--url=${client.url}`, "--no-color", "--seed=1"];
  const caller = ["-H", `Authorization: Bearer ${client.token}`];
  const checks = [`--checks=${CHECKS.join(",")}`, "--continue-on-failure"];
  const output = ["--generation-database=none", "--report=json", "--report-json-path=report.json"];
  const all = [...run, ...caller, ...checks, ...output, ...args];
  // Nothing of our own environment: it may ask for colours, or know a proxy.
  const options = { cwd: folder, maxBuffer: 64 << 20, env: { PATH: process.env.PATH } };
  const said = await new Promise<string>((resolve) =>
    execFile(program, all, options, (_, stdout, stderr) => resolve(stdout + stderr)),
  );
  const report = readFileSync(join(folder, "report.json"), "utf8");
  rmSync(folder, { recursive: true });
  const { test_cases, failures, errors } = JSON.parse(report) as Report;
  const faults = [...failures, ...errors].map((fault) => JSON.stringify(fault));
  return { cases: test_cases.generated, faults, said };
}
