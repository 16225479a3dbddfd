"""Decoders that keep another state than keys and values in some of their layers."""

import torch

from .nested import nested
from .shapes import BASE, COMMON, LIVELY, family, rope
from .variant import both, old_rope, without

FULL, LINEAR, CONV = "full_attention", "linear_attention", "conv"

lfm2 = family(
    "lfm2",
    "Lfm2ForCausalLM",
    BASE
    | {
        "num_hidden_layers": 3,
        "block_auto_adjust_ff_dim": False,
        "layer_types": [CONV, FULL, CONV],
    },
    gains=LIVELY | {"out_proj": 2.5, "w2": 2.5},
)
lfm2_moe = family(
    "lfm2_moe",
    "Lfm2MoeForCausalLM",
    BASE
    | {
        "moe_intermediate_size": 11,
        "num_experts": 6,
        "num_experts_per_tok": 2,
        "num_dense_layers": 1,
        "num_hidden_layers": 3,
        "layer_types": [CONV, FULL, CONV],
    },
    top_k=2,
    gains=LIVELY | {"out_proj": 2.5, "w2": 2.5},
)
granite_hybrid = family(
    "granitemoehybrid",
    "GraniteMoeHybridForCausalLM",
    BASE
    | {
        "shared_intermediate_size": 17,
        "num_local_experts": 0,
        "num_hidden_layers": 3,
        "layer_types": [LINEAR, FULL, LINEAR],
        "mamba_n_heads": 6,
        "mamba_n_groups": 2,
        "mamba_d_state": 5,
        "mamba_d_conv": 4,
        "mamba_expand": 2,
        "mamba_chunk_size": 16,
        "embedding_multiplier": 3.5,
        "attention_multiplier": 0.3,
        "residual_multiplier": 0.7,
        "logits_scaling": 0.6,
    },
)
mamba2 = family(
    "mamba2",
    "Mamba2ForCausalLM",
    {key: COMMON[key] for key in COMMON if key != "max_position_embeddings"}
    | {
        "hidden_size": 21,
        "num_hidden_layers": 2,
        "num_heads": 6,
        "head_dim": 7,
        "state_size": 5,
        "n_groups": 3,
        "conv_kernel": 4,
        "chunk_size": 16,
    },
    gains={"out_proj": 2.0},
)
DELTA = BASE | {
    "head_dim": 8,
    "num_hidden_layers": 4,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": 6,
    "linear_value_head_dim": 5,
    "linear_conv_kernel_dim": 4,
}
# The class draws A up to 16; nothing is remembered then, and nothing can go wrong.
SLOW_DECAY = {"A_log": 0.4}
qwen3_next = family(
    "qwen3_next",
    "Qwen3NextForCausalLM",
    DELTA
    | {
        "num_hidden_layers": 3,
        "moe_intermediate_size": 7,
        "shared_expert_intermediate_size": 9,
        "num_experts": 5,
        "num_experts_per_tok": 2,
        "layer_types": [LINEAR, FULL, LINEAR],
    },
    top_k=2,
    gains=SLOW_DECAY,
)
qwen3_5 = family("qwen3_5", "Qwen3_5ForCausalLM", DELTA, gains=SLOW_DECAY)
qwen3_5_moe = family(
    "qwen3_5_moe",
    "Qwen3_5MoeForCausalLM",
    DELTA
    | {
        "num_hidden_layers": 3,
        "moe_intermediate_size": 7,
        "shared_expert_intermediate_size": 9,
        "num_experts": 5,
        "num_experts_per_tok": 2,
        "layer_types": [LINEAR, FULL, LINEAR],
    },
    top_k=2,
    gains=SLOW_DECAY,
)


def lfm2_old(config: dict):
    """LFM2 as released: the attention layers by number, the inner width before its adjustment."""
    old_rope(config)
    config["full_attn_idxs"] = [1]
    config["block_ff_dim"] = config.pop("intermediate_size")
    config["tie_embedding"] = config.pop("tie_word_embeddings")
    del config["layer_types"]


def granite_old(config: dict):
    """Granite 4 as released: mamba and attention, positions without theirs."""
    old_rope(config)
    names = {LINEAR: "mamba", FULL: "attention"}
    config["layer_types"] = [names[kind] for kind in config["layer_types"]]


LFM2 = [
    lfm2("plain", "convolutions of three tokens around one attention layer"),
    lfm2(
        "old_config",
        "the released form: an inner width of 37 adjusted to 40; convolutions of four with biases",
        {
            "block_auto_adjust_ff_dim": True,
            "block_ffn_dim_multiplier": 1.3,
            "block_multiple_of": 8,
            "conv_bias": True,
            "conv_L_cache": 4,
            "tie_word_embeddings": False,
            "rope_parameters": rope(theta=1e6),
        },
        rewrite_config=lfm2_old,
    ),
]

LFM2_MOE = [
    lfm2_moe(
        "bias", "experts chosen with a bias, weighed without, normalised; a dense layer first"
    ),
    lfm2_moe(
        "no_bias",
        "no bias, weights not normalised and scaled by 1.7, untied, in bfloat16",
        {
            "use_expert_bias": False,
            "norm_topk_prob": False,
            "routed_scaling_factor": 1.7,
            "tie_word_embeddings": False,
        },
        dtype=torch.bfloat16,
    ),
]

GRANITE_HYBRID = [
    granite_hybrid("dense", "Mamba-2 in two groups around an attention layer without positions"),
    granite_hybrid(
        "experts",
        "experts beside a shared network, positions, biases, one group, tied, released form",
        {
            "num_local_experts": 5,
            "num_experts_per_tok": 2,
            "intermediate_size": 7,
            "position_embedding_type": "rope",
            "attention_bias": True,
            "mamba_proj_bias": True,
            "mamba_n_groups": 1,
            "tie_word_embeddings": True,
        },
        top_k=2,
        gains={"out_proj": 2.0, "o_proj": 2.0, "output_linear": 2.0},
        rewrite_config=granite_old,
    ),
    granite_hybrid(
        "attention",
        "attention layers only, no bias on the convolutions, in bfloat16",
        {"layer_types": [FULL] * 3, "mamba_conv_bias": False},
        dtype=torch.bfloat16,
    ),
]

MAMBA2 = [
    mamba2(
        "groups",
        "three groups of heads, more tokens than a chunk, and an infinite limit as files have it",
        rewrite_config=lambda config: config.update(time_step_limit=[0.0, float("inf")]),
    ),
    mamba2(
        "biases",
        "biases on the projections, none on the convolutions, one group, limits on dt, tied",
        {
            "use_bias": True,
            "use_conv_bias": False,
            "n_groups": 1,
            "tie_word_embeddings": True,
            "time_step_limit": [0.2, 0.9],
            "conv_kernel": 3,
        },
    ),
]

QWEN3_NEXT = [
    qwen3_next(
        "plain", "gated delta rule around gated attention, shared expert, a quarter rotated"
    ),
    qwen3_next(
        "interval",
        "full attention every second layer, weights not normalised, a dense layer, tied",
        {
            "layer_types": [LINEAR, FULL, LINEAR, FULL],
            "num_hidden_layers": 4,
            "norm_topk_prob": False,
            "mlp_only_layers": [2],
            "tie_word_embeddings": True,
            "attention_bias": True,
            "linear_num_value_heads": 2,
            "rope_parameters": rope(theta=1e5, partial_rotary_factor=0.5),
        },
        gains=SLOW_DECAY | LIVELY | {"out_proj": 2.5},
        dtype=torch.bfloat16,
        rewrite_config=both(
            old_rope,
            without("layer_types"),
            lambda config: config.update(full_attention_interval=2),
        ),
    ),
]

QWEN3_5 = [
    qwen3_5(
        "plain",
        "gated delta rule in three layers of four, by default",
        rewrite_config=without("layer_types"),
    ),
    qwen3_5(
        "tied",
        "layer types by hand, as many value heads as key heads, biases, tied, in bfloat16",
        {
            "num_hidden_layers": 3,
            "layer_types": [FULL, LINEAR, FULL],
            "linear_num_value_heads": 2,
            "attention_bias": True,
            "tie_word_embeddings": True,
            "linear_conv_kernel_dim": 3,
            "rope_parameters": rope(
                theta=1e5,
                partial_rotary_factor=0.5,
                mrope_section=[1, 1, 0],
                mrope_interleaved=True,
            ),
        },
        gains=SLOW_DECAY | LIVELY | {"out_proj": 2.5},
        dtype=torch.bfloat16,
    ),
]

QWEN3_5.append(
    qwen3_5(
        "nested",
        "the text model of a checkpoint that also sees, with a head for speculation",
        {"num_hidden_layers": 2, "layer_types": [LINEAR, FULL], "tie_word_embeddings": True},
        gains=SLOW_DECAY | LIVELY | {"out_proj": 2.5},
        rewrite_directory=nested(
            "model.language_model.",
            "Qwen3_5ForConditionalGeneration",
            "qwen3_5",
            ["model.visual.patch_embed.proj.bias", "mtp.fc.weight"],
        ),
    )
)

QWEN3_5_MOE = [qwen3_5_moe("plain", "gated delta rule with experts and a shared one")]

VARIANTS = [
    *LFM2,
    *LFM2_MOE,
    *GRANITE_HYBRID,
    *MAMBA2,
    *QWEN3_NEXT,
    *QWEN3_5,
    *QWEN3_5_MOE,
]
