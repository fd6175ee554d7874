#!/usr/bin/env bash
# Installs what the checks need, if it is missing: strace through apt, and schemathesis from PyPI
# into a folder of its own. Prints the path of schemathesis.
set -euo pipefail
cd "$(dirname "$0")"

version=$(sed -n 's/^schemathesis==//p' requirements.txt)
tools=${XDG_CACHE_HOME:-$HOME/.cache}/patchbay/tools
venv=$tools/schemathesis-$version

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install() {
  command -v apt-get >/dev/null && as_root true 2>/dev/null \
    && as_root apt-get update -qq >&2 && as_root apt-get install -qq -y "$@" >&2 && return
  echo "missing: install $* and run this again" >&2
  exit 1
}

command -v strace >/dev/null || install strace

if [ ! -e "$venv/.complete" ]; then
  python3 -c 'import ensurepip, sys; assert sys.version_info >= (3, 10)' 2>/dev/null \
    || install python3 python3-venv
  mkdir -p "$tools"
  python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt >&2
  touch "$venv/.complete"
fi
echo "$venv/bin/schemathesis"
