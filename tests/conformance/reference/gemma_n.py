"""Gemma 3n and 4: inputs to every layer, layers that borrow keys and values, scales per layer."""

import torch

from .nested import nested
from .shapes import BASE, family, rope

FULL, SLIDING = "full_attention", "sliding_attention"
POST_NORM = {"post_attention_layernorm": 2.0, "post_feedforward_layernorm": 2.0}

gemma3n = family(
    "gemma3n",
    "Gemma3nForCausalLM",
    BASE
    | {
        "head_dim": 6,
        "sliding_window": 9,
        "num_hidden_layers": 5,
        "layer_types": [SLIDING, FULL, SLIDING, FULL, SLIDING],
        "num_kv_shared_layers": 2,
        "vocab_size_per_layer_input": 90,
        "hidden_size_per_layer_input": 4,
        "hidden_size": 12,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 15,
        "altup_num_inputs": 3,
        "laurel_rank": 3,
        "activation_sparsity_pattern": [0.95, 0.6, 0.0, 0.0, 0.3],
        "final_logit_softcapping": 9.0,
    },
    gains=POST_NORM,
)
gemma4 = family(
    "gemma4",
    "Gemma4ForCausalLM",
    BASE
    | {
        "head_dim": 6,
        "global_head_dim": 8,
        "sliding_window": 9,
        "num_hidden_layers": 4,
        "layer_types": [SLIDING, FULL, SLIDING, FULL],
        "hidden_size": 18,
        "intermediate_size": 19,
        "vocab_size_per_layer_input": 97,
        "hidden_size_per_layer_input": 4,
        "rope_parameters": {
            FULL: rope("proportional", 1e4, partial_rotary_factor=0.5),
            SLIDING: rope(theta=300.0),
        },
    },
    gains=POST_NORM,
)


def gemma3n_old(config: dict):
    """Gemma 3n as released."""
    parameters = config.pop("rope_parameters")
    config["rope_theta"] = parameters[FULL]["rope_theta"]
    config["rope_local_base_freq"] = parameters[SLIDING]["rope_theta"]
    config["rope_scaling"] = None


def gemma4_released(config: dict):
    """Gemma 4 as released: the full layers' shape in keys of their own."""
    config.pop("per_layer_config", None)
    config["global_head_dim"] = 8
    config["num_global_key_value_heads"] = 2


GEMMA3N = [
    gemma3n(
        "plain", "three streams, sparse gates, two layers that borrow, tokens without an input"
    ),
    gemma3n(
        "no_sharing",
        "two streams of which the second is active, no borrowing, widths by layer, old config",
        {
            "num_kv_shared_layers": 0,
            "num_hidden_layers": 3,
            "layer_types": [SLIDING, FULL, SLIDING],
            "intermediate_size": [15, 11, 18],
            "activation_sparsity_pattern": [0.0, 0.0, 0.9],
            "altup_num_inputs": 2,
            "altup_active_idx": 1,
            "altup_correct_scale": False,
            "attention_bias": True,
            "rope_parameters": {FULL: rope(theta=1e5), SLIDING: rope(theta=200.0)},
        },
        dtype=torch.bfloat16,
        rewrite_config=gemma3n_old,
    ),
    gemma3n(
        "nested",
        "the text model of a checkpoint that also sees and hears",
        rewrite_directory=nested(
            "model.language_model.",
            "Gemma3nForConditionalGeneration",
            "gemma3n",
            [
                "model.vision_tower.timm_model.conv_stem.conv.bias",
                "model.audio_tower.conformer.0.norm.weight",
                "model.embed_vision.embedding.weight",
            ],
        ),
    ),
]

GEMMA4 = [
    gemma4("plain", "inputs to every layer, wider heads in full layers, half of them rotated"),
    gemma4(
        "shared",
        "two layers that borrow and are twice as wide, soft cap on the logits, in bfloat16",
        {
            "num_kv_shared_layers": 2,
            "use_double_wide_mlp": True,
            "final_logit_softcapping": 9.0,
            "num_key_value_heads": 1,
        },
        dtype=torch.bfloat16,
    ),
    gemma4(
        "nested",
        "the text model of a checkpoint that also sees, borrowing as released",
        {"num_kv_shared_layers": 1, "num_hidden_layers": 3, "layer_types": [SLIDING, FULL, FULL]},
        rewrite_config=gemma4_released,
        rewrite_directory=nested(
            "model.language_model.",
            "Gemma4ForConditionalGeneration",
            "gemma4",
            ["model.vision_tower.patch_embedder.input_proj.weight"],
        ),
    ),
    gemma4(
        "experts",
        "experts beside the feed-forward network, keys as values in full layers, no layer inputs",
        {
            "enable_moe_block": True,
            "num_experts": 5,
            "top_k_experts": 2,
            "moe_intermediate_size": 7,
            "attention_k_eq_v": True,
            "num_global_key_value_heads": 2,
            "num_hidden_layers": 3,
            "layer_types": [SLIDING, SLIDING, FULL],
            "hidden_size_per_layer_input": 0,
            "tie_word_embeddings": False,
        },
        top_k=2,
        rewrite_config=gemma4_released,
    ),
]

VARIANTS = [*GEMMA3N, *GEMMA4]
