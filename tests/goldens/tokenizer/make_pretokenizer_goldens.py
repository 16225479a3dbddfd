#!/usr/bin/env python3
"""Writes pretokenizer.jsonl: how the original regular expressions cut texts into pieces.

Each line is {"pre": NAME, "text": TEXT, "pieces": [PIECE, ...]}. The expressions below are those of
the models' own tokenizer.json files (or, for "default" and a few others, llama.cpp's), written for
the Python package `regex`, whose \\p, \\s and (?i:) follow Unicode as theirs do.

    pip install regex
    ./make_pretokenizer_goldens.py                                  # the committed goldens
    ./make_pretokenizer_goldens.py --fuzz 100000 --pre qwen2 --out /tmp/qwen2.jsonl
    INGLE_PRETOKENIZER_GOLDENS=/tmp/qwen2.jsonl build/test_tokenizer --gtest_filter='*Golden*'
"""

import argparse
import json
import os
import random
import regex

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
ANY_CASE = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LLAMA3 = (ANY_CASE + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
UPPER, LOWER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"


def o200k(numbers=r"\p{N}{1,3}", contraction=ANY_CASE + "?", tail=r"[\r\n/]*", han=False):
    upper = f"[[{UPPER}]--[\\p{{Han}}]]" if han else f"[{UPPER}]"
    lower = f"[[{LOWER}]--[\\p{{Han}}]]" if han else f"[{LOWER}]"
    prefix = r"[^\r\n\p{L}\p{N}]?"
    return ((r"[\p{Han}]+|" if han else "") +
            f"{prefix}{upper}*{lower}+{contraction}|{prefix}{upper}+{lower}*{contraction}|{numbers}"
            r"| ?[^\s\p{L}\p{N}]+" + tail + r"|\s*[\r\n]+|\s+(?!\S)|\s+")


CASED = ("A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝ"
         "\u1f5f-\u1f7dᾀ-ᾴᾶ-ᾼ\u1fbeῂ-ῄῆ-ῌῐ-\u1fd3ῖ-\u1fdbῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\u2126ℨ\u212a-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄ"
         "Ⰰ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃")
KANA = r"[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"
CASELESS = r"[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"
DEEPSEEK3 = (r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"""
             r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
BLOOM = r" ?[^(\s|.,!?…。，、।۔،)]+"
AFMOE_ASIAN = (r"[\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff\u3040-\u309f\u30a0-\u30ff\uff65-\uff9f"
               r"\u2f00-\u2fdf\u0e40-\u0e7f\u0e80-\u0eff\u1780-\u17ff\u1000-\u109f\uaa60-\uaa7f"
               r"\ua9e0-\ua9ff\uac00-\ud7af\u1100-\u11ff]+")
YOUTU = (r"[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-\u303f\ufe30-\ufe4f]+|[\u3105-\u312f]+|" + KANA)
CASCADE = "|".join(rf"\s{{{n}}}(?!\S)" for n in (512, 256, 128, 64, 32, 16, 8, 4))

# One name of every family -> the stages; each cuts the pieces of the one before.
FAMILIES = {
    "default": [r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", r"[0-9][0-9][0-9]"],
    "gpt-2": [GPT2],
    "smollm": [r"\p{N}", GPT2],
    "falcon": [r"[\p{P}\$\+<=>\^~\|`]+", GPT2, r"[0-9][0-9][0-9]"],
    "llama-bpe": [LLAMA3],
    "jais-2": [LLAMA3.replace(r"\s+(?!\S)|\s+", CASCADE + r"|\s{1,2}(?!\S)|\s{1}")],
    "minicpm5": [r"\p{N}{1,3}", LLAMA3.replace("{1,3}", "+")],
    "qwen2": [QWEN2],
    "bailingmoe": [r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}"
                   r"| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"],
    "qwen35": [ANY_CASE + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
               r"|\s*[\r\n]+|\s+(?!\S)|\s+"],
    "ufakzeka": [QWEN2.removeprefix(ANY_CASE + "|")],
    "seed-coder": [ANY_CASE + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+"
                   r"|\s*[\r\n]+|\s+(?!\S)|\s+"],
    "laguna": [r"[^\n]+|[\n]+", QWEN2],
    "exaone-moe": [ANY_CASE + r"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}"
                   r"| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+"],
    "deepseek-llm": [r"[\r\n]", rf"\s?[{CASED}]+", r"\s?[!-/:-~！-／：-～‘-‟\u3000-。]+", r"(?m:\s+$)",
                     CASELESS, r"\p{N}+"],
    "deepseek-coder": [r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", CASELESS, r"\p{N}"],
    "deepseek-v3": [r"\p{N}{1,3}", KANA, DEEPSEEK3],
    "spark2_5": [r"\p{N}{1,3}", KANA,
                 DEEPSEEK3.replace(r"[\r\n]*|\s*[\r\n]+", r"|[\r\n]"), r"\p{N}"],
    "afmoe": [r"\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))", AFMOE_ASIAN, DEEPSEEK3],
    "gpt-4o": [o200k()],
    # \d{1,3}(?=(?:\d{3})*\b) in the original, where \b is Oniguruma's: joiners are not in words.
    "tiny_aya": [r"\d{1,3}(?=(?:\d{3})*(?![\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]))", o200k()],
    "tekken": [o200k(numbers=r"\p{N}", contraction="")],
    "kimi-k2": [o200k(tail=r"[\r\n]*", han=True)],
    "youtu": [YOUTU, o200k(numbers=r"\p{N}")],
    "bloom": [BLOOM],
    "viking": [BLOOM, r"\p{N}"],
    "chameleon": [r"<sentinel:[0-9]+>", r"(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", r"([\t\n]|    |  )",
                  r"\p{N}", r"[\p{P}!-/:-@\[-`{-~]", GPT2],
    "superbpe": [r"\p{N}+", r"(?=(\d{3})+(?!\d))"],
}

TEXTS = [
    "Hello, y'all! WE'LL see: it's 3.14159 and I'm ok, don't they've 'RE?\n\n  It'ſ   done. \t",
    "if x_1 >= 1234567:\r\n\t\treturn camelCase.HTTPServer(u'a', \"b\")  // 50% $9 #tag\n\n\n    ",
    "Größe ΑΒΓδε Ünïcode ǅ ʰa e\u0301A\u0301B 漢字かな交じり文、テスト。〇⺀ 한국어 텍스트 ไทย ខ្មែរ",
    "½ ² Ⅷ ٣٤٥٦ 12345 1,234,567 0x1F 𝟘𝟙𝟚𝟛 १२३४abc 7up  99",
    " \u00a0\u3000 \u2028\x85a\x00\x1c\x7f\u200d\u200b👩🏽‍💻🇨🇭 ✅ €5 `a`~b^c=d|e<f>",
    "“Quote”—dash…‘x’ «y» ¿Qué? ／：～ 、。！ ㄅㄆ ᄀᄁ <sentinel:12>IMGIMGAAZ /path/to//file\n/\n",
]

SCRAPS = """a b Z the Word WORDS camelCase 's 't 're 've 'm 'll 'd 'S 'LL 'Re 'ſ ' '' 0 1 12 123 1234 1234567
    , . ! ? - _ / // \\ " ( ) [ ] { } ` ~ @ # $ % ^ & * + = < > | ; : é ß ſ λ Ω Я щ ǅ ʰ あ ア 漢 字 〇 〡 ⺀ 々 한 글
    ㄅ ㄱ ᄀ ᄒ ไ ท ក ่ \u0301 \u0903 \u20dd \ufe0f \u200d ٣ ४ Ⅷ ½ ² 𝟘 𐐀 𐐨 𝐀 😀 👩 € ° © ™ … — ‘ ’ “ ” « 、 。 ！ ， ： ～ ￠ । ۔ ،
    \x00 \x01 \x1c \x7f \u200b \u00ad \ue000 \U000e0001 \U0010ffff \u0378 K Å ﬁ ﬆ ª º IMGIMGABZ <sentinel:7> ﾊ ﾟ Ⓐ ⓐ ‿""".split()
SPACES = [" ", " ", " ", "  ", "   ", "\n", "\r\n", "\r", "\t", "\x0b", "\x0c", "\x85", "\xa0", "\u2003",
          "\u2028", "\u3000", "    ", "\n\n", " \n ", "        "]


def random_text(rng):
    parts = []
    for _ in range(rng.choice([1, 2, 3, 5, 8, 13, 21])):
        kind = rng.random()
        if kind < 0.55:
            parts.append(rng.choice(SCRAPS) * rng.choice([1, 1, 1, 2, 3]))
        elif kind < 0.85:
            parts.append(rng.choice(SPACES))
        elif kind < 0.9:
            parts.append("".join(rng.choice("0123456789") for _ in range(rng.randint(1, 12))))
        elif kind < 0.905:
            parts.append(" " * rng.choice([4, 5, 31, 32, 33, 64, 65, 255, 512, 513, 1100]))
        else:
            code_point = rng.choice([rng.randrange(0x3000), rng.randrange(0x110000)])
            parts.append(chr(code_point) if not 0xD800 <= code_point <= 0xDFFF else "\ufffd")
    return "".join(parts)


def split(pieces, pattern):
    out = []
    for piece in pieces:
        cuts = [0]
        for match in pattern.finditer(piece):
            cuts += match.span()
        cuts.append(len(piece))
        out += [piece[a:b] for a, b in zip(cuts, cuts[1:]) if b > a]
    return out


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser()
    parser.add_argument("--fuzz", type=int, help="this many random texts instead of the chosen ones")
    parser.add_argument("--pre", choices=FAMILIES, help="one family only")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default=os.path.join(here, "pretokenizer.jsonl"))
    options = parser.parse_args()

    rng = random.Random(options.seed)
    with open(options.out, "w") as out:
        for pre, stages in FAMILIES.items():
            if options.pre not in (None, pre):
                continue
            patterns = [regex.compile(stage, regex.V1) for stage in stages]
            texts = (random_text(rng) for _ in range(options.fuzz)) if options.fuzz else TEXTS
            for text in texts:
                pieces = [text] if text else []
                for pattern in patterns:
                    pieces = split(pieces, pattern)
                assert "".join(pieces) == text
                print(json.dumps({"pre": pre, "text": text, "pieces": pieces}), file=out)


if __name__ == "__main__":
    main()
