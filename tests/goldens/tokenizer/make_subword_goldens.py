#!/usr/bin/env python3
"""Writes subword.jsonl: the ids that the Python package `tokenizers` gives, by WordPiece and unigram.

A line {"name": NAME, "model": "bert" or "t5", "tokens": [...], ...} describes a tokenizer; the lines
{"name": NAME, "text": TEXT, "ids": [...]} after it are what it gives.

    pip install tokenizers==0.23.3 sentencepiece protobuf gguf
    ./make_subword_goldens.py                                  # the committed goldens
    ./make_subword_goldens.py --fuzz 100000 --name unigram --out /tmp/unigram.jsonl
    ./make_subword_goldens.py --fuzz 100000 --spm a.model --bert bert.gguf --name spm --out ...
    INGLE_SUBWORD_GOLDENS=/tmp/unigram.jsonl build/test_tokenizer --gtest_filter='Subword*Golden*'

--spm adds a tokenizer from SentencePiece's unigram model, --bert one from the words of a GGUF file.
"""

import argparse
import json
import os
import random
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers
from make_normalizer_goldens import CHARSMAP, random_text as random_characters

SPECIAL = {"bert": ["[UNK]", "[SEP]"], "t5": ["<unk>", "</s>"]}
LETTERS = ["a", "b", "c", "e", "é", "n", "s", "t", "の", "漢", "𝐀", "1", "!", "-"]
PIECES = ["th", "the", "in", "ing", "ab", "aba", "bab", "abab", "ss", "est", "test", "éa", "éé", "漢の", "のの",
          "ne", "nes", "ness", "aaaa", "ca", "cat", "cats", "ts", "!!", "--", "un", "tt", "tten", "12", "2"]


def word_piece_vocabulary():
    words = LETTERS + PIECES[::2]
    continuations = ["##" + piece for piece in LETTERS[:-3] + PIECES[1::2]]
    return SPECIAL["bert"] + ["[PAD]", "##", "[", "]"] + words + continuations


def unigram_vocabulary(rng, scores, with_bytes):
    words = ["\u2581" + piece for piece in PIECES[::2] + LETTERS[::2]] + ["\u2581"]
    pieces = LETTERS[:-2] + PIECES[1::2] + ["\u2581a\u2581b", "ー\u2581"]
    byte_tokens = [f"<0x{byte:02X}>" for byte in range(256) if byte != 0xE7] if with_bytes else []
    tokens = SPECIAL["t5"] + byte_tokens + words + pieces
    return [(token, 0.0 if i < 2 else rng.choice(scores)) for i, token in enumerate(tokens)]


def word_piece(tokens, lowercase, longest=100):
    tokenizer = Tokenizer(models.WordPiece({token: id for id, token in enumerate(tokens)},
                                           unk_token="[UNK]", max_input_chars_per_word=longest))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(SPECIAL["bert"])
    return tokenizer, {"model": "bert", "tokens": tokens, "lowercase": lowercase,
                       "longest_word": longest, "unknown": tokens.index("[UNK]")}


def unigram(vocabulary, charsmap=CHARSMAP, byte_fallback=False, unknown=0):
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=unknown, byte_fallback=byte_fallback))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Precompiled(charsmap), normalizers.Strip(left=False, right=True),
        normalizers.Replace(Regex(" {2,}"), "\u2581")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.add_special_tokens(SPECIAL["t5"])
    tokens, scores = zip(*vocabulary)
    return tokenizer, {"model": "t5", "tokens": tokens, "scores": scores, "charsmap": charsmap.hex(),
                       "byte_fallback": byte_fallback, "unknown": unknown}


def from_sentencepiece(path):
    from sentencepiece import sentencepiece_model_pb2
    with open(path, "rb") as file:
        proto = sentencepiece_model_pb2.ModelProto.FromString(file.read())
    vocabulary = [(piece.piece, piece.score) for piece in proto.pieces]
    return unigram(vocabulary, proto.normalizer_spec.precompiled_charsmap,
                   proto.trainer_spec.byte_fallback, proto.trainer_spec.unk_id)


def from_bert(path):
    from gguf import GGUFReader
    tokens = GGUFReader(path).fields["tokenizer.ggml.tokens"].contents()
    return word_piece([token[1:] if token[0] == "\u2581" else token if token[0] == "[" and
                       token[-1] == "]" and len(token) > 2 else "##" + token for token in tokens],
                      lowercase=True)


def tokenizers(options):
    rng = random.Random(1)
    ties, reals = [-1.0, -2.0, -3.0], [-rng.expovariate(0.2) for _ in range(20)]
    rows = {
        "word_piece": word_piece(word_piece_vocabulary(), lowercase=True),
        "word_piece_cased": word_piece(word_piece_vocabulary(), lowercase=False, longest=4),
        "unigram": unigram(unigram_vocabulary(rng, reals, with_bytes=False)),
        "unigram_ties": unigram(unigram_vocabulary(rng, ties, with_bytes=False)),
        "unigram_positive": unigram(unigram_vocabulary(rng, [12.0, 15.0, 21.5], with_bytes=False)),
        "unigram_bytes": unigram(unigram_vocabulary(rng, reals, with_bytes=True),
                                 byte_fallback=True),
    }
    if options.spm:
        rows["spm"] = from_sentencepiece(options.spm)
    if options.bert:
        rows["bert"] = from_bert(options.bert)
    return rows


TEXTS = [
    "",
    " ",
    "the cats in the test  ing! ",
    " abababab aaaaaaa bab-ab\nsstt 12 121",
    "Unable to TEST Éa é e\u0301 漢のの漢字 かな 𝐀𝐀 ﬁ ﬁ\u0301",
    "<unk>the</s> cat <unk>x [UNK][SEP] [PAD] [unk] <0x41> <0xE7>",
    "x zz the\u2581in \u2581\u2581a ー b ー\u2581b a b",
    "##ing ## [ab] a#b e\u200be \u00ad \x00\x01t\x7f h\ufffde \t\r\n",
    "nessness" * 13 + " cat" + "a" * 30,
]


def random_text(rng):
    parts = []
    for _ in range(rng.choice([1, 1, 2, 3, 5, 8])):
        kind = rng.random()
        if kind < 0.75:
            word = "".join(rng.choice(rng.choice([LETTERS, PIECES])) for _ in range(rng.randint(1, 7)))
            parts.append(rng.choice([word, word, word.capitalize(), word.upper()]))
        elif kind < 0.95:
            parts.append(random_characters(rng))
        else:
            parts.append(rng.choice(["<unk>", "</s>", "[UNK]", "<0x41>", "##", "\u2581", "zz"]))
        parts.append(rng.choice([" ", " ", " ", "  ", "", "\n", "-"]))
    return "".join(parts)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser()
    parser.add_argument("--fuzz", type=int, help="this many random texts instead of the chosen ones")
    parser.add_argument("--name", help="one tokenizer only")
    parser.add_argument("--lines", help="the lines of this file instead")
    parser.add_argument("--spm")
    parser.add_argument("--bert")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default=os.path.join(here, "subword.jsonl"))
    options = parser.parse_args()

    rng = random.Random(options.seed)
    with open(options.out, "w") as out:
        for name, (tokenizer, description) in tokenizers(options).items():
            if options.name not in (None, name):
                continue
            print(json.dumps({"name": name, **description}), file=out)
            texts = TEXTS
            if options.fuzz:
                texts = [random_text(rng) for _ in range(options.fuzz)]
            elif options.lines:
                with open(options.lines) as file:
                    texts = file.readlines()
            for text in texts:
                ids = tokenizer.encode(text, add_special_tokens=False).ids
                print(json.dumps({"name": name, "text": text, "ids": ids}), file=out)


if __name__ == "__main__":
    main()
