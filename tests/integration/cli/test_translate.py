"""A T5 with its tokenizer, from text to text, against transformers."""

import json
import os

from support import HERE, CliTest

GOLDENS = os.path.join(HERE, "..", "..", "goldens", "translate")
MODEL = os.path.join(GOLDENS, "model")


class Translate(CliTest):
    def test_sources_and_greedy_answers_are_those_of_transformers(self):
        with open(os.path.join(GOLDENS, "golden.json"), encoding="utf-8") as file:
            goldens = json.load(file)
        self.assertGreater(len(goldens), 4)
        for golden in goldens:
            with self.subTest(text=golden["text"]):
                answer = self.ok_json("run", MODEL, "-", "--raw", "--temp", "0", "-n", "16",
                                      "--json", stdin=golden["text"] + "\n")
                self.assertEqual(answer["prompt_tokens"], len(golden["source"]))
                self.assertEqual(answer["token_ids"], [t for t in golden["answer"] if t != 1])
                self.assertEqual(answer["text"], golden["spelled"])

    def test_the_source_needs_no_template(self):
        text = "translate English to German: The house is wonderful."
        options = ["--temp", "0", "-n", "16"]
        raw = self.ok("run", MODEL, text, "--raw", *options)
        self.assertEqual(self.ok("run", MODEL, text, *options), raw)
        self.assertTrue(raw)
