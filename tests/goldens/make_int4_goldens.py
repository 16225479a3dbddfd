#!/usr/bin/env python3
"""Makes tests/goldens/int4/NAME.safetensors: matrices packed as AutoGPTQ, GPTQModel and AutoAWQ pack
them, with the weights that they stand for, f32 [outputs, inputs], as tensor "weight". Written from
the descriptions of those layouts, in numpy, and independent of the library.
"""
import pathlib

import numpy as np
from safetensors.numpy import save_file

AWQ_ORDER = [0, 2, 4, 6, 1, 3, 5, 7]


def pack(numbers, order):
    """[rows, 8 * n] of 0..15 to [rows, n] int32; bits 4k.. of a word take number order[k]."""
    words = numbers.reshape(len(numbers), -1, 8).astype(np.uint32)
    packed = np.zeros(words.shape[:2], np.uint32)
    for k, place in enumerate(order):
        packed |= words[:, :, place] << np.uint32(4 * k)
    return packed.view(np.int32)


def make(folder, name, inputs, outputs, group_size, rng, awq=False, v1=False, symmetric=False,
         sort=False, scale_type=np.float16):
    groups = -(-inputs // group_size)
    q = rng.integers(0, 16, (inputs, outputs))
    # A stored zero of v1 is one less, and 0 has no place.
    zeros = (np.full((groups, outputs), 8) if symmetric else
             rng.integers(1 if v1 else 0, 16, (groups, outputs)))
    scales = (rng.uniform(0.5, 1.5, (groups, outputs)) * 0.01).astype(np.float16)
    group_of = np.arange(inputs) // group_size
    if sort:
        group_of = rng.permutation(group_of)
    weight = scales.astype(np.float64)[group_of] * (q - zeros[group_of])
    tensors = {"scales": scales.astype(scale_type), "weight": weight.T.astype(np.float32).copy()}
    if awq:
        tensors["qweight"] = pack(q, AWQ_ORDER)
        tensors["qzeros"] = pack(zeros, AWQ_ORDER)
    else:
        tensors["qweight"] = pack(q.T, range(8)).T.copy()
        tensors["qzeros"] = pack(zeros - (1 if v1 else 0), range(8))
        tensors["g_idx"] = group_of.astype(np.int32)
    save_file(tensors, folder / f"{name}.safetensors")


def main():
    folder = pathlib.Path(__file__).parent / "int4"
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(20260102)
    make(folder, "gptq", 128, 24, 64, rng, v1=True)
    make(folder, "gptq_symmetric", 128, 16, 32, rng, v1=True, symmetric=True)
    make(folder, "gptq_sorted", 96, 16, 32, rng, v1=True, sort=True)
    make(folder, "gptq_v2", 96, 16, 96, rng, scale_type=np.float32)
    make(folder, "gptq_ragged", 80, 8, 32, rng, v1=True)
    make(folder, "gptq_small_groups", 64, 8, 16, rng, v1=True)
    make(folder, "awq", 128, 24, 64, rng, awq=True)


if __name__ == "__main__":
    main()
