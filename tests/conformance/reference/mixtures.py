"""Decoders with a mixture of experts."""

import torch

from .mxfp4 import name_quantization, pack_experts
from .shapes import BASE, LIVELY, family, rope
from .variant import old_rope, without

FULL, SLIDING = "full_attention", "sliding_attention"
GRANITE = {
    "embedding_multiplier": 3.5,
    "attention_multiplier": 0.3,
    "residual_multiplier": 0.7,
    "logits_scaling": 0.6,
}

mixtral = family(
    "mixtral",
    "MixtralForCausalLM",
    BASE | {"intermediate_size": 13, "num_local_experts": 5, "num_experts_per_tok": 2},
    top_k=2,
)
qwen2_moe = family(
    "qwen2_moe",
    "Qwen2MoeForCausalLM",
    BASE
    | {
        "moe_intermediate_size": 11,
        "shared_expert_intermediate_size": 17,
        "num_experts": 5,
        "num_experts_per_tok": 3,
    },
    top_k=3,
)
qwen3_moe = family(
    "qwen3_moe",
    "Qwen3MoeForCausalLM",
    BASE | {"head_dim": 6, "moe_intermediate_size": 11, "num_experts": 7, "num_experts_per_tok": 3},
    top_k=3,
)
olmoe = family(
    "olmoe",
    "OlmoeForCausalLM",
    BASE | {"intermediate_size": 13, "num_experts": 6, "num_experts_per_tok": 2},
    top_k=2,
)
granite_moe = family(
    "granitemoe",
    "GraniteMoeForCausalLM",
    BASE | GRANITE | {"intermediate_size": 13, "num_local_experts": 5, "num_experts_per_tok": 2},
    top_k=2,
)
gpt_oss = family(
    "gpt_oss",
    "GptOssForCausalLM",
    BASE
    | {
        "head_dim": 8,
        "intermediate_size": 10,
        "num_local_experts": 5,
        "num_experts_per_tok": 2,
        "sliding_window": 9,
        "swiglu_limit": 1.25,
        "rope_parameters": rope(
            "yarn",
            1500.0,
            factor=4.0,
            original_max_position_embeddings=32,
            beta_fast=4.0,
            beta_slow=0.5,
            truncate=False,
        ),
        "max_position_embeddings": 128,
    },
    top_k=2,
)

MIXTRAL = [
    mixtral("untied", "two experts of five, a theta of 1e6", {"rope_parameters": rope(theta=1e6)}),
    mixtral(
        "window",
        "a sliding window of 9, tied, no theta in the file: 1e6; in bfloat16",
        {"sliding_window": 9, "tie_word_embeddings": True, "rope_parameters": rope(theta=1e6)},
        dtype=torch.bfloat16,
        gains=LIVELY,
        rewrite_config=without("rope_parameters"),
    ),
]

QWEN2_MOE = [
    qwen2_moe("plain", "a shared expert behind a gate, the routers' weights as they are"),
    qwen2_moe(
        "dense_layer",
        "normalised weights, layers without experts, a window, tied, no biases; old config",
        {
            "norm_topk_prob": True,
            "num_hidden_layers": 4,
            "decoder_sparse_step": 2,
            "mlp_only_layers": [1],
            "use_sliding_window": True,
            "sliding_window": 7,
            "max_window_layers": 3,
            "qkv_bias": False,
            "tie_word_embeddings": True,
        },
        gains=LIVELY,
        dtype=torch.bfloat16,
        rewrite_config=old_rope,
    ),
]

QWEN3_MOE = [
    qwen3_moe(
        "plain",
        "the routers' weights as they are, by default",
        rewrite_config=without("norm_topk_prob"),
    ),
    qwen3_moe(
        "normalised",
        "normalised weights, a layer without experts, biases on the attention, two shards",
        {
            "norm_topk_prob": True,
            "mlp_only_layers": [0],
            "attention_bias": True,
            "tie_word_embeddings": True,
        },
        gains=LIVELY,
        shards=2,
        rewrite_config=old_rope,
    ),
]

OLMOE = [
    olmoe("plain", "norms over all queries and all keys, the routers' weights as they are"),
    olmoe(
        "clip",
        "clipped queries, keys and values, normalised weights, biases, tied",
        {
            "clip_qkv": 0.9,
            "norm_topk_prob": True,
            "attention_bias": True,
            "tie_word_embeddings": True,
        },
        gains=LIVELY,
    ),
]

GRANITE_MOE = [
    granite_moe("multipliers", "a softmax over the chosen experts only; Granite's multipliers"),
    granite_moe(
        "tied",
        "no multiplier but 1, three experts of five, attention biases, tied, in bfloat16",
        {key: 1.0 for key in GRANITE}
        | {"num_experts_per_tok": 3, "attention_bias": True, "tie_word_embeddings": True},
        top_k=3,
        gains=LIVELY | {"q_proj": 0.5},
        dtype=torch.bfloat16,
    ),
]

GPT_OSS = [
    gpt_oss("plain", "sinks, windows in every second layer, a limit that clamps, YaRN"),
    gpt_oss(
        "no_bias",
        "no attention biases, layer types by hand, the default limit, plain positions, tied",
        {
            "attention_bias": False,
            "layer_types": [FULL, SLIDING],
            "swiglu_limit": 7.0,
            "rope_parameters": rope(theta=150000.0),
            "tie_word_embeddings": True,
        },
        gains=LIVELY,
    ),
    gpt_oss(
        "mxfp4",
        "experts in MXFP4 blocks and scales, the rest in bfloat16, as released",
        {
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_local_experts": 4,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
        },
        dtype=torch.bfloat16,
        rewrite_config=name_quantization,
        rewrite_tensors=pack_experts,
    ),
]

VARIANTS = [*MIXTRAL, *QWEN2_MOE, *QWEN3_MOE, *OLMOE, *GRANITE_MOE, *GPT_OSS]
