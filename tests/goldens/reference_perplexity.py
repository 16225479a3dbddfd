#!/usr/bin/env python3
"""Reference perplexity of a Llama GGUF file: its weights dequantized, run by transformers in f32.

The convention is llama-perplexity's, so that figures compare:

- The text is tokenized once, as a whole. A BOS token is prepended only if the model asks for one.
- Tokens are cut into floor(tokens / context) chunks; a rest is dropped. Each chunk is a sequence
  of its own, at positions 0 .. context - 1, with nothing remembered from the chunk before. If the
  model asks for BOS, it overwrites the first token of each chunk (as input only).
- Only the second half is scored: the logits at positions context/2 .. context - 2, each against
  the token that follows it. That is context - context/2 - 1 tokens a chunk: 255 of 512.
- Perplexity is exp(m), m the mean negative log-likelihood over all scored tokens of all chunks.
- The error is exp(m) * sqrt((mean(nll^2) - m^2) / (n - 1)): the standard error of m, carried
  through exp to first order.
"""

import argparse
import json
import math
import pathlib

import gguf
import torch

import gguf_llama


def perplexity(nll: torch.Tensor) -> tuple[float, float]:
    mean = nll.mean().item()
    variance = nll.square().mean().item() - mean * mean
    return math.exp(mean), math.exp(mean) * math.sqrt(variance / (len(nll) - 1))


@torch.inference_mode()
def score_chunk(model, ids: list[int], bos: int | None) -> torch.Tensor:
    """Negative log-likelihoods, in double, of the tokens in the second half."""
    targets = torch.tensor(ids)
    inputs = targets.clone()
    if bos is not None:
        inputs[0] = bos
    first = len(ids) // 2
    hidden = model.model(input_ids=inputs[None]).last_hidden_state[0]
    log_softmax = model.lm_head(hidden[first:-1]).double().log_softmax(-1)
    return -log_softmax.gather(1, targets[first + 1 :, None])[:, 0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path, help="a .gguf file")
    parser.add_argument("text", type=pathlib.Path)
    parser.add_argument("--chunks", type=int, help="stop after so many")
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=pathlib.Path, help="write the figures of each chunk as JSON")
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    reader = gguf.GGUFReader(arguments.model)
    model = gguf_llama.load_model(reader)
    tokenizer = gguf_llama.load_tokenizer(reader)
    add_bos = gguf_llama.value(reader, "tokenizer.ggml.add_bos_token", False)
    bos = gguf_llama.value(reader, "tokenizer.ggml.bos_token_id") if add_bos else None

    ids = tokenizer.encode(arguments.text.read_text(encoding="utf-8")).ids
    if bos is not None:
        ids.insert(0, bos)
    context = arguments.context
    chunks = len(ids) // context
    if arguments.chunks is not None:
        chunks = min(chunks, arguments.chunks)

    rows, nll = [], torch.empty(0, dtype=torch.float64)
    for chunk in range(chunks):
        scores = score_chunk(model, ids[chunk * context : (chunk + 1) * context], bos)
        nll = torch.cat([nll, scores])
        running, error = perplexity(nll)
        rows.append({"nll": scores.mean().item(), "perplexity": running, "error": error})
        print(f"[{chunk + 1}] {running:.4f} +/- {error:.4f}", flush=True)
    if arguments.out:
        report = {"tokens": len(ids), "context": context, "scored": len(nll), "chunks": rows}
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
