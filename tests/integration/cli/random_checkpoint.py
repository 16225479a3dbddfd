"""Checkpoints of Hugging Face's form with random weights, some hundred megabytes large, so that
what a model takes of memory can be told from what the program takes."""

import json
import os
import random
import struct

CHECKPOINTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "conformance",
                           "checkpoints")
SIZES = {"hidden_size": 512, "num_attention_heads": 8, "num_key_value_heads": 4,
         "max_position_embeddings": 1024, "vocab_size": 1024, "tie_word_embeddings": True}
KEYS = 256  # of all key/value heads
POOL = 65537  # a prime: rows differ


class Pool:
    """Numbers that tensors begin with anywhere, and repeat."""

    def __init__(self):
        self.random = random.Random(1)
        numbers = [struct.pack("<f", self.random.uniform(-0.05, 0.05)) for _ in range(POOL)]
        # BF16 is the upper half of F32.
        self.bytes = {"F32": b"".join(numbers), "BF16": b"".join(number[2:] for number in numbers),
                      "F16": b"".join(struct.pack("<e", self.random.uniform(0.001, 0.01))
                                      for _ in range(POOL)),
                      "I32": self.random.randbytes(4 * POOL)}

    def take(self, kind, count):
        pool = self.bytes[kind]
        size = len(pool) // POOL
        begin = size * self.random.randrange(POOL)
        return (pool[begin:] + pool * (count // POOL + 1))[:size * count]


def dtype_of(name, shape):
    """Matrices are BF16, but for packed ones; all else is F32."""
    if name.endswith((".qweight", ".qzeros")):
        return "I32"
    if name.endswith(".scales"):
        return "F16"
    return "BF16" if len(shape) > 1 and "conv1d" not in name else "F32"


def write(folder, kind, sizes, tensors):
    """A checkpoint with the fields of a committed one, but for the sizes."""
    os.makedirs(folder)
    with open(os.path.join(CHECKPOINTS, kind, "config.json"), encoding="utf-8") as file:
        config = {**json.load(file), **SIZES, **sizes}
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)
    pool, data, header, end = Pool(), [], {}, 0
    for name, shape in tensors.items():
        count = 1
        for length in shape:
            count *= length
        dtype = dtype_of(name, shape)
        data.append(pool.take(dtype, count))
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [end, end + len(data[-1])]}
        end += len(data[-1])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
        file.writelines([struct.pack("<Q", len(text)), text, *data])


def outside(width):
    return {"model.embed_tokens.weight": [SIZES["vocab_size"], width], "model.norm.weight": [width]}


def attention(layer, width):
    return {layer + "self_attn.q_proj.weight": [width, width],
            layer + "self_attn.k_proj.weight": [KEYS, width],
            layer + "self_attn.v_proj.weight": [KEYS, width],
            layer + "self_attn.o_proj.weight": [width, width]}


def norms(layer, width):
    return {layer + "input_layernorm.weight": [width],
            layer + "post_attention_layernorm.weight": [width]}


def write_mixture(folder):
    """A Granite 3 of 57 million parameters, 50 million of them in experts."""
    width, hidden, experts, layers = SIZES["hidden_size"], 256, 16, 8
    tensors = outside(width)
    for number in range(layers):
        layer = f"model.layers.{number}."
        tensors |= norms(layer, width) | attention(layer, width)
        tensors[layer + "block_sparse_moe.router.layer.weight"] = [experts, width]
        tensors[layer + "block_sparse_moe.input_linear.weight"] = [experts, 2 * hidden, width]
        tensors[layer + "block_sparse_moe.output_linear.weight"] = [experts, width, hidden]
    write(folder, "granitemoe_multipliers",
          {"num_hidden_layers": layers, "intermediate_size": hidden,
           "num_local_experts": experts, "num_experts_per_tok": 4}, tensors)


def awq(name, rows, columns, group=64):
    return {name + ".qweight": [columns, rows // 8],
            name + ".qzeros": [columns // group, rows // 8],
            name + ".scales": [columns // group, rows]}


def write_awq(folder):
    """A Llama of 146 million parameters, four bits each."""
    width, hidden, layers = 1024, 3072, 12
    tensors = outside(width)
    for number in range(layers):
        layer = f"model.layers.{number}."
        tensors |= norms(layer, width)
        for name, rows, columns in (("self_attn.q_proj", width, width),
                                    ("self_attn.k_proj", KEYS, width),
                                    ("self_attn.v_proj", KEYS, width),
                                    ("self_attn.o_proj", width, width),
                                    ("mlp.gate_proj", hidden, width),
                                    ("mlp.up_proj", hidden, width),
                                    ("mlp.down_proj", width, hidden)):
            tensors |= awq(layer + name, rows, columns)
    write(folder, "llama_awq",
          {"num_hidden_layers": layers, "hidden_size": width, "intermediate_size": hidden,
           "num_attention_heads": 16, "num_key_value_heads": 4, "head_dim": 64}, tensors)


def mamba(layer, width, heads, head_size, state):
    inner = heads * head_size
    convolved = inner + 2 * state
    return {layer + "mamba.A_log": [heads], layer + "mamba.D": [heads],
            layer + "mamba.dt_bias": [heads],
            layer + "mamba.conv1d.weight": [convolved, 1, 4],
            layer + "mamba.conv1d.bias": [convolved],
            layer + "mamba.in_proj.weight": [inner + convolved + heads, width],
            layer + "mamba.norm.weight": [inner],
            layer + "mamba.out_proj.weight": [width, inner]}


def write_hybrid(folder):
    """A Granite 4 of 45 million parameters, whose layers are Mamba-2 but for every fourth."""
    width, hidden, heads, head_size, state, layers = SIZES["hidden_size"], 1536, 16, 64, 64, 12
    attends = [number % 4 == 3 for number in range(layers)]
    tensors = outside(width)
    for number in range(layers):
        layer = f"model.layers.{number}."
        tensors |= norms(layer, width)
        tensors |= (attention(layer, width) if attends[number]
                    else mamba(layer, width, heads, head_size, state))
        tensors[layer + "shared_mlp.input_linear.weight"] = [2 * hidden, width]
        tensors[layer + "shared_mlp.output_linear.weight"] = [width, hidden]
    write(folder, "granitemoehybrid_dense",
          {"num_hidden_layers": layers, "shared_intermediate_size": hidden,
           "layer_types": ["full_attention" if attend else "linear_attention"
                           for attend in attends],
           "mamba_n_heads": heads, "mamba_d_head": head_size, "mamba_d_state": state,
           "mamba_n_groups": 1}, tensors)
