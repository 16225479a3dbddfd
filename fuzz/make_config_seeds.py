#!/usr/bin/env python3
"""Writes the first inputs of config_fuzz: the checkpoints of the conformance tests, without their
weights.

    fuzz/make_config_seeds.py fuzz/corpus/config_fuzz
"""
import json
import pathlib
import struct
import sys

CHECKPOINTS = pathlib.Path(__file__).parent.parent / "tests/conformance/checkpoints"


def tensors(folder):
    for file in sorted(folder.glob("*.safetensors")):
        with open(file, "rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            header = json.loads(stream.read(length))
        for name, tensor in header.items():
            if name != "__metadata__":
                yield " ".join(map(str, [name, tensor["dtype"], *tensor["shape"]]))


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for folder in sorted(CHECKPOINTS.iterdir()):
        config = json.loads((folder / "config.json").read_text())
        text = json.dumps(config, separators=(",", ":")) + "\0" + "\n".join(tensors(folder))
        if len(text) <= 4096:
            (out / folder.name).write_text(text)


if __name__ == "__main__":
    main()
