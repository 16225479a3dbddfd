"""Vectors and labels of texts, from the conformance checkpoints."""

import json
import math
import os
import shutil

from support import HERE, TINY, CliTest, read_npy

CHECKPOINTS = os.path.join(HERE, "..", "..", "conformance", "checkpoints")


def checkpoint(name):
    return os.path.join(CHECKPOINTS, name)


def prompt_of(name):
    with open(os.path.join(checkpoint(name), "golden.json"), encoding="utf-8") as file:
        return " ".join(map(str, json.load(file)["prompt"]))


def pooled(name):
    mean, first, last = read_npy(os.path.join(checkpoint(name), "golden_pooled.npy"))
    return {"mean": mean, "cls": first, "last": last}


def length(vector):
    return math.sqrt(sum(x * x for x in vector))


class Embed(CliTest):
    def embed(self, *arguments, **options):
        """The vectors, one a line."""
        return [json.loads(line) for line in self.ok("embed", *arguments, **options).splitlines()]

    def assert_close(self, got, wanted):
        scale = max(abs(x) for x in wanted)
        self.assertEqual(len(got), len(wanted))
        self.assertLess(max(abs(a - b) for a, b in zip(got, wanted)) / scale, 1e-4)

    def test_poolings_are_those_of_transformers(self):
        for name in ("bert_plain", "modernbert_types", "qwen3_embedding"):
            for pooling, wanted in pooled(name).items():
                (vector,) = self.embed(checkpoint(name), "--ids", prompt_of(name), "--pooling",
                                       pooling, "--no-normalize")
                self.assert_close(vector, wanted)
                (unit,) = self.embed(checkpoint(name), "--ids", prompt_of(name), "--pooling",
                                     pooling)
                self.assertAlmostEqual(length(unit), 1, 6)
                self.assert_close(unit, [x / length(wanted) for x in wanted])

    def test_the_folder_says_which_pooling(self):
        folder = self.path("model")
        shutil.copytree(checkpoint("bert_plain"), folder)
        ids = prompt_of("bert_plain")
        type_of = "sentence_transformers.models."
        modules = [{"idx": 0, "path": "", "type": type_of + "Transformer"},
                   {"idx": 1, "path": "1_Pooling", "type": type_of + "Pooling"}]
        self.write("model/modules.json", json.dumps(modules))
        self.write("model/1_Pooling/config.json", '{"pooling_mode_cls_token": true}')
        (vector,) = self.embed(folder, "--ids", ids, "--no-normalize")
        self.assert_close(vector, pooled("bert_plain")["cls"])
        modules.append({"idx": 2, "path": "2_Dense", "type": type_of + "Dense"})
        self.write("model/modules.json", json.dumps(modules))
        self.assertIn("Dense", self.fails(1, "embed", folder, "--ids", ids))
        self.assertEqual(len(self.embed(folder, "--ids", ids, "--pooling", "mean")), 1)

    def test_lines_of_standard_input(self):
        lines = ["the hen", "a dog and a hen", "x"]
        from_lines = self.embed(TINY, stdin="\n".join(lines) + "\n")
        self.assertEqual(from_lines, self.embed(TINY, *lines))
        self.assertEqual(from_lines[1], self.embed(TINY, lines[1])[0])
        self.assertEqual(self.embed(TINY, stdin=""), [])

    def test_file_and_json(self):
        out = self.path("v.npy")
        self.assertEqual(self.ok("embed", TINY, "the hen", "a dog", "--out", out), "")
        rows = read_npy(out)
        for row, vector in zip(rows, self.embed(TINY, "the hen", "a dog"), strict=True):
            self.assert_close(row, vector)
        report = self.ok_json("embed", TINY, "the hen", "--json", "--pooling", "mean")
        self.assertEqual((report["pooling"], report["normalized"]), ("mean", True))
        self.assertEqual(len(report["embeddings"][0]["embedding"]), report["width"])
        self.assertEqual(report["embeddings"][0]["left_out"], 0)

    def test_a_long_text_is_cut_with_a_remark(self):
        text = "the hen and the dog " * 10
        done = self.run_ingle("embed", TINY, text, "-c", "16")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"the model takes 16", done.stderr)
        self.assertIn("takes 16", self.fails(1, "embed", TINY, text, "-c", "16", "--no-truncate"))
        ids = " ".join(["5"] * 81)
        self.assertIn("81 tokens", self.fails(1, "embed", checkpoint("bert_plain"), "--ids", ids))

    def test_an_encoder_does_not_generate(self):
        message = self.fails(1, "run", checkpoint("bert_plain"), "hello")
        self.assertIn("ingle embed", message)
        self.assertIn("ingle classify", self.fails(1, "run", checkpoint("bert_sequence"), "hello"))

    def test_logits_are_the_states(self):
        out = self.path("s.npy")
        self.ok("logits", checkpoint("bert_plain"), "--ids", prompt_of("bert_plain"), "--out", out)
        wanted = read_npy(os.path.join(checkpoint("bert_plain"), "golden.npy"))
        for row, expected in zip(read_npy(out), wanted, strict=True):
            self.assert_close(row, expected)
        self.ok("logits", checkpoint("bert_sequence"), "--ids", "5 6 7", "--out", out)
        rows = read_npy(out)
        self.assertEqual((len(rows), len(rows[0])), (1, 5))


class Classify(CliTest):
    def test_labels_of_a_text(self):
        model, ids = checkpoint("bert_sequence"), prompt_of("bert_sequence")
        fields = self.ok("classify", model, "--ids", ids).rstrip("\n").split("\t")
        names, values = fields[::2], [float(x) for x in fields[1::2]]
        self.assertEqual(sorted(names), [f"LABEL_{i}" for i in range(5)])
        self.assertEqual(values, sorted(values, reverse=True))
        self.assertAlmostEqual(sum(values), 1, 4)
        top = self.ok("classify", model, "--ids", ids, "--top", "2").rstrip("\n").split("\t")
        self.assertEqual(top, fields[:4])
        (result,) = self.ok_json("classify", model, "--ids", ids, "--json")["results"]
        self.assertEqual([label["label"] for label in result["labels"]], names)

    def test_labels_of_tokens(self):
        model = checkpoint("bert_tokens")
        lines = self.ok("classify", model, "--ids", "37 24 44").splitlines()
        self.assertEqual(len(lines), 3)
        self.assertRegex(lines[0], r"^37\tLABEL_\d\t0\.\d+$")
        (result,) = self.ok_json("classify", model, "--ids", "37 24 44", "--json")["results"]
        self.assertEqual([token["id"] for token in result["tokens"]], [37, 24, 44])
        self.assertNotIn("begin", result["spans"][0])

    def test_an_unknown_word_has_a_label_and_a_place(self):
        folder = self.path("model")
        shutil.copytree(checkpoint("bert_tokens"), folder)
        pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "in", "paul", "##a", "."]
        added = [{"id": i, "content": pieces[i], "special": True, "normalized": False,
                  "single_word": False, "lstrip": False, "rstrip": False} for i in range(4)]
        self.write("model/tokenizer.json", json.dumps({
            "added_tokens": added,
            "normalizer": {"type": "BertNormalizer", "clean_text": True, "lowercase": True,
                           "handle_chinese_chars": True, "strip_accents": None},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                      "max_input_chars_per_word": 100,
                      "vocab": {piece: i for i, piece in enumerate(pieces)}}}))
        (result,) = self.ok_json("classify", folder, "in São Paula.", "--json")["results"]
        self.assertEqual([token["token"] for token in result["tokens"]],
                         ["in", "[UNK]", "paul", "##a", "."])
        covered = {(span["begin"], span["end"]) for span in result["spans"]}
        self.assertEqual((min(covered)[0], max(covered)[1]), (0, len("in São Paula.".encode())))

    def test_names_of_labels_and_independent_ones(self):
        folder = self.path("model")
        shutil.copytree(checkpoint("bert_sequence"), folder)
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        config["id2label"] = {str(i): name for i, name in enumerate("sad glad odd new old".split())}
        config["problem_type"] = "multi_label_classification"
        self.write("model/config.json", json.dumps(config))
        (result,) = self.ok_json("classify", folder, "--ids", "5 6", "--json")["results"]
        self.assertEqual({label["label"] for label in result["labels"]},
                         {"sad", "glad", "odd", "new", "old"})
        self.assertGreater(abs(1 - sum(label["probability"] for label in result["labels"])), 0.01)
        self.assertEqual(self.ok_json("show", folder, "--json")["labels"],
                         ["sad", "glad", "odd", "new", "old"])

    def test_what_has_no_labels(self):
        self.assertIn("no classifier", self.fails(1, "classify", TINY, "x"))
