#!/bin/sh
# Builds the library's modules for WebAssembly, single-threaded, and runs their tests under node.
#
#   tools/build_wasm.sh [BUILD_FOLDER]
set -eu
cd "$(dirname "$0")/.."
build=${1:-build-wasm}

tools/setup.sh build wasm
# Little optimisation: most of the time goes into compiling. Node is told to have no fetch(), as
# this Emscripten, seeing one, would fetch the program from its file name.
emcmake cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O1 \
  -DCMAKE_CROSSCOMPILING_EMULATOR="node;--no-experimental-fetch" \
  -DINGLE_WERROR=ON -DINGLE_BUILD_APPS=OFF
cmake --build "$build"
# What cannot run there: tests that start threads of their own or choose how many work, as there are
# none, and one that asks the system for a limit on the size of files, which it ignores.
threads='WorkerPool.CallersOfRunTakeTurns:ChatTemplate.RendersOnManyThreads'
threads="$threads:GenerateTest.SessionsOfSeveralThreadsTakeTurns"
threads="$threads:Tune.MeasuresQuartersOfTheWorkersAndChoosesOne"
threads="$threads:TuningFile.KeepsWhatWasFoundByModelAndThreads"
export GTEST_FILTER="-$threads:GgufWriterTest.FullDiskLeavesNothing"
ctest --test-dir "$build" --output-on-failure -j "$(nproc)"
