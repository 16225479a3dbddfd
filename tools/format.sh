#!/bin/sh
# Writes the C++ sources as .clang-format has them.
#
#   tools/format.sh [--check]    --check changes nothing and fails where something would
set -eu
cd "$(dirname "$0")/.."
mode=-i
[ "${1:-}" = --check ] && mode='--dry-run --Werror'
# Tables that a script wrote stay as it wrote them.
# shellcheck disable=SC2086 # one word an option
find src apps bench include tests fuzz examples \( -name '*.h' -o -name '*.hpp' -o -name '*.cc' \
    -o -name '*.c' \) ! -name '*_tables.*' -print0 | xargs -0 clang-format-16 $mode
