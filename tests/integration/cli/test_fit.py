"""ingle fit: what it says against what a process has, and what does not fit."""

import os
import resource
import subprocess
import unittest

import random_checkpoint
from support import CHECKPOINT, TINY, CliTest, read_npy

SMOLLM2 = os.environ.get("INGLE_TEST_SMOLLM2")
LLAMA = os.path.dirname(TINY)
TOLERANCE = 0.03
# What the system maps of the program itself while it runs, and what its heap keeps: more than 3% of
# a tiny model, and of others a part of these.
UNKNOWN = 4 << 20


class Fit(CliTest):
    def fit(self, model, *arguments, **options):
        return self.ok_json("fit", model, "--json", *arguments, **options)

    def expect_near(self, model, context, *arguments, sequences=1, answer=0, unknown=0):
        """answer: how many tokens of the context are decoded after a prompt of the others."""
        flags = ["-t", "2", "-b", str(sequences), *arguments]
        said = self.fit(model, "-c", str(context), *flags)
        test = (["-p", "0", "-d", str(context - answer), "-n", str(answer)] if answer
                else ["-p", str(context), "-n", "0"])
        bench = self.ok_json("bench", model, *test, "-r", "1", "--json", *flags)
        has = bench["model"]["resident_bytes"]
        self.assertAlmostEqual(said["bytes"]["total"], has, delta=TOLERANCE * has + unknown)

    def test_tiny_models_take_what_is_said(self):
        for model in (TINY, os.path.join(LLAMA, "q4_k.gguf"), CHECKPOINT):
            with self.subTest(model=model):
                self.expect_near(model, 512, unknown=UNKNOWN)

    def test_mixtures_and_hybrids_take_what_is_said(self):
        for name, write in (("mixture", random_checkpoint.write_mixture),
                            ("hybrid", random_checkpoint.write_hybrid)):
            folder = self.path(name)
            write(folder)
            panels = self.path(name + ".gguf")
            self.ok("quantize", folder, panels, "Q8_0")
            for model in (folder, panels):
                with self.subTest(model=model):
                    # A state is copied where the answer begins.
                    self.expect_near(model, 512, answer=1)

    def test_the_cache_takes_what_is_said(self):
        for flags in (["--cache-type", "f32"], ["--cache-type", "f16"]):
            with self.subTest(flags=flags):
                self.expect_near(TINY, 16384, *flags, unknown=UNKNOWN)
        self.expect_near(TINY, 8192, sequences=4, unknown=UNKNOWN)

    @unittest.skipUnless(SMOLLM2, "INGLE_TEST_SMOLLM2 names no file")
    def test_smollm2_takes_what_is_said(self):
        for context, flags in ((512, []), (2048, []), (2048, ["--cache-type", "q8_0"])):
            with self.subTest(context=context, flags=flags):
                # How much the system maps around what is read of files is its affair.
                self.expect_near(SMOLLM2, context, *flags, unknown=UNKNOWN // 2)

    @unittest.skipUnless(SMOLLM2, "INGLE_TEST_SMOLLM2 names no file")
    def test_the_first_run_holds_weights_once(self):
        self.expect_weights_once(SMOLLM2, "run", SMOLLM2, "Hello", "--raw", "-n", "8")

    def test_weights_that_are_repacked_are_held_once(self):
        folder = self.path("awq")
        random_checkpoint.write_awq(folder)
        self.expect_near(folder, 512)
        out = self.path("logits.npy")
        logits = ["logits", folder, "--ids", "1,2,3", "--out", out]
        self.ok(*logits, "--device", "reference")
        right = [max(row) for row in read_npy(out)]
        found = []
        self.expect_weights_once(folder, *logits, after_each=lambda: found.append(read_npy(out)))
        self.assertEqual(found, [found[0]] * 3)
        for row, largest in zip(found[0], right):
            self.assertAlmostEqual(max(row), largest, delta=0.05 * largest)

    def expect_weights_once(self, model, *command, after_each=lambda: None):
        most = self.fit(model, "-c", "64")["bytes"]["total"]
        for flags in ([], [], ["--no-keep-panels"]):  # made, found, in memory
            with self.start(*command, "-c", "64", *flags, stdout=subprocess.DEVNULL) as program:
                _, status, used = os.wait4(program.pid, 0)
                program.returncode = status
                self.assertEqual(status, 0)
                # A matrix and a buffer are there twice while they are laid out.
                self.assertLess(used.ru_maxrss * 1024, (1 + TOLERANCE) * most + 8 * UNKNOWN)
            after_each()

    def test_parts_make_the_total(self):
        said = self.fit(TINY, "-c", "100", "-b", "3")
        parts = dict(said["bytes"])
        total, to_come = parts.pop("total"), parts.pop("to_come")
        self.assertEqual(total, sum(parts.values()))
        self.assertEqual(to_come, total - parts["program"])
        self.assertEqual((said["context"], said["sequences"], said["threads"]), (100, 3, 2))
        self.assertTrue(said["fits"])
        once = self.fit(TINY, "-c", "100")
        self.assertEqual(parts["cache"], 3 * once["bytes"]["cache"])

    def test_table(self):
        model = os.path.join(LLAMA, "q4_k.gguf")
        table = self.ok("fit", model, "-c", "100")
        self.assertTrue(table.startswith(model + ": context of 100 tokens, 1 sequence"))
        for line in ("weights", "file", "cache", "activations", "program", "total", "available"):
            self.assertRegex(table, rf"(?m)^  {line} +[\d.]+ [kMGT]?B")
        self.assertRegex(table, r"(?m)^  total .*  [\d.]+ [kMGT]?B of it to come$")

    def test_what_does_not_fit_is_told(self):
        said = self.fit(TINY, "-c", "200000000", "-b", "1000")
        self.assertFalse(said["fits"])
        self.assertGreater(said["longest_context"], 1000)
        self.assertIn("too little", self.ok("fit", TINY, "-c", "200000000", "-b", "1000"))

    def limited(self, megabytes=400):
        """Leaves a process little more than the addresses that it has."""
        limit = megabytes << 20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    def test_run_refuses_with_the_table(self):
        run = ["run", TINY, "hi", "--raw", "-n", "4", "-c", "10000000"]
        message = self.fails(1, *run, preexec_fn=self.limited)
        first, *table = message.splitlines()
        self.assertRegex(first, r"does not fit: with a context of 10,000,000 tokens it takes .* "
                                r"are available; '-c \d+' or --fit-context would do$")
        self.assertIn("total", "\n".join(table))
        fitted = self.run_ingle(*run, "--fit-context", preexec_fn=self.limited)
        self.assertEqual(fitted.returncode, 0)
        self.assertRegex(fitted.stderr.decode(),
                         r"a context of 10,000,000 tokens does not fit memory; this one is of [\d,]+\n")
        self.ok(*run, "--no-check-memory", preexec_fn=self.limited)
        logits = ["logits", TINY, "--ids", "1", "--out", "l.npy", "-c", "10000000"]
        self.assertIn("does not fit", self.fails(1, *logits, preexec_fn=self.limited))

    def test_a_refusal_names_flags_that_the_command_has(self):
        text = self.write("text.txt", "a text of some words " * 8)
        for command, advice in (
                (["bench", TINY, "-p", "8", "-n", "0", "-d", "1000000"],
                 r"-d and the longer of -p and -n may come to [\d,]+ tokens"),
                (["perplexity", TINY, text, "-c", "10000000"], r"'-c \d+' would do")):
            # A setting whose flag a command lacks is not for it.
            for environment in ({}, {"INGLE_FIT_CONTEXT": "1"}):
                with self.subTest(command=command[0], environment=environment):
                    message = self.fails(1, *command, env=environment, preexec_fn=self.limited)
                    self.assertRegex(message.splitlines()[0], "does not fit: .*; " + advice + "$")
        self.ok("perplexity", TINY, text, "-c", "16", "--no-check-memory")
        self.ok("bench", TINY, "-p", "8", "-n", "0", "-r", "1", "--no-check-memory")

    def test_what_was_tried_is_not_advised(self):
        folder = self.path("mixture")
        random_checkpoint.write_mixture(folder)  # 110 MB
        tune = ["tune", folder]
        tried = [*tune, "--no-check-memory"]
        limit = lambda megabytes: lambda: self.limited(megabytes)
        advised = 0
        for megabytes in range(120, 240, 4):
            done = self.run_ingle(*tried, preexec_fn=limit(megabytes))
            if done.returncode == 0:
                break
            self.assertNotIn("lets it try", self.fails(1, *tried, preexec_fn=limit(megabytes)))
            # With less, its file cannot be mapped or the tokenizer be made: too early to count.
            untried = self.fails(1, *tune, preexec_fn=limit(megabytes)).splitlines()[0]
            if "does not fit" in untried:
                self.assertRegex(untried, "are available; --no-check-memory lets it try$")
                advised += 1
        self.assertEqual(done.returncode, 0)
        self.assertGreater(advised, 0)

    def test_a_draft_model_has_what_the_model_leaves(self):
        longest = self.ok_json("fit", TINY, "-c", "10000000", "--fit-context", "-t", "1", "--json",
                               preexec_fn=self.limited)["context"]
        for share, fits in ((0.2, True), (0.7, False)):
            run = ["run", TINY, "hi", "--raw", "-n", "4", "-t", "1", "-c", str(int(share * longest))]
            self.ok(*run, preexec_fn=self.limited)
            draft = [*run, "--draft", TINY]
            if fits:
                self.ok(*draft, preexec_fn=self.limited)
                continue
            message = self.fails(1, *draft, preexec_fn=self.limited)
            self.assertRegex(message, "^ingle: --draft .*memory.* are available")
            self.ok(*draft, "--no-check-memory", preexec_fn=self.limited)

    def test_the_longest_context_is_the_longest(self):
        flags = ["-t", "1", "--json"]
        said = self.ok_json("fit", TINY, "-c", "10000000", "--fit-context", *flags,
                            preexec_fn=self.limited)
        self.assertTrue(said["fits"])
        longer = self.ok_json("fit", TINY, "-c", str(said["context"] + 4096), *flags,
                              preexec_fn=self.limited)
        self.assertFalse(longer["fits"])
