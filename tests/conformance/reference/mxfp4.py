"""Packs experts as the released gpt-oss files have them: four-bit floats in blocks of 32.

The format is OCP's Microscaling (MX) v1.0, E2M1 elements under a shared E8M0 scale.
"""

import torch

VALUES = torch.tensor([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0])
BLOCK, EXPONENT_BIAS = 32, 127
LARGEST_EXPONENT = 2  # of an element
PARTS = (".mlp.experts.gate_up_proj", ".mlp.experts.down_proj")

QUANTIZATION_CONFIG = {
    "quant_method": "mxfp4",
    "modules_to_not_convert": [
        "model.layers.*.self_attn",
        "model.layers.*.mlp.router",
        "model.embed_tokens",
        "lm_head",
    ],
}


def pack(matrices: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """[..., out, in] becomes blocks [..., out, in / 32, 16] and scales [..., out, in / 32]."""
    blocks = matrices.float().reshape(*matrices.shape[:-1], -1, BLOCK)
    exponent = blocks.abs().amax(-1).log2().floor() - LARGEST_EXPONENT
    scaled = blocks / exponent.exp2()[..., None]
    codes = (scaled.abs()[..., None] - VALUES).abs().argmin(-1) + 8 * (scaled < 0)
    packed = codes[..., 0::2] + 16 * codes[..., 1::2]  # the first of two in the low half
    return packed.to(torch.uint8), (exponent + EXPONENT_BIAS).to(torch.uint8)


def pack_experts(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The model has the experts as [experts, in, out], the file as [experts, out, in]."""
    packed = {}
    for name, tensor in tensors.items():
        if name.endswith(PARTS):
            packed[name + "_blocks"], packed[name + "_scales"] = pack(tensor.transpose(1, 2))
        else:
            packed[name] = tensor
    return packed


def name_quantization(config: dict):
    config["quantization_config"] = QUANTIZATION_CONFIG
