"""Odd shapes, shared by the tables."""

from .variant import VOCABULARY, Variant

COMMON = {
    "vocab_size": VOCABULARY,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "max_position_embeddings": 80,
}
BASE = COMMON | {
    "hidden_size": 24,
    "intermediate_size": 37,
    "num_hidden_layers": 2,
    "num_attention_heads": 6,
    "num_key_value_heads": 3,
}
# Where the output is the embedding, a layer must move the state, or every token repeats itself.
LIVELY = {"o_proj": 2.5, "down_proj": 2.5, "c_proj": 2.5, "dense": 2.0, "fc2": 2.0}
# Eight frequencies to a head: enough to tell the ways of scaling them apart.
WIDE_HEAD = {"num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16}


def rope(kind: str = "default", theta: float = 10000.0, **options) -> dict:
    return {"rope_type": kind, "rope_theta": theta, **options}


def family(prefix: str, model: str, base: dict, **shared):
    """The rows of one architecture share a class and a base configuration."""

    def row(name: str, about: str, config: dict | None = None, **options) -> Variant:
        joined = base | (config or {})
        return Variant(f"{prefix}_{name}", model, about, joined, **(shared | options))

    return row
