#!/usr/bin/env python3
"""Writes src/tokenizer/normalizer_tables.h: what normalizers and BERT's words ask of a character.

The Python package `tokenizers` is the reference, and each of its parts has a Unicode of its own,
from 8 (punctuation) to 17 (lower case). So the tables hold what the package answers when asked for
every character, and its parts are asked one by one. Where it cannot be asked directly, `unicodedata`
or `regex` says what is possible, and the package whether it knows of it.

    pip install regex tokenizers==0.23.3
    tools/make_normalizer_tables.py
"""

import os
import regex
import struct
import unicodedata
from tokenizers import normalizers, pre_tokenizers

VERSION = "0.23"
CHARS = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
HANGUL = range(0xAC00, 0xD7A4)  # composed and decomposed by arithmetic

NFC, NFD = normalizers.NFC().normalize_str, normalizers.NFD().normalize_str
NFKD = normalizers.NFKD().normalize_str

# Bits of a character's traits, after its combining class and grapheme break: see
# src/tokenizer/normalizer_traits.h.
FLAGS = ["ACCENT", "NONSPACING", "CONTROL", "PUNCTUATION", "CANONICAL", "COMPATIBLE", "JOINS"]
BREAKS = ["Other", "CR", "LF", "Control", "Extend", "ZWJ", "Regional_Indicator", "Prepend",
          "SpacingMark", "L", "V", "T", "LV", "LVT"]


def bert(**options):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**off, **options}).normalize_str


def combining_class(char):
    """unicodedata's, if the package knows of it: it then moves the mark before one that is later."""
    value = unicodedata.combining(char)
    if value == 0:
        return 0
    later, earlier = "\u0345", "\u0334"  # classes 240 and 1
    moves = NFD("a" + later + char) != "a" + later + char if value < 240 else \
        NFD("a" + char + earlier) != "a" + char + earlier
    return value if moves else 0


def cluster_normalizer():
    """Makes "q", and all of a short cluster that begins with it, "k"."""
    units = [0] * 256
    units[ord("q")] = ord("q") | 1 << 8 | 1 << 10  # a key ends here, its value is one unit off
    units[ord("q") ^ 1] = 1 << 31
    trie = struct.pack("<256I", *units)
    return normalizers.Precompiled(struct.pack("<I", len(trie)) + trie + b"k\0").normalize_str


def grapheme_breaks():
    """regex's, if the package knows of them: it then takes a character that extends another along."""
    cluster = cluster_normalizer()
    names = {}
    for name in BREAKS[1:]:
        pattern = regex.compile(rf"\p{{GCB={name}}}")
        for char in CHARS:
            if not pattern.match(char):
                continue
            if name not in ("Extend", "SpacingMark") or cluster("q" + char) == "k":
                names[char] = BREAKS.index(name)
    return names


def traits():
    strip, clean, accents = normalizers.StripAccents().normalize_str, bert(clean_text=True), \
        bert(strip_accents=True)
    words = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    breaks = grapheme_breaks()
    pictographic = regex.compile(r"\p{Extended_Pictographic}")
    consonant = regex.compile(r"\p{InCB=Consonant}")
    linker = regex.compile(r"\p{InCB=Linker}")
    extend = regex.compile(r"\p{InCB=Extend}")
    seconds = {chr(second) for _, second, _ in compositions()}
    seconds.update(map(chr, [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]))  # Hangul
    found = [0] * 0x110000
    for char in CHARS:
        conjunct = 1 if consonant.match(char) else 2 if linker.match(char) else \
            3 if extend.match(char) else 0
        canonical = NFD(char) != char and ord(char) not in HANGUL
        flags = [
            strip(char) == "",
            accents(char) == "",
            clean(char) == "",
            len(words("a" + char + "a")) == 3,
            canonical,
            canonical or (NFKD(char) != char and ord(char) not in HANGUL),
            char in seconds,
        ]
        found[ord(char)] = (combining_class(char) | breaks.get(char, 0) << 8 | conjunct << 12 |
                            bool(pictographic.match(char)) << 14 |
                            sum(flag << (16 + bit) for bit, flag in enumerate(flags)))
    return found


def decompositions():
    """[(code point << 1 | compatibility, code points)], in full, sorted."""
    rows = []
    for char in CHARS:
        if ord(char) in HANGUL:
            continue
        canonical, compatible = NFD(char), NFKD(char)
        if canonical != char:
            rows.append((ord(char) << 1, canonical))
        if compatible != canonical:
            rows.append((ord(char) << 1 | 1, compatible))
    return rows


def compositions():
    """[(first, second, what they become)], sorted."""
    rows = []
    for char in CHARS:
        parts = unicodedata.decomposition(char).split()
        if len(parts) != 2 or parts[0].startswith("<"):
            continue
        first, second = (chr(int(part, 16)) for part in parts)
        if NFC(first + second) == char:
            rows.append((ord(first), ord(second), ord(char)))
    return sorted(rows)


def lower_ranges():
    """[(first, last, step, delta)]: runs of characters whose lower case is at one distance."""
    lower = normalizers.Lowercase().normalize_str
    runs = []
    for char in CHARS:
        small = lower(char)
        if small == char or char == "\u0130":  # the only one that becomes two characters
            continue
        assert len(small) == 1, hex(ord(char))
        code, delta = ord(char), ord(small) - ord(char)
        if runs:
            first, last, step, run_delta = runs[-1]
            gap = code - last
            if delta == run_delta and gap <= 2 and (first == last or gap == step):
                runs[-1] = (first, code, gap, delta)
                continue
        runs.append((code, code, 1, delta))
    return runs


def rows(values, width=96):
    line, lines = "   ", []
    for value in values:
        if len(line) + len(value) + 2 > width:
            lines.append(line)
            line = "   "
        line += f" {value},"
    return "\n".join(lines + [line])


def decomposition_tables():
    """(pairs, pool): a single character stands in its pair, others in the pool."""
    pairs, pool = [], ""
    for key, text in decompositions():
        if len(text) == 1:
            pairs.append((key, ord(text)))
            continue
        assert len(text) < 32
        if text not in pool:
            pool += text
        at = pool.index(text)
        pairs.append((key, len(text) << 24 | at))
    return pairs, pool


def main():
    found = traits()
    distinct = sorted(set(found))
    assert len(distinct) <= 256, len(distinct)
    ranges = [c for c in range(0x110000) if c == 0 or found[c] != found[c - 1]]
    packed = [f"0x{c << 8 | distinct.index(found[c]):X}" for c in ranges]
    pairs, pool = decomposition_tables()
    pair_rows = [f"{{0x{key:X}, 0x{to:X}}}" for key, to in pairs]
    composed = [f"{{0x{a:X}, 0x{b:X}, 0x{c:X}}}" for a, b, c in compositions()]
    lowers = [f"{{0x{a:X}, 0x{b:X}, {s}, {d}}}" for a, b, s, d in lower_ranges()]

    out = f"""// Generated by tools/make_normalizer_tables.py from tokenizers {VERSION}; do not edit.
#pragma once

#include <cstdint>

namespace ingle {{

// The traits that occur: CharTraits::bits.
inline constexpr uint32_t kTraitSets[{len(distinct)}] = {{
{rows([f"0x{bits:X}" for bits in distinct])}
}};

// Where the traits change: the first code point of a range << 8 | an index into kTraitSets.
inline constexpr uint32_t kTraitRanges[{len(packed)}] = {{
{rows(packed)}
}};

// What characters decompose to in full, Hangul syllables excepted; sorted.
struct DecompositionRow {{
  uint32_t from;  // code point << 1 | 1 where only the compatibility forms decompose it so
  uint32_t to;    // a code point, or length << 24 | where in kDecomposedChars
}};
inline constexpr DecompositionRow kDecompositions[{len(pair_rows)}] = {{
{rows(pair_rows)}
}};
inline constexpr uint32_t kDecomposedChars[{len(pool)}] = {{
{rows([f"0x{ord(c):X}" for c in pool])}
}};

// Two characters that compose to one, Hangul excepted; sorted by first, then second.
struct CompositionRow {{
  uint32_t first;
  uint32_t second;
  uint32_t composed;
}};
inline constexpr CompositionRow kCompositions[{len(composed)}] = {{
{rows(composed)}
}};

// Every step-th character from first to last becomes the one delta further on; U+0130 excepted.
struct LowerCaseRow {{
  uint32_t first;
  uint32_t last;
  uint32_t step;
  int32_t delta;
}};
inline constexpr LowerCaseRow kLowerCase[{len(lowers)}] = {{
{rows(lowers)}
}};

}}  // namespace ingle
"""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with open(os.path.join(root, "src/tokenizer/normalizer_tables.h"), "w") as file:
        file.write(out)


if __name__ == "__main__":
    main()
