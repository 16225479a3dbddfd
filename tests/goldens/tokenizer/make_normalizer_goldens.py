#!/usr/bin/env python3
"""Writes normalizer.jsonl: what the Python package `tokenizers` makes of texts.

The first line is {"charsmap": HEX}, the precompiled rules; each other one is
{"normalizer": NAME, "text": TEXT, "normalized": TEXT}. What the names stand for is below, and in
src/tokenizer/normalizer_test.cc in C++.

    pip install tokenizers==0.23.3
    ./make_normalizer_goldens.py                                  # the committed goldens
    ./make_normalizer_goldens.py --fuzz 100000 --name nfkc --out /tmp/nfkc.jsonl
    INGLE_NORMALIZER_GOLDENS=/tmp/nfkc.jsonl build/test_tokenizer --gtest_filter='Normalizer*Golden*'
"""

import argparse
import json
import os
import random
import struct
from tokenizers import Regex, normalizers as n


def charsmap():
    """SentencePiece's form of a few rules: a double-array trie (darts-clone's units), and texts."""
    rules = {"ﬁ": "fi", "ﬂ": "fl", "①": "1", "é": "é", "e\u0301": "é", "é": "é", "Ａ": "A", "\u3000": " ",
             "\t": " ", "\r": " ", "\n": " ", "\x01": "", "\u200b": "", "\ufffd": " ", "™": "TM", "ﾊ": "ハ",
             "ﾊﾟ": "パ", "ｶ": "カ", "ｶﾞ": "ガ", "½": "1⁄2", "ſ": "s", "©": "(c)", "ä": "ae", "a\u0308": "ae",
             "㍿": "株式会社", "ﷺ": "صلى الله عليه وسلم", "\u0600": "n", "क़": "क़", "𝐀": "A", "ᄀ": "g",
             "q": "k", "\u00ad": ""}
    texts, units, root = b"", {0: 0}, {}
    for key, value in rules.items():
        node = root
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[None] = len(texts)
        texts += value.encode() + b"\0"

    def place(node, at):
        labels = [label or 0 for label in node]
        base = next(b for b in range(1, 1 << 20) if all(b ^ label not in units for label in labels))
        units.update((base ^ label, label) for label in labels)
        units[at] |= (base ^ at) << 10 | (None in node) << 8
        for label, child in node.items():
            if label is None:
                units[base] = child | 1 << 31
            else:
                place(child, base ^ label)

    place(root, 0)
    # A walk tries one unit for each byte, there or not.
    units = [units.get(at, 0) for at in range((max(units) | 255) + 1)]
    trie = struct.pack(f"<{len(units)}I", *units)
    return struct.pack("<I", len(trie)) + trie + texts


CHARSMAP = charsmap()
NORMALIZERS = {
    "nfc": n.NFC(),
    "nfd": n.NFD(),
    "nfkc": n.NFKC(),
    "nfkd": n.NFKD(),
    "lowercase": n.Lowercase(),
    "strip_accents": n.Sequence([n.NFD(), n.StripAccents()]),
    "bert": n.BertNormalizer(),
    "bert_cased": n.BertNormalizer(lowercase=False),
    "bert_accents": n.BertNormalizer(lowercase=False, strip_accents=True, clean_text=False),
    "bert_plain": n.BertNormalizer(handle_chinese_chars=False, strip_accents=False),
    "replace": n.Replace("``", '"'),
    "replace_runs": n.Replace(Regex(" {2,}"), "\u2581"),
    "replace_space": n.Replace(Regex(r"\s+"), " "),
    "replace_set": n.Replace(Regex(r"[!\"\#\$%&'\(\)\*\+,\-\.:;=\?@\[\\\]\^_`\{\|\}~0-4é]"), ""),
    "replace_not": n.Replace(Regex(r"[^a-z\s]{2,3}"), "<>"),
    "prepend": n.Prepend("\u2581"),
    "strip": n.Strip(),
    "strip_left": n.Strip(left=True, right=False),
    "strip_right": n.Strip(left=False, right=True),
    "nmt": n.Nmt(),
    "byte_level": n.ByteLevel(),
    "precompiled": n.Precompiled(CHARSMAP),
    "clip": n.Sequence([n.NFC(), n.Replace(Regex(r"\s+"), " "), n.Lowercase()]),
    "xlnet": n.Sequence([n.Replace("``", '"'), n.Replace("''", '"'), n.NFKD(), n.StripAccents(),
                         n.Lowercase(), n.Precompiled(CHARSMAP), n.Replace(Regex(" {2,}"), " ")]),
}

TEXTS = [
    "",
    " ",
    "Hello, World!  ``quoted''   text \t\r\n end ",
    "Größe ÀÉÎõü Ǖ İI ı ß ẞ ΑΣ ς ŉ ǅ K Å Ω ﬁ ﬆ ½ ² ① ™ ㍿ Ａ １",
    "e\u0301\u0323 \u0301a a\u0315\u0300\u05ae\u0344b \u1e9b\u0323 \u0958\u0301 क\u094dक़\u0301 \u0f43",
    "각 가\u11a8 \u1100\u1161\u11a8 가\u11a7 갂\u11a8 \u1100\u1161\u0301 ᄀ\u0301 漢字かな が ｶﾞ ﾊﾟ ㌀ 令 \u32ff",
    "\U00011938 \U00011935\U00011930 \u09c7\u09be \u0b47\u0b56 \u0cc6\u0cc2\u0cd5 \U000110a5\U000110ba 𝐀𝟘 \U0001fbf3",
    "a\x00b\x01c\x0bd\x7fe\x85f\x8fg\x9fh\xa0i\xadj\u200bk\u200cl\u200dm\u2028n\ufeffo\ufffdp\ue000q\u0378r",
    "\ufa0e 丽 𠀀 \U0002b81f \U0002b820 \U0002b91f \U0002b920 \U0002ceb0 㐀 〇 ハ",
    "©\u200d© ©\u200d😀 \u0600ﬁ\u0301 ﬁ\u0308\u0308 é\u0301 ｶ\u0301 \r\n\n\r q\u0301 \u0903ﬁ\u0903 👩🏽‍💻🇨🇭",
    "xyzAB12 34567 ÄÖÜ!?.,;:~ [\\]^_{|}",
]

SCRAPS = """a b q Z The ` `` ''' ! ? . , 0 4 5 é É e\u0301 ü Ä ß ẞ ſ İ ı Σ ς Ω K Å ǅ Ǖ ﬁ ﬂ ﬆ ½ ² ① ™ ㍿ ﷺ Ａ １ 𝐀 𝟘 © ® ä
    a\u0308 \u0301 \u0308 \u0323 \u0315 \u0300 \u05ae \u0344 \u0327 \u0345 \u3099 \u309a \u0903 \u094d \u0338 \u20dd
    \ufe0f \u200d \u200b \u200c \u200e \ufeff \u00ad \ufffd \u0600 \u06dd \u070f क क़ \u0f71 \u0f72 \u0f74 \u0f43
    漢 字 丽 \ufa0e \U0002f800 か が ハ ﾊ ﾟ ｶ ﾞ 가 각 ᄀ \u1161 \u11a8 \u11a7 \ua960 \ud7b0 \ud7cb 🇨 🇭 😀 👩 🏽 \u2581 ▁▁
    \U00011935 \U00011930 \U000110ba \u1734 \u302e \U0001d165 \U0001d16e \U0001d15e \u1cf2 \ue000 \U000e0001 \u0378
    \x00 \x01 \x07 \x0b \x1c \x7f \x85 \x8f \x9f""".split(" ")
SCRAPS = [scrap for scrap in (s.strip() or s for s in SCRAPS) if scrap]
SPACES = [" ", " ", " ", "  ", "   ", "\n", "\r\n", "\r", "\t", "\x0b", "\x0c", "\x85", "\xa0", "\u2003", "\u2028",
          "\u3000", "\u1680", "     "]


def random_text(rng):
    parts = []
    for _ in range(rng.choice([1, 2, 3, 5, 8, 13, 21])):
        kind = rng.random()
        if kind < 0.7:
            parts.append(rng.choice(SCRAPS) * rng.choice([1, 1, 1, 2, 3]))
        elif kind < 0.85:
            parts.append(rng.choice(SPACES))
        else:
            code_point = rng.choice([rng.randrange(0x3000), rng.randrange(0x20000),
                                     rng.randrange(0x110000)])
            parts.append(chr(code_point) if not 0xD800 <= code_point <= 0xDFFF else "\ufffd")
    return "".join(parts)


def every_character():
    """Each by itself and between others, which are what it may join."""
    for c in range(0x110000):
        if not 0xD800 <= c <= 0xDFFF:
            yield f"{chr(c)} a{chr(c)}\u0301 q{chr(c)} {chr(c)}q\u0301b"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser()
    parser.add_argument("--fuzz", type=int, help="this many random texts instead of the chosen ones")
    parser.add_argument("--all", action="store_true", help="every character instead")
    parser.add_argument("--name", choices=NORMALIZERS, help="one normalizer only")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default=os.path.join(here, "normalizer.jsonl"))
    options = parser.parse_args()

    rng = random.Random(options.seed)
    with open(options.out, "w") as out:
        print(json.dumps({"charsmap": CHARSMAP.hex()}), file=out)
        for name, normalizer in NORMALIZERS.items():
            if options.name not in (None, name):
                continue
            texts = (random_text(rng) for _ in range(options.fuzz)) if options.fuzz else \
                every_character() if options.all else TEXTS
            for text in texts:
                row = {"normalizer": name, "text": text, "normalized": normalizer.normalize_str(text)}
                print(json.dumps(row), file=out)


if __name__ == "__main__":
    main()
