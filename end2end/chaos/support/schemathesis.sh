#!/usr/bin/env bash
# Prints where schemathesis is, or is to be, in its locked version.
set -euo pipefail
version=$(sed -n 's/^schemathesis==//p' "$(dirname "$0")/requirements.txt")
echo "${XDG_CACHE_HOME:-$HOME/.cache}/patchbay/tools/schemathesis-$version/bin/schemathesis"
