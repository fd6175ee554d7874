#!/usr/bin/env bash
# Adds up what a page makes a browser load (Brotli) and holds it against its budget.
set -euo pipefail
cd "$1"

page() {
  local name=$1 budget=$(($2 * 1000)) total
  shift 2
  total=$(stat -c %s "${@/%/.br}" | awk '{ total += $1 } END { print total }')
  printf '%s: %d of %d bytes\n' "$name" "$total" "$budget"
  [ "$total" -le "$budget" ]
}

page 'board' 60 board_bg.wasm board.js patchbay.css
page 'edit page' 140 patchbay.wasm patchbay.js patchbay.css
