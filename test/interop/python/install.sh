#!/bin/sh
# Installs what the Python peer needs, where it is missing: with apt-get where that may be, else it says what.
set -eu

python=${RNP_PYTHON:-/usr/bin/python3}
packages="python3 python3-msgpack python3-lz4 python3-jsonschema"

suffices() {
  "$python" -c "import sys, lz4.block, jsonschema, msgpack; assert sys.version_info >= (3, 11)" 2>/dev/null
}

suffices && exit 0
if [ "$(id -u)" = 0 ] && [ -z "${RNP_PYTHON:-}" ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  # Its lists may be missing or old, as they are in most containers.
  apt-get install -y -q $packages || { apt-get update -q && apt-get install -y -q $packages; } || true
fi
suffices && exit 0
echo "The Python peer needs $python of version 3.11 or later, with the packages msgpack, lz4 and jsonschema." >&2
echo "On Debian, as root: apt-get install $packages" >&2
echo "Elsewhere, name one that has them: RNP_PYTHON=/path/to/python3 make interop" >&2
exit 1
