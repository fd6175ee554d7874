#!/bin/sh
# Installs PgBouncer, the pooler in front of PostgreSQL that tests are tried through, if it is missing. It is
# not to run by itself.
set -eu

PATH=$PATH:/usr/sbin
if command -v pgbouncer > /dev/null; then exit 0; fi

sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
if command -v systemctl > /dev/null; then
  $sudo systemctl mask pgbouncer.service > /dev/null 2>&1 || true
fi
if ! { command -v apt-get && $sudo apt-get update -qq \
  && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y pgbouncer; } > /dev/null; then
  echo 'there is no pooler to test through: install pgbouncer' >&2
  exit 1
fi
