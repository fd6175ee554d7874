// Guesses passwords from one address or from many, and counts the guesses that were checked.

import { type Answer, Client } from "./client.ts";

export type Guesses = { sent: number; checked: number; limited: number; odd: string[] };

let forgeries = 0;

/** Headers that would hide where a guess comes from, if they were believed: new ones each time. */
function forged(): Record<string, string> {
  forgeries += 1;
  const address = `203.0.${(forgeries >> 8) & 255}.${forgeries & 255}`;
  return {
    "x-forwarded-for": address,
    "x-real-ip": address,
    forwarded: `for=${address}`,
    "cf-connecting-ip": address,
    "true-client-ip": address,
  };
}

function guess(client: Client, number: number, email: string): Promise<Answer> {
  const sent = { email, password: `guess ${number}`, siteId: "169" };
  const headers = forged();
  return number % 2
    ? client.send("POST", "/login", { form: { ...sent, next: "/" }, headers })
    : client.send("POST", "/api/authenticate", { json: sent, headers });
}

/** Sends wrong passwords from an address, by turns to the API and to the page. */
export async function guesses(
  url: string,
  from: string,
  count: number,
  email: (number: number) => string,
): Promise<Guesses> {
  const client = new Client(url, { from });
  const found: Guesses = { sent: count, checked: 0, limited: 0, odd: [] };
  let next = 0;
  const guesser = async () => {
    while (next < count) {
      const number = next++;
      const { status, headers } = await guess(client, number, email(number));
      if (status === 401) found.checked += 1;
      else if (status === 429 && Number(headers["retry-after"]) > 0) found.limited += 1;
      else found.odd.push(`${status}, retry-after ${headers["retry-after"]}`);
    }
  };
  // At most two passwords are checked at once: more guessers would only wait.
  await Promise.all([guesser(), guesser()]);
  client.close();
  return found;
}

/** The same from many addresses of the loopback network, one after another. */
export async function spread(
  url: string,
  addresses: number,
  each: number,
  email: string,
): Promise<Guesses> {
  const all: Guesses = { sent: 0, checked: 0, limited: 0, odd: [] };
  for (let number = 0; number < addresses; number += 1) {
    const from = `127.0.${1 + Math.floor(number / 200)}.${1 + (number % 200)}`;
    const found = await guesses(url, from, each, () => email);
    all.sent += found.sent;
    all.checked += found.checked;
    all.limited += found.limited;
    all.odd.push(...found.odd);
  }
  return all;
}
