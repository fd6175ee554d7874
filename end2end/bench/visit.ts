// One visit of a page, as a slow machine on a slow network has it, or a fast one.

import type { CDPSession, Page } from "@playwright/test";

/** 10 Mbit/s, 40 ms, a processor of a quarter. */
const SLOW = { latency: 40, bytesPerSecond: 10_000_000 / 8, processor: 4 };

/** When things could be used, in milliseconds from the click that led here, and what they cost. */
export type Visit = {
  first_paint_ms: number;
  /** The form's field is there and takes text. */
  field_ms: number;
  /** It says what is wrong with that text. */
  reacts_ms: number;
  /** From a keystroke to its message, the median of some. */
  keystroke_ms: number;
  requests: number;
  kilobytes: number;
};

/** Types nonsense into the port until the page says so, and notes when. */
function type(): void {
  const seen: Partial<Visit> = {};
  Object.assign(window, { seen });
  const look = () => {
    const port = document.querySelector<HTMLInputElement>("#Port");
    const message = document.querySelector("#Port-message");
    if (port && message) {
      seen.field_ms ??= performance.now();
      port.focus();
      port.value = "x";
      port.dispatchEvent(new Event("input", { bubbles: true }));
      port.blur();
      if (message.textContent) {
        seen.reacts_ms = performance.now();
        return;
      }
    }
    setTimeout(look, 20);
  };
  look();
}

/** Types into the port and waits for what the page says, several times. */
async function strike(times: number): Promise<number> {
  const port = document.querySelector<HTMLInputElement>("#Port")!;
  const message = document.querySelector("#Port-message")!;
  const took: number[] = [];
  for (let nth = 0; nth < times; nth += 1) {
    const said = new Promise<number>((resolve) => {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        resolve(performance.now());
      });
      observer.observe(message, { childList: true, characterData: true, subtree: true });
    });
    const struck = performance.now();
    port.value = nth % 2 === 0 ? "993" : "x";
    port.dispatchEvent(new Event("input", { bubbles: true }));
    took.push((await said) - struck);
    await new Promise(requestAnimationFrame);
  }
  return took.toSorted((a, b) => a - b)[Math.floor(times / 2)]!;
}

const firstPaint = (page: Page) =>
  page.evaluate(() => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    return paint?.startTime ?? NaN;
  });

/** Makes the page's network and processor slow. */
export async function slow(session: CDPSession): Promise<void> {
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: SLOW.latency,
    downloadThroughput: SLOW.bytesPerSecond,
    uploadThroughput: SLOW.bytesPerSecond,
  });
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOW.processor });
}

/** What a page loads from now on: what is fetched ahead for others, and the stream, do not count. */
class Loaded {
  requests = 0;
  bytes = 0;
  private readonly own = new Set<string>();

  constructor(session: CDPSession, path: string) {
    session.on("Network.requestWillBeSent", ({ requestId, request, type }) => {
      const { pathname } = new URL(request.url);
      if (type === "EventSource" || (type === "Document" && pathname !== path)) return;
      this.own.add(requestId);
    });
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      if (!this.own.has(requestId)) return;
      this.requests += 1;
      this.bytes += encodedDataLength;
    });
  }
}

/** Opens a connection's form and measures it. */
export async function openEdit(page: Page, path: string): Promise<Visit> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const loaded = new Loaded(session, path);
  await slow(session);
  await page.addInitScript(type);
  await page.goto(path);
  const seen = await page.waitForFunction(() => {
    const { seen } = window as unknown as { seen: Partial<Visit> };
    return seen.reacts_ms ? seen : undefined;
  });
  const { field_ms, reacts_ms } = (await seen.jsonValue()) as Visit;
  const first_paint_ms = await firstPaint(page);
  const keystroke_ms = await page.evaluate(strike, 20);
  const kilobytes = loaded.bytes / 1000;
  return {
    first_paint_ms,
    field_ms,
    reacts_ms,
    keystroke_ms,
    requests: loaded.requests,
    kilobytes,
  };
}

/** Opens the board and measures it. */
export async function openBoard(
  page: Page,
): Promise<Pick<Visit, "first_paint_ms" | "requests" | "kilobytes">> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const loaded = new Loaded(session, "/");
  await slow(session);
  const listens = page.waitForRequest(/\/rpc\/events/);
  await page.goto("/");
  await listens;
  const first_paint_ms = await firstPaint(page);
  return { first_paint_ms, requests: loaded.requests, kilobytes: loaded.bytes / 1000 };
}

type Arrived = { arrived?: { at: "form" | "board"; ms: number } };

/** Notes in each page how long after the click that led to it its form came alive or its rows were there. */
export function watchWays(): void {
  const LEFT = "bench-left";
  const now = () => performance.timeOrigin + performance.now();
  addEventListener(
    "click",
    (event) => {
      sessionStorage.setItem(LEFT, String(performance.timeOrigin + event.timeStamp));
    },
    true,
  );
  const look = () => {
    const status = document.querySelector(".save-bar [role=status]")?.textContent ?? "";
    const at = /change/.test(status)
      ? "form"
      : document.querySelector("#connection-612")
        ? "board"
        : undefined;
    if (!at) return;
    observer.disconnect();
    const ms = now() - Number(sessionStorage.getItem(LEFT));
    Object.assign(window, { arrived: { at, ms } } satisfies Arrived);
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, characterData: true, subtree: true });
}

/** The milliseconds from the click to the page that it led to, as that page noted them. */
export async function wayTo(page: Page, where: "form" | "board"): Promise<number> {
  const arrived = await page.waitForFunction((where) => {
    const { arrived } = window as unknown as Arrived;
    return arrived?.at === where ? arrived : undefined;
  }, where);
  return (await arrived.jsonValue())!.ms;
}
