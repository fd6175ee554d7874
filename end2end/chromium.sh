#!/usr/bin/env bash
# Prints the path of the Chromium that the browser tests use.
set -euo pipefail
cd "$(dirname "$0")"

if [ -n "${PATCHBAY_CHROMIUM:-}" ]; then echo "$PATCHBAY_CHROMIUM" && exit; fi
for name in chromium chromium-browser google-chrome; do
  if command -v "$name"; then exit; fi
done
own=$(node -e 'console.log(require("@playwright/test").chromium.executablePath())')
if [ -x "$own" ]; then echo "$own" && exit; fi
echo 'no Chromium: run ./setup.sh, or name one in PATCHBAY_CHROMIUM' >&2
exit 1
