#!/usr/bin/env python3
"""Makes tokenizer.json files of every kind, and says what the Python package tokenizers does with them.

    pip install tokenizers
    make_huggingface_goldens.py                          writes huggingface/KIND/: a tokenizer and goldens
    make_huggingface_goldens.py --fuzz N [--kind KIND] --tool build/tokenizer_json_tool
                                                         compares N random texts a kind

The tokenizers are trained on a few kilobytes of text and small: a few hundred tokens.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers,
                        processors, trainers)

from make_pretokenizer_goldens import CASCADE, DEEPSEEK3, FAMILIES, KANA, LLAMA3, QWEN2, TEXTS, o200k, random_text

HERE = pathlib.Path(__file__).parent
GPT4O = o200k()
EXAONE = FAMILIES["exaone-moe"][0]
CORPUS = TEXTS + [
    "The quick brown fox jumps over the lazy dog. It's what they've said: we'll see, won't we?",
    "def main(argc, argv):\n    for i in range(10):\n        print(i)\n\n    return 0\n",
    "Größere Häuser stehen dort drüben; ça va très bien, où êtes-vous? Þórr œuvre.",
    "今日は良い天気ですね。東京は日本の首都です。 한국어 문장입니다. Привет, мир! مرحبا بالعالم",
    "1 22 333 4444 55555 3.14159 1,000,000 0x7f 100%   \t\t  \n\n\n end",
    "a b c d e f g h i j k l m n o p q r s t u v w x y z A B C D E F G H I J K L M N O P Q R S T U V W X Y Z",
    "hello world hello there hello again unbelievable unhappiness undo redo replay player playing",
]


def special(*contents, **flags):
    return [AddedToken(c, special=True, normalized=False, **flags) for c in contents]


def train(tokenizer, trainer):
    tokenizer.train_from_iterator(CORPUS * 3, trainer)
    return tokenizer


def byte_level(pattern, **bpe):
    t = Tokenizer(models.BPE(**bpe))
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    return train(t, trainers.BpeTrainer(vocab_size=500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))


def gpt2(prefix=False):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    t.decoder = decoders.ByteLevel()
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    train(t, trainers.BpeTrainer(vocab_size=500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    t.add_special_tokens(special("<|endoftext|>"))
    return t


def roberta():
    t = gpt2(prefix=True)
    t.add_special_tokens(special("<s>", "</s>"))
    t.add_special_tokens([AddedToken("<mask>", special=True, lstrip=True, normalized=False)])
    t.post_processor = processors.RobertaProcessing(
        ("</s>", t.token_to_id("</s>")), ("<s>", t.token_to_id("<s>")))
    return t


def llama3():
    t = byte_level(LLAMA3, ignore_merges=True)
    t.add_special_tokens(special("<|begin_of_text|>", "<|eot_id|>"))
    t.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(single="<|begin_of_text|> $A", special_tokens=[
            ("<|begin_of_text|>", t.token_to_id("<|begin_of_text|>"))])])
    return t


def qwen2():
    t = byte_level(QWEN2)
    t.normalizer = normalizers.NFC()
    t.add_special_tokens(special("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    t.add_tokens([AddedToken("<tool_call>", normalized=False)])
    return t


def deepseek():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\p{N}{1,3}"), "isolated"),
        pre_tokenizers.Split(Regex(KANA.replace(r"\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff",
                                                "一-龥\u3040-ゟ゠-ヿ")), "isolated"),
        pre_tokenizers.Split(Regex(DEEPSEEK3), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    return train(t, trainers.BpeTrainer(vocab_size=500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))


def starcoder():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    t.decoder = decoders.ByteLevel()
    train(t, trainers.BpeTrainer(vocab_size=500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    t.add_tokens([AddedToken(" " * n, normalized=True) for n in (2, 4, 8)])  # as GPT-NeoX has them
    return t


def falcon():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Punctuation("contiguous"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        pre_tokenizers.Digits(individual_digits=False),
        pre_tokenizers.Split(Regex(r"[0-9][0-9][0-9]"), "isolated")])
    t.decoder = decoders.ByteLevel()
    return train(t, trainers.BpeTrainer(vocab_size=500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))


def clip():
    """Tokens spelled as bytes, and those that end a word marked."""
    t = Tokenizer(models.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>"))
    t.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "),
                                         normalizers.Lowercase()])
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+"
                                   r"|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False)])
    t.decoder = decoders.ByteLevel()
    train(t, trainers.BpeTrainer(vocab_size=500, end_of_word_suffix="</w>",
                                 special_tokens=["<|startoftext|>", "<|endoftext|>"]))
    t.post_processor = processors.RobertaProcessing(
        ("<|endoftext|>", t.token_to_id("<|endoftext|>")),
        ("<|startoftext|>", t.token_to_id("<|startoftext|>")), trim_offsets=False, add_prefix_space=False)
    return t


def byte_words():
    """Words spelled as bytes, in a model that is not byte-level BPE."""
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.Lowercase()
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(), pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=False)])
    t.decoder = decoders.WordPiece(cleanup=False)
    return train(t, trainers.WordPieceTrainer(vocab_size=500, special_tokens=["[UNK]"]))


def exaone():
    return byte_level(EXAONE)


def possessive():
    return byte_level(LLAMA3.replace(r"\p{N}]?\p{L}", r"\p{N}]?+\p{L}").replace(r"]+[\r\n]*|\s*[\r\n]+",
                                                                             r"]++[\r\n]*|\s*[\r\n]"))


def sentencepiece_bpe(normalizer, decoder, pre_tokenizer=None, **bpe):
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True, **bpe))
    t.normalizer = normalizer
    if pre_tokenizer:
        t.pre_tokenizer = pre_tokenizer
    training = Tokenizer(models.BPE(unk_token="<unk>"))
    training.normalizer = normalizers.Replace(" ", "▁")
    training.pre_tokenizer = pre_tokenizers.Metaspace()
    train(training, trainers.BpeTrainer(vocab_size=700, special_tokens=["<unk>", "<s>", "</s>"]))
    model = json.loads(training.to_str())["model"]
    vocab = dict(model["vocab"])
    for byte in range(256):
        vocab[f"<0x{byte:02X}>"] = len(vocab)
    text = json.loads(t.to_str())
    text["model"]["vocab"], text["model"]["merges"] = vocab, model["merges"]
    t = Tokenizer.from_str(json.dumps(text))
    t.decoder = decoder
    t.add_special_tokens(special("<unk>", "<s>", "</s>"))
    return t


def llama2():
    t = sentencepiece_bpe(
        normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
        decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                           decoders.Strip(" ", 1, 0)]))
    t.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", t.token_to_id("<s>"))])
    return t


def mistral():
    return sentencepiece_bpe(
        None, decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                 decoders.Strip(" ", 1, 0)]),
        pre_tokenizers.Metaspace(prepend_scheme="first", split=False))


def gemma():
    t = sentencepiece_bpe(
        normalizers.Replace(" ", "▁"),
        decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]),
        pre_tokenizers.Split(" ", "merged_with_previous"))
    t.add_tokens([AddedToken("\n\n", normalized=False), AddedToken("<b>", normalized=True)])
    return t


def phi3():
    t = sentencepiece_bpe(
        normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
        decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                           decoders.Strip(" ", 1, 0)]))
    t.add_special_tokens(special("<|user|>", "<|end|>", rstrip=True))
    return t


def bert(lowercase=True, **options):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=lowercase, **options)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.WordPiece()
    train(t, trainers.WordPieceTrainer(
        vocab_size=600, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    t.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(n, t.token_to_id(n)) for n in ("[CLS]", "[SEP]")])
    return t


def unigram(normalizer, prepend):
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizer
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=prepend)
    t.decoder = decoders.Metaspace(prepend_scheme=prepend)
    train(t, trainers.UnigramTrainer(vocab_size=500, unk_token="<unk>",
                                     special_tokens=["<pad>", "</s>", "<unk>"]))
    t.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", t.token_to_id("</s>"))])
    return t


def albert():
    return unigram(normalizers.Sequence([
        normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(),
        normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Replace(Regex(" {2,}"), " ")]),
        "always")


def words():
    t = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    t.pre_tokenizer = pre_tokenizers.Whitespace()
    return train(t, trainers.WordLevelTrainer(vocab_size=300, special_tokens=["[UNK]"]))


def added():
    t = byte_level(GPT4O)
    t.add_tokens([AddedToken("word", single_word=True, normalized=False),
                  AddedToken("left", lstrip=True, normalized=False),
                  AddedToken("right", rstrip=True, normalized=False),
                  AddedToken("both", lstrip=True, rstrip=True, normalized=False),
                  AddedToken("lefty", normalized=False)])
    return t


def custom():
    """An expression and behaviors that no model has."""
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"(?<=[a-z])(?=[A-Z])|\s+"), "merged_with_next"),
        pre_tokenizers.Split("-", "merged_with_previous"),
        pre_tokenizers.Split(Regex(CASCADE), "contiguous"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    return train(t, trainers.BpeTrainer(vocab_size=500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))


KINDS = {
    "gpt2": gpt2, "roberta": roberta, "llama3": llama3, "qwen2": qwen2, "gpt4o": lambda: byte_level(GPT4O),
    "deepseek": deepseek, "starcoder": starcoder, "falcon": falcon, "clip": clip,
    "byte_words": byte_words, "exaone": exaone, "possessive": possessive, "llama2": llama2, "mistral": mistral,
    "gemma": gemma, "phi3": phi3, "bert": bert, "bert_cased": lambda: bert(False, strip_accents=False),
    "t5": lambda: unigram(normalizers.NFKC(), "always"),
    "unigram_first": lambda: unigram(normalizers.NFC(), "first"),
    "albert": albert, "words": words, "added": added, "custom": custom,
}
MARKS = ["<|endoftext|>", "<s>", "</s>", "<mask>", "<unk>", "<|user|>", "<|end|>", "word", "left", "right",
         "both", "lefty", "[CLS]", "[MASK]", "<tool_call>", "\n\n", "<b>", "<0x41>", "▁", "▁▁", "  ", "    "]


def texts(count, seed):
    rng = random.Random(seed)
    for _ in range(count):
        parts = [random_text(rng)]
        while rng.random() < 0.5:
            parts += [rng.choice(MARKS), rng.choice(["", " ", "a"]), random_text(rng)[:20],
                      rng.choice(CORPUS)[rng.randrange(20):][:rng.randrange(30)]]
        yield "".join(parts)


def expected(tokenizer, text):
    ids = tokenizer.encode(text).ids
    return [ids, tokenizer.decode(ids)]


def fuzz(kind, count, tool):
    tokenizer = KINDS[kind]()
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save(f"{folder}/tokenizer.json")
        tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
        inputs = [t for t in texts(count, count)]
        lines = "".join(json.dumps(t) + "\n" for t in inputs)
        done = subprocess.run([tool, folder], input=lines.encode(), stdout=subprocess.PIPE, check=False)
        got = [json.loads(line) for line in done.stdout.decode().split("\n") if line]
    wrong = 0
    for text, row in zip(inputs, got):
        ids, decoded = expected(tokenizer, text)
        # Bytes that are no text are replaced one by one there, and as a stretch here.
        same = row[0] == ids and (row[1] == decoded or "\ufffd" in decoded)
        wrong += not same
        if not same and wrong <= 5:
            print(kind, json.dumps(text), "\n  want", ids, json.dumps(decoded), "\n  got ", *map(json.dumps, row))
    wrong += len(inputs) - len(got)
    print(f"{kind}: {len(inputs)} texts, {wrong} differ", flush=True)
    return wrong


def write(kind):
    folder = HERE / "huggingface" / kind
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = KINDS[kind]()
    (folder / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    with open(folder / "goldens.jsonl", "w", encoding="utf-8") as out:
        for text in CORPUS + list(texts(20, 1)):
            if len(text) < 1000:
                out.write(json.dumps([text, *expected(tokenizer, text)]) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fuzz", type=int)
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--tool")
    options = parser.parse_args()
    wrong = 0
    for kind in [options.kind] if options.kind else KINDS:
        if options.fuzz:
            wrong += fuzz(kind, options.fuzz, options.tool)
        else:
            write(kind)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
