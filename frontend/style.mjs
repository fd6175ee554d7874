// Bundles and shrinks the style sheet. usage: node frontend/style.mjs FROM TO
import { writeFileSync } from "node:fs";
import { bundle, Features, transform } from "lightningcss";

const [, , from, to] = process.argv;
const { code, warnings } = bundle({
  filename: from,
  minify: true,
  drafts: { customMedia: true },
  include: Features.CustomMediaQueries,
});
for (const { message, loc } of warnings) console.error(`${loc.filename}:${loc.line}: ${message}`);

// No page changes spacing and corners, so they are written out: that is smaller than to look them up.
const css = code.toString();
const token = "--(?:space-\\d+|radius(?:-card)?)";
const definition = new RegExp(`(${token}):([^;}]+);?`, "g");
const values = new Map([...css.matchAll(definition)].map(([, name, value]) => [name, value]));
const plain = css
  .replaceAll(definition, "")
  .replaceAll(new RegExp(`var\\((${token})\\)`, "g"), (_, name) => values.get(name) ?? "");
writeFileSync(to, transform({ filename: to, code: Buffer.from(plain), minify: true }).code);
