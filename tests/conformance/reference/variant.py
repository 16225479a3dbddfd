"""What a conformance checkpoint is: one row of the tables, llamas.py and its siblings."""

import dataclasses
import pathlib
from collections.abc import Callable

import torch

PROMPT_TOKENS, GREEDY_TOKENS = 48, 32
SPECIAL_TOKENS = 3  # pad, begin and end of sequence: 0, 1, 2; no prompt has them
VOCABULARY = 97

# Logits of a decoder, states of an encoder, classes of a sequence or of each token, decoder logits
# of an encoder-decoder.
CAUSAL, STATES, CLASSES, SEQ2SEQ = "causal", "states", "classes", "seq2seq"


@dataclasses.dataclass
class Variant:
    """config holds what differs from the base configuration of the architecture."""

    name: str
    model: str  # the class in transformers
    about: str
    config: dict
    task: str = CAUSAL
    dtype: torch.dtype = torch.float32  # of the file; the reference computes in float32
    shards: int = 1
    # Rewrites config.json into the form that checkpoints on the hub have, usually an older one.
    # Without it, what the class has as a default is left out.
    rewrite_config: Callable[[dict], None] | None = None
    # Rewrites the tensors that save_pretrained wrote, keyed by name.
    rewrite_tensors: Callable[[dict], dict] | None = None
    # Rewrites the directory after the golden, into a form that the class itself does not read.
    rewrite_directory: Callable[[pathlib.Path], None] | None = None
    attention: str = "eager"
    gains: dict[str, float] = dataclasses.field(default_factory=dict)  # by part of a tensor's name
    top_k: int = 0  # experts for each token; 0 without a router
    least_margin: float = 0.01  # between the best and the second logit
    least_distinct: int = 8  # of the greedy tokens


def old_rope(config: dict):
    """Puts rope_parameters where transformers 4 had them, and dtype under its old name."""
    rope = config.pop("rope_parameters")
    kind = rope.pop("rope_type", "default")
    config["rope_theta"] = rope.pop("rope_theta")
    if "partial_rotary_factor" in rope:
        config["partial_rotary_factor"] = rope.pop("partial_rotary_factor")
    config["rope_scaling"] = None if kind == "default" else {"rope_type": kind, **rope}
    config["torch_dtype"] = config.pop("dtype")
    config["transformers_version"] = "4.46.0"


def without(*keys: str) -> Callable[[dict], None]:
    """Leaves keys out, so that their defaults count."""

    def rewrite(config: dict):
        for key in keys:
            del config[key]

    return rewrite


def both(*rewrites: Callable[[dict], None]) -> Callable[[dict], None]:
    def rewrite(config: dict):
        for each in rewrites:
            each(config)

    return rewrite
