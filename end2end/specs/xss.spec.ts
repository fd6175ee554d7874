// What is stored or typed is text, wherever a page shows it. In a real browser nothing of it runs;
// the same texts on a page that does not take them for text do, and the same detector sees them.

import type { Page } from "@playwright/test";
import type { Server } from "../support/server.ts";
import { test as base, expect, fillSignIn, openForm, signIn } from "../support/test.ts";
import { DEMO } from "../support/users.ts";
import { Detector, PAYLOADS } from "../support/xss.ts";

const test = base.extend<{ detector: Detector }>({
  // The guard of each test sees, too, that not even the Content-Security-Policy had to help.
  detector: async ({ context, server }, use) => {
    const detector = new Detector();
    await detector.watch(context, (host) => new URL(server.url).host === host);
    await use(detector);
    expect(detector.seen, "texts that ran").toEqual([]);
  },
});

const CHANNELS: [channel: string, id: number | null, fields: string[]][] = [
  ["E-mail inbound", 612, ["Name", "UserId"]],
  ["E-mail outbound", 613, ["Name", "UserId"]],
  ["Facebook", 583, ["Name"]],
  ["Instagram", 646, ["Name"]],
  ["Twitter", 576, ["Name"]],
  ["a channel without a form", null, ["Name", "UserId", "From", "TargetId", "Host", "Port"]],
];

/** A third of the texts: pages that are made of the same parts share them. */
const third = (which: number) => PAYLOADS.filter((_, index) => index % 3 === which);

/** Opens a page and gives what is on it the time to run. */
async function look(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
}

/** Stores a text in each field whose rules let it in; the name's do. */
async function store(server: Server, id: number, fields: string[], text: string): Promise<void> {
  for (const field of fields) {
    const value = field === "UserId" && id < 700 ? text.replace(/\s/g, "/") : text;
    const patch = { [field]: value };
    const path = `/api/connection/${id}`;
    const { status } = await server.call("PATCH", path, await server.token(), patch);
    if (field === "Name") expect(status, text).toBe(200);
  }
}

for (const [index, [channel, known, fields]] of CHANNELS.entries()) {
  test(`nothing stored runs: ${channel}`, async ({ page, server, detector }) => {
    const id = known ?? (await server.create({ MediaId: "YOTB", Name: "chat" }));
    await signIn(page);
    for (const [number, text] of PAYLOADS.entries()) {
      await store(server, id, fields, text);
      // The head, the form and the title are the same for all channels: each text has its turn.
      if (number % CHANNELS.length !== index) continue;
      await look(page, `/connections/${id}`);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(text);
      await expect(page).toHaveTitle(`${text} · Patchbay`);
    }
    // These show all that was ever there.
    let path: string | null = `/activity?connection=${id}`;
    while (path) {
      await look(page, path);
      const older = page.getByRole("link", { name: "Older" });
      path = (await older.count()) ? await older.getAttribute("href") : null;
    }
    for (const path of ["/", "/connections/613"]) await look(page, path);
    expect(detector.seen).toEqual([]);
  });
}

test("nothing asked for runs: search, sign-in", async ({ page, detector }) => {
  const [first] = PAYLOADS;
  await look(page, `/login?next=${encodeURIComponent(first!)}`);
  await expect(page.locator("input[name=next]")).toHaveValue(first!);
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
  await page.evaluate(
    ([values, first]) => {
      for (const [name, value] of Object.entries(values)) {
        const input = document.querySelector<HTMLInputElement>(`main [name="${name}"]`)!;
        input.type = "text";
        input.value = value;
      }
      document.querySelector<HTMLFormElement>(`main form:has([name="${first}"])`)!.submit();
    },
    [values, first] as const,
  );
  await loaded;
}

test("nothing refused runs: sign-in", async ({ page, detector }) => {
  await page.goto("/login");
  for (const text of third(0)) {
    await send(page, { email: text, password: text, siteId: text, next: text });
    await expect(page.getByLabel("E-mail")).toHaveValue(text);
  }
  expect(detector.seen).toEqual([]);
});

test("nothing refused runs: invitation", async ({ page, detector }) => {
  await signIn(page, "/team");
  for (const text of third(1)) {
    await send(page, { email: text });
    await expect(page.getByLabel("E-mail")).toHaveValue(text);
  }
  expect(detector.seen).toEqual([]);
});

test.describe("without the island", () => {
  test.use({ pageErrors: ["Failed to fetch"] });

  test("nothing refused runs: a connection's form", async ({ page, detector }) => {
    await page.route("**/*.wasm", (route) => route.abort());
    await signIn(page, "/connections/612");
    for (const text of third(2)) {
      await send(page, { Name: text, UserId: text, From: text, Host: text, Port: text });
      await expect(page.getByLabel("IMAP server")).toHaveValue(text);
      await expect(page.locator("#Host-message")).not.toBeEmpty();
    }
    expect(detector.seen).toEqual([]);
  });
});

test("nothing typed runs: the messages of a form that is alive", async ({ page, detector }) => {
  await openForm(page, "/connections/612");
  for (const text of PAYLOADS) {
    await page.evaluate((text) => {
      for (const id of ["Name", "UserId", "From", "Host", "Port"]) {
        const input = document.querySelector<HTMLInputElement>(`#${id}`)!;
        input.value = text;
        input.dispatchEvent(new InputEvent("input", { bubbles: true }));
      }
      document.querySelector<HTMLFormElement>("form:has(.save-bar)")!.requestSubmit();
    }, text);
    await expect(page.locator("#Port-message")).toContainText("Enter a whole number");
    await expect(page.locator("#notice")).toContainText("Correct these fields");
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
  const places = (text: string, name = "") => [
    `<p>${text}</p>`,
    `<input value="${text}">`,
    `<input value='${text}'>`,
    `<title>${text}</title>`,
    `<textarea>${text}</textarea>`,
    `<select><option>${text}</option></select>`,
    `<!--${text}-->`,
    `<script>var text = "${text}";</script>`,
    `<iframe name="${name}" src="${text}"></iframe>`,
  ];
  const quoted = (html: string) => html.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  // Each place is a page of its own, so that none swallows the next.
  const frames = PAYLOADS.flatMap((text, index) => {
    const name = `no. ${index}`;
    const frame = (html: string) => `<iframe name="${name}" srcdoc="${quoted(html)}"></iframe>`;
    return places(text, name).map(frame);
  });
  await page.setContent(frames.join(""));
  const ran = (index: number) => detector.seen.some((what) => what.endsWith(` no. ${index}`));
  const silent = () => PAYLOADS.filter((text, index) => !text.includes("focus") && !ran(index));
  await expect.poll(silent).toEqual([]);
  // Only one thing can have the focus.
  for (const text of PAYLOADS.filter((text) => text.includes("focus"))) {
    detector.seen.length = 0;
    for (const html of places(text).slice(0, 3)) {
      await page.goto("about:blank");
      await page.setContent(html);
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
    }
    await expect.poll(() => detector.seen.length, { message: text }).toBeGreaterThan(0);
  }
  await context.close();
});
