#!/bin/bash
# Everything that a release must pass, on a Debian machine: what .ci/run asks for, and clang-tidy, the
# sanitizers, WebAssembly and 64-bit Arm. Each step can be run by itself: docs/development.md tells how.
set -euo pipefail
cd "$(dirname "$0")/.."
exec < /dev/null 2>&1

times=()
step() {
  local name=$1 begin=$SECONDS
  shift
  echo
  echo "=== $name: $*"
  "$@"
  times+=("$(printf '%5d s  %s' $((SECONDS - begin)) "$name")")
}

# A whole build with clang and the sanitizers named, and its tests. One level of optimisation and
# line tables only: the instrumented code is what takes time.
sanitized_tests() {
  local build=$1 sanitizers=$2 tests=$3
  shift 3
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_COMPILER=clang++-16 \
    -DCMAKE_C_COMPILER=clang-16 -DCMAKE_CXX_FLAGS="-O1 -D_GLIBCXX_ASSERTIONS" -DINGLE_SANITIZE="$sanitizers" \
    -DINGLE_WERROR=ON > /dev/null
  cmake --build "$build" -- "$@"
  ctest --test-dir "$build" --output-on-failure -j "$(nproc)" -R "$tests"
}

export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G}
export UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1
threaded='base device engine conformance'

command -v make > /dev/null || { apt-get update -q; apt-get install -y -q make; }
step 'packages' tools/setup.sh build checks fuzz wasm aarch64
step 'the tests, with g++' make test CONFIGURE=-DINGLE_WERROR=ON
step 'the documentation' tools/check_docs.py build
step 'the sources' tools/lint.sh build
step 'clang, addresses and undefined behaviour' sanitized_tests build-asan address,undefined . all
# shellcheck disable=SC2046,SC2086 # one word a name
step 'threads' sanitized_tests build-tsan thread "^(${threaded// /|})\$" \
  $(printf 'test_%s ' $threaded)
step 'WebAssembly' tools/build_wasm.sh
step '64-bit Arm' tools/build_aarch64.sh

echo
echo "every step passed:"
printf '%s\n' "${times[@]}"
