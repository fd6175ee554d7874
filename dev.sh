#!/usr/bin/env bash
# Serves a debug build (`make dev`), and builds and serves it again after each change of a source. What was served last
# goes on while there are mistakes. usage: dev.sh COMMAND…, what the program is run with
set -euo pipefail
cd "$(dirname "$0")"

server=
built=$(mktemp)
trap '[ -z "$server" ] || kill "$server"; rm -f "$built"' EXIT

has_changed() {
  [ -n "$(find Cargo.toml Cargo.lock app frontend public server shared style xtask -name node_modules -prune \
    -o -type f -newer "$built" -print -quit)" ]
}

while true; do
  touch "$built"
  if make --silent site && cargo build --locked --package server; then
    if [ -n "$server" ]; then kill "$server" && wait "$server" || true; fi
    "$CARGO_TARGET_DIR/debug/patchbay" "$@" &
    server=$!
  fi
  until has_changed; do sleep 0.5; done
done
