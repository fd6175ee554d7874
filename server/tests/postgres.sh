#!/bin/sh
# Runs a command with TEST_DATABASE_URL: the cluster that it names already, as its superuser, or else a
# throw-away one. PG_OPTIONS are further options for that one, such as "-o fsync=on" where durability is what
# is checked.
set -eu

if [ -n "${TEST_DATABASE_URL:-}" ]; then exec "$@"; fi

if ! command -v pg_virtualenv > /dev/null; then
  echo 'there is no PostgreSQL: run ./setup.sh, or name a cluster with' \
    'TEST_DATABASE_URL=postgres://superuser@host/postgres' >&2
  exit 1
fi

# A database for each test is hundreds of files, which memory makes and removes fastest. Containers often have
# too little of it there; and where durability is checked, a disk has to be.
if [ -z "${PG_OPTIONS:-}" ] && [ -w /dev/shm ] && [ "$(df --output=avail /dev/shm | tail -n 1)" -ge 4000000 ]; then
  folder=/dev/shm
else
  folder=${TMPDIR:-/tmp}
fi

# A folder of its own (-t) also for root, so that one that was killed is in nobody's way. When the
# command fails, its log is printed after what the command said: nothing in it but what is fatal, or it
# buries that.
#
# Debian's clusters speak TLS; its handshakes take 80 ms, and some tests connect a thousand times. A test that ends
# can leave a connection in the middle of its sign-in, and DROP DATABASE waits for all of them.
TMPDIR=$folder exec pg_virtualenv -t -o ssl=off -o fsync=off -o max_connections=300 -o authentication_timeout=3s \
  -o log_checkpoints=off -o log_min_messages=fatal ${PG_OPTIONS:-} env TMPDIR="${TMPDIR:-/tmp}" sh -c '
  export TEST_DATABASE_URL="postgres://$PGUSER:$PGPASSWORD@$PGHOST:$PGPORT/postgres"
  exec "$@"' sh "$@"
