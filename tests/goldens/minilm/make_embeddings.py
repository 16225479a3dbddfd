#!/usr/bin/env python3
"""Writes embeddings.npy and neighbours.json: what transformers makes of a hundred sentences.

    make_embeddings.py MODEL_FOLDER TEXT_FILE

The sentences are taken from TEXT_FILE, WikiText-2's test set, at equal distances. Each is run alone,
with the special tokens, in float32; its embedding is the mean of the last hidden states, scaled to
length 1. neighbours.json has for each sentence its text, its token ids, and the twelve others
nearest to it, the nearest first. A sentence of whose neighbours two lie closer together than
rounding may move them is replaced by the next one.
"""

import json
import pathlib
import sys

import numpy as np
import torch
import transformers

SENTENCES, NEIGHBOURS = 100, 12
LEAST_GAP = 5e-6  # between the similarities of one neighbour and the next
SHORTEST, LONGEST = 6, 40  # words


def candidates(path: str) -> list[str]:
    text = pathlib.Path(path).read_text(encoding="utf-8")
    sentences = []
    for line in text.splitlines():
        for sentence in line.split(" . "):
            words = sentence.split()
            if SHORTEST <= len(words) <= LONGEST and "<unk>" not in words and words[0] != "=":
                sentences.append(" ".join(words))
    return sentences


@torch.inference_mode()
def embed(model, ids: list[int]) -> np.ndarray:
    states = model(torch.tensor([ids])).last_hidden_state[0]
    return torch.nn.functional.normalize(states.mean(0), dim=0).numpy()


def nearest(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The order of the others by similarity, and the least gap among the first of each."""
    similarity = vectors.astype(np.float64) @ vectors.astype(np.float64).T
    np.fill_diagonal(similarity, -2)
    order = np.argsort(-similarity, axis=1)[:, : NEIGHBOURS + 1]
    near = np.take_along_axis(similarity, order, axis=1)
    return order[:, :NEIGHBOURS], (near[:, :-1] - near[:, 1:]).min(axis=1)


def main():
    folder, text = sys.argv[1:]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.backend_tokenizer.no_truncation()
    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    found = candidates(text)
    step = len(found) // (SENTENCES + 1)
    at = [i * step for i in range(SENTENCES)]
    vectors = np.zeros((SENTENCES, model.config.hidden_size), np.float32)
    ids = [[]] * SENTENCES
    to_do = list(range(SENTENCES))
    while to_do:
        for i in to_do:
            ids[i] = tokenizer(found[at[i]])["input_ids"]
            vectors[i] = embed(model, ids[i])
        order, gaps = nearest(vectors)
        to_do = [int(gaps.argmin())] if gaps.min() < LEAST_GAP else []
        for i in to_do:
            at[i] += 1
    here = pathlib.Path(__file__).resolve().parent
    np.save(here / "embeddings.npy", vectors)
    rows = [
        {"text": found[at[i]], "ids": ids[i], "nearest": order[i].tolist()}
        for i in range(SENTENCES)
    ]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (here / "neighbours.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
