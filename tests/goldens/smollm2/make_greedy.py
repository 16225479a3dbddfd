#!/usr/bin/env python3
"""Writes greedy.json: what SmolLM2-135M-Instruct says at temperature 0.

The model is the catalogue's GGUF file with its weights dequantized, run by transformers in f32. A
case holds the prompt as text and as ids, up to 64 tokens that follow (the end token included,
where the model ends before), their text, and for each token its margin: how far its logit lay
above the next best. Arithmetic that differs from f32 by more than a margin may choose otherwise
there, and everything after differs; what runs in f32 must give every token.

A case without a chat starts from raw text. A chat is rendered by the template in the file, with
its default system prompt.
"""

import argparse
import json
import pathlib
import sys

import gguf
import jinja2.sandbox
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import gguf_llama

TOKENS = 64
RAW = {
    "capital": "The capital of France is",
    "story": "Once upon a time, in a small village by the sea, there lived",
    "code": 'def fibonacci(n):\n    """Return the n-th Fibonacci number."""\n',
}
CHATS = {
    "question": [{"role": "user", "content": "Why is the sky blue?"}],
    "conversation": [
        {"role": "user", "content": "Give me three colours of the rainbow."},
        {"role": "assistant", "content": "Red, green and violet."},
        {"role": "user", "content": "Why does it have them at all?"},
    ],
}


def render(reader: gguf.GGUFReader, messages: list[dict]) -> str:
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(gguf_llama.value(reader, "tokenizer.chat_template"))
    return template.render(messages=messages, add_generation_prompt=True)


@torch.inference_mode()
def continue_greedily(model, prompt: list[int], end: int) -> tuple[list[int], list[float]]:
    tokens, margins, cache = [], [], None
    step = torch.tensor([prompt])
    while len(tokens) < TOKENS and end not in tokens:
        output = model(step, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache = output.past_key_values
        best, second = output.logits[0, -1].topk(2).values.tolist()
        tokens.append(output.logits[0, -1].argmax().item())
        margins.append(round(best - second, 5))
        step = torch.tensor([tokens[-1:]])
    return tokens, margins


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path, help="SmolLM2-135M-Instruct.Q4_1.gguf")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    reader = gguf.GGUFReader(arguments.model)
    model = gguf_llama.load_model(reader)
    tokenizer = gguf_llama.load_tokenizer(reader)
    end = gguf_llama.value(reader, "tokenizer.ggml.eos_token_id")

    prompts = [(name, None, text) for name, text in RAW.items()]
    prompts += [(name, chat, render(reader, chat)) for name, chat in CHATS.items()]
    cases = []
    for name, chat, prompt in prompts:
        ids = tokenizer.encode(prompt).ids
        tokens, margins = continue_greedily(model, ids, end)
        case = {"name": name, "messages": chat, "prompt": prompt, "prompt_ids": ids}
        case |= {"tokens": tokens, "text": tokenizer.decode(tokens), "margins": margins}
        cases.append({key: value for key, value in case.items() if value is not None})
        print(f"{name}: {len(tokens)} tokens, least margin {min(margins)}: {case['text']!r}")

    out = pathlib.Path(__file__).with_name("greedy.json")
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    out.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
