#!/usr/bin/env python3
"""Writes the first inputs of model_fuzz: models of one layer that load, in under 4 KiB each.

    pip install gguf; fuzz/make_model_seeds.py fuzz/corpus/model_fuzz
"""
import pathlib
import sys

import gguf
import numpy as np

WIDTH, HEADS, KV_HEADS, HIDDEN = 8, 2, 1, 12
BYTE_LEVEL = ["<s>", "</s>", "H", "e", "l", "o", "Ġ", "Ċ", "w", "r", "d", ",", "Ã", "¶", "He", "ll"]
SENTENCEPIECE = ["<unk>", "<s>", "</s>", "<0x0A>", "\u2581", "H", "e", "l", "o", "w", "r", "d", ",", "He"]


def write(path, tokens, byte_level, weights, extra):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(1)
    writer.add_context_length(32)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2" if byte_level else "llama")
    writer.add_token_list(tokens)
    special = 2 if byte_level else 3
    kinds = [3] * special + [1] * (len(tokens) - special)
    if byte_level:
        writer.add_tokenizer_pre("gpt-2")
        writer.add_token_merges(["H e", "l l"])
    else:
        kinds[0], kinds[3] = 2, 6
        writer.add_token_scores([-float(i) for i in range(len(tokens))])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(special - 2)
    writer.add_eos_token_id(special - 1)
    extra(writer)
    random = np.random.default_rng(1)

    def tensor(name, *shape):
        values = random.standard_normal(shape).astype(np.float32)
        writer.add_tensor(name, values if len(shape) == 1 else values.astype(weights))

    tensor("token_embd.weight", len(tokens), WIDTH)
    tensor("output_norm.weight", WIDTH)
    size = WIDTH // HEADS
    for name, shape in {
        "attn_norm": (WIDTH,), "attn_q": (WIDTH, WIDTH), "attn_k": (KV_HEADS * size, WIDTH),
        "attn_v": (KV_HEADS * size, WIDTH), "attn_output": (WIDTH, WIDTH), "ffn_norm": (WIDTH,),
        "ffn_gate": (HIDDEN, WIDTH), "ffn_up": (HIDDEN, WIDTH), "ffn_down": (WIDTH, HIDDEN),
    }.items():
        tensor(f"blk.0.{name}.weight", *shape)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def yarn(writer):
    writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
    writer.add_rope_scaling_factor(4.0)
    writer.add_rope_scaling_orig_ctx_len(16)


def template(writer):
    writer.add_chat_template("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "byte_level", BYTE_LEVEL, True, np.float32, template)
    write(folder / "sentencepiece", SENTENCEPIECE, False, np.float32, lambda writer: None)
    write(folder / "yarn_f16", BYTE_LEVEL, True, np.float16, yarn)


main()
