#!/bin/sh
# Looks for inputs that break a parser, and keeps those that reach new code.
#
#   tools/fuzz.sh NAME SECONDS    NAME: a target of fuzz/README.md, or all
#
# What is found goes to build-fuzz/found/NAME; at the end the smallest set of inputs that reaches as
# much as all of them, none above 4 KiB, becomes fuzz/corpus/NAME. An input that crashes or takes
# more than 10 s or 2 GiB stays in build-fuzz/crashes, and the exit status is not 0.
set -eu
cd "$(dirname "$0")/.."
[ $# = 2 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
names=$1
seconds=$2
build='build-fuzz'
[ "$names" = all ] && names=$(sed -n 's/^ingle_fuzz(\([a-z0-9_]*\) .*/\1/p' fuzz/CMakeLists.txt)

tools/setup.sh build fuzz
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_COMPILER=clang++-16 \
  -DCMAKE_CXX_FLAGS='-O1 -fsanitize=fuzzer-no-link' -DINGLE_SANITIZE=address,undefined \
  -DINGLE_BUILD_FUZZERS=ON -DINGLE_BUILD_TESTS=OFF -DINGLE_BUILD_APPS=OFF > /dev/null
# shellcheck disable=SC2086 # one word a name
cmake --build $build --target $names

mkdir -p $build/crashes
for name in $names; do
  found=$build/found/$name
  mkdir -p "$found" "fuzz/corpus/$name"
  "$build/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1024 \
    -max_len=65536 -print_final_stats=1 -artifact_prefix="$build/crashes/$name-" \
    "$found" "fuzz/corpus/$name"
  rm -rf "$build/small"
  mkdir "$build/small"
  "$build/$name" -merge=1 -max_len=4096 "$build/small" "fuzz/corpus/$name" "$found"
  rm -rf "fuzz/corpus/$name"
  mv "$build/small" "fuzz/corpus/$name"
  echo "fuzz/corpus/$name: $(find "fuzz/corpus/$name" -type f | wc -l) inputs," \
    "$(du -sk "fuzz/corpus/$name" | cut -f1) KiB"
done
