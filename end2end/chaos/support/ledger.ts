// What a client was promised: the last acknowledged value of each connection. A value is a counter
// in the connection's name, and each connection is written by one client, so later ones are larger.

import type { Answer, Client } from "./client.ts";

type Row = { Id: string; Name: string };

export class Ledger {
  private readonly sent = new Map<number, number>();
  private readonly promised = new Map<number, number>();
  acknowledged = 0;

  /** Sends a connection's next value. A broken network connection throws. */
  async write(client: Client, id: number): Promise<Answer> {
    const value = (this.sent.get(id) ?? 0) + 1;
    this.sent.set(id, value);
    const answer = await client.patch(id, { Name: `n ${value}` });
    if (answer.status === 200) {
      this.promised.set(id, value);
      this.acknowledged += 1;
    }
    return answer;
  }

  /** Promises that are not kept: a value that is older than the last acknowledged one. */
  async lost(client: Client): Promise<string[]> {
    const rows = await all(client);
    const lost: string[] = [];
    for (const [id, promised] of this.promised) {
      const name = rows.find((row) => row.Id === String(id))?.Name ?? "nothing";
      const stored = /^n (\d+)$/.exec(name)?.[1];
      const kept = stored && Number(stored) >= promised && Number(stored) <= this.sent.get(id)!;
      if (!kept) lost.push(`${id}: ${name} instead of n ${promised}`);
    }
    return lost;
  }
}

/** The site's connections, at most 200. */
export async function all(client: Client): Promise<Row[]> {
  const { status, text } = await client.get("/api/connection?paging=0&limit=200");
  if (status !== 200) throw new Error(`the connections could not be read: ${status} ${text}`);
  return JSON.parse(text) as Row[];
}

export const ids = async (client: Client) => (await all(client)).map((row) => Number(row.Id));
