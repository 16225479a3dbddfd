"""Random weights under which every parameter matters."""

import math
from collections.abc import Callable

import torch
import transformers

from .variant import Variant

EMBEDDING_GAIN, MATRIX_GAIN, BIAS_GAIN, VECTOR_GAIN = 0.4, 1.4, 0.5, 0.4


def fan_in(name: str, parameter: torch.Tensor, owner: torch.nn.Module) -> int:
    """Experts are [experts, out, in], except those of gpt-oss, which like GPT-2 have [in, out]."""
    if type(owner).__name__ in ("Conv1D", "GptOssExperts"):
        return parameter.shape[-2]
    if isinstance(owner, torch.nn.Conv1d):
        return parameter.shape[1] * parameter.shape[2]
    return parameter.shape[-1]


def gain(variant: Variant, name: str) -> float:
    product = 1.0
    for part, factor in variant.gains.items():
        if part in name:
            product *= factor
    return product


def random_values(name, parameter, owner, generator) -> torch.Tensor:
    """Vectors (norms, decay rates, sinks, scales) scatter around what the class initialises."""
    noise = torch.randn(parameter.shape, generator=generator)
    if isinstance(owner, torch.nn.Embedding):
        return EMBEDDING_GAIN * noise
    if name.endswith("bias"):
        return BIAS_GAIN * noise
    if parameter.ndim == 1:
        return parameter + VECTOR_GAIN * noise
    return MATRIX_GAIN / math.sqrt(fan_in(name, parameter, owner)) * noise


def random_model(variant: Variant, seed: int) -> transformers.PreTrainedModel:
    torch.manual_seed(seed)
    model_class = getattr(transformers, variant.model)
    config = model_class.config_class(**variant.config)
    config._attn_implementation = variant.attention
    model = model_class(config).eval()
    generator = torch.Generator().manual_seed(seed)
    owners = dict(model.named_modules())
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            owner = owners[name.rpartition(".")[0]]
            values = random_values(name, parameter, owner, generator)
            parameter.copy_(gain(variant, name) * values)
        for name, buffer in model.named_buffers():
            if name in model.state_dict():
                buffer.copy_(buffer + VECTOR_GAIN * torch.randn(buffer.shape, generator=generator))
    return model


def separate_output(embedding: str) -> Callable[[dict], dict]:
    """Adds an output of its own, beside the embedding of that name, where the class ties the two.

    T5 1.1 and mT5 have one, and so do checkpoints whose config.json is wrong about it.
    """

    def rewrite(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        shared = tensors[embedding]
        generator = torch.Generator().manual_seed(int(shared.float().abs().sum() * 1000))
        noise = torch.randn(shared.shape, generator=generator)
        return tensors | {"lm_head.weight": (EMBEDDING_GAIN * noise).to(shared.dtype)}

    return rewrite
