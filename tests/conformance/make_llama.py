#!/usr/bin/env python3
"""Makes the Llama conformance checkpoints: tiny random models, and what transformers says of them.

For each variant below, in llama/:
  NAME.gguf   the checkpoint
  NAME.npy    logits of the prompt, float32 [48, vocabulary]
  NAME.json   the prompt, the 32 tokens that follow it greedily, and how they were made

The reference is LlamaForCausalLM in float32 with eager attention, on the weights as the file
holds them: a quantized file is dequantized first. Every parameter is random, norms and biases
included, so that one forgotten or misplaced changes the logits.

Seeds are tried in order until the greedy tokens are worth comparing: no near ties, no special
tokens, not the same few tokens over and over. The goldens are what is committed; another version
of torch may round differently, and then makes different ones.
"""

import argparse
import dataclasses
import json
import math
import pathlib
import sys
import tempfile

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Type
from transformers import LlamaConfig, LlamaForCausalLM

import tiny_gguf

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "goldens"))
import gguf_llama

PROMPT_TOKENS, GREEDY_TOKENS = 48, 32
LEAST_MARGIN = 0.01  # between the best and the second logit
LEAST_DISTINCT = 12
GREATEST_ERROR = 1e-5  # of float32 against float64, relative to the largest logit of a row
MAX_BYTES = 200_000  # of a file


@dataclasses.dataclass
class Variant:
    name: str
    about: str
    types: dict[str, Type] = dataclasses.field(default_factory=lambda: {"": Type.F32})
    config: dict = dataclasses.field(default_factory=dict)


BASE = {
    "vocab_size": 323,
    "hidden_size": 36,
    "intermediate_size": 52,
    "num_hidden_layers": 2,
    "num_attention_heads": 6,
    "num_key_value_heads": 3,
    "head_dim": 10,
    "max_position_embeddings": PROMPT_TOKENS + GREEDY_TOKENS,
    "rms_norm_eps": 1e-5,
    "tie_word_embeddings": True,
}


def rope(kind: str, theta: float = 10000.0, **options) -> dict:
    """A head of 16 gives eight frequencies, enough to tell the ways of scaling apart."""
    return {
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "max_position_embeddings": 128,
        "rope_parameters": {"rope_type": kind, "rope_theta": theta, **options},
    }


def blocks_of_32(kind: Type) -> Variant:
    shape = {"hidden_size": 96, "intermediate_size": 160, "head_dim": 32, "num_hidden_layers": 1}
    heads = {"num_attention_heads": 3, "num_key_value_heads": 1}
    return Variant(kind.name.lower(), f"all matrices {kind.name}", {"": kind}, shape | heads)


def blocks_of_256(kind: Type, about: str, intermediate: int, head_dim: int, **types) -> Variant:
    """Rows that are no multiple of 256 fall back to blocks of 32, as llama.cpp's quantizer has it."""
    shape = {"hidden_size": 256, "intermediate_size": intermediate, "head_dim": head_dim}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1}
    rest = {"vocab_size": 275, "num_hidden_layers": 1}
    return Variant(kind.name.lower(), about, {"": kind, **types}, shape | heads | rest)


VARIANTS = [
    Variant("plain", "tied, three KV heads, heads wider than width / heads"),
    Variant(
        "untied",
        "separate output, as many KV heads as heads, no head size in the file",
        config={
            "tie_word_embeddings": False,
            "hidden_size": 30,
            "num_attention_heads": 3,
            "head_dim": 10,
        },
    ),
    Variant(
        "biases",
        "biases on all seven matrices, one KV head",
        config={
            "attention_bias": True,
            "mlp_bias": True,
            "num_attention_heads": 3,
            "num_key_value_heads": 1,
            "head_dim": 14,
        },
    ),
    Variant(
        "deep",
        "five layers, heads narrower than width / heads, an odd inner width",
        config={
            "num_hidden_layers": 5,
            "hidden_size": 24,
            "intermediate_size": 37,
            "num_attention_heads": 3,
            "head_dim": 6,
        },
    ),
    Variant(
        "wide_head",
        "one head, wider than the model",
        config={
            "num_hidden_layers": 1,
            "num_attention_heads": 1,
            "num_key_value_heads": 1,
            "head_dim": 128,
        },
    ),
    Variant("norm_eps", "an epsilon that shows", config={"rms_norm_eps": 0.25}),
    Variant("rope_theta", "a high RoPE base", config=rope("default", 5e6)),
    Variant("rope_linear", "linear RoPE scaling", config=rope("linear", factor=2.5)),
    Variant(
        "rope_yarn",
        "YaRN with its defaults, past the original context",
        config=rope("yarn", factor=4.0, original_max_position_embeddings=32),
    ),
    Variant(
        "rope_yarn_options",
        "YaRN with an attention factor of its own and other betas",
        config=rope(
            "yarn",
            500.0,
            factor=4.0,
            original_max_position_embeddings=32,
            attention_factor=0.85,
            beta_fast=1.5,
            beta_slow=0.25,
        ),
    ),
    Variant(
        "rope_yarn_mscale",
        "YaRN with mscale 1 over mscale_all_dim 0.5",
        config=rope(
            "yarn", factor=4.0, original_max_position_embeddings=32, mscale=1.0, mscale_all_dim=0.5
        ),
    ),
    Variant(
        "rope_llama3",
        "Llama 3.1's scaling: some frequencies kept, some smoothed, some divided",
        config=rope(
            "llama3",
            100.0,
            factor=8.0,
            low_freq_factor=1.0,
            high_freq_factor=4.0,
            original_max_position_embeddings=32,
        ),
    ),
    Variant(
        "rope_partial",
        "half of each head rotated",
        config=rope("proportional", partial_rotary_factor=0.5),
    ),
    Variant("f16", "all matrices F16", {"": Type.F16}),
    Variant("bf16", "all matrices BF16", {"": Type.BF16}),
    blocks_of_32(Type.Q4_0),
    blocks_of_32(Type.Q4_1),
    blocks_of_32(Type.Q5_0),
    blocks_of_32(Type.Q5_1),
    blocks_of_32(Type.Q8_0),
    blocks_of_256(Type.Q2_K, "Q2_K and Q3_K", 256, 128, attn_v=Type.Q3_K, ffn_down=Type.Q3_K),
    blocks_of_256(
        Type.Q3_K,
        "Q3_K, Q5_K and Q4_0",
        256,
        64,
        attn_v=Type.Q5_K,
        attn_output=Type.Q4_0,
    ),
    blocks_of_256(
        Type.Q4_K,
        "Q4_K, Q6_K and Q5_0",
        160,
        64,
        attn_v=Type.Q6_K,
        attn_output=Type.Q5_0,
        ffn_down=Type.Q5_0,
    ),
    blocks_of_256(
        Type.Q5_K,
        "Q5_K, Q6_K and Q5_1",
        96,
        64,
        attn_v=Type.Q6_K,
        attn_output=Type.Q5_1,
        ffn_down=Type.Q5_1,
    ),
    blocks_of_256(
        Type.Q6_K,
        "Q6_K and Q8_0",
        96,
        32,
        attn_output=Type.Q8_0,
        ffn_down=Type.Q8_0,
    ),
]


def random_model(variant: Variant, seed: int) -> LlamaForCausalLM:
    config = LlamaConfig(
        **(BASE | variant.config), attn_implementation="eager", dtype=torch.float32
    )
    model = LlamaForCausalLM(config).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = torch.randn(parameter.shape, generator=generator)
            if parameter.ndim == 2:
                gain = 0.4 if "embed_tokens" in name else 1.4 / math.sqrt(parameter.shape[1])
                parameter.copy_(gain * values)
            elif name.endswith("bias"):
                parameter.copy_(0.5 * values)
            else:
                parameter.copy_(1 + 0.4 * values)
    return model


def load_back(model: LlamaForCausalLM, path: pathlib.Path, exact: bool):
    """Gives the model the weights that the file holds."""
    state = gguf_llama.state_dict(gguf.GGUFReader(path), model.config)
    if exact:
        for name, values in model.state_dict().items():
            assert torch.equal(values, state[name]), f"{path.stem}: {name} changed on the way"
    model.load_state_dict(state, strict=True)


@torch.inference_mode()
def greedy(model: LlamaForCausalLM, prompt: list[int]) -> tuple[list[int], float]:
    """The tokens and the least margin among them. Nothing is cached."""
    ids, margin = list(prompt), math.inf
    while len(ids) < PROMPT_TOKENS + GREEDY_TOKENS:
        logits = model(torch.tensor([ids])).logits[0, -1]
        best, second = logits.topk(2).values.tolist()
        margin = min(margin, best - second)
        ids.append(logits.argmax().item())
    return ids[PROMPT_TOKENS:], margin


@torch.inference_mode()
def prompt_logits(model: LlamaForCausalLM, prompt: list[int]) -> np.ndarray:
    """Checked against float64, lest the comparison measure how ill-conditioned the model is."""
    logits = model(torch.tensor([prompt])).logits[0]
    exact = model.double()(torch.tensor([prompt])).logits[0]
    model.float()
    error = ((logits - exact).abs().amax(1) / exact.abs().amax(1)).max().item()
    assert error < GREATEST_ERROR, f"float32 is off by {error}"
    return logits.numpy()


def attempt(variant: Variant, seed: int, folder: pathlib.Path) -> dict | None:
    """Writes the checkpoint. None if the seed will not do."""
    path = folder / f"{variant.name}.gguf"
    model = random_model(variant, seed)
    tiny_gguf.write(path, model, variant.types, seed)
    load_back(model, path, exact=variant.types == {"": Type.F32})
    first = len(tiny_gguf.SPECIAL_TOKENS)
    generator = torch.Generator().manual_seed(seed)
    prompt = torch.randint(first, model.config.vocab_size, (PROMPT_TOKENS,), generator=generator)
    prompt = prompt.tolist()
    tokens, margin = greedy(model, prompt)
    if margin < LEAST_MARGIN or min(tokens) < first or len(set(tokens)) < LEAST_DISTINCT:
        return None
    np.save(folder / f"{variant.name}.npy", prompt_logits(model, prompt))
    return {
        "about": variant.about,
        "seed": seed,
        "margin": round(margin, 5),
        "prompt": prompt,
        "greedy": tokens,
    }


def make(variant: Variant, folder: pathlib.Path):
    for seed in range(1000):
        with tempfile.TemporaryDirectory() as scratch:
            golden = attempt(variant, seed, pathlib.Path(scratch))
            if golden is None:
                continue
            for file in pathlib.Path(scratch).iterdir():
                assert file.stat().st_size <= MAX_BYTES, f"{file.name}: {file.stat().st_size} bytes"
                (folder / file.name).write_bytes(file.read_bytes())
        lines = ",\n ".join(f"{json.dumps(key)}: {json.dumps(golden[key])}" for key in golden)
        (folder / f"{variant.name}.json").write_text(f"{{{lines}}}\n")
        size = (folder / f"{variant.name}.gguf").stat().st_size
        print(f"{variant.name}: seed {seed}, margin {golden['margin']}, {size} bytes", flush=True)
        return
    raise RuntimeError(f"{variant.name}: no seed will do")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="variants to make; all by default")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent / "llama")
    arguments = parser.parse_args()

    torch.set_num_threads(1)
    arguments.out.mkdir(exist_ok=True)
    for variant in VARIANTS:
        if not arguments.names or variant.name in arguments.names:
            make(variant, arguments.out)


if __name__ == "__main__":
    main()
