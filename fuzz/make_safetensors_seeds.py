#!/usr/bin/env python3
"""Writes the first inputs of safetensors_fuzz: a file with every type, an index, 4-bit matrices.

    pip install safetensors; fuzz/make_safetensors_seeds.py fuzz/corpus/safetensors_fuzz
"""
import pathlib
import struct
import sys

import numpy as np
from safetensors.numpy import save

TYPES = {"U64": 8, "I64": 8, "F64": 8, "C64": 8, "F32": 4, "U32": 4, "I32": 4, "BF16": 2, "F16": 2,
         "U16": 2, "I16": 2, "F8_E5M2FNUZ": 1, "F8_E4M3FNUZ": 1, "F8_E8M0": 1, "F8_E4M3": 1,
         "F8_E5M2": 1, "I8": 1, "U8": 1, "BOOL": 1}
INDEX = ('{"metadata":{"total_size":12,"x":[1,null]},"weight_map":{"a":"m-1.safetensors",'
         '"b":"m-2.safetensors","c":"m-1.safetensors"}}')


def every_type():
    header, at = '{"__metadata__":{"format":"pt"}', 0
    for name, size in TYPES.items():
        header += f',"{name}":{{"dtype":"{name}","shape":[1,2],"data_offsets":[{at},{at + 2 * size}]}}'
        at += 2 * size
    header += f',"F4":{{"dtype":"F4","shape":[4],"data_offsets":[{at},{at + 2}]}}'
    header += f',"scalar":{{"dtype":"U8","shape":[],"data_offsets":[{at + 2},{at + 3}]}}'
    header += f',"none":{{"dtype":"F32","shape":[0,3],"data_offsets":[{at + 3},{at + 3}]}}}}'
    return struct.pack("<Q", len(header)) + header.encode() + bytes(at + 3)


def four_bits(qweight, groups, outputs, g_idx=None):
    rng = np.random.default_rng(1)
    tensors = {"qweight": rng.integers(-9999, 9999, qweight, dtype=np.int32),
               "qzeros": rng.integers(-9999, 9999, (groups, outputs // 8), dtype=np.int32),
               "scales": np.full((groups, outputs), 0.5, np.float16)}
    if g_idx is not None:
        tensors["g_idx"] = np.asarray(g_idx, np.int32)
    return save(tensors)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "every_type").write_bytes(every_type())
    (folder / "index").write_text(INDEX)
    (folder / "gptq").write_bytes(four_bits((8, 8), 2, 8, np.arange(64) // 32))
    (folder / "gptq_sorted").write_bytes(four_bits((8, 8), 2, 8, np.arange(64) % 2))
    (folder / "awq").write_bytes(four_bits((32, 1), 1, 8))
    (folder / "awq_groups").write_bytes(four_bits((32, 1), 4, 8))


if __name__ == "__main__":
    main()
