"""Loads a Llama GGUF file into Hugging Face transformers, in float32: what Ingle is held against.

Weights are dequantized by the `gguf` package, so that the reference differs from a runtime in
arithmetic only, never in the weights.
"""

import gguf
import numpy as np
import tokenizers
import torch
from tokenizers import decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

CONTROL_TOKEN = 3  # llama.cpp's numbering of tokenizer.ggml.token_type
USER_DEFINED_TOKEN = 4

LAYER_TENSORS = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
TENSORS = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def halves_from_pairs(rows: np.ndarray, heads: int) -> np.ndarray:
    """Reorders the rows of each head for a rotation of (i, i + d/2) instead of (2i, 2i + 1)."""
    pairs = rows.reshape(heads, -1, 2, *rows.shape[1:])
    return pairs.swapaxes(1, 2).reshape(rows.shape)


def pairs_from_halves(rows: np.ndarray, heads: int) -> np.ndarray:
    """The inverse: GGUF's architecture "llama" rotates neighbours."""
    halves = rows.reshape(heads, 2, -1, *rows.shape[1:])
    return halves.swapaxes(1, 2).reshape(rows.shape)


def transformers_name(name: str) -> str:
    """blk.3.attn_q.weight -> model.layers.3.self_attn.q_proj.weight"""
    parts = name.split(".")
    if parts[0] == "blk":
        return f"model.layers.{parts[1]}.{LAYER_TENSORS[parts[2]]}.{parts[3]}"
    return f"{TENSORS[parts[0]]}.{parts[1]}"


def state_dict(reader: gguf.GGUFReader, config: LlamaConfig) -> dict[str, torch.Tensor]:
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    state = {}
    for tensor in reader.tensors:
        if tensor.name == "rope_freqs.weight":
            continue  # follows from the configuration
        values = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        kind = tensor.name.split(".")[-2]
        if kind in heads:
            values = halves_from_pairs(values, heads[kind])
        state[transformers_name(tensor.name)] = torch.from_numpy(np.array(values))
    state.setdefault("lm_head.weight", state["model.embed_tokens.weight"])
    return state


def value(reader: gguf.GGUFReader, key: str, default=None):
    field = reader.get_field(key)
    return default if field is None else field.contents()


def load_model(reader: gguf.GGUFReader) -> LlamaForCausalLM:
    """For files without RoPE scaling."""
    if value(reader, "llama.rope.scaling.type", "none") != "none":
        raise ValueError("RoPE scaling is not read back from GGUF metadata")
    names = {tensor.name for tensor in reader.tensors}
    config = LlamaConfig(
        vocab_size=len(value(reader, "tokenizer.ggml.tokens")),
        hidden_size=value(reader, "llama.embedding_length"),
        intermediate_size=value(reader, "llama.feed_forward_length"),
        num_hidden_layers=value(reader, "llama.block_count"),
        num_attention_heads=value(reader, "llama.attention.head_count"),
        num_key_value_heads=value(reader, "llama.attention.head_count_kv"),
        head_dim=value(reader, "llama.attention.key_length"),
        max_position_embeddings=value(reader, "llama.context_length"),
        rms_norm_eps=value(reader, "llama.attention.layer_norm_rms_epsilon"),
        rope_parameters={
            "rope_type": "default",
            "rope_theta": value(reader, "llama.rope.freq_base", 10000.0),
        },
        tie_word_embeddings="output.weight" not in names,
        attention_bias="blk.0.attn_q.bias" in names,
        mlp_bias="blk.0.ffn_up.bias" in names,
        attn_implementation="eager",
        dtype=torch.float32,
    )
    model = LlamaForCausalLM(config)
    model.load_state_dict(state_dict(reader, config), strict=True)
    return model.eval()


def load_tokenizer(reader: gguf.GGUFReader) -> tokenizers.Tokenizer:
    """SmolLM's byte-level BPE: digits stand alone, otherwise GPT-2's splitting."""
    if value(reader, "tokenizer.ggml.pre") != "smollm":
        raise ValueError("only the pre-tokenizer smollm is known here")
    tokens = value(reader, "tokenizer.ggml.tokens")
    merges = [tuple(merge.split(" ")) for merge in value(reader, "tokenizer.ggml.merges")]
    tokenizer = tokenizers.Tokenizer(
        models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges)
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    kinds = value(reader, "tokenizer.ggml.token_type")
    special = [t for t, kind in zip(tokens, kinds) if kind in (CONTROL_TOKEN, USER_DEFINED_TOKEN)]
    tokenizer.add_special_tokens(special)
    return tokenizer
