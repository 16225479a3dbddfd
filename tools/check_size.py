#!/usr/bin/env python3
"""Holds files to 600 lines, and lists the functions that are longer than 60.

A long file fails. A long function is only named: a table, a switch or a kernel may well be long,
and whoever reviews decides whether it is two things.
"""

import argparse
import fnmatch
import pathlib
import re

import cxx

FILE_LINES = 600
FUNCTION_LINES = 60
# Tables that a script wrote.
GENERATED = ["src/tokenizer/*_tables.h", "src/tokenizer/*_tables.cc"]

# clang-format ends a function's head, on whichever line that is, with ") {" or ") const {".
HEAD = re.compile(r"\)(?:\s*(?:const|override|noexcept|mutable|->\s*[\w:<>*& ]+))*\s*\{$")
NOT_A_FUNCTION = re.compile(r"^\s*(?:\}\s*)?(?:if|for|while|switch|else|do|catch)\b")


def functions(text):
    """(line, length, head) of each function, from the line with its opening brace."""
    lines = cxx.blank(text).splitlines()
    for begin, line in enumerate(lines):
        if not HEAD.search(line) or NOT_A_FUNCTION.match(line):
            continue
        depth = 0
        for end in range(begin, len(lines)):
            depth += lines[end].count("{") - lines[end].count("}")
            if depth <= 0:
                break
        yield begin + 1, end - begin + 1, line.strip()


def measure(root):
    """(findings that fail, functions worth a look)"""
    failed, long_functions = [], []
    folders = ("src", "apps", "bench", "include", "tests", "fuzz", "examples")
    for path, text in cxx.sources(root, *folders):
        lines = text.count("\n")
        generated = any(fnmatch.fnmatch(str(path), pattern) for pattern in GENERATED)
        if lines > FILE_LINES and not generated:
            failed.append(f"{path}:1: {lines} lines, more than {FILE_LINES}: is it two things?")
        for line, length, head in functions(text):
            if length > FUNCTION_LINES:
                long_functions.append(f"{path}:{line}: {length} lines: {head}")
    return failed, long_functions


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=cxx.ROOT)
    failed, long_functions = measure(parser.parse_args().root)
    if long_functions:
        print(f"functions of more than {FUNCTION_LINES} lines (no failure):")
        print("\n".join(f"  {line}" for line in long_functions))
    return cxx.report(failed, f"no file has more than {FILE_LINES} lines")


if __name__ == "__main__":
    raise SystemExit(main())
