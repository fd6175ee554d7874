// Bundles and shrinks the style sheet. usage: node frontend/style.mjs FROM TO
import { writeFileSync } from "node:fs";
import { bundle, Features } from "lightningcss";

const [, , from, to] = process.argv;
const { code, warnings } = bundle({
  filename: from,
  minify: true,
  drafts: { customMedia: true },
  include: Features.CustomMediaQueries,
});
for (const { message, loc } of warnings) console.error(`${loc.filename}:${loc.line}: ${message}`);
writeFileSync(to, code);
