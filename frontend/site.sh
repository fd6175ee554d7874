#!/usr/bin/env bash
# Builds the browser's side into a folder: WebAssembly, the scripts that load it, CSS and fixed files,
# each also compressed. The folder is replaced once all is there. usage: frontend/site.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."

target=wasm32-unknown-unknown
profile=wasm-release
built=$CARGO_TARGET_DIR/$target/$profile
site=$1.new
tools=frontend/node_modules/.bin

say() { printf 'site: %s\n' "$*" >&2; }

if ! rustup target list --installed | grep -qx "$target"; then
  say "installing Rust's target $target"
  rustup target add "$target"
fi
if ! [ frontend/node_modules/.package-lock.json -nt frontend/package-lock.json ]; then
  say "installing binaryen, esbuild and lightningcss from npm"
  (cd frontend && npm ci --silent --no-fund --no-audit --ignore-scripts)
  touch frontend/node_modules/.package-lock.json
fi

say "compiling the WebAssembly (one to two minutes on two cores, seconds after a change)"
cargo build --locked --package frontend --package board --profile "$profile" --target "$target"

rm -rf "$site" && mkdir -p "$site/pkg"
cp -r public/. "$site"

for crate in frontend board; do
  cargo run --quiet --locked --package xtask -- bindgen "$built/$crate.wasm" "$site/pkg"
done
cd "$site/pkg"
# Leptos looks for these names.
mv frontend.js patchbay.js
mv frontend_bg.wasm patchbay.wasm
cd "$OLDPWD"

say "shrinking it"
for name in patchbay.wasm board_bg.wasm; do
  # A second pass over the result of the first finds some more.
  "$tools/wasm-opt" -Oz --converge --strip-debug --strip-producers --strip-target-features \
    "$site/pkg/$name" -o "$site/pkg/$name"
done
for name in patchbay.js board.js; do
  "$tools/esbuild" "$site/pkg/$name" --minify --format=esm --log-level=warning --allow-overwrite \
    --outfile="$site/pkg/$name"
done
node frontend/style.mjs style/main.css "$site/pkg/patchbay.css"

# The server sends what is compressed here, so it may take its time. The window holds the whole file.
node -e '
  const { constants: c, brotliCompressSync, gzipSync } = zlib
  for (const file of process.argv.slice(1)) {
    const data = fs.readFileSync(file)
    fs.writeFileSync(`${file}.br`, brotliCompressSync(data, { params: { [c.BROTLI_PARAM_LGWIN]: 24 } }))
    fs.writeFileSync(`${file}.gz`, gzipSync(data, { level: 9 }))
  }' $(find "$site" -type f)
rm -rf "$1" && mv "$site" "$1"
say "$(cat "$1"/pkg/*.br | wc -c) bytes in Brotli"
