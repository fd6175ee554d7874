#!/usr/bin/env bash
# Prints the path of a Chromium for the browser tests, and installs one first if there is none:
# Debian's where apt is at hand and allowed, else Playwright's own.
set -euo pipefail
cd "$(dirname "$0")"

find_chromium() {
  if [ -n "${PATCHBAY_CHROMIUM:-}" ]; then echo "$PATCHBAY_CHROMIUM" && return; fi
  for name in chromium chromium-browser google-chrome; do
    if command -v "$name"; then return; fi
  done
  own=$(node -e 'console.log(require("@playwright/test").chromium.executablePath())')
  [ -x "$own" ] && echo "$own"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_chromium() {
  if command -v apt-get >/dev/null && as_root true 2>/dev/null \
    && as_root apt-get update -qq && as_root apt-get install -qq -y chromium; then
    return
  fi
  npx playwright install chromium
}

if ! find_chromium; then
  install_chromium >&2
  find_chromium || { echo 'no Chromium: install one, or name it in PATCHBAY_CHROMIUM' >&2; exit 1; }
fi
