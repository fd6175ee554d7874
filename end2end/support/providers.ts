// A stand-in for Facebook and Twitter, with the answers that they document: whoever comes to their sign-in
// has signed in.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const PAGE = "1903864646522191";
export const LINKED = "17841439754602482";
export const TOKEN = `EAAG${"U".repeat(60)}`;
export const pageToken = (id: string) => `EAAG${id}${"P".repeat(60)}`;

type Account = { id: string; name: string };

const json = (answer: ServerResponse, body: unknown) => {
  answer.setHeader("content-type", "application/json").end(JSON.stringify(body));
};

const account = ({ id, name }: Account, wanted: string) => ({
  id,
  name,
  access_token: pageToken(id),
  category: "Shop",
  tasks: ["MANAGE"],
  ...(wanted.includes("instagram") &&
    id === PAGE && {
      instagram_business_account: { id: LINKED, name: "trycloudy", username: "trycloudy123" },
      instagram_accounts: { data: [{ id: "4887037594655873", username: "older123" }] },
    }),
});

/** Starts one. What its user has is given by the test. */
export async function providers(accounts: Account[]) {
  const state = { accounts, declines: false };
  const back = (answer: ServerResponse, url: URL, pairs: Record<string, string>) => {
    for (const [key, value] of Object.entries(pairs)) url.searchParams.set(key, value);
    answer.writeHead(302, { location: url.href }).end();
  };
  let callback = "";
  const handler = (request: IncomingMessage, answer: ServerResponse) => {
    const url = new URL(request.url!, "http://provider.test");
    const get = (key: string) => url.searchParams.get(key) ?? "";
    switch (url.pathname) {
      case "/v25.0/dialog/oauth": {
        const outcome: Record<string, string> = state.declines
          ? { error: "access_denied" }
          : { code: "good" };
        return back(answer, new URL(get("redirect_uri")), { ...outcome, state: get("state") });
      }
      case "/v25.0/oauth/access_token":
        return json(answer, { access_token: TOKEN, token_type: "bearer" });
      case "/v25.0/me":
        return json(answer, { id: "508654789659284", name: "Example User" });
      case "/v25.0/me/accounts":
        return json(answer, { data: state.accounts.map((of) => account(of, get("fields"))) });
      case "/oauth/request_token": {
        const sent = /oauth_callback="([^"]*)"/.exec(request.headers.authorization ?? "");
        callback = decodeURIComponent(sent![1]);
        return answer.end("oauth_token=asked&oauth_token_secret=s&oauth_callback_confirmed=true");
      }
      case "/oauth/authorize":
        return back(answer, new URL(callback), { oauth_token: "asked", oauth_verifier: "good" });
      case "/oauth/access_token":
        return answer.end(
          `oauth_token=1290561158944968704-${"t".repeat(30)}&oauth_token_secret=${"s".repeat(45)}` +
            "&user_id=1290561158944968704&screen_name=KuCamera",
        );
      case "/helpdesk":
        return answer
          .setHeader("content-type", "text/html")
          .end("<!DOCTYPE html><title>Helpdesk</title>");
      default:
        return answer.writeHead(404).end();
    }
  };
  const server = createServer(handler);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    state,
    /** Another program whose users sign in through Patchbay. */
    helpdesk: `${base}/helpdesk`,
    args: [
      ...["--sign-in-origin", base],
      ...["--graph-url", `${base}/v25.0`, "--facebook-url", `${base}/v25.0`, "--twitter-url", base],
      ...["--facebook-app-id", "1045", "--facebook-app-secret", "app-hush"],
      ...["--twitter-api-key", "key", "--twitter-api-secret", "api-hush"],
    ],
    close: () => void server.close(),
  };
}
