#!/usr/bin/env python3
"""Runs clang-tidy over the sources of a build folder, and over what has changed since only.

    tools/tidy.py BUILD_FOLDER [PATH_PREFIX...]

What passed is remembered by a hash of all that could change the answer: the checks, the command
line, the source and every header of ours that it includes.
"""

import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import cxx

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "ingle-tidy"
# Not Debian's: this one passes over the headers of others, and takes a third of the time.
PACKAGE = "clang-tidy==23.1.4"
TOOL = CACHE / PACKAGE
# The build folder may be another compiler's, whose warnings clang does not know, and whose library
# uses what clang takes for deprecated.
CLANG_TIDY = [str(TOOL / "clang_tidy/data/bin/clang-tidy"), "--quiet",
              "--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-deprecated-declarations"]


@functools.cache
def header_closure(path):
    """The bytes of a file and of all of ours that it includes, at any depth, in a stable order."""
    seen, pending = {}, [path]
    while pending:
        current = pending.pop()
        if current in seen:
            continue
        seen[current] = current.read_text(encoding="utf-8")
        for include in cxx.includes(seen[current]):
            for folder in (cxx.ROOT / "src", cxx.ROOT / "include", cxx.ROOT / "apps/ingle",
                           cxx.ROOT / "bench"):
                if (folder / include.path).is_file():
                    pending.append(folder / include.path)
    return [text for _, text in sorted(seen.items())]


def install():
    """Brings clang-tidy as a Python package, into a folder of its own."""
    if TOOL.exists():
        return
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        subprocess.run(["pip3", "install", "--quiet", "--target", f"{folder}/tool", PACKAGE],
                       check=True)
        os.rename(f"{folder}/tool", TOOL)


def key(entry):
    parts = [(cxx.ROOT / ".clang-tidy").read_text(encoding="utf-8"), *CLANG_TIDY, entry["command"]]
    parts += header_closure(pathlib.Path(entry["file"]))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def check(entry, build):
    """None when the file passes, else what clang-tidy says of it."""
    mark = CACHE / key(entry)
    if mark.exists():
        return None
    command = [*CLANG_TIDY, "-p", build, entry["file"]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        mark.touch()
        return None
    return done.stdout.replace(f"{cxx.ROOT}/", "") or done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", help="a folder with compile_commands.json")
    parser.add_argument("prefixes", nargs="*", default=["src", "apps", "bench"])
    arguments = parser.parse_args()

    database = json.loads((pathlib.Path(arguments.build) / "compile_commands.json").read_text())
    wanted = tuple(f"{cxx.ROOT}/{prefix}" for prefix in arguments.prefixes)
    entries = {entry["file"]: entry for entry in database
               if entry["file"].startswith(wanted) and not entry["file"].endswith("_test.cc")}
    CACHE.mkdir(parents=True, exist_ok=True)
    install()
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        answers = pool.map(lambda entry: check(entry, arguments.build), entries.values())
        findings = [answer for answer in answers if answer]
    print("".join(findings), end="")
    print(f"clang-tidy: {len(entries)} files, {len(findings)} with findings, "
          f"{time.monotonic() - begin:.0f} s")
    return 1 if findings or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
