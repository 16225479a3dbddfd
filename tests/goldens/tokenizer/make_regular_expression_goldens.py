#!/usr/bin/env python3
"""Writes regular_expressions.json: where Oniguruma cuts texts, by the Python package tokenizers.

    pip install tokenizers
    tests/goldens/tokenizer/make_regular_expression_goldens.py              the goldens of the tree
    tests/goldens/tokenizer/make_regular_expression_goldens.py N FILE       N random texts a pattern

A FILE of the second form is what INGLE_REGULAR_EXPRESSION_GOLDENS has test_tokenizer read instead.
"""
import json
import pathlib
import random
import sys

from tokenizers import Regex
from tokenizers.pre_tokenizers import Split

# Of real tokenizers, and each thing of the syntax once.
PATTERNS = [
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+"
    r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"\d{1,3}(?=(?:\d{3})*\b)", r"\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))",
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
    r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "[一-龥぀-ゟ゠-ヿ]+", r"[\p{Han}]+", r"[ \t]*\n|(?:^|\n)[ \t]+", r"(?: \p{L}+){1,4}", r"\s?\p{L}+",
    "a", "a|b", "(?:a|ab)(?:c|bcd)?", "a*?b", "a+?", "a{2}", "a{2,}", "a{,2}", "a{1,2}+", "a{1,2}?b",
    "a++a|b", "(?>a+)a|b", "a*+b", "a?+a", "(?=b)", "(?!b)a", "(?<=a)b", "(?<!a)b", "(?<=a|bc)d",
    "(?<!a|bc)d", "^a", "a$", r"\Aa", r"a\z", r"a\Z", r"\ba", r"\Ba", ".", "(?m:.)", "(?i)aB", "(?i)a|c",
    "(?i:k)", "(?-i:a)", r"\R", r"\h+", r"\H+", r"\w+", r"\W+", r"\D", r"\S+", r"[\d\s]", r"[^\W\d]",
    "[a-c&&b-d]", "[^a-c&&b-d]", "[a[b-c]]", r"[\p{L}&&[^a-c]]", r"\p{^L}", r"\P{L}", r"[^\P{L}]", r"\x{62}",
    r"\u0062", r"\x62", "a{b", "a{,}", "{", "[a-]", "[-a]", "[a\\]]", "(?#x)a", "(?<n>a)",
    r"\p{Lu}", r"\p{Lt}", r"\p{Zs}", r"\p{Cc}", r"\p{Cf}", r"\p{Sm}", r"\p{Sc}", r"\p{Pd}", r"\p{Hiragana}",
    r"\p{Katakana}", r"\p{Hangul}", r"\p{Thai}", r"\p{Cyrillic}", r"\p{Latin}", r"\p{Arabic}",
    r"\p{Letter}", r"\p{Nd}|\p{No}", "(?:)", "a||b", "(a*)*b", "(?:a?)*b", "(?:a|b?)+c",
    # What a text must go on with, and runs that give nothing back.
    "(?=a*)b", r"(?!\s+)[ab ]", r"\p{L}+(?=\d)|\s", "a*+[^b]", "(?>a*|b)c", r"(?<=[a-z])(?=[A-Z])|\s+", "(?:a*b?)c",
    r"[^\x00-\x7f]+|\d*", "[a-cé]+", r"(?:\s*)$",
]
PIECES = list("aaabbbcdABK 's'S1234567890  \n\n\r\t.,!?-+$^_{}[]/\\\"") + [
    "\r\n", "é", "É", "ſ", "\u212a", "ß", "漢", "字", "か", "カ", "한", "ก", "я", "Я", "ا", "\u0301", "①", "²",
    "\u00a0", "\u3000", "\u2028", "\u200b", "\u01c5", "😀", "€", "—", "\x00", "\x85", "ªa", "\U000e0041", "can't",
    "  \n", "123456"]


def borders(split, text):
    offsets = [len(text[:end].encode()) for _, (_, end) in split.pre_tokenize_str(text)]
    return offsets[:-1]


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    out = sys.argv[2] if len(sys.argv) > 2 else (
        pathlib.Path(__file__).parent / "regular_expressions.json")
    rng = random.Random(count)
    goldens = []
    for pattern in PATTERNS:
        split = Split(Regex(pattern), "isolated")
        texts = {"".join(rng.choices(PIECES, k=rng.randint(1, 24))) for _ in range(count)}
        goldens.append({"pattern": pattern, "texts": {t: borders(split, t) for t in sorted(texts)}})
    with open(out, "w", encoding="utf-8") as file:
        lines = (json.dumps(golden, ensure_ascii=False) for golden in goldens)
        file.write("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
