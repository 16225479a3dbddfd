#!/usr/bin/env python3
"""Makes the Hugging Face conformance checkpoints: tiny random models, with what transformers says.

For each variant in reference/, a directory checkpoints/NAME/ with config.json, the safetensors, and
  golden.npy          logits of the prompt, float32 [48, vocabulary]; or an encoder's last hidden
                      states [48, width]; or the logits of a classification head
  golden.json         the prompt, the 32 tokens that follow it greedily, and how they were made
  golden_experts.npy  the experts chosen, int32 [layers, 48, k], the greatest weight first
  golden_pooled.npy   an encoder's mean, first and last state, float32 [3, width]
  golden_encoder.npy  the encoder's output of an encoder-decoder, float32 [48, width]

The reference is the architecture's own class in float32, loaded back from the files. Every
parameter is random, norms and biases included, so that one forgotten or misplaced changes the
golden. Seeds are tried in order until the greedy tokens are worth comparing: no near ties, no
special tokens, not the same few tokens over and over. The goldens are what is committed; another
version of torch may round differently, and then makes different ones.
"""

import argparse
import json
import pathlib
import shutil
import tempfile
import warnings

import torch
import transformers

from reference import checkpoint, golden, weights
from reference import classics, encoders, gemma_n, gemmas, hybrids, llamas, mixtures, quantized
from reference import translators
from reference.variant import Variant

MAX_BYTES = 200_000  # of a directory
MAX_SEEDS = 150
TABLES = [llamas, gemmas, classics, mixtures, hybrids, gemma_n, encoders, translators, quantized]
VARIANTS = [variant for table in TABLES for variant in table.VARIANTS]


def attempt(variant: Variant, seed: int, folder: pathlib.Path):
    model = weights.random_model(variant, seed)
    checkpoint.write(variant, model, folder)
    facts = golden.make(variant, checkpoint.read(variant, folder), seed, folder)
    lines = ",\n ".join(f"{json.dumps(key)}: {json.dumps(facts[key])}" for key in facts)
    (folder / "golden.json").write_text(f"{{{lines}}}\n")
    if variant.rewrite_directory:
        variant.rewrite_directory(folder)
    return facts


def make(variant: Variant, out: pathlib.Path):
    for seed in range(MAX_SEEDS):
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch) / variant.name
            folder.mkdir()
            try:
                facts = attempt(variant, seed, folder)
            except golden.Unsuitable as reason:
                last = reason
                continue
            for file in folder.iterdir():
                file.chmod(0o644)
            size = sum(file.stat().st_size for file in folder.iterdir())
            assert size <= MAX_BYTES, f"{variant.name}: {size} bytes"
            shutil.rmtree(out / variant.name, ignore_errors=True)
            shutil.copytree(folder, out / variant.name)
        margin = f", margin {facts['margin']}" if "margin" in facts else ""
        print(f"{variant.name}: seed {seed}{margin}, {size} bytes", flush=True)
        return
    raise RuntimeError(f"{variant.name}: no seed will do; the last: {last}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="variants to make; all by default")
    parser.add_argument(
        "--out", type=pathlib.Path, default=pathlib.Path(__file__).parent / "checkpoints"
    )
    parser.add_argument("--missing", action="store_true", help="only those not there yet")
    arguments = parser.parse_args()

    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    arguments.out.mkdir(exist_ok=True)
    known = {variant.name for variant in VARIANTS}
    for name in arguments.names:
        assert name in known, f"no variant {name}"
    for variant in VARIANTS:
        if arguments.missing and (arguments.out / variant.name).exists():
            continue
        if not arguments.names or variant.name in arguments.names:
            make(variant, arguments.out)


if __name__ == "__main__":
    main()
