#!/bin/sh
# Runs the tests of a build, those of the default model and of a model that embeds among them.
#
#   tools/run_tests.sh BUILD_FOLDER [CTEST_OPTION...]
#
# The models are fetched first if they are not there. Where they cannot be had, OFFLINE=1 leaves out
# the tests that need them.
set -eu
build=$1
shift

if [ -z "${OFFLINE:-}" ]; then
  "$build/ingle" pull smollm2
  INGLE_TEST_SMOLLM2=$("$build/ingle" list --json | python3 -c '
import json, sys
print(next(model["path"] for model in json.load(sys.stdin)["models"] if model["name"] == "smollm2"))')
  export INGLE_TEST_SMOLLM2
  INGLE_TEST_MINILM=$("$(dirname "$0")/fetch_minilm.py" "$build/minilm")
  export INGLE_TEST_MINILM
fi
exec ctest --test-dir "$build" --output-on-failure -j "$(nproc)" "$@"
