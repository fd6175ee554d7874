// Secrets that are easy to find again, in whatever form they come out.

import { randomBytes } from "node:crypto";

/** One run's mark. It is in each canary three times, so that a part of one is found as well. */
export const mark = `Cnry${randomBytes(6).toString("hex")}Qz`;

/** Made of what a token may have, with characters that URL, JSON and HTML write in another way. */
export const canary = (number: number) => `${mark}-${number}"\\&<+%${mark}/${number}=${mark}`;

const each = (text: string, write: (code: number) => string) =>
  [...Buffer.from(text)].map(write).join("");

const hex = (code: number) => code.toString(16).padStart(2, "0");

/** What a text's base64 has in common wherever the text begins within the whole. */
function base64(text: string): string[] {
  return [0, 1, 2].map((offset) => {
    const whole = Buffer.from("x".repeat(offset) + text).toString("base64");
    return whole.slice(offset && offset + 1, Math.floor(((text.length + offset) * 8) / 6) - 1);
  });
}

/** The ways to write a text. */
export function forms(text: string): Record<string, string[]> {
  const lower = each(text, hex);
  return {
    plain: [text],
    base64: base64(text),
    hex: [lower, lower.toUpperCase()],
    url: [hex, (code: number) => hex(code).toUpperCase()].map((write) =>
      each(text, (code) => `%${write(code)}`),
    ),
    json: [each(text, (code) => `\\u00${hex(code)}`)],
    html: [each(text, (code) => `&#${code};`), each(text, (code) => `&#x${hex(code)};`)],
    bytes: [each(text, (code) => `${code}, `).slice(0, -2)],
    reversed: [[...text].toReversed().join("")],
  };
}

/** Where needles occur: as the form in which they do, with some of what is around. */
export function hits(haystack: Buffer | string, needles: string[] = [mark]): string[] {
  const text = Buffer.from(haystack);
  return needles.flatMap((needle) =>
    Object.entries(forms(needle)).flatMap(([form, ways]) =>
      ways
        .map((way) => text.indexOf(way))
        .filter((at) => at >= 0)
        .map((at) => `${form}: …${text.toString("latin1", Math.max(0, at - 80), at + 20)}…`),
    ),
  );
}
