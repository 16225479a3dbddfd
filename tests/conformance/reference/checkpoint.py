"""Writes a model as save_pretrained does, makes it look like the hub's files, and reads it."""

import json
import pathlib

import safetensors.torch
import torch
import transformers

from .variant import Variant


def leave_out_defaults(config: dict):
    defaults = transformers.CONFIG_MAPPING[config["model_type"]]().to_dict()
    for key in [key for key in config if key in defaults and config[key] == defaults[key]]:
        if key not in ("model_type", "transformers_version", "dtype"):
            del config[key]


def rewrite_config(variant: Variant, folder: pathlib.Path):
    path = folder / "config.json"
    config = json.loads(path.read_text())
    rewrite = variant.rewrite_config or leave_out_defaults
    rewrite(config)
    path.write_text(json.dumps(config, indent=2) + "\n")


def rewrite_tensors(variant: Variant, folder: pathlib.Path):
    if variant.rewrite_tensors:
        path = folder / "model.safetensors"
        tensors = variant.rewrite_tensors(safetensors.torch.load_file(path))
        safetensors.torch.save_file(tensors, path, metadata={"format": "pt"})


def write(variant: Variant, model: transformers.PreTrainedModel, folder: pathlib.Path):
    model.to(variant.dtype)
    size = sum(tensor.nbytes for tensor in model.state_dict().values())
    # The writer fills each shard up to its limit.
    limit = "1GB" if variant.shards == 1 else f"{size // variant.shards // 1000 + 8}KB"
    model.save_pretrained(folder, max_shard_size=limit)
    (folder / "generation_config.json").unlink(missing_ok=True)
    rewrite_tensors(variant, folder)
    rewrite_config(variant, folder)


def read(variant: Variant, folder: pathlib.Path) -> transformers.PreTrainedModel:
    """The reference, in float32, from the file alone: what is not in it is not in the golden."""
    model_class = getattr(transformers, variant.model)
    model, report = model_class.from_pretrained(
        folder,
        dtype=torch.float32,
        attn_implementation=variant.attention,
        **({"experts_implementation": "eager"} if variant.top_k else {}),
        output_loading_info=True,
    )
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        assert not report[kind], f"{variant.name}: {kind} {report[kind]}"
    return model.float().eval()  # MXFP4 comes unpacked in bfloat16
