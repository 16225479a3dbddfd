#!/usr/bin/env python3
"""Makes tests/goldens/quants/ with the Python package gguf (0.19), and checks the library at large.

    make_quant_goldens.py                 writes the goldens
    make_quant_goldens.py --check TOOL    compares 10^5 random blocks of each type with TOOL:
                                          quant_tool, which the build makes beside the tests

TYPE.blocks holds stored blocks, TYPE.floats what they decode to. input.floats holds rows to encode,
TYPE.encoded what the package encodes them to.
"""
import argparse
import pathlib
import subprocess
import tempfile

import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize, quantize

DECODED = "F32 F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K".split()
RARE = ("IQ1_S IQ1_M IQ2_XXS IQ2_XS IQ2_S IQ3_XXS IQ3_S IQ4_NL IQ4_XS TQ1_0 TQ2_0 MXFP4 "
        "NVFP4").split()
ENCODED = "F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 TQ1_0 TQ2_0 MXFP4".split()

# Where the binary16 factors of a block stand, and values for them that are easily got wrong:
# infinity, NaN, the largest, the smallest and the largest denormal, minus zero.
FACTORS = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
           "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
           "IQ1_S": [0], "IQ2_XXS": [0], "IQ2_XS": [0], "IQ2_S": [0], "IQ3_XXS": [0], "IQ3_S": [0],
           "IQ4_NL": [0], "IQ4_XS": [0], "TQ1_0": [52], "TQ2_0": [64]}
ODD_FACTORS = [0x7C00, 0x7E01, 0x7BFF, 0x0001, 0x83FF, 0x8000]


def random_blocks(name, count, rng):
    """[count, bytes]: whole blocks of any bits, every second with an odd factor."""
    elements, size = GGML_QUANT_SIZES[GGMLQuantizationType[name]]
    blocks = rng.integers(0, 256, (count, size * (32 if elements == 1 else 1)), dtype=np.uint8)
    for i, row in enumerate(range(0, count, 2)):
        for place in FACTORS.get(name, []):
            odd = np.uint16(ODD_FACTORS[i % len(ODD_FACTORS)])
            blocks[row, place:place + 2] = np.frombuffer(odd.tobytes(), np.uint8)
    return blocks


def random_rows(count, rng):
    """[count, 32] of many magnitudes, with ties, equal values, zeros and one-sided rows."""
    rows = rng.standard_normal((count, 32)).astype(np.float32)
    rows *= np.exp(rng.uniform(-30, 10, (count, 1))).astype(np.float32)
    rows[0::8] = np.round(rows[0::8] * 4) / 4
    rows[1::8] = rng.integers(-127, 128, rows[1::8].shape) * np.float32(0.5)
    rows[2::8] = np.abs(rows[2::8])
    rows[3::8] = -np.abs(rows[3::8])
    rows[4::16] = rows[4::16, :1]
    rows[12::32] = 0
    return rows + np.float32(0)  # no negative zeros: which zero is a row's minimum is undefined


def encode(rows, name):
    """[rows, bytes], or [rows / 8, bytes] for a type with blocks of 256."""
    kind = GGMLQuantizationType[name]
    rows = rows.reshape(-1, max(32, GGML_QUANT_SIZES[kind][0]))
    return quantize(rows, kind).view(np.uint8).reshape(len(rows), -1)


def decode(blocks, name):
    return dequantize(blocks, GGMLQuantizationType[name]).astype(np.float32)


def write_goldens(folder):
    rng = np.random.default_rng(20260101)
    for name in DECODED:
        write_decoded(folder, name, 12 if name.endswith("_K") else 24, rng)
    rows = random_rows(64, rng)
    rows.tofile(folder / "input.floats")
    for name in ENCODED:
        encode(rows, name).tofile(folder / f"{name}.encoded")
    for name in RARE:
        write_decoded(folder, name, 6, rng)


def write_decoded(folder, name, count, rng):
    blocks = random_blocks(name, count, rng)
    blocks.tofile(folder / f"{name}.blocks")
    decode(blocks, name).tofile(folder / f"{name}.floats")


def check(tool):
    rng = np.random.default_rng()
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        source, result = pathlib.Path(scratch, "in"), pathlib.Path(scratch, "out")
        for name in DECODED + RARE:
            blocks = random_blocks(name, 100_000, rng)
            blocks.tofile(source)
            subprocess.check_call([tool, "decode", name, source, result])
            expected, actual = decode(blocks, name).ravel(), np.fromfile(result, np.float32)
            same = (expected.view(np.uint32) == actual.view(np.uint32)) | (
                np.isnan(expected) & np.isnan(actual))
            wrong += report("decode", name, same)
        rows = random_rows(100_000, rng)
        rows.tofile(source)
        for name in ENCODED:
            subprocess.check_call([tool, "encode", name, source, result])
            expected = encode(rows, name)
            actual = np.fromfile(result, np.uint8).reshape(expected.shape)
            wrong += report("encode", name, (expected == actual).all(axis=1))
    return wrong


def report(what, name, same):
    print(f"{what} {name}: {np.count_nonzero(~same)} of {same.size} differ")
    return np.count_nonzero(~same)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", metavar="TOOL")
    arguments = parser.parse_args()
    np.seterr(all="ignore")
    if arguments.check:
        raise SystemExit(1 if check(arguments.check) else 0)
    folder = pathlib.Path(__file__).parent / "quants"
    folder.mkdir(exist_ok=True)
    write_goldens(folder)


if __name__ == "__main__":
    main()
