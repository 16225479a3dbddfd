"""What the reference computes, and whether it is worth comparing with."""

import copy
import math
import pathlib

import numpy as np
import torch

from . import routing
from .variant import GREEDY_TOKENS, PROMPT_TOKENS, SPECIAL_TOKENS
from .variant import CAUSAL, CLASSES, SEQ2SEQ, STATES, Variant

GREATEST_ERROR = 1e-5  # of float32 against float64, relative to the largest value of a row


class Unsuitable(Exception):
    """Another seed must do."""


def random_prompt(vocabulary: int, seed: int) -> list[int]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(SPECIAL_TOKENS, vocabulary, (PROMPT_TOKENS,), generator=generator).tolist()


def check_precision(values: torch.Tensor, exact: torch.Tensor):
    """Lest the comparison measure how ill-conditioned the model is."""
    error = ((values - exact).abs().amax(-1) / exact.abs().amax(-1)).max().item()
    if not error < GREATEST_ERROR:
        raise Unsuitable(f"float32 is off by {error:.1e}")


def greedy(variant: Variant, ids: list[int], next_logits) -> tuple[list[int], float]:
    """Appends to ids. Nothing is cached."""
    start, least = len(ids), math.inf
    while len(ids) < start + GREEDY_TOKENS:
        logits = next_logits(ids)
        best, second = logits.topk(2).values.tolist()
        least = min(least, best - second)
        ids.append(logits.argmax().item())
        if least < variant.least_margin or ids[-1] < SPECIAL_TOKENS:
            raise Unsuitable("a near tie, or a special token")
        still_to_come = start + GREEDY_TOKENS - len(ids)
        if len(set(ids[start:])) + still_to_come // 2 < variant.least_distinct:
            raise Unsuitable("the same few tokens")
    return ids[start:], least


def double(model):
    return copy.deepcopy(model).double()


def causal(variant: Variant, model, prompt: list[int], folder: pathlib.Path) -> dict:
    # RoPE of the dynamic kind remembers the longest sequence: each question has its own copy.
    fresh = copy.deepcopy(model)
    tokens, margin = greedy(
        variant, list(prompt), lambda ids: fresh(torch.tensor([ids]), use_cache=False).logits[0, -1]
    )
    route = routing.Routing(model, variant.top_k)
    with route.listening():
        logits = model(torch.tensor([prompt]), use_cache=False).logits[0]
    check_precision(logits, double(model)(torch.tensor([prompt]), use_cache=False).logits[0])
    if variant.top_k:
        if route.gap < routing.LEAST_GAP:
            raise Unsuitable("a router that hesitates")
        np.save(folder / "golden_experts.npy", route.experts())
    np.save(folder / "golden.npy", logits.numpy())
    return {"margin": round(margin, 5), "prompt": prompt, "greedy": tokens}


def states(variant: Variant, model, prompt: list[int], folder: pathlib.Path) -> dict:
    hidden = model(torch.tensor([prompt])).last_hidden_state[0]
    check_precision(hidden, double(model)(torch.tensor([prompt])).last_hidden_state[0])
    np.save(folder / "golden.npy", hidden.numpy())
    pooled = torch.stack([hidden.mean(0), hidden[0], hidden[-1]])
    np.save(folder / "golden_pooled.npy", pooled.numpy())
    return {"prompt": prompt, "pooled": ["mean", "cls", "last"]}


def classes(variant: Variant, model, prompt: list[int], folder: pathlib.Path) -> dict:
    logits = model(torch.tensor([prompt])).logits[0]
    check_precision(logits, double(model)(torch.tensor([prompt])).logits[0])
    np.save(folder / "golden.npy", logits.numpy())
    return {"prompt": prompt}


def seq2seq(variant: Variant, model, prompt: list[int], folder: pathlib.Path) -> dict:
    source = torch.tensor([prompt])
    start = [model.config.decoder_start_token_id]

    def run(reference, ids):
        return reference(input_ids=source, decoder_input_ids=torch.tensor([ids]), use_cache=False)

    tokens, margin = greedy(variant, list(start), lambda ids: run(model, ids).logits[0, -1])
    decoder = start + tokens[:-1]
    result, exact = run(model, decoder), run(double(model), decoder)
    check_precision(result.logits[0], exact.logits[0])
    np.save(folder / "golden.npy", result.logits[0].numpy())
    np.save(folder / "golden_encoder.npy", result.encoder_last_hidden_state[0].numpy())
    return {"margin": round(margin, 5), "prompt": prompt, "decoder": decoder, "greedy": tokens}


TASKS = {CAUSAL: causal, STATES: states, CLASSES: classes, SEQ2SEQ: seq2seq}


@torch.inference_mode()
def make(variant: Variant, model, seed: int, folder: pathlib.Path) -> dict:
    """Writes golden*.npy and returns what belongs in golden.json. Raises Unsuitable."""
    prompt = random_prompt(model.config.vocab_size, seed)
    facts = TASKS[variant.task](variant, model, prompt, folder)
    return {"about": variant.about, "class": variant.model, "seed": seed, **facts}
