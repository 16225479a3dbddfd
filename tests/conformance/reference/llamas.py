"""Decoders of Llama's kind: RMS norms, rotary positions, a gated feed-forward network."""

import torch

from .shapes import BASE, LIVELY, WIDE_HEAD, family, rope
from .variant import both, old_rope, without
from .weights import separate_output

LLAMA3 = rope(
    "llama3",
    100.0,
    factor=8.0,
    low_freq_factor=1.0,
    high_freq_factor=4.0,
    original_max_position_embeddings=32,
)
YARN = rope("yarn", factor=4.0, original_max_position_embeddings=32)
FULL, SLIDING = "full_attention", "sliding_attention"

llama = family("llama", "LlamaForCausalLM", BASE | {"head_dim": 6})
mistral = family("mistral", "MistralForCausalLM", BASE | {"head_dim": 6, "sliding_window": 9})
qwen2 = family("qwen2", "Qwen2ForCausalLM", BASE)
qwen3 = family("qwen3", "Qwen3ForCausalLM", BASE | {"head_dim": 6})
smollm3 = family("smollm3", "SmolLM3ForCausalLM", BASE | {"num_hidden_layers": 3})
granite = family(
    "granite",
    "GraniteForCausalLM",
    BASE
    | {
        "embedding_multiplier": 3.5,
        "attention_multiplier": 0.3,
        "residual_multiplier": 0.7,
        "logits_scaling": 0.6,
    },
)
olmo2 = family("olmo2", "Olmo2ForCausalLM", BASE)
olmo3 = family(
    "olmo3",
    "Olmo3ForCausalLM",
    BASE | {"num_hidden_layers": 4, "sliding_window": 9},
)
exaone4 = family("exaone4", "Exaone4ForCausalLM", BASE | {"head_dim": 6, "num_hidden_layers": 3})
ernie = family("ernie4_5", "Ernie4_5ForCausalLM", BASE | {"head_dim": 6})

LLAMA = [
    llama("untied", "separate output, the head size from the file"),
    llama(
        "old_config",
        "llama3 scaling as transformers 4 wrote it, no head_dim, tied, in two shards",
        {
            "head_dim": None,
            "hidden_size": 36,
            "tie_word_embeddings": True,
            "rope_parameters": LLAMA3,
        },
        shards=2,
        rewrite_config=both(old_rope, without("head_dim")),
    ),
    llama("bf16", "weights in bfloat16", dtype=torch.bfloat16),
    llama(
        "f16_biases",
        "weights in float16, biases on all seven matrices",
        {"attention_bias": True, "mlp_bias": True},
        dtype=torch.float16,
    ),
    llama(
        "linear",
        "linear RoPE scaling, GELU",
        WIDE_HEAD | {"rope_parameters": rope("linear", factor=2.5), "hidden_act": "gelu"},
    ),
    llama(
        "dynamic",
        "dynamic NTK scaling, which changes nothing within max_position_embeddings",
        WIDE_HEAD | {"rope_parameters": rope("dynamic", factor=4.0)},
    ),
    llama(
        "yarn",
        "YaRN past the original context, its ramp not truncated",
        WIDE_HEAD
        | {
            "max_position_embeddings": 128,
            "rope_parameters": rope(
                "yarn",
                500.0,
                factor=4.0,
                original_max_position_embeddings=32,
                beta_fast=4.0,
                beta_slow=0.5,
                truncate=False,
            ),
        },
    ),
]

MISTRAL = [
    mistral("window", "a sliding window of 9 in every layer"),
    mistral(
        "no_window",
        "sliding_window null, no head_dim, tied, old config",
        {"sliding_window": None, "head_dim": None, "tie_word_embeddings": True},
        rewrite_config=old_rope,
    ),
]

QWEN2 = [
    qwen2(
        "tied",
        "biases on queries, keys and values, a theta of 1e6",
        {"tie_word_embeddings": True, "rope_parameters": rope(theta=1e6)},
    ),
    qwen2(
        "tied_in_name",
        "an output of its own, which counts although config.json says that it is tied",
        {"tie_word_embeddings": True},
        rewrite_tensors=separate_output("model.embed_tokens.weight"),
    ),
    qwen2(
        "window",
        "a sliding window of 7 from layer 1 on, in bfloat16",
        {
            "num_hidden_layers": 3,
            "use_sliding_window": True,
            "sliding_window": 7,
            "max_window_layers": 1,
        },
        dtype=torch.bfloat16,
        rewrite_config=without("layer_types"),
    ),
    qwen2(
        "yarn",
        "use_sliding_window false, so that sliding_window does not count; YaRN, old config",
        {
            "hidden_size": 48,
            "num_attention_heads": 3,
            "num_key_value_heads": 1,
            "num_hidden_layers": 1,
            "max_position_embeddings": 128,
            "sliding_window": 7,
            "rope_parameters": YARN,
        },
        rewrite_config=both(old_rope, without("layer_types")),
    ),
]

QWEN3 = [
    qwen3("untied", "norms on each head's queries and keys"),
    qwen3(
        "window_biases",
        "biases on the four attention matrices, windows by layer_types, tied",
        {
            "attention_bias": True,
            "tie_word_embeddings": True,
            "num_hidden_layers": 3,
            "use_sliding_window": True,
            "sliding_window": 5,
            "layer_types": [SLIDING, FULL, SLIDING],
        },
    ),
    qwen3(
        "yarn",
        "YaRN, an epsilon that shows, old config, in bfloat16",
        WIDE_HEAD | {"rope_parameters": YARN, "max_position_embeddings": 128, "rms_norm_eps": 0.1},
        dtype=torch.bfloat16,
        rewrite_config=old_rope,
    ),
]

SMOLLM3 = [
    smollm3(
        "no_rope",
        "no positions in every second layer, tied",
        {"no_rope_layer_interval": 2},
        rewrite_config=without("no_rope_layers", "layer_types"),
    ),
    smollm3(
        "window",
        "no_rope_layers by hand, windows where there are no positions, biases, untied",
        {
            "no_rope_layers": [0, 1, 0],
            "use_sliding_window": True,
            "sliding_window": 6,
            "attention_bias": True,
            "mlp_bias": True,
            "tie_word_embeddings": False,
        },
        rewrite_config=without("layer_types"),
    ),
]

GRANITE = [
    granite("multipliers", "all four multipliers, untied"),
    granite(
        "biases",
        "biases everywhere, tied, old config, in bfloat16",
        {"attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True},
        dtype=torch.bfloat16,
        gains=LIVELY,
        rewrite_config=old_rope,
    ),
    granite(
        "defaults",
        "no multiplier in the file: all are 1, the attention's too",
        {
            "embedding_multiplier": 1.0,
            "attention_multiplier": 1.0,
            "residual_multiplier": 1.0,
            "logits_scaling": 1.0,
        },
        gains={"q_proj": 0.5},
        rewrite_config=without(
            "embedding_multiplier", "attention_multiplier", "residual_multiplier", "logits_scaling"
        ),
    ),
]

OLMO2 = [
    olmo2("untied", "norms after attention and feed-forward, and over all queries and keys"),
    olmo2(
        "biases",
        "attention biases, tied, as many KV heads as heads",
        {"attention_bias": True, "tie_word_embeddings": True, "num_key_value_heads": 6},
        gains={"layernorm": 2.5},
    ),
]

OLMO3 = [
    olmo3(
        "window",
        "three windows, then full attention, by default",
        rewrite_config=without("layer_types"),
    ),
    olmo3(
        "yarn",
        "YaRN in the full layers only, each kind of layer with its theta",
        {
            "hidden_size": 32,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "num_hidden_layers": 3,
            "layer_types": [SLIDING, FULL, SLIDING],
            "max_position_embeddings": 128,
            "rope_parameters": {FULL: YARN, SLIDING: rope(theta=500.0)},
        },
    ),
]

EXAONE4 = [
    exaone4(
        "window",
        "windows with positions, full attention without",
        {"sliding_window": 9, "layer_types": [SLIDING, SLIDING, FULL]},
    ),
    exaone4(
        "full",
        "no windows: positions in every layer; llama3 scaling, tied, old config",
        WIDE_HEAD
        | {
            "num_hidden_layers": 2,
            "sliding_window": None,
            "layer_types": [FULL] * 2,
            "tie_word_embeddings": True,
            "rope_parameters": LLAMA3,
        },
        rewrite_config=old_rope,
    ),
]

ERNIE = [
    ernie("tied", "rotated pairs are neighbours"),
    ernie("biases", "biases everywhere, untied", {"use_bias": True, "tie_word_embeddings": False}),
]

VARIANTS = [
    *LLAMA,
    *MISTRAL,
    *QWEN2,
    *QWEN3,
    *SMOLLM3,
    *GRANITE,
    *OLMO2,
    *OLMO3,
    *EXAONE4,
    *ERNIE,
]
