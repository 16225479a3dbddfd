"""Writes a transformers Llama model as a GGUF file, as llama.cpp's converter would.

Besides the converter's conventions (tensor names, metadata keys, neighbouring RoPE pairs) this
holds a tokenizer small enough for a model of 275 tokens, and random K-quant blocks, which the
`gguf` package can read but not make.
"""

import math
import pathlib
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import LlamaFileType as FileType

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "goldens"))
import gguf_llama

FILE_TYPES = {
    Type.F32: FileType.ALL_F32,
    Type.F16: FileType.MOSTLY_F16,
    Type.BF16: FileType.MOSTLY_BF16,
    Type.Q4_0: FileType.MOSTLY_Q4_0,
    Type.Q4_1: FileType.MOSTLY_Q4_1,
    Type.Q5_0: FileType.MOSTLY_Q5_0,
    Type.Q5_1: FileType.MOSTLY_Q5_1,
    Type.Q8_0: FileType.MOSTLY_Q8_0,
    Type.Q2_K: FileType.MOSTLY_Q2_K,
    Type.Q3_K: FileType.MOSTLY_Q3_K_M,
    Type.Q4_K: FileType.MOSTLY_Q4_K_M,
    Type.Q5_K: FileType.MOSTLY_Q5_K_M,
    Type.Q6_K: FileType.MOSTLY_Q6_K,
}

SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = """
Ġ t|h e|i n|Ġ a|Ġt he|r e|o n|Ġ s|e r|a t|Ġ w|n d|Ġ o|e n|i s|o r|Ġ c|i t|e s|Ġ b|a n|Ġ f|a l|Ġo f
in g|Ġ p|e d|Ġa nd|Ġ in|a r|Ġ m|Ġt o|o u|l e|i c|Ġ d|o m|i on|Ġ h|a s|Ġ l|l l|r o|Ġ is|Ġ n|v e|e l
s t|Ġ e|Ġ g|u r|c h|e t|Ġ on|i l|o t|Ġ re|a m|a c|o l|Ġt h|i m|Ġ u|i g
""".replace("\n", "|").strip("|").split("|")
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content']"
    " + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def byte_tokens() -> list[str]:
    """GPT-2's stand-ins: printable Latin-1 for itself, the other bytes from U+0100 up, in order."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(others))]


def vocabulary(size: int) -> tuple[list[str], list[str]]:
    """Tokens and merges. The size decides how many merges there are."""
    tokens = SPECIAL_TOKENS + byte_tokens()
    merges = MERGES[: size - len(tokens)]
    for merge in merges:
        left, right = merge.split(" ")
        assert left in tokens and right in tokens and left + right not in tokens, merge
        tokens.append(left + right)
    assert len(tokens) == size, f"there are {len(MERGES)} merges, too few for {size} tokens"
    return tokens, merges


def add_tokenizer(writer: gguf.GGUFWriter, size: int):
    tokens, merges = vocabulary(size)
    kinds = [gguf.TokenType.CONTROL] * len(SPECIAL_TOKENS)
    kinds += [gguf.TokenType.NORMAL] * (size - len(kinds))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def add_rope(writer: gguf.GGUFWriter, config):
    rope = config.rope_parameters
    base, rotated = rope["rope_theta"], config.head_dim
    match rope["rope_type"]:
        case "linear":
            writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
            writer.add_rope_scaling_factor(rope["factor"])
        case "yarn":
            writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
            writer.add_rope_scaling_factor(rope["factor"])
            writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
            add_yarn_options(writer, rope)
        case "llama3":
            writer.add_tensor("rope_freqs.weight", llama3_divisors(config))
        case "proportional":
            # transformers takes exponents over the whole head, GGUF over the rotated part of it:
            # the same frequencies from another base.
            rotated = int(config.head_dim * rope["partial_rotary_factor"])
            base **= rope["partial_rotary_factor"]
        case other:
            assert other == "default", f"GGUF cannot express RoPE scaling {other}"
    writer.add_rope_freq_base(base)
    writer.add_rope_dimension_count(rotated)


def add_yarn_options(writer: gguf.GGUFWriter, rope: dict):
    if "attention_factor" in rope:
        writer.add_rope_scaling_yarn_attn_factor(rope["attention_factor"])
    if "beta_fast" in rope:
        writer.add_rope_scaling_yarn_beta_fast(rope["beta_fast"])
    if "beta_slow" in rope:
        writer.add_rope_scaling_yarn_beta_slow(rope["beta_slow"])
    if "mscale_all_dim" in rope:  # the converter does this for Ministral 3
        assert rope["mscale"] == 1.0, "GGUF has no key for another mscale"
        writer.add_rope_scaling_yarn_log_mul(rope["mscale_all_dim"])


def llama3_divisors(config) -> np.ndarray:
    """What each frequency is divided by: 1 for short waves, the factor for long ones."""
    rope = config.rope_parameters
    original = rope["original_max_position_embeddings"]
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    exponents = np.arange(0, config.head_dim, 2) / config.head_dim
    turns = original / (2 * math.pi * rope["rope_theta"] ** exponents)
    smooth = np.clip((turns - low) / (high - low), 0, 1)
    return (1 / ((1 - smooth) / rope["factor"] + smooth)).astype(np.float32)


def random_blocks(rng: np.random.Generator, rows: int, columns: int, kind: Type) -> np.ndarray:
    """Random K-quant rows with the spread of make_llama.random_model."""
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, (rows * columns // elements, size), dtype=np.uint8)
    # Offset of the half-precision d in the block, of dmin, and the standard deviation for d = 1.
    # With dmin = ratio * d the mean is near zero.
    d, dmin, ratio, deviation = {
        Type.Q2_K: (80, 82, 1.5, 15.0),
        Type.Q3_K: (108, None, 0.0, 43.0),
        Type.Q4_K: (0, 2, 7.5, 260.0),
        Type.Q5_K: (0, 2, 15.5, 540.0),
        Type.Q6_K: (208, None, 0.0, 1370.0),
    }[kind]
    scale = rng.uniform(0.7, 1.3, len(blocks)) * 1.4 / math.sqrt(columns) / deviation

    def put(offset: int, values: np.ndarray):
        blocks[:, offset : offset + 2] = values.astype("<f2")[:, None].view(np.uint8)

    put(d, scale)
    if dmin is not None:
        put(dmin, scale * ratio)
    return blocks.reshape(rows, -1)


def gguf_name(name: str) -> str:
    """model.layers.3.self_attn.q_proj.weight -> blk.3.attn_q.weight"""
    stem, suffix = name.rsplit(".", 1)
    if stem.startswith("model.layers."):
        layer, kind = stem.removeprefix("model.layers.").split(".", 1)
        names = {value: key for key, value in gguf_llama.LAYER_TENSORS.items()}
        return f"blk.{layer}.{names[kind]}.{suffix}"
    names = {value: key for key, value in gguf_llama.TENSORS.items()}
    return f"{names[stem]}.{suffix}"


def add_tensors(writer: gguf.GGUFWriter, model, types: dict[str, Type], rng):
    """types: by kind of tensor ("attn_q"); "" for the rest. Vectors are always F32."""
    heads = {"attn_q": model.config.num_attention_heads, "attn_k": model.config.num_key_value_heads}
    for name, parameter in model.named_parameters():  # a tied lm_head is not among them
        values, name = parameter.detach().numpy(), gguf_name(name)
        part = name.split(".")[-2]
        if part in heads:
            values = gguf_llama.pairs_from_halves(values, heads[part])
        kind = types.get(part, types[""]) if values.ndim > 1 else Type.F32
        if kind.name.endswith("_K"):
            writer.add_tensor(name, random_blocks(rng, *values.shape, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, gguf.quantize(values, kind), raw_dtype=kind)


def write(path: pathlib.Path, model, types: dict[str, Type], seed: int):
    config = model.config
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name(f"Ingle conformance {path.stem}")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    if config.head_dim * config.num_attention_heads != config.hidden_size:
        writer.add_key_length(config.head_dim)
        writer.add_value_length(config.head_dim)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(FILE_TYPES[types[""]])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    add_rope(writer, config)
    add_tokenizer(writer, config.vocab_size)
    add_tensors(writer, model, types, np.random.default_rng(seed))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
