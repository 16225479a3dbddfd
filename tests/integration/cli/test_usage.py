"""Exit status, messages and standard output of the program as a whole."""

import os
import subprocess

from support import TINY, CliTest

COMMANDS = ["run", "pull", "list", "show", "rm", "inspect", "tokenize", "render", "embed",
            "classify", "logits", "perplexity", "bench", "tune", "fit", "convert", "quantize",
            "doctor", "completion"]


class Usage(CliTest):
    def test_help_of_every_command(self):
        text = self.ok("--help")
        for command in COMMANDS:
            self.assertRegex(text, f"\n  {command}[ ,]")
            self.assertIn("Usage:", self.ok(command, "--help"))

    def test_version(self):
        self.assertRegex(self.ok("--version"), r"^ingle \d+\.\d+\.\d+\n$")

    def test_wrong_usage_is_status_2(self):
        for arguments in (
            [], ["frobnicate"], ["run", "--no-such-flag"], ["run", "--temp"],
            ["run", "--temp", "hot"], ["run", "--temp", "-1"], ["run", "--temp", "nan"],
            ["run", "--top-p", "1.5"], ["run", "--top-k", "1.5"], ["run", "-n", "-2"],
            ["run", "--seed", "-1"], ["run", "--device", "gpu"], ["run", "--cache-type", "q4"],
            ["run", "--stop", ""], ["run", "a", "b", "c"], ["run", "a", "b", "--logprobs", "3"],
            ["run", "a", "b", "--raw", "--tools", "x"], ["rm"], ["rm", "../x"], ["rm", "/etc"],
            ["tokenize"], ["tokenize", "a", "--decode", "--json"], ["render"], ["render", "one"],
            ["render", "--template", "a", "b", "c"], ["logits", "m"],
            ["logits", "m", "--ids", "1", "--text", "x", "--out", "f"],
            ["logits", "m", "--ids", "1 x", "--out", "f"], ["logits", "m", "--ids", "1"],
            ["bench"], ["bench", "m", "-p", "x"], ["bench", "m", "-p", "-1"], ["bench", "m", "-t", "-1"],
            ["bench", "m", "-p", "0", "-n", "0"], ["bench", "m", "--json", "--csv"],
            ["bench", "m", "--against", "llama-bench"], ["bench", "m", "-r", "0"],
            ["fit"], ["fit", "m", "-b", "0"], ["fit", "m", "-c", "x"],
            ["perplexity", "m"], ["perplexity", "m", "f", "--chunks", "-1"],
            ["quantize", "a", "b", "Q9_9"], ["quantize", "a", "b", "I32"], ["completion", "tcsh"],
            ["convert", "a"], ["convert", "a", "b", "--type", "Q9_9"],
            ["inspect", "f", "--full"], ["inspect", "f", "--graph", "--json"],
            ["inspect", "f", "--graph=svg"], ["run", "", "hi"],
            ["logits", "m", "--ids", "1", "--out", "-"], ["embed"], ["classify"],
            ["embed", "m", "x", "--ids", "1"], ["embed", "m", "--ids", "1 x"],
            ["embed", "m", "--pooling", "max"], ["embed", "m", "x", "--json", "--out", "f"],
            ["classify", "m", "x", "--top", "-1"],
        ):
            with self.subTest(arguments=arguments):
                message = self.fails(2, *arguments)
                self.assertIn("--help", message)

    def test_failure_is_status_1_and_one_sentence(self):
        for arguments in (["inspect", "absent.gguf"], ["run", "absent.gguf", "x"],
                          ["tokenize", "no-such-model"], ["rm", "absent", "-f"],
                          ["render", "--template", "absent.jinja", "absent.json"],
                          ["perplexity", TINY, "absent.txt"], ["bench", "absent.gguf"],
                          ["quantize", "absent.gguf", "out.gguf", "Q8_0"],
                          ["convert", "./absent", "out.gguf"], ["convert", TINY, "out.gguf"]):
            with self.subTest(arguments=arguments):
                message = self.fails(1, *arguments)
                self.assertEqual(message.count("\n"), 1, message)

    def test_unknown_model_is_told_what_there_is(self):
        message = self.fails(1, "run", "llama-900b", "x")
        for word in ("llama-900b", "smollm2", "ingle pull"):
            self.assertIn(word, message)

    def test_a_prompt_in_the_place_of_the_model(self):
        self.assertIn("behind the model", self.fails(1, "run", "Why is the sky blue?"))

    def test_hostile_names_stay_inside_the_message(self):
        message = self.fails(1, "run", "\x1b[2Jname", "x")
        self.assertNotIn("\x1b", message)
        for name in ("..", "../../etc/passwd", "a/../b", "."):
            self.fails(1, "pull", name)
            self.fails(2, "rm", "-f", name)

    def test_a_full_disk_behind_standard_output_is_an_error(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full here")
        for arguments in (["list"], ["--help"], ["inspect", TINY, "--json"]):
            with open("/dev/full", "wb") as full:
                self.assertIn("standard output", self.fails(1, *arguments, stdout=full))

    def test_a_closed_pipe_is_an_error_and_no_signal(self):
        # Nobody reads from the beginning, however quick the program is.
        reading, writing = os.pipe()
        os.close(reading)
        program = self.start("inspect", TINY, "--tensors", "--json", stdout=writing,
                             stderr=subprocess.PIPE)
        os.close(writing)
        message = program.stderr.read()
        program.stderr.close()
        self.assertEqual(program.wait(30), 1, message)
        self.assertIn(b"standard output", message)

    def test_no_colours_without_a_terminal(self):
        for arguments in (["list"], ["doctor"], ["inspect", TINY], ["show", TINY]):
            self.assertNotIn("\x1b", self.ok(*arguments))

    def test_list(self):
        self.assertIn("smollm2", self.ok("list"))
        self.assertEqual(self.ok("list"), self.ok("ls"))
        self.assertIn("smollm2\n", self.ok("list", "--names"))
        models = {model["name"]: model for model in self.ok_json("list", "--json")["models"]}
        self.assertEqual(models["smollm2"]["size"], 98362432)
        self.assertFalse(models["smollm2"]["present"])
        self.assertTrue(models["smollm2"]["path"].startswith(self.home))

    def test_doctor(self):
        report = self.ok_json("doctor", "--json")
        self.assertTrue(report["healthy"])
        subjects = {check["subject"] for check in report["checks"]}
        self.assertLessEqual(
            {"processor", "kernels", "store", "panels", "configuration", "telemetry"}, subjects)
        origins = {setting["key"]: setting["from"] for setting in report["settings"]}
        self.assertEqual(origins["threads"], "INGLE_THREADS")
        self.assertEqual(origins["temp"], "default")

    def check(self, subject, **options):
        report = self.ok_json("doctor", "--json", **options)
        return next(check for check in report["checks"] if check["subject"] == subject)

    def test_doctor_tells_what_is_kept_of_weights(self):
        folder = self.path(".cache/ingle/panels")
        self.assertEqual(self.check("panels")["text"], folder + " (will be created)")
        self.write(".cache/ingle/panels/0123456789abcdef.panels", b"x" * 2_000_000)
        self.write(".cache/ingle/panels/0123456789abcdef.panels.1-0.partial", b"x" * 500_000)
        self.assertEqual(self.check("panels")["text"], folder + ", 2.50 MB in 2 files")
        refused = self.write("file", "where a folder would be")
        self.assertEqual(self.check("panels", env={"INGLE_HOME": refused})["state"], "warning")
        fine = self.check("panels", env={"INGLE_HOME": refused, "INGLE_KEEP_PANELS": "false"})
        self.assertEqual(fine["state"], "ok")
        self.assertIn("weights are not kept", fine["text"])

    def test_doctor_tells_memory_as_fit_does(self):
        text = self.check("memory")["text"]
        self.assertRegex(text, r"^[\d.]+ [kMGT]B, ([\d.]+ [kMGT]?B|an unknown part) available$")

    def test_doctor_finds_what_is_broken(self):
        self.write_config("temp = 'hot'\n")
        done = self.run_ingle("doctor", "--json")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"config.toml:1: temp", done.stdout)
