#!/usr/bin/env bash
# Adds up what the edit page makes a browser load (Brotli) and holds it against the budget.
set -euo pipefail
budget=$((140 * 1000))
total=0
for file in patchbay.wasm patchbay.js patchbay.css; do
  bytes=$(stat -c %s "$1/$file.br")
  total=$((total + bytes))
  printf '%-14s %7d bytes\n' "$file" "$bytes"
done
printf '%-14s %7d bytes of %d\n' 'edit page' "$total" "$budget"
[ "$total" -le "$budget" ]
