// Watches every page of a browser context for what no page may do.

import type { BrowserContext } from "@playwright/test";

/** What was seen. */
export class Findings {
  /** The text of every answer. */
  readonly bodies: Promise<string>[] = [];
  /** Errors that no script caught. */
  readonly errors: string[] = [];
  /** What the Content-Security-Policy forbade. */
  violations: string[] = [];

  async watch(context: BrowserContext): Promise<void> {
    context.on("response", (response) => {
      // A stream of events ends with its page alone.
      const stream = response.headers()["content-type"] === "text/event-stream";
      if (!stream) this.bodies.push(response.text().catch(() => ""));
    });
    context.on("weberror", (error) => this.errors.push(error.error().message));
    // The browser itself says it on the console, also where pages have no scripts.
    context.on("console", (message) => {
      if (/Content Security Policy/i.test(message.text())) this.violations.push(message.text());
    });
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        const { violatedDirective, blockedURI, sample } = event;
        console.error("Content Security Policy:", violatedDirective, blockedURI, sample);
      });
    });
  }
}
