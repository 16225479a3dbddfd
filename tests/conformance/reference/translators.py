"""Encoder-decoders of T5's kind."""

import torch

from .shapes import COMMON, family
from .variant import SEQ2SEQ
from .weights import separate_output

T5 = {
    "vocab_size": COMMON["vocab_size"],
    "pad_token_id": 0,
    "eos_token_id": 1,
    "decoder_start_token_id": 0,
    "d_model": 22,
    "d_kv": 6,
    "d_ff": 31,
    "num_layers": 2,
    "num_decoder_layers": 2,
    "num_heads": 3,
    "relative_attention_num_buckets": 8,
    "relative_attention_max_distance": 20,
}
# Scores are not divided by the root of the head's size.
CALM = {"SelfAttention.q": 0.4, "EncDecAttention.q": 0.4, "relative_attention_bias": 3.0}
# The tied output is scaled down by the root of the width; its norm makes up for that.
LOUD = CALM | {"final_layer_norm": 5.0, ".o.": 2.0, "wo": 2.0}

t5 = family("t5", "T5ForConditionalGeneration", T5, task=SEQ2SEQ, gains=LOUD)
mt5 = family("mt5", "MT5ForConditionalGeneration", T5, task=SEQ2SEQ, gains=CALM)


def untied(config: dict):
    config["tie_word_embeddings"] = False
    config.pop("scale_decoder_outputs", None)  # which then follows from the former


VARIANTS = [
    t5("v1_0", "ReLU, tied and scaled output, more decoder layers", {"num_decoder_layers": 3}),
    t5(
        "v1_1",
        "gated tanh GELU, an output of its own, not scaled",
        {"feed_forward_proj": "gated-gelu"},
        gains=CALM,
        rewrite_config=untied,
        rewrite_tensors=separate_output("shared.weight"),
    ),
    t5(
        "gated_silu",
        "gated SiLU, as many decoder layers as encoder layers by default, in bfloat16",
        {"feed_forward_proj": "gated-silu", "num_decoder_layers": None},
        dtype=torch.bfloat16,
    ),
    mt5(
        "untied",
        "gated tanh GELU, an output of its own",
        {},
        rewrite_config=untied,
        rewrite_tensors=separate_output("shared.weight"),
    ),
]
