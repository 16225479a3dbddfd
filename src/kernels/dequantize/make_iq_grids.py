#!/usr/bin/env python3
"""Writes iq_grid_sets.h beside this script, from the tables in the Python package gguf (0.19).

    pip install gguf; src/kernels/dequantize/make_iq_grids.py

A grid is a list of points, each of four or eight small digits, in ascending order of the number that
the digits are (the first is the least). So the set is enough: one bit for every number there is.
"""
import pathlib
import textwrap

import numpy as np
from gguf import quants

# (name, package's class, digits of a point, values of a digit)
GRIDS = [("kIq1Set", "IQ1_S", 8, 3), ("kIq2XxsSet", "IQ2_XXS", 8, 3), ("kIq2XsSet", "IQ2_XS", 8, 3),
         ("kIq2SSet", "IQ2_S", 8, 3), ("kIq3XxsSet", "IQ3_XXS", 4, 8), ("kIq3SSet", "IQ3_S", 4, 8)]

HEAD = """\
// Made by make_iq_grids.py. Which points the grids of the IQ types hold: bit n, counted from the
// lowest of the first hexadecimal digit, is set when point n is in the grid.
#pragma once

#include <string_view>

namespace ingle {
"""


def members(name, digits, base):
    kind = getattr(quants, name)
    kind.init_grid()
    points = kind.grid.reshape(-1, digits)
    digit_of = {value: i for i, value in enumerate(kind.grid_map)}
    numbers = [sum(digit_of[value] * base**i for i, value in enumerate(point)) for point in points]
    assert numbers == sorted(set(numbers)), f"{name} is not in ascending order"
    return numbers


def hexadecimal(numbers, size):
    bits = np.zeros((size + 3) // 4 * 4, dtype=np.uint8)
    bits[numbers] = 1
    nibbles = bits.reshape(-1, 4) @ np.array([1, 2, 4, 8], dtype=np.uint8)
    return "".join("0123456789abcdef"[n] for n in nibbles)


def main():
    parts = [HEAD]
    for constant, name, digits, base in GRIDS:
        numbers = members(name, digits, base)
        lines = textwrap.wrap(hexadecimal(numbers, base**digits), 94)
        body = "\n".join(f'    "{line}"' for line in lines)
        parts.append(f"\n// {name}: {len(numbers)} points of {digits} digits to base {base}.\n"
                     f"constexpr std::string_view {constant} =\n{body};\n")
    parts.append("\n}  // namespace ingle\n")
    pathlib.Path(__file__).with_name("iq_grid_sets.h").write_text("".join(parts))


if __name__ == "__main__":
    main()
