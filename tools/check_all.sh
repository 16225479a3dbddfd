#!/bin/bash
# What a release must pass, on a Debian machine, and how long each step took.
#
#   tools/check_all.sh [STEP...]    all of them when none is named
#
# tests     make test: everything with g++, and every test; docs and tidy read its build folder
# docs      what the documentation says, tried
# style     includes, contracts, size, format
# tidy      clang-tidy
# asan      everything with clang, and every test but those of the default model, looking for bad
#           addresses and undefined behaviour
# tsan      the tests that use threads, looking for races
# wasm      the modules for WebAssembly, and their tests under node
# aarch64   the modules for 64-bit Arm, and their tests under qemu
set -euo pipefail
cd "$(dirname "$0")/.."
exec < /dev/null 2>&1

export UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1

# Instructions are counted under valgrind. A check that is left out wherever something is missing
# holds nothing back, so here the count must not be.
run_tests() {
  tools/setup.sh build counts
  INGLE_REQUIRE_COUNTS=1 make test CONFIGURE=-DINGLE_WERROR=ON
}
run_docs() { tools/check_docs.py build; }
run_style() {
  tools/setup.sh checks
  tools/check_includes.py
  tools/check_contracts.py
  tools/check_size.py
  tools/format.sh --check
}
run_tidy() { tools/setup.sh checks && tools/tidy.py build; }
run_wasm() { tools/build_wasm.sh; }
run_aarch64() { tools/build_aarch64.sh; }

# sanitized_build SANITIZERS BUILD_FOLDER TARGET...: with clang, one level of optimization and line
# tables only, as the instrumented code is what takes time.
sanitized_build() {
  tools/setup.sh build checks
  cmake -S . -B "$2" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_COMPILER=clang++-16 \
    -DCMAKE_C_COMPILER=clang-16 -DCMAKE_CXX_FLAGS="-O1 -D_GLIBCXX_ASSERTIONS" \
    -DINGLE_SANITIZE="$1" -DINGLE_WERROR=ON > /dev/null
  cmake --build "$2" --target "${@:3}"
}

run_asan() {
  sanitized_build address,undefined build-asan all
  ctest --test-dir build-asan --output-on-failure -j "$(nproc)"
}

run_tsan() {
  sanitized_build thread build-tsan test_base test_device test_engine test_api
  ctest --test-dir build-tsan --output-on-failure -R '^(base|device|engine|api)$'
}

command -v make > /dev/null || { apt-get update -q; apt-get install -y -q make; }
[ $# -gt 0 ] || set -- tests docs style tidy asan tsan wasm aarch64
times=''
for step in "$@"; do
  begin=$SECONDS
  echo
  echo "=== $step"
  "run_$step"
  times+=$(printf '%5d s  %s' $((SECONDS - begin)) "$step")$'\n'
done
echo
echo "every step passed:"
echo "$times"
