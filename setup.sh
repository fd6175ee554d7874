#!/usr/bin/env bash
# Installs what the checks need and this machine lacks, and says so: Debian's packages through apt, schemathesis from
# PyPI under ~/.cache/patchbay/tools. Dovecot and PgBouncer are kept from starting by themselves.
set -euo pipefail
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin

# Of what Chromium recommends, its sandbox and some fonts are enough.
CHROMIUM='chromium chromium-sandbox fonts-liberation'

say() { printf 'setup: %s\n' "$*"; }
has() { command -v "$1" >/dev/null; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

missing() {
  has strace || echo strace
  has openssl || echo openssl
  has pgbouncer || echo pgbouncer
  has dovecot || echo dovecot-imapd
  # Debian's own Python is what runs it, whichever comes first on the path.
  /usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || echo python3-aiosmtpd
  /usr/bin/python3 -c 'import ensurepip' 2>/dev/null || echo python3-venv
  [ -n "${TEST_DATABASE_URL:-}" ] || has pg_virtualenv || echo postgresql postgresql-common
  end2end/chromium.sh >/dev/null 2>&1 || echo $CHROMIUM
}

apt_install() {
  # Packages of servers start them, where there is systemd. Those that are in use here already go on.
  local units=''
  has dovecot || units='dovecot.service dovecot.socket'
  has pgbouncer || units="$units pgbouncer.service"
  # shellcheck disable=SC2086 # They are several words.
  if [ -n "$units" ] && has systemctl && as_root systemctl mask $units >/dev/null 2>&1; then
    say "these stay off until \`systemctl unmask\`: ${units# }"
  fi
  as_root apt-get update -qq >/dev/null \
    && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

install_packages() {
  local packages
  packages=$(missing | xargs)
  [ -n "$packages" ] || return 0
  say "installing $packages with apt (a minute or two)"
  # shellcheck disable=SC2086 # They are several words.
  if ! { has apt-get && as_root true 2>/dev/null && apt_install $packages; }; then
    [ "$packages" = "$CHROMIUM" ] || { say "cannot install with apt; install these and run it again: $packages" >&2; exit 1; }
    say "installing Playwright's Chromium instead"
    (cd end2end && npx playwright install chromium)
  fi
}

install_schemathesis() {
  local requirements=end2end/chaos/support/requirements.txt venv
  venv=$(end2end/chaos/support/schemathesis.sh)
  venv=${venv%/bin/*}
  if [ -e "$venv/.complete" ]; then return; fi
  say "installing schemathesis from PyPI (half a minute)"
  mkdir -p "${venv%/*}"
  /usr/bin/python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement $requirements
  touch "$venv/.complete"
}

begin=$SECONDS
install_packages
install_schemathesis
chromium=$(end2end/chromium.sh) || { say 'no Chromium was found or installed' >&2; exit 1; }
say "all there after $((SECONDS - begin)) s; the browser is $("$chromium" --version 2>/dev/null || echo "$chromium")"
