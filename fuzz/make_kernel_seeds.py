#!/usr/bin/env python3
"""Writes the first inputs of attention_fuzz, float_kernel_fuzz and recurrent_fuzz: some of each
kind, of bytes that are random, but the same each time.

    fuzz/make_kernel_seeds.py fuzz/corpus
"""
import pathlib
import random
import sys

# In the order of the targets' own tables; an input's first byte chooses.
KINDS = {"attention_fuzz": ["f32", "f16", "q8_0", "q4_0"],
         "float_kernel_fuzz": ["arithmetic", "activation", "glu", "norm", "rope", "product",
                               "layer_norm", "sparsify", "route"],
         "recurrent_fuzz": ["conv", "scan", "delta"]}
OF_EACH = 8
LENGTHS = {"attention_fuzz": 24, "float_kernel_fuzz": 600, "recurrent_fuzz": 600}


def main():
    for target, kinds in KINDS.items():
        folder = pathlib.Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        numbers = random.Random(target)
        for first, kind in enumerate(kinds):
            for which in range(OF_EACH):
                rest = numbers.randbytes(LENGTHS[target])
                (folder / f"{kind}_{which}").write_bytes(bytes([first]) + rest)


if __name__ == "__main__":
    main()
