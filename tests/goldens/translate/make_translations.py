#!/usr/bin/env python3
"""Writes model/, a tiny T5 with a unigram tokenizer, and golden.json: what transformers answers.

    pip install torch transformers tokenizers
    make_translations.py

The tokenizer is trained on the documents of this repository and built as T5's is; the weights are
random. golden.json has for each text the ids of the source and those of the greedy answer, without
the token that begins it, and what they spell.
"""

import json
import pathlib

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

HERE = pathlib.Path(__file__).parent
MODEL = HERE / "model"
PAD, END, UNKNOWN = range(3)
TEXTS = [
    "translate English to German: The house is wonderful.",
    "summarize: Größe ﬁne ½ 日本語   and   many  spaces <extra_id_0> here\n",
    "a", "", "<extra_id_1>", "it ends here</s>",
]


def tokenizer():
    made = Tokenizer(models.Unigram())
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")])
    made.decoder = decoders.Metaspace(prepend_scheme="always")
    lines = [line for path in sorted((HERE / "../../../docs").glob("*.md"))
             for line in path.read_text(encoding="utf-8").splitlines()]
    made.train_from_iterator(lines, trainers.UnigramTrainer(
        vocab_size=300, unk_token="<unk>", special_tokens=["<pad>", "</s>", "<unk>"]))
    made.add_special_tokens([f"<extra_id_{i}>" for i in (1, 0)])
    made.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", END)])
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token="</s>", unk_token="<unk>",
                                   pad_token="<pad>", model_max_length=512)


def main():
    made = tokenizer()
    made.save_pretrained(MODEL)
    torch.manual_seed(7)
    T5ForConditionalGeneration(T5Config(
        vocab_size=len(made), d_model=24, d_kv=6, d_ff=32, num_layers=2, num_heads=3,
        relative_attention_num_buckets=8, relative_attention_max_distance=20,
        decoder_start_token_id=PAD, pad_token_id=PAD, eos_token_id=END,
        initializer_factor=3.0)).save_pretrained(MODEL)

    tokens, model = AutoTokenizer.from_pretrained(MODEL), AutoModelForSeq2SeqLM.from_pretrained(MODEL)
    model.eval()
    goldens = []
    for text in TEXTS:
        source = tokens(text, return_tensors="pt").input_ids
        answer = model.generate(source, do_sample=False, max_new_tokens=16)[0].tolist()[1:]
        goldens.append({"text": text, "source": source[0].tolist(), "answer": answer,
                        "spelled": tokens.decode(answer, skip_special_tokens=True,
                                                 clean_up_tokenization_spaces=False)})
    lines = ",\n".join(json.dumps(golden) for golden in goldens)
    (HERE / "golden.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
