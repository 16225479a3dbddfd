"""Packs matrices as AWQ and GPTQ checkpoints have them: four-bit numbers with a scale and a zero
for each output and group of inputs, w = scale * (q - zero).

Sources: the tensors' layout is that of AutoGPTQ and GPTQModel (checkpoint formats gptq and gptq_v2)
and of AutoAWQ (version GEMM). Scales have seven bits, so that a scale times a zero is a binary16.
"""

import dataclasses
import json
import math
import pathlib
import zlib

import safetensors.torch
import torch

LANES = 8  # numbers in a word
AWQ_ORDER = [0, 2, 4, 6, 1, 3, 5, 7]
PARTS = ("_proj.weight", "query_key_value.weight", ".dense.weight", "h_to_4h.weight", "4h_to_h.weight")


@dataclasses.dataclass
class Int4:
    method: str  # gptq or awq
    group_size: int = 32  # -1: one group of all inputs
    symmetric: bool = False  # all zeros are 8
    ordered: bool = False  # inputs were sorted (desc_act): a group's are anywhere
    version_2: bool = False  # of GPTQ: zeros as they are

    def config(self) -> dict:
        if self.method == "awq":
            return {
                "quant_method": "awq",
                "bits": 4,
                "group_size": self.group_size,
                "version": "gemm",
                "zero_point": not self.symmetric,
                "modules_to_not_convert": None,
            }
        config = {
            "quant_method": "gptq",
            "bits": 4,
            "group_size": self.group_size,
            "desc_act": self.ordered,
            "sym": self.symmetric,
            "damp_percent": 0.01,
            "true_sequential": True,
        }
        return config | ({"checkpoint_format": "gptq_v2"} if self.version_2 else {})

    def groups(self, inputs: int) -> int:
        return 1 if self.group_size == -1 else math.ceil(inputs / self.group_size)

    def drawn(self, name: str, outputs: int, inputs: int):
        """Scales and zeros [groups, outputs] and each input's group, by the name alone."""
        generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
        shape = (self.groups(inputs), outputs)
        mantissa = 64 + torch.randint(0, 64, shape, generator=generator)
        scales = mantissa / 64 * 2.0 ** math.floor(math.log2(0.5 / math.sqrt(inputs)))
        zeros = torch.randint(6, 11, shape, generator=generator)
        if self.symmetric:
            zeros.fill_(8)
        size = inputs if self.group_size == -1 else self.group_size
        group_of = torch.arange(inputs) // size
        if self.ordered:
            group_of = group_of[torch.randperm(inputs, generator=generator)]
        return scales, zeros, group_of

    def codes(self, name: str, matrix: torch.Tensor) -> torch.Tensor:
        """[outputs, inputs], what is stored of each weight."""
        scales, zeros, group_of = self.drawn(name, *matrix.shape)
        q = (matrix.float() / scales[group_of].T).round() + zeros[group_of].T
        return q.clamp(0, 15).to(torch.int64)

    def rounded(self, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Each matrix as what is stored of it says."""
        values = dict(tensors)
        for name, matrix in tensors.items():
            if name.endswith(PARTS):
                scales, zeros, group_of = self.drawn(name, *matrix.shape)
                levels = self.codes(name, matrix) - zeros[group_of].T
                values[name] = (levels * scales[group_of].T).to(matrix.dtype)
        return values

    def packed(self, name: str, matrix: torch.Tensor) -> dict[str, torch.Tensor]:
        stem = name.removesuffix("weight")
        scales, zeros, group_of = self.drawn(name, *matrix.shape)
        codes = self.codes(name, matrix).T  # [inputs, outputs], as both store it
        tensors = {stem + "scales": scales.to(torch.float16)}
        if self.method == "awq":
            tensors[stem + "qweight"] = words(codes, AWQ_ORDER)
            tensors[stem + "qzeros"] = words(zeros, AWQ_ORDER)
            return tensors
        tensors[stem + "qweight"] = words(codes.T, range(LANES)).T.contiguous()
        tensors[stem + "qzeros"] = words(zeros - (0 if self.version_2 else 1), range(LANES))
        tensors[stem + "g_idx"] = group_of.to(torch.int32)
        return tensors

    def pack(self, folder: pathlib.Path):
        path = folder / "model.safetensors"
        tensors = {}
        for name, tensor in safetensors.torch.load_file(path).items():
            tensors |= self.packed(name, tensor) if name.endswith(PARTS) else {name: tensor}
        safetensors.torch.save_file(tensors, path, metadata={"format": "pt"})
        path = folder / "config.json"
        config = json.loads(path.read_text()) | {"quantization_config": self.config()}
        path.write_text(json.dumps(config, indent=2) + "\n")


def words(numbers: torch.Tensor, order) -> torch.Tensor:
    """Eight neighbours of the last axis become an int32, the lowest bits first."""
    lanes = numbers.reshape(*numbers.shape[:-1], -1, LANES)
    word = sum(lanes[..., lane] << 4 * place for place, lane in enumerate(order))
    return torch.where(word >= 2**31, word - 2**32, word).to(torch.int32).contiguous()


def quantized(**options) -> dict:
    """The parts of a Variant that pack its matrices."""
    int4 = Int4(**options)
    return {
        "dtype": torch.float16,
        "rewrite_tensors": int4.rounded,
        "rewrite_directory": int4.pack,
    }
