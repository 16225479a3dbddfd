"""The form of checkpoints whose text model is a part of one that also sees or hears."""

import json
import pathlib
from collections.abc import Callable

import safetensors.torch
import torch


def nested(
    prefix: str, model_class: str, model_type: str, others: list[str]
) -> Callable[[pathlib.Path], None]:
    """The text model's tensors under prefix, its configuration in text_config, others beside them.

    others names tensors of the parts that do not concern text; they hold a single number.
    """

    def rename(name: str) -> str:
        return prefix + name.removeprefix("model.") if name.startswith("model.") else name

    def rewrite(folder: pathlib.Path):
        path = folder / "model.safetensors"
        tensors = {rename(name): t for name, t in safetensors.torch.load_file(path).items()}
        tensors |= {name: torch.ones(1) for name in others}
        safetensors.torch.save_file(tensors, path, metadata={"format": "pt"})
        path = folder / "config.json"
        text = json.loads(path.read_text())
        config = {
            "architectures": [model_class],
            "dtype": text.pop("dtype"),
            "model_type": model_type,
            "text_config": text,
            "tie_word_embeddings": text.get("tie_word_embeddings", True),
            "transformers_version": text.pop("transformers_version"),
            "vision_config": {"hidden_size": 8},
        }
        del text["architectures"]
        path.write_text(json.dumps(config, indent=2) + "\n")

    return rewrite
