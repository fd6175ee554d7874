// Made-up API calls: no 5xx, and no answer that the API's own document does not know.

import { expect, test } from "@playwright/test";
import { Server } from "../support/server.ts";
import { Client } from "./support/client.ts";
import { figure } from "./support/figure.ts";
import { document, fuzz } from "./support/fuzz.ts";
import { ids } from "./support/ledger.ts";
import { full, scale } from "./support/scale.ts";

const CASES = scale(2000, 100);
// The phase that covers each constraint of the schema alone has more than a thousand cases.
const ARGS = full ? ["--max-examples=200"] : ["--max-examples=25", "--phases=fuzzing"];

test("made-up calls get no 5xx and no answer off the schema", async () => {
  const server = await Server.launch({ env: { RUST_LOG: "warn" } });
  const client = await Client.signedIn(server.url);
  const known = await document(client, await ids(client));
  const { cases, faults, said } = await fuzz(client, known, ARGS);
  await server.stop();
  figure(
    "fuzzing the API",
    "0 5xx, 0 answers off the schema",
    `${faults.length} faults in ${cases} cases`,
  );
  expect(faults, said).toEqual([]);
  expect(cases).toBeGreaterThanOrEqual(CASES);
});

test("control: answers off the schema are caught", async () => {
  const server = await Server.launch({ env: { RUST_LOG: "warn" } });
  const client = await Client.signedIn(server.url);
  const wrong = await document(client, await ids(client));
  wrong.components.schemas.Connection!.properties!.Id = { type: "integer" };
  const args = ["--max-examples=10", "--phases=fuzzing", "--include-operation-id=getConnection"];
  const { faults } = await fuzz(client, wrong, args);
  await server.stop();
  expect(faults.join()).toContain("Response violates schema");
});
