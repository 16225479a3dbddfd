#!/usr/bin/env python3
"""Makes changes.json: what transformers computes of checkpoints/ after a change of config.json.

A row has the change, and every twelfth logit of the prompt's last token. It takes a folder of
checkpoints/ to give a field a golden of its own; here are fields whose meaning depends on others,
on the number of layers, or on being absent.

    python3 make_changes.py
"""

import json
import pathlib
import tempfile
import warnings

import safetensors.torch
import torch
import transformers

HERE = pathlib.Path(__file__).parent
STRIDE = 12
ABSENT = "absent"  # instead of a value

YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}
LLAMA3 = {"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
LINEAR = {"rope_type": "linear", "factor": 4.0}
# What a checkpoint of several layers needs to be one of a single layer.
ONE = {"num_hidden_layers": 1, "layer_types": ["full_attention"]}

CHANGES = [
    # A list of one entry is that of a model of one layer.
    ("gemma2_softcap", ONE),
    ("gemma3_types", ONE),
    ("olmo3_window", ONE),
    ("exaone4_window", ONE),
    ("qwen2_window", ONE),
    ("smollm3_window", ONE | {"no_rope_layers": [0]}),
    ("smollm3_window", ONE | {"no_rope_layers": [1]}),
    ("smollm3_window", ONE | {"no_rope_layers": [1], "layer_types": ["sliding_attention"]}),
    # Which of the places that speak of RoPE counts.
    ("llama_untied", {"rope_scaling": YARN, "rope_parameters": {"rope_theta": 500.0}}),
    ("llama_untied", {"rope_parameters": {"rope_theta": 500.0, **LLAMA3}}),
    (
        "llama_untied",
        {
            "rope_parameters": LLAMA3 | {"original_max_position_embeddings": 16},
            "original_max_position_embeddings": 30,
        },
    ),
    ("llama_yarn", {"original_max_position_embeddings": 12}),
    ("llama_untied", {"rope_scaling": {**YARN, "factor": None}}),
    ("phi3_longrope_short", {"original_max_position_embeddings": 60}),
    ("phi3_longrope_long", {"original_max_position_embeddings": 60}),
    ("gemma3_types", {"rope_scaling": LINEAR}),
    ("gemma3_defaults", {"rope_scaling": LINEAR}),
    ("gemma3_defaults", {"rope_theta": 500.0}),
    ("olmo3_window", {"rope_scaling": LINEAR}),
    ("olmo3_yarn", {"rope_parameters": {"full_attention": {**YARN, "truncate": False}}}),
    ("gpt_neox_parallel", {"rope_parameters": ABSENT, "rotary_emb_base": 500}),
    ("phi_half", {"rope_scaling": LINEAR}),
    # Activations: the feed-forward network's is that of convolutions too.
    ("gemma_tied", {"hidden_act": "relu"}),
    ("gemma_tied", {"hidden_act": "gelu"}),
    ("granitemoehybrid_experts", {"hidden_act": "gelu"}),
    ("qwen3_5_plain", {"hidden_act": "gelu"}),
    ("qwen3_next_plain", {"hidden_act": "gelu"}),
    # Other names, and what is absent.
    ("gpt2_tied", {"num_attention_heads": 2}),
    ("llama_untied", {"max_position_embeddings": ABSENT, "pretraining_tp": 2}),
    ("exaone4_window", {"sliding_window_pattern": "LLLG"}),
    ("exaone4_window", {"sliding_window_pattern": 2, "layer_types": ABSENT}),
    ("granite_multipliers", {"residual_multiplier": 0}),
    ("smollm3_window", {"no_rope_layers": ABSENT, "layer_types": ABSENT}),
]


def write(name: str, change: dict, folder: pathlib.Path):
    source = HERE / "checkpoints" / name
    config = json.loads((source / "config.json").read_text())
    config |= change
    config = {key: value for key, value in config.items() if value != ABSENT}
    (folder / "config.json").write_text(json.dumps(config))
    tensors = safetensors.torch.load_file(source / "model.safetensors")
    if change.get("num_hidden_layers") == 1:
        tensors = {
            key: tensor
            for key, tensor in tensors.items()
            if ".layers." not in key or ".layers.0." in key
        }
    safetensors.torch.save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


@torch.inference_mode()
def compute(name: str, change: dict) -> list[float]:
    golden = json.loads((HERE / "checkpoints" / name / "golden.json").read_text())
    with tempfile.TemporaryDirectory() as scratch:
        write(name, change, pathlib.Path(scratch))
        model, report = getattr(transformers, golden["class"]).from_pretrained(
            scratch,
            dtype=torch.float32,
            attn_implementation="eager",
            experts_implementation="eager",
            output_loading_info=True,
        )
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        assert not report[kind], f"{name} {change}: {kind} {report[kind]}"
    logits = model.float().eval()(torch.tensor([golden["prompt"]]), use_cache=False).logits[0, -1]
    return [round(logit, 5) for logit in logits[::STRIDE].tolist()]


def main():
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    rows = []
    for name, change in CHANGES:
        row = {"checkpoint": name, "change": change, "logits": compute(name, change)}
        rows.append(json.dumps(row))
    (HERE / "changes.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")


if __name__ == "__main__":
    main()
