#!/usr/bin/env python3
"""Makes tests/goldens/gguf/sample.gguf with the Python package gguf (0.19): every kind of metadata
and tensors of one, two and three dimensions. The library must read it, and write the same bytes.
"""
import pathlib

import gguf
import numpy as np


def main():
    folder = pathlib.Path(__file__).parent / "gguf"
    folder.mkdir(exist_ok=True)
    writer = gguf.GGUFWriter(folder / "sample.gguf", "llama")
    writer.add_uint32("count", 7)
    writer.add_int32("negative", -5)
    writer.add_uint64("large", 1 << 63)
    writer.add_float32("half", 0.5)
    writer.add_bool("yes", True)
    writer.add_string("text", "grüße")
    writer.add_array("words", ["one", "", "three"])
    writer.add_array("ints", [-1, 2, 3])
    writer.add_array("floats", [0.25, -2.0])

    ramp = np.arange(96, dtype=np.float32)
    writer.add_tensor("vector", ramp[:3].copy())
    writer.add_tensor("matrix", ramp[:6].reshape(2, 3).copy())
    writer.add_tensor("cube", ramp[:24].reshape(2, 3, 4).astype(np.float16))
    blocks = gguf.quants.quantize(ramp.reshape(3, 32), gguf.GGMLQuantizationType.Q8_0)
    writer.add_tensor("blocks", blocks, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
