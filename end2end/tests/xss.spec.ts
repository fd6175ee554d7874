// What is stored or typed is text, wherever a page shows it. In a real browser nothing of it runs;
// the same texts on a page that does not take them for text do, and the same detector sees them.

import type { Page } from "@playwright/test";
import type { Row, Server } from "./server.ts";
import { expect, fillSignIn, openForm, save, signIn, test as base } from "./test.ts";
import { DEMO } from "./users.ts";
import { Detector, PAYLOADS } from "./xss.ts";

const test = base.extend<{ detector: Detector }>({
  // The guard of each test sees, too, that not even the Content-Security-Policy had to help.
  detector: async ({ context, server }, use) => {
    const detector = new Detector();
    await detector.watch(context, (host) => new URL(server.url).host === host);
    await use(detector);
    expect(detector.seen, "texts that ran").toEqual([]);
  },
});

/** The fields of a connection whose rules let such texts in. */
const CHANNELS: [channel: string, id: number | null, row: (text: string) => Row][] = [
  ["E-mail inbound", 612, (text) => ({ Name: text, UserId: text.replace(/\s/g, "/") })],
  ["E-mail outbound", 613, (text) => ({ Name: text, UserId: text.replace(/\s/g, "/") })],
  ["Facebook", 583, (text) => ({ Name: text })],
  ["Instagram", 646, (text) => ({ Name: text })],
  ["Twitter", 576, (text) => ({ Name: text })],
  [
    "a channel without a form",
    null,
    (text) => ({
      Name: text,
      UserId: text,
      From: text,
      TargetId: text,
      ParentId: text,
      Host: text,
      Port: text,
    }),
  ],
];

/** Opens a page and gives what is on it the time to run. */
async function look(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
}

async function stored(server: Server, id: number | null): Promise<number> {
  return id ?? server.create({ MediaId: "WHATP", ProviderId: "PVD30", Name: "chat" });
}

for (const [channel, known, row] of CHANNELS) {
  test(`nothing stored runs: ${channel}`, async ({ page, server, detector }) => {
    const id = await stored(server, known);
    await signIn(page, `/activity?connection=${id}`);
    for (const text of PAYLOADS) {
      await server.patch(id, row(text));
      await look(page, `/connections/${id}`);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(text);
    }
    for (const path of ["/", `/activity?connection=${id}`, "/connections/613", "/activity"]) {
      await look(page, path);
    }
    await expect(page.getByRole("row", { name: "onerror" }).first()).toBeVisible();
    expect(detector.seen).toEqual([]);
  });
}

test("nothing asked for runs: search, sign-in", async ({ page, detector }) => {
  for (const text of PAYLOADS) {
    await look(page, `/login?next=${encodeURIComponent(text)}`);
    await expect(page.locator("input[name=next]")).toHaveValue(text);
  }
  await fillSignIn(page, DEMO);
  await expect(page).toHaveURL("/");
  for (const text of PAYLOADS) {
    await look(page, `/?q=${encodeURIComponent(text)}`);
    await expect(page.getByRole("searchbox")).toHaveValue(text);
  }
  expect(detector.seen).toEqual([]);
});

/** Sends a form past what the browser itself checks, and past the island. */
async function send(page: Page, values: Record<string, string>): Promise<void> {
  const loaded = page.waitForEvent("load");
  const [first] = Object.keys(values);
  await page.evaluate(([values, first]) => {
    for (const [name, value] of Object.entries(values)) {
      const input = document.querySelector<HTMLInputElement>(`main [name="${name}"]`)!;
      input.type = "text";
      input.value = value;
    }
    document.querySelector<HTMLFormElement>(`main form:has([name="${first}"])`)!.submit();
  }, [values, first] as const);
  await loaded;
}

test("nothing refused runs: sign-in", async ({ page, detector }) => {
  await page.goto("/login");
  for (const text of PAYLOADS) {
    await send(page, { email: text, password: text, siteId: text, next: text });
    await expect(page.getByLabel("E-mail")).toHaveValue(text);
  }
  expect(detector.seen).toEqual([]);
});

test("nothing refused runs: invitation", async ({ page, detector }) => {
  await signIn(page, "/team");
  for (const text of PAYLOADS) {
    await send(page, { email: text });
    await expect(page.getByLabel("E-mail")).toHaveValue(text);
  }
  expect(detector.seen).toEqual([]);
});

test("nothing refused runs: a connection's form, without its island", async ({
  page,
  detector,
}) => {
  await signIn(page, "/connections/612");
  for (const text of PAYLOADS) {
    await send(page, { Name: text, UserId: text, From: text, Host: text, Port: text });
    await expect(page.getByLabel("IMAP server")).toHaveValue(text);
    await expect(page.locator("#Host-message")).not.toBeEmpty();
  }
  expect(detector.seen).toEqual([]);
});

test("nothing typed runs: the messages of a form that is alive", async ({ page, detector }) => {
  await openForm(page, "/connections/612");
  const labels = ["Name", "User name", "E-mail address", "IMAP server", "Port"];
  for (const text of PAYLOADS) {
    for (const label of labels) await page.getByLabel(label, { exact: true }).fill(text);
    await save(page).click();
    await expect(page.locator("#notice").getByRole("link", { name: "IMAP server" })).toBeVisible();
  }
  expect(detector.seen).toEqual([]);
});

test("an invited address is text, too", async ({ page, server, detector }) => {
  await signIn(page);
  const headers = { origin: server.url };
  for (const text of PAYLOADS) {
    // The longest form that the rules for addresses let in.
    const email = `"${text.replace(/["\\]/g, "\\$&")}"@x.test`;
    await page.request.post("/team/invite", { headers, form: { email, role: "viewer" } });
  }
  await look(page, "/team");
  await expect(page.getByRole("row", { name: "onerror" }).first()).toBeVisible();
  await look(page, "/activity");
  await expect(page.getByRole("row", { name: "onerror" }).first()).toBeVisible();
  expect(detector.seen).toEqual([]);
});

test("the same texts run where they are taken for more, and are seen", async ({ browser }) => {
  const context = await browser.newContext();
  const detector = new Detector();
  await detector.watch(context, () => false);
  const page = await context.newPage();
  // Each a page of its own, so that none swallows the next.
  const places = (text: string) => [
    `<p>${text}</p>`,
    `<input value="${text}">`,
    `<input value='${text}'>`,
    `<title>${text}</title>`,
    `<textarea>${text}</textarea>`,
    `<select><option>${text}</option></select>`,
    `<!--${text}-->`,
    `<script>var text = "${text}";</script>`,
    `<iframe src="${text}"></iframe>`,
  ];
  const quoted = (html: string) => html.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const frames = PAYLOADS.flatMap((text, index) =>
    places(text).map((html) => `<iframe name="no. ${index}" srcdoc="${quoted(html)}"></iframe>`),
  );
  await page.setContent(frames.join(""));
  const silent = () =>
    PAYLOADS.filter((_, index) => !detector.seen.some((what) => what.endsWith(` no. ${index}`)));
  await expect.poll(silent).toEqual([]);
  await context.close();
});
