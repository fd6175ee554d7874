// Guessed passwords: few are checked, wherever they seem to come from, and the owner still gets in.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "@playwright/test";
import { Server } from "../support/server.ts";
import { Client, DEMO } from "./support/client.ts";
import { figure } from "./support/figure.ts";
import { guesses, spread } from "./support/guessing.ts";
import { scale } from "./support/scale.ts";

const PER_ADDRESS = 5;
const PER_ACCOUNT = 30;
const FROM_ONE = scale(1000, 20);
const ADDRESSES = scale(250, 10);
const FROM_EACH = 4;

const anybody = (number: number) => `user${number}@patchbay.test`;

test("few guesses are checked, and the owner still gets in", async () => {
  const server = await Server.launch({ env: { RUST_LOG: "warn" } });
  const owner = new Client(server.url, { from: "127.0.0.77" });
  const signIn = async () => (await owner.send("POST", "/api/authenticate", { json: DEMO })).status;
  expect(await signIn()).toBe(200);
  // Different accounts, so that only the address's own limit can act.
  const one = await guesses(server.url, "127.0.0.1", FROM_ONE, anybody);
  const many = await spread(server.url, ADDRESSES, FROM_EACH, DEMO.email);
  const after = await signIn();
  await server.stop();
  figure(
    "guessing passwords",
    "≤ 5 a minute an address, ≤ 30 an account; the owner still gets in",
    `${one.checked} of ${one.sent} from one address, ${many.checked} of ${many.sent} for one ` +
      `account from ${ADDRESSES} addresses; the owner got ${after}`,
  );
  expect([...new Set([...one.odd, ...many.odd])]).toEqual([]);
  expect(one.checked).toBeLessThanOrEqual(PER_ADDRESS);
  expect(many.checked).toBeLessThanOrEqual(PER_ACCOUNT);
  expect(after).toBe(200);
});

test("control: limits that believe forged headers are caught", async () => {
  const attempts = new Map<string, number>();
  const gullible = createServer((request, response) => {
    const caller = String(request.headers["x-forwarded-for"]);
    const count = (attempts.get(caller) ?? 0) + 1;
    attempts.set(caller, count);
    response.writeHead(count > PER_ADDRESS ? 429 : 401, { "retry-after": "60" }).end();
  });
  await new Promise<void>((resolve) => gullible.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(gullible.address() as AddressInfo).port}`;
  const one = await guesses(url, "127.0.0.1", 20, anybody);
  const many = await spread(url, 10, FROM_EACH, DEMO.email);
  gullible.close();
  expect(one.checked).toBeGreaterThan(PER_ADDRESS);
  expect(many.checked).toBeGreaterThan(PER_ACCOUNT);
});
