"""AWQ and GPTQ checkpoints: their matrices lie packed in several tensors each."""

from .int4 import quantized
from .shapes import BASE, family

SIZES = {"hidden_size": 64, "intermediate_size": 96, "num_attention_heads": 4}
llama = family("llama", "LlamaForCausalLM", BASE | SIZES | {"num_key_value_heads": 2})
qwen2 = family("qwen2", "Qwen2ForCausalLM", BASE | SIZES | {"num_key_value_heads": 2})
neox = family(
    "gpt_neox",
    "GPTNeoXForCausalLM",
    {key: BASE[key] for key in BASE if key != "num_key_value_heads"} | SIZES,
)

VARIANTS = [
    llama(
        "gptq_symmetric",
        "GPTQ, symmetric, groups of 32",
        **quantized(method="gptq", symmetric=True),
    ),
    llama(
        "gptq_ordered",
        "GPTQ sorted by activation: the inputs of a group are scattered",
        **quantized(method="gptq", ordered=True),
    ),
    llama(
        "gptq_128",
        "GPTQ, groups of 128, of which the last is not full",
        {"hidden_size": 128, "intermediate_size": 160, "num_hidden_layers": 1},
        **quantized(method="gptq", group_size=128),
    ),
    qwen2(
        "gptq_v2",
        "GPTQ of the second format, one group of all inputs, biases",
        **quantized(method="gptq", group_size=-1, version_2=True),
    ),
    neox(
        "gptq",
        "GPTQ of a fused matrix whose rows are sorted by heads",
        **quantized(method="gptq"),
    ),
    llama("awq", "AWQ, groups of 64", **quantized(method="awq", group_size=64)),
]
