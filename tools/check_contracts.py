#!/usr/bin/env python3
"""Holds the sources against the contracts that can be read off the text.

- Platform by file: preprocessor conditionals only where the worker pool waits, and in
  kernels/X/X.cc, the table of a kernel's versions.
- The library never prints, exits, aborts or asserts; it answers with an error.
- Every header has #pragma once.
"""

import argparse
import fnmatch
import pathlib
import re

import cxx

CONDITIONALS = ["src/base/worker_pool_threads.cc"]
CONDITIONAL = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef)\b")

# Tests print and abort as they like; so does an app, which is a program and not the library.
TESTS = ["*_test.cc", "*_bench.cc"]
FORBIDDEN = [
    (re.compile(r"\bstd::(?:cout|cerr|clog)\b"), "the library never prints"),
    (re.compile(r"(?<![\w.>])(?:printf|fprintf|vprintf|puts|fputs|putchar|perror)\s*\("),
     "the library never prints"),
    (re.compile(r"(?<![\w.>])(?:exit|_exit|quick_exit|abort|terminate)\s*\("),
     "the library never exits or aborts: answer with an error"),
    (re.compile(r"(?<![\w.>])assert\s*\("), "the library never aborts on input: answer with an error"),
    (re.compile(r"\bthrow\b"), "errors are values: answer with a Result"),
]


def matches(path, patterns):
    return any(fnmatch.fnmatch(str(path), pattern) for pattern in patterns)


def may_be_conditional(path):
    is_kernel_table = path.parts[1] == "kernels" and path.stem == path.parent.name
    return is_kernel_table or matches(path, CONDITIONALS)


def findings(root):
    found = []
    for path, text in cxx.sources(root, "src", "include"):
        if path.suffix == ".h" and path.parts[0] == "src" and "#pragma once" not in text:
            found.append(f"{path}:1: no #pragma once")
        if matches(path, TESTS):
            continue
        library = path.parts[0] == "src"
        for number, line in enumerate(cxx.blank(text).splitlines(), start=1):
            if library and CONDITIONAL.match(line) and not may_be_conditional(path):
                found.append(f"{path}:{number}: platform by file, not by preprocessor: let the "
                             "build choose a file")
            if library:
                found.extend(f"{path}:{number}: {reason}" for pattern, reason in FORBIDDEN
                             if pattern.search(line))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=cxx.ROOT)
    return cxx.report(findings(parser.parse_args().root), "the sources keep the contracts")


if __name__ == "__main__":
    raise SystemExit(main())
