#!/usr/bin/env python3
"""Counts the instructions of a decoding step, and holds them against what was committed.

    tests/counted_work/check_counts.py BUILD_FOLDER [--accept]

Time depends on what else a machine does; instructions do not. For each type of weights and each
instruction set a small model decodes under callgrind, once a few tokens and once some more: the
difference is what the tokens between took. A count may differ by two percent from counts.json.
Fewer instructions fail too, so that what was gained cannot be lost again unseen: --accept writes
what was measured into counts.json.

Exits with 77, which means skipped, without valgrind, unless INGLE_REQUIRE_COUNTS is set: then that
is a failure, for a change must not pass because a tool was missing where it was tried. Always
skipped are a compiler and a build type without counts, be they asked for or not: their code is
another, and nothing is wrong with it.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

COUNTS = pathlib.Path(__file__).with_name("counts.json")
TYPES = {"avx2": ["Q4_0", "Q4_K_M", "Q8_0", "F16"], "scalar": ["Q4_0"]}
FEW, MORE = 33, 37  # beyond the first page of the cache
TOLERANCE = 0.02
SKIPPED = 77


def cache_entry(build, name):
    text = (build / "CMakeCache.txt").read_text(encoding="utf-8")
    found = re.search(rf"^{name}:\w+=(.*)$", text, re.MULTILINE)
    return found[1] if found else ""


def compiler_of(build):
    """What decides the code: "g++-12 Release", which is what a build is that names no type."""
    command = cache_entry(build, "CMAKE_CXX_COMPILER")
    version = subprocess.run([command, "-dumpversion"], capture_output=True, text=True, check=True)
    about = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    name = "clang++" if "clang" in about.stdout else "g++"
    major = version.stdout.strip().split(".")[0]
    return f"{name}-{major} {cache_entry(build, 'CMAKE_BUILD_TYPE') or 'Release'}"


def can_run(instructions):
    if instructions == "scalar":
        return True
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return instructions in file.read().split()


def instructions_of(program, folder, weights, steps, instructions):
    environment = {**os.environ, "INGLE_CPU": instructions, "XDG_CACHE_HOME": folder}
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, folder, weights,
         str(steps)], capture_output=True, text=True, env=environment, check=False)
    if done.returncode != 0:
        sys.exit(f"{weights}, {instructions}: exit status {done.returncode}\n{done.stderr}")
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


def measure(program):
    counts = {}
    with tempfile.TemporaryDirectory(prefix="ingle-counts-") as folder:
        for instructions in filter(can_run, TYPES):
            environment = {**os.environ, "INGLE_CPU": instructions, "XDG_CACHE_HOME": folder}
            for weights in TYPES[instructions]:
                # Not counted: writes the model, and whatever is kept of it.
                subprocess.run([program, folder, weights, "1"], env=environment, check=True)
                few, more = (instructions_of(program, folder, weights, steps, instructions)
                             for steps in (FEW, MORE))
                counts[f"{weights} {instructions}"] = round((more - few) / (MORE - FEW))
    return counts


def without_valgrind():
    if os.environ.get("INGLE_REQUIRE_COUNTS"):
        print("no valgrind here, and INGLE_REQUIRE_COUNTS is set; tools/setup.sh counts brings it")
        return 1
    print("skipped: no valgrind here")
    return SKIPPED


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--accept", action="store_true")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        return without_valgrind()
    compiler = compiler_of(options.build)
    committed = json.loads(COUNTS.read_text(encoding="utf-8"))
    if compiler not in committed and not options.accept:
        print(f"skipped: no counts for {compiler}, only for {', '.join(committed)}")
        return SKIPPED

    measured = measure(options.build / "decode_steps")
    if options.accept:
        committed[compiler] = {**committed.get(compiler, {}), **measured}
        COUNTS.write_text(json.dumps(committed, indent=2) + "\n", encoding="utf-8")
    failed = False
    for name, count in measured.items():
        before = committed[compiler].get(name)
        change = count / before - 1 if before else float("inf")
        failed = failed or abs(change) > TOLERANCE
        print(f"{name:16} {count:>12,} instructions a token, {change:+.2%}")
    if failed:
        print(f"if that is meant: {sys.argv[0]} {options.build} --accept")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
