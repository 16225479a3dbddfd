#!/bin/sh
# Every check that reads the sources and runs none of them.
#
#   tools/lint.sh [BUILD_FOLDER]    a configured build, for clang-tidy; build when not named
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
failed=''
check() {
  echo "--- $*"
  "$@" || failed="$failed $1"
}

check tools/check_includes.py
check tools/check_contracts.py
check tools/check_size.py
check tools/format.sh --check
[ -f "$build/compile_commands.json" ] || cmake -S . -B "$build" -G Ninja > /dev/null
check tools/tidy.py "$build"
[ -z "$failed" ] || { echo "failed:$failed" >&2; exit 1; }
