"""Decoders with layer norms or a feed-forward network without a gate, and Phi-3 by its name."""

import torch

from .shapes import BASE, COMMON, LIVELY, family, rope
from .variant import both, old_rope, without

# Heads of eight, of which a quarter can be rotated.
EIGHT = {"hidden_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2}

WITHOUT_KV_HEADS = {key: BASE[key] for key in BASE if key != "num_key_value_heads"}
WITHOUT_LENGTH = {key: COMMON[key] for key in COMMON if key != "max_position_embeddings"}

phi = family("phi", "PhiForCausalLM", BASE | EIGHT, gains=LIVELY)
phi3 = family(
    "phi3", "Phi3ForCausalLM", BASE | {"original_max_position_embeddings": 80}, gains=LIVELY
)
gpt2 = family(
    "gpt2",
    "GPT2LMHeadModel",
    WITHOUT_LENGTH | {"n_positions": 80, "n_embd": 24, "n_layer": 2, "n_head": 3, "n_inner": 37},
    gains=LIVELY,
)
neox = family(
    "gpt_neox", "GPTNeoXForCausalLM", WITHOUT_KV_HEADS | {"num_attention_heads": 3}, gains=LIVELY
)
stablelm = family("stablelm", "StableLmForCausalLM", BASE | EIGHT, gains=LIVELY)
starcoder2 = family("starcoder2", "Starcoder2ForCausalLM", BASE, gains=LIVELY)
falcon = family(
    "falcon",
    "FalconForCausalLM",
    COMMON
    | {
        "hidden_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 6,
        "ffn_hidden_size": 40,
    },
    gains=LIVELY,
)
mpt = family(
    "mpt",
    "MptForCausalLM",
    WITHOUT_LENGTH | {"d_model": 20, "n_heads": 5, "n_layers": 2, "max_seq_len": 80},
    gains=LIVELY | {"out_proj": 2.5},
)


def longrope(**options) -> dict:
    return rope(
        "longrope",
        short_factor=[1.0, 1.05, 1.2, 1.5],
        long_factor=[1.1, 1.7, 2.9, 6.5],
        **options,
    )


def phi3_old(config: dict):
    """Phi-3 as released: rope_scaling with a type, the original length beside it."""
    parameters = config["rope_parameters"]
    parameters.pop("original_max_position_embeddings")
    old_rope(config)
    config["rope_scaling"]["type"] = config["rope_scaling"].pop("rope_type")


def neox_old(config: dict):
    parameters = config.pop("rope_parameters")
    config["rotary_pct"] = parameters["partial_rotary_factor"]
    config["rotary_emb_base"] = parameters["rope_theta"]


LONGROPE = {
    "hidden_size": 24,
    "num_attention_heads": 3,
    "num_key_value_heads": 1,
    "rope_parameters": longrope(),
}

PHI = [
    phi("half", "half of each head rotated by default, two KV heads", rewrite_config=old_rope),
    phi(
        "qk_norm",
        "layer norms on queries and keys, a quarter rotated, tied with a bias on the output",
        {
            "qk_layernorm": True,
            "tie_word_embeddings": True,
            "rope_parameters": rope(partial_rotary_factor=0.25, theta=500.0),
        },
    ),
]

PHI3 = [
    phi3("plain", "queries, keys and values in one matrix, gate and up in another"),
    phi3(
        "window",
        "a sliding window of 9, three quarters of each head rotated, tied, in bfloat16",
        {
            "hidden_size": 24,
            "num_attention_heads": 3,
            "sliding_window": 9,
            "tie_word_embeddings": True,
            "rope_parameters": rope(partial_rotary_factor=0.75),
        },
        dtype=torch.bfloat16,
        rewrite_config=old_rope,
    ),
    phi3(
        "longrope_short",
        "longrope within the original length: short factors, and the attention factor",
        LONGROPE | {"original_max_position_embeddings": 80, "max_position_embeddings": 160},
        rewrite_config=phi3_old,
    ),
    phi3(
        "longrope_long",
        "longrope past the original length: long factors for every token",
        LONGROPE | {"original_max_position_embeddings": 32, "max_position_embeddings": 128},
        rewrite_config=phi3_old,
    ),
    phi3(
        "longrope_crossing",
        "longrope that passes the original length at the eleventh new token",
        LONGROPE | {"original_max_position_embeddings": 58, "max_position_embeddings": 232},
    ),
    phi3(
        "longrope_options",
        "longrope with an attention factor of its own, part of the head rotated",
        LONGROPE
        | {
            "hidden_size": 36,
            "original_max_position_embeddings": 32,
            "max_position_embeddings": 128,
            "rope_parameters": longrope(attention_factor=0.8, partial_rotary_factor=2 / 3),
        },
    ),
]

GPT2 = [
    gpt2("tied", "learned positions; the matrices are stored transposed"),
    gpt2(
        "scaled",
        "attention divided by the layer's number, untied, ReLU, two shards",
        {
            "scale_attn_by_inverse_layer_idx": True,
            "tie_word_embeddings": False,
            "activation_function": "relu",
        },
        shards=2,
    ),
    gpt2(
        "unscaled",
        "attention not scaled, an inner width of four times the width by default, in float16",
        {"scale_attn_weights": False, "n_inner": None, "n_embd": 21},
        gains=LIVELY | {"c_attn.weight": 0.6},
        dtype=torch.float16,
    ),
]

NEOX = [
    neox("parallel", "parallel residual, a quarter of each head rotated by default"),
    neox(
        "serial",
        "serial residual, half rotated, tied, old config, in bfloat16",
        {
            "use_parallel_residual": False,
            "tie_word_embeddings": True,
            "rope_parameters": rope(partial_rotary_factor=0.5, theta=700.0),
        },
        dtype=torch.bfloat16,
        rewrite_config=neox_old,
    ),
    neox(
        "no_bias",
        "no attention biases, tanh GELU",
        {"attention_bias": False, "hidden_act": "gelu_new"},
    ),
]

STABLELM = [
    stablelm(
        "plain",
        "a quarter of each head rotated by default, layer norms with biases",
        {"hidden_size": 24, "num_attention_heads": 3, "num_key_value_heads": 3},
        rewrite_config=both(old_rope, without("partial_rotary_factor")),
    ),
    stablelm(
        "parallel",
        "parallel residual, a norm for each head, biases on queries, keys and values, tied",
        {
            "use_parallel_residual": True,
            "qk_layernorm": True,
            "use_qkv_bias": True,
            "tie_word_embeddings": True,
            "rope_parameters": rope(partial_rotary_factor=0.5),
        },
    ),
]

STARCODER2 = [
    starcoder2("biases", "biases everywhere, a sliding window of 9", {"sliding_window": 9}),
    starcoder2(
        "no_bias",
        "no biases but the norms', untied, old config",
        {"use_bias": False, "tie_word_embeddings": False},
        rewrite_config=old_rope,
    ),
]

FALCON = [
    falcon("old", "one KV head, one norm for attention and feed-forward"),
    falcon(
        "serial",
        "as many KV heads as heads, serial residual, biases, untied, an inner width by default",
        {
            "multi_query": False,
            "parallel_attn": False,
            "bias": True,
            "tie_word_embeddings": False,
            "ffn_hidden_size": None,
        },
    ),
    falcon(
        "new",
        "three KV groups, a norm each for attention and feed-forward",
        {"new_decoder_architecture": True, "num_kv_heads": 3},
    ),
    falcon(
        "new_one_norm",
        "three KV groups, one norm, in bfloat16",
        {"new_decoder_architecture": True, "num_kv_heads": 3, "num_ln_in_parallel_attn": 1},
        dtype=torch.bfloat16,
    ),
    # Eager attention adds the biases twice, what every caller gets by default does not.
    falcon(
        "alibi",
        "ALiBi for twelve heads, its slopes rounded to bfloat16; serial, biases",
        {
            "alibi": True,
            "hidden_size": 36,
            "num_attention_heads": 12,
            "multi_query": False,
            "parallel_attn": False,
            "bias": True,
        },
        attention="sdpa",
        least_distinct=5,
    ),
]

MPT = [
    mpt("plain", "ALiBi for five heads, no biases"),
    mpt(
        "clip",
        "clipped queries, keys and values, a softmax scale, ALiBi for three heads, untied",
        {
            "attn_config": {"clip_qkv": 1.5, "softmax_scale": 0.3},
            "tie_word_embeddings": False,
            "d_model": 21,
            "n_heads": 3,
        },
    ),
]

VARIANTS = [*PHI, *PHI3, *GPT2, *NEOX, *STABLELM, *STARCODER2, *FALCON, *MPT]
