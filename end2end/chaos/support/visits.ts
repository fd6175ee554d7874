// Everything a browser or a program can do that must not answer with a secret, with its answers.

import { canary } from "./canary.ts";
import { type Answer, Client, DEMO } from "./client.ts";

export type Visit = { name: string; answer: Answer };

/** Signs in as a browser does; the client carries the session's cookie, over new connections. */
export async function browser(url: string, password = DEMO.password): Promise<Client> {
  const form = { ...DEMO, password, next: "/" };
  const { headers } = await new Client(url).send("POST", "/login", { form });
  const cookie = headers["set-cookie"]?.[0]?.split(";")[0];
  if (!cookie) throw new Error("no session");
  return new Client(url, { cookie, keepAlive: false });
}

/** Bodies that no endpoint takes, each with a secret in it. */
function malformed(number: number): string[] {
  const secret = canary(number);
  const text = JSON.stringify(secret);
  return [
    `{"Password":${text}`,
    `{"Password":${text},}`,
    `{"Password":[${text}]}`,
    `{"Password":{"a":${text}}}`,
    `{${text}:"x"}`,
    `{"Password":${text},"Password":${text}}`,
    `{"Nothing":${text}}`,
    `{"Port":${text}}`,
    `{"Host":${text}}`,
    `{"Id":${text}}`,
    `{"Password":"${"*".repeat(4)}","Token":${text},"Enabled":${text}}`,
    `[${text}]`,
    text,
    secret,
    `{"Password":"${secret}"}`,
    `{"Password":${text},"Name":"${"x".repeat(70_000)}"}`,
    `{"id":612,"version":1,"patch":{"Password":${text}}`,
    `{"id":${text},"version":1,"patch":{}}`,
    `{"id":612,"version":${text},"patch":{"Password":${text}}}`,
    `{"id":612,"version":999,"patch":{"Host":${text},"Password":${text}}}`,
    `{"email":${text},"password":${text},"siteId":${text}}`,
    `{"email":[${text}],"password":${text}}`,
  ];
}

const BODIES: [method: string, path: string][] = [
  ["PATCH", "/api/connection/612"],
  ["POST", "/api/connection"],
  ["PUT", "/api/connection/612"],
  ["PATCH", "/api/connection/424242"],
  ["POST", "/api/authenticate"],
  ["PATCH", "/rpc/connection/patch"],
  ["POST", "/rpc/connection/create"],
  ["POST", "/rpc/nothing"],
  ["POST", "/connections/612"],
  ["POST", "/connections/612/enabled"],
  ["POST", "/connections/new?channel=facebook"],
  ["POST", "/login"],
];

const TYPES = ["application/json", "application/x-www-form-urlencoded", "text/plain"];

/** All answers but the documented records. */
export async function* visits(
  user: Client,
  program: Client,
  rows: number[],
): AsyncGenerator<Visit> {
  const pages = ["/", "/?q=row", "/connections/new", "/connections/424242", "/nothing", "/login"];
  const channels = ["email-inbound", "email-outbound", "facebook", "instagram", "twitter"];
  const all = [
    ...pages,
    ...channels.map((channel) => `/connections/new?channel=${channel}`),
    ...rows.map((id) => `/connections/${id}`),
    ...[
      "/activity",
      "/team",
      "/metrics",
      "/healthz",
      "/readyz",
      "/api/openapi.json",
      "/api/nothing",
    ],
  ];
  for (const path of all) yield { name: path, answer: await user.get(path) };
  const secret = encodeURIComponent(canary(0));
  for (const where of ["/", "?since="]) {
    const path = `/api/connection${where}${secret}`;
    yield { name: "a secret in the address", answer: await program.get(path) };
  }
  const headers = { authorization: `Bearer ${encodeURIComponent(canary(1))}` };
  const answer = await program.get("/api/connection", { headers });
  yield { name: "a secret as the token", answer };
  const cookie = { cookie: `patchbay=${secret}; __Host-patchbay=${secret}` };
  yield { name: "a secret as the cookie", answer: await user.get("/", { headers: cookie }) };
  for (const [method, path] of BODIES) {
    const client = path.startsWith("/api") ? program : user;
    for (const [number, body] of malformed(2).entries()) {
      const headers = { "content-type": TYPES[number % 7 === 6 ? 2 : 0]! };
      const sent = client.send(method, path, { body, headers });
      // The server may hang up on a body that is too large before all of it is sent.
      const answer = await (body.length > 64 * 1024 ? sent.catch(() => undefined) : sent);
      if (answer) yield { name: `${method} ${path}, body ${number}`, answer };
    }
    // What was typed into other fields is shown again, as it must be.
    const form = { Password: canary(3), "was-Port": "1", Port: "x", replacing: "Password" };
    yield { name: `${method} ${path}, form`, answer: await client.send(method, path, { form }) };
  }
}
