#!/usr/bin/env python3
"""Writes unicode_tables.inc: what Python's str methods know of each character.

Run it with the Python whose behaviour is to be matched: make_unicode_tables.py > unicode_tables.inc
"""

import sys
import unicodedata

LAST = 0x110000
TESTS = [str.isalpha, str.isdecimal, str.isdigit, str.isnumeric, str.isupper, str.islower,
         lambda c: c.istitle() and not c.isupper(), str.isspace, str.isprintable]


def flags(code):
    return sum(1 << bit for bit, test in enumerate(TESTS) if test(chr(code)))


def print_rows(name, type_name, rows, per_line):
    print(f"constexpr {type_name} {name}[] = {{")
    for start in range(0, len(rows), per_line):
        print("    " + " ".join(row + "," for row in rows[start:start + per_line]))
    print("};\n")


def class_runs():
    """(first code point << 9 | flags) wherever the flags change."""
    runs, last = [], None
    for code in range(LAST):
        now = flags(code)
        if now != last:
            runs.append(f"0x{code << 9 | now:x}")
            last = now
    return runs


def case_runs(convert):
    """Runs of characters with the same distance to their counterpart, every step-th one."""
    pairs = []
    for code in range(LAST):
        text = convert(chr(code))
        if len(text) == 1 and ord(text) != code:
            pairs.append((code, ord(text) - code))
    runs = []
    for code, delta in pairs:
        if runs:
            first, last, step, run_delta = runs[-1]
            gap = code - last
            if run_delta == delta and gap <= 2 and (step == gap or first == last):
                runs[-1] = (first, code, gap, delta)
                continue
        runs.append((code, code, 1, delta))
    return [f"{{0x{a:x}, 0x{b:x}, {step}, {delta}}}" for a, b, step, delta in runs]


def long_cases(convert):
    rows = []
    for code in range(LAST):
        text = convert(chr(code))
        if len(text) > 1:
            codes = [ord(c) for c in text] + [0] * (3 - len(text))
            rows.append("{0x%x, {%s}}" % (code, ", ".join(f"0x{c:x}" for c in codes)))
    return rows


print(f"// Written by make_unicode_tables.py from Unicode {unicodedata.unidata_version} "
      f"(Python {sys.version_info[0]}.{sys.version_info[1]}). Do not edit.\n// clang-format off\n")
print_rows("kClassRuns", "uint32_t", class_runs(), 9)
print_rows("kUpperRuns", "CaseRun", case_runs(str.upper), 4)
print_rows("kLowerRuns", "CaseRun", case_runs(str.lower), 4)
print_rows("kTitleRuns", "CaseRun", case_runs(str.title), 4)
print_rows("kLongUpper", "LongCase", long_cases(str.upper), 4)
print_rows("kLongLower", "LongCase", long_cases(str.lower), 4)
print_rows("kLongTitle", "LongCase", long_cases(str.title), 4)
