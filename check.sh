#!/usr/bin/env bash
# Tests a change while one works on it (`make check`): unit tests, and those of the slower tests whose names share a word
# with the paths that changed since the last commit (without any, in the last commit), or with the words that are given.
# Browser tests run on SQLite, against a debug build. `make test` runs everything.
set -euo pipefail
cd "$(dirname "$0")"

say() { printf 'check: %s\n' "$*"; }

changed() {
  local files
  files=$(git diff --name-only HEAD; git ls-files --others --exclude-standard)
  if [ -z "$files" ]; then files=$(git diff --name-only HEAD~1); fi
  echo "$files"
}

subjects=$(if [ $# -gt 0 ]; then printf '%s\n' "$@"; else changed | tr '/_.-' '\n\n\n\n' | sort -u; fi)

# Of the names on standard input those that share a word with the subjects.
touched() {
  awk -v subjects="$subjects" '
    function singular(word) { sub(/s$/, "", word); return word }
    BEGIN { split(subjects, words); for (i in words) seen[singular(words[i])] }
    { split($0, parts, /[-_]/); for (i in parts) if (singular(parts[i]) in seen) { print; next } }'
}

modules=$(sed -n 's/^mod \(.*\);/\1/p' server/tests/all/main.rs | touched | xargs)
specs=$(find end2end/specs -name '*.spec.ts' -printf '%f\n' | sed 's/\.spec\.ts$//' | sort | touched | xargs)
if [ $# -gt 0 ] && [ -z "$modules$specs" ]; then
  say "no test has one of these words in its name: $*" >&2
  exit 1
fi

cargo test --locked --package shared --package app --features app/ssr --package server --lib --test pages
say "integration tests: ${modules:-none}"
# shellcheck disable=SC2086 # They are several words.
[ -z "$modules" ] || cargo test --locked --package server --test all -- ${modules// /:: }::
say "browser tests: ${specs:-none}"
if [ -n "$specs" ]; then
  cargo build --locked --package server
  # shellcheck disable=SC2086
  (cd end2end && PATCHBAY=$CARGO_TARGET_DIR/debug/patchbay npm run --silent test -- ${specs// /.spec }.spec)
fi
