"""Gemma's decoders: scaled embeddings, norms stored less one, four norms to a layer."""

import torch

from .nested import nested
from .shapes import BASE, LIVELY, family, rope
from .variant import old_rope, without

FULL, SLIDING = "full_attention", "sliding_attention"

gemma = family("gemma", "GemmaForCausalLM", BASE | {"head_dim": 6}, gains=LIVELY)
# Their sublayers end in a norm, whose weight sets how far they move the state.
POST_NORM = {"post_attention_layernorm": 6.0, "post_feedforward_layernorm": 6.0}
gemma2 = family(
    "gemma2",
    "Gemma2ForCausalLM",
    BASE
    | {
        "head_dim": 6,
        "query_pre_attn_scalar": 11,
        "sliding_window": 9,
        "attn_logit_softcapping": 2.0,
        "final_logit_softcapping": 8.0,
    },
    gains=POST_NORM,
    least_margin=0.004,
)
gemma3 = family(
    "gemma3",
    "Gemma3ForCausalLM",
    BASE | {"head_dim": 6, "query_pre_attn_scalar": 11, "sliding_window": 9},
    gains=POST_NORM,
)


def gemma3_old(config: dict):
    """Gemma 3 as released: two thetas, a scaling for the full layers, and a pattern."""
    rope_parameters = config.pop("rope_parameters")
    full = rope_parameters[FULL]
    config["rope_theta"] = full.pop("rope_theta")
    config["rope_local_base_freq"] = rope_parameters[SLIDING]["rope_theta"]
    config["rope_scaling"] = None if full["rope_type"] == "default" else full
    config["sliding_window_pattern"] = 3
    del config["layer_types"]


GEMMA = [
    gemma("tied", "one KV head", {"num_key_value_heads": 1}),
    gemma(
        "biases",
        "attention biases, untied; gelu means its tanh form",
        {"attention_bias": True, "tie_word_embeddings": False, "hidden_act": "gelu"},
        rewrite_config=lambda config: config.update(hidden_act="gelu"),
    ),
]

GEMMA2 = [
    gemma2("softcap", "soft caps on attention and logits, every second layer with a window"),
    gemma2(
        "no_softcap",
        "no soft caps, biases, layer types by hand, old config, in bfloat16",
        {
            "attn_logit_softcapping": None,
            "final_logit_softcapping": None,
            "attention_bias": True,
            "layer_types": [FULL, SLIDING],
        },
        dtype=torch.bfloat16,
        rewrite_config=old_rope,
    ),
]

GEMMA3 = [
    gemma3(
        "types",
        "a theta for each kind of layer, by layer_types",
        {
            "layer_types": [SLIDING, FULL, SLIDING],
            "num_hidden_layers": 3,
            "rope_parameters": {FULL: rope(theta=1e5), SLIDING: rope(theta=300.0)},
        },
    ),
    gemma3(
        "pattern",
        "the released form: every third layer full and scaled linearly, soft cap on the logits",
        {
            "num_hidden_layers": 3,
            "layer_types": [SLIDING, SLIDING, FULL],
            "final_logit_softcapping": 4.0,
            "rope_parameters": {
                FULL: rope("linear", 1e4, factor=8.0),
                SLIDING: rope(theta=100.0),
            },
        },
        rewrite_config=gemma3_old,
    ),
    gemma3(
        "defaults",
        "no rope parameters in the file: 1e6 for full layers, 1e4 for windows; untied, biases",
        {"layer_types": [FULL, SLIDING], "tie_word_embeddings": False, "attention_bias": True},
        rewrite_config=without("rope_parameters"),
    ),
    gemma3(
        "nested",
        "the text model of a checkpoint that also sees, names as first released",
        {"layer_types": [SLIDING, FULL]},
        rewrite_directory=nested(
            "language_model.model.",
            "Gemma3ForConditionalGeneration",
            "gemma3",
            [
                "vision_tower.vision_model.post_layernorm.bias",
                "multi_modal_projector.mm_soft_emb_norm.weight",
            ],
        ),
    ),
]

VARIANTS = [*GEMMA, *GEMMA2, *GEMMA3]
