#!/usr/bin/env python3
"""Makes tests/goldens/safetensors/sample.safetensors with the Python package safetensors (0.8): a
tensor of every type that Ingle views, names and metadata that JSON has to escape. The library must
read it, and write the same bytes. One metadata key, since the package writes several in any order.
"""
import pathlib

import numpy as np
from safetensors import TensorSpec, serialize_file

# Names in no order of use to anyone.
TENSORS = {
    "vector": ("float32", (3,)),
    "matrix": ("float32", (2, 3)),
    "scalar": ("float32", ()),
    "nothing": ("float32", (0, 3)),
    "a \"quoted\" näme\\": ("float16", (2, 3, 4)),
    "bf16": ("bfloat16", (5,)),
    "double": ("float64", (2,)),
    "long": ("int64", (1,)),
    "int": ("int32", (3,)),
    "short": ("int16", (3,)),
    "byte": ("int8", (3,)),
    "ubyte": ("uint8", (5,)),
    "flag": ("bool", (1,)),
    "e4m3": ("float8_e4m3fn", (3,)),
    "e5m2": ("float8_e5m2", (3,)),
}
BYTES = {"float64": 8, "int64": 8, "float32": 4, "int32": 4, "float16": 2, "bfloat16": 2,
         "int16": 2}


def main():
    folder = pathlib.Path(__file__).parent / "safetensors"
    folder.mkdir(exist_ok=True)
    specs, alive = {}, []
    for name, (dtype, shape) in TENSORS.items():
        # Byte i of a tensor is i; the test writes the same.
        data = np.arange(int(np.prod(shape)) * BYTES.get(dtype, 1), dtype=np.uint8)
        alive.append(data)
        specs[name] = TensorSpec(dtype=dtype, shape=shape, data_ptr=data.ctypes.data,
                                 data_len=data.nbytes)
    metadata = {"note": "two\nlines\t\x01 and grüße"}
    serialize_file(specs, folder / "sample.safetensors", metadata=metadata)


if __name__ == "__main__":
    main()
