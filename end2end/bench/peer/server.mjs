// The peer that Patchbay is measured beside: node server.mjs FILE ROWS, with the one token in TOKEN.
// One table with the documented record's keys, a bearer check, the rules of an inbound mailbox, and a
// commit a PATCH that waits for the disk.

import { timingSafeEqual } from "node:crypto";
import Database from "better-sqlite3";
import Fastify from "fastify";

const [file, rows] = process.argv.slice(2);
const KEYS = [
  "Id",
  "LastActivity",
  "ActivityDate",
  "Position",
  "SiteId",
  "MediaId",
  "ProviderId",
  "Code",
  "Name",
  "UserId",
  "Password",
  "Host",
  "Database",
  "Port",
  "Url",
  "From",
  "Token",
  "StartDate",
  "EndDate",
  "Priority",
  "Enabled",
  "StatusId",
  "TargetId",
  "TypeId",
  "ParentId",
  "Incoming",
  "Outgoing",
  "CreateDate",
  "ModifyDate",
  "Error",
  "Remarks",
  "AgentId",
];
const SITE = "169";
const FIRST = 1001;

const database = new Database(file);
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");
const columns = KEYS.slice(1)
  .map((key) => `"${key}" TEXT`)
  .join(", ");
database.exec(
  `DROP TABLE IF EXISTS connection; CREATE TABLE connection ("Id" INTEGER PRIMARY KEY, ${columns}) STRICT`,
);
const insert = database.prepare(
  `INSERT INTO connection ("Id", "SiteId", "MediaId", "ProviderId", "Name", "UserId", "Password", "Host", "Port",
   "From", "Enabled", "CreateDate", "ModifyDate", "Error")
   VALUES (?, ?, 'EMAIL', 'PVD07', ?, ?, ?, ?, '993', ?, '1', '2026-01-01 00:00:00', '2026-01-01 00:00:00', '0')`,
);
database.transaction(() => {
  for (let n = 0; n < Number(rows); n += 1) {
    const address = `team.${n}@mail.patchbay.test`;
    insert.run(
      FIRST + n,
      SITE,
      `Team ${n} in`,
      address,
      `pw-${n}`,
      `mail${n}.patchbay.test`,
      address,
    );
  }
})();

const find = database.prepare(`SELECT * FROM connection WHERE "Id" = ? AND "SiteId" = '${SITE}'`);
const change = database.prepare(
  `UPDATE connection SET "Name" = @Name, "UserId" = @UserId, "Password" = @Password, "Host" = @Host,
   "Port" = @Port, "From" = @From, "Enabled" = @Enabled, "ModifyDate" = @ModifyDate WHERE "Id" = @Id`,
);
const WRITABLE = new Set(["Name", "UserId", "Password", "Host", "Port", "From", "Enabled"]);
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/** What is wrong with a mailbox, if anything is. */
function wrong({ Name, UserId, Password, Host, Port }) {
  if (!Name || Name.length > 100) return "Name";
  if (!UserId || /\s/.test(UserId)) return "UserId";
  if (!Password) return "Password";
  if (!Host || Host.length > 253 || !Host.split(".").every((label) => LABEL.test(label)))
    return "Host";
  if (!/^\d{1,5}$/.test(Port) || Number(Port) < 1 || Number(Port) > 65535) return "Port";
  return undefined;
}

const patch = database.transaction((id, body) => {
  const record = find.get(id);
  if (!record) return { status: 404 };
  for (const [key, value] of Object.entries(body)) {
    if (!WRITABLE.has(key) || typeof value !== "string") return { status: 422, field: key };
    record[key] = value.trim();
  }
  const field = wrong(record);
  if (field) return { status: 422, field };
  record.ModifyDate = new Date().toISOString().slice(0, 19).replace("T", " ");
  change.run(record);
  return { status: 200, record };
});

const expected = Buffer.from(`Bearer ${process.env.TOKEN}`);
const app = Fastify();
app.addHook("onRequest", async (request, reply) => {
  const given = Buffer.from(request.headers.authorization ?? "");
  const same = given.length === expected.length && timingSafeEqual(given, expected);
  if (!same) return reply.code(401).send({ code: 401 });
});

/** The record as the wire has it: texts and nulls. */
const wire = (record) => ({ ...record, Id: String(record.Id) });

app.get("/api/connection/:id", async (request, reply) => {
  const record = find.get(Number(request.params.id));
  return record ? wire(record) : reply.code(404).send({ code: 404 });
});
app.patch("/api/connection/:id", async (request, reply) => {
  const { status, record, field } = patch.immediate(Number(request.params.id), request.body);
  return record ? wire(record) : reply.code(status).send({ code: status, field });
});
await app.listen({ port: 0, host: "127.0.0.1" });
console.log(`listening on http://127.0.0.1:${app.server.address().port}`);
process.on("SIGTERM", () => app.close().then(() => process.exit(0)));
