"""ingle bench: what it prints, not how fast anything is."""

import csv
import io
import json
import os
import re
import subprocess
import unittest
import time
import xml.etree.ElementTree

from support import TINY, CliTest

SMOLLM2 = os.environ.get("INGLE_TEST_SMOLLM2")

# Answers as llama-bench does, and remembers what it was asked.
FAKE = """\
import json, os, sys
with open(os.environ["FAKE_LOG"], "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
print("loading a model", file=sys.stderr)
def value(flag, otherwise="0"):
    return sys.argv[sys.argv.index(flag) + 1] if flag in sys.argv else otherwise
if value("-d") != "0" and "--no-depth" in sys.argv:
    print("[]")
else:
    print(json.dumps([{"n_prompt": int(value("-p")), "n_gen": int(value("-n")),
                       "avg_ts": float(os.environ.get("FAKE_SPEED", "10")),
                       "build_commit": "abc123",
                       "stddev_ts": 0.0}], indent=2))
"""


class Bench(CliTest):
    def fake(self, *arguments):
        path = self.write("llama bench.py", FAKE)
        self.log = self.path("log")
        self.environment["FAKE_LOG"] = self.log
        return f"python3 '{path}' " + " ".join(arguments)

    def bench(self, *arguments):
        return self.ok_json("bench", TINY, "-p", "16", "-n", "8", "-r", "2", "--json", *arguments)

    def test_json_has_the_machine_the_model_and_the_results(self):
        report = self.bench("-t", "1")
        limits = report["machine"]["limits"]
        self.assertEqual([row["threads"] for row in limits], [1])
        for limit in ("read_bytes_per_second", "int8_operations_per_second",
                      "f32_operations_per_second"):
            self.assertGreater(limits[0]["all_threads"][limit], 1e6)
        self.assertGreater(report["machine"]["processors"], 0)
        model = report["model"]
        self.assertEqual(model["path"], TINY)
        self.assertGreater(model["resident_bytes"], model["weight_bytes"])
        self.assertGreater(model["load_seconds"], 0)
        self.assertIn(model["panels"], ("none", "made"))  # too few bytes for a file
        prefill, decode = report["results"]
        self.assertEqual((prefill["test"], decode["test"]), ("pp16", "tg8"))
        self.assertGreater(prefill["time_to_first_token_ms"], 0)
        self.assertNotIn("time_to_first_token_ms", decode)
        for row in (prefill, decode):
            self.assertEqual((row["depth"], row["sequences"], row["threads"]), (0, 1, 1))
            self.assertEqual(row["threads_used"], 1)
            self.assertEqual(len(row["samples"]), 2)
            mean = sum(row["samples"]) / 2
            self.assertAlmostEqual(row["tokens_per_second"], mean, places=3)
            self.assertAlmostEqual(row["deviation"], abs(row["samples"][0] - mean) * 2 ** 0.5,
                                   places=3)
            self.assertAlmostEqual(row["share_of_limit"], mean / row["limit"], places=6)
            self.assertIn(row["limited_by"], ("reading", "arithmetic"))
            self.assertNotIn("against", row)

    def test_tune_keeps_what_it_finds(self):
        report = self.ok_json("tune", TINY, "--json")
        self.assertEqual([t["threads"] for t in report["trials"]][-1:], [1])
        chosen = [report["decode_threads"], report["prompt_threads"]]
        self.assertLessEqual(set(chosen), {t["threads"] for t in report["trials"]})
        self.assertEqual(report["prompt_tokens"], 32)
        self.assertIn("from now on", self.ok("tune", TINY))
        with open(self.path(".cache/ingle/tunings"), encoding="utf-8") as file:
            self.assertIn("llama", file.read())

    def test_tune_counts_the_tokens_of_shorter_steps(self):
        report = self.ok_json("tune", TINY, "--json", "--batch-size", "16")
        self.assertEqual(report["prompt_tokens"], 16)

    def test_tune_takes_the_context_that_it_needs(self):
        self.ok("tune", TINY, "--no-check-memory", env={"INGLE_CTX_SIZE": str(1 << 30)})

    def test_without_threads_those_that_suit_the_model_are_used(self):
        self.environment["INGLE_THREADS"] = "0"
        self.ok("tune", TINY)
        with open(self.path(".cache/ingle/tunings"), encoding="utf-8") as file:
            _, _, key = file.read().split(" ", 2)
        self.write(".cache/ingle/tunings", "1 1 " + key)
        processors = self.bench("-r", "1")["machine"]["processors"]
        for flags, used in (([], 1), (["-t", "0"], 1), (["--no-tune"], processors),
                            (["-t", str(processors)], processors)):
            with self.subTest(flags=flags):
                report = self.bench("-r", "1", *flags)
                self.assertEqual([(row["threads"], row["threads_used"])
                                  for row in report["results"]], [(processors, used)] * 2)
        if processors > 1:
            self.assertIn(f"| 1 of {processors} |", self.ok("bench", TINY, "-n", "0", "-r", "1"))

    @unittest.skipUnless(SMOLLM2, "INGLE_TEST_SMOLLM2 names no file")
    def test_loading_tells_what_it_did_with_the_weights(self):
        for environment, panels in (({}, "written"), ({}, "mapped"),
                                    ({"INGLE_KEEP_PANELS": "0"}, "made")):
            with self.subTest(panels=panels):
                table = self.ok("bench", SMOLLM2, "-p", "4", "-n", "0", "-r", "1", env=environment)
                self.assertRegex(table, rf"(?m)^- loaded in [\d.]+ s, panels {panels}; ")

    def test_lists_make_a_test_of_each_combination(self):
        report = self.bench("-p", "4,8", "-d", "0,5", "-b", "1,3", "-t", "1,2", "-r", "1")
        rows = [(row["test"], row["depth"], row["sequences"], row["threads"])
                for row in report["results"]]
        self.assertEqual(rows, [(test, depth, sequences, threads) for threads in (1, 2)
                                for depth in (0, 5) for sequences in (1, 3)
                                for test in ("pp4", "pp8", "tg8")])
        self.assertEqual([row["threads"] for row in report["machine"]["limits"]], [1, 2])

    def test_zero_leaves_a_kind_out(self):
        report = self.bench("-p", "0", "-r", "1")
        self.assertEqual([row["test"] for row in report["results"]], ["tg8"])

    def test_prompts_longer_than_a_step(self):
        report = self.bench("-p", "20", "-b", "2", "-n", "0", "-r", "1", "--batch-size", "16")
        self.assertEqual([row["test"] for row in report["results"]], ["pp20"])

    def test_a_step_has_room_for_all_sequences(self):
        for predict, sequences, *flags in ((4, 8), (2, 600), (4, 8, "--batch-size", "3")):
            with self.subTest(sequences=sequences, flags=flags):
                report = self.bench("-p", "0", "-n", str(predict), "-b", f"1,{sequences}", "-r",
                                    "1", *flags)
                self.assertEqual([row["sequences"] for row in report["results"]], [1, sequences])

    def test_markdown_and_csv(self):
        text = self.ok("bench", TINY, "-p", "16", "-n", "8", "-r", "1", "-q", "--against",
                       "a|b=" + self.fake())
        table = [line for line in text.splitlines() if line.startswith("|")]
        self.assertEqual(len(table), 4)
        self.assertIn(r"| a\|b |", table[0])
        self.assertEqual(len({len(re.findall(r"(?<!\\)\|", line)) for line in table}), 1)
        self.assertNotIn("±", text)  # of a single repetition
        self.assertIn("±", self.ok("bench", TINY, "-p", "4", "-n", "0", "-r", "2", "-q"))
        text = self.ok("bench", TINY, "-p", "16", "-n", "8", "-r", "1", "--csv", "--against",
                       "the, other=" + self.fake())
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual([row["test"] for row in rows], ["pp16", "tg8"])
        for row in rows:
            for column in ("limit", "load_seconds", "resident_bytes", "read_bytes_per_second",
                           "int8_operations_per_second", "f32_operations_per_second"):
                self.assertGreater(float(row[column]), 0, column)
            self.assertIn(row["panels"], ("none", "made"))
            self.assertEqual((row["threads"], row["threads_used"]), ("2", "2"))
            self.assertEqual((float(row["deviation"]), row["the, other deviation"]), (0, "0"))
        self.assertEqual(rows[0]["the, other"], "10")
        self.assertAlmostEqual(float(rows[0]["the, other ratio"]),
                               float(rows[0]["tokens_per_second"]) / 10, delta=0.01 *
                               float(rows[0]["tokens_per_second"]))

    def test_against_runs_in_turn_and_gives_ratios(self):
        report = self.bench("-t", "2", "-d", "0,3", "--against", "a=" + self.fake("-fa 1"),
                            "--against", "b=" + self.fake("--no-depth"))
        for row in report["results"]:
            others = {other["name"]: other for other in row["against"]}
            self.assertEqual(set(others), {"a", "b"} if row["depth"] == 0 else {"a"})
            self.assertEqual(others["a"]["tokens_per_second"], 10)
            self.assertEqual(others["a"]["build"], "abc123")
            self.assertAlmostEqual(others["a"]["ratio"], row["median"] / 10, places=6)
        with open(self.log, encoding="utf-8") as file:
            asked = file.read().splitlines()
        self.assertEqual(asked[:4], [
            f"-fa 1 -m {TINY} -p 16 -n 0 -t 2 -r 1 -o json",
            f"--no-depth -m {TINY} -p 16 -n 0 -t 2 -r 1 -o json"] * 2)
        self.assertIn(f"-fa 1 -m {TINY} -p 0 -n 8 -t 2 -r 1 -o json -d 3", asked)

    def test_others_have_no_test_of_several_sequences(self):
        report = self.bench("-b", "2", "-r", "1", "--against", "a=" + self.fake())
        self.assertEqual([row["against"] for row in report["results"]], [[], []])
        self.assertFalse(os.path.exists(self.log))

    def test_what_cannot_be_done_is_said_before_anything_is_measured(self):
        done = self.run_ingle("bench", TINY, "--plot", "no/such/folder/plot.svg")
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertRegex(done.stderr.decode(), "^ingle: --plot: .*no/such/folder/plot.svg")
        said = self.fails(2, "bench", TINY, "--against", "a=x", "--against", "a=y")
        self.assertIn("two programs are called 'a'", said)

    def test_plot_is_svg(self):
        path = self.path("plot.svg")
        self.bench("--plot", path, "-r", "1", "--against", "<a & b>=" + self.fake())
        root = xml.etree.ElementTree.parse(path).getroot()
        name = "{http://www.w3.org/2000/svg}"
        self.assertEqual(root.tag, name + "svg")
        texts = [text.text for text in root.iter(name + "text")]
        self.assertIn("<a & b>", texts)
        self.assertTrue(any(text.startswith("pp16") for text in texts))

    def test_others_that_fail_are_told(self):
        for command, message in (("sh -c 'echo no such model >&2; exit 3'", "no such model"),
                                 ("echo tokens", "no JSON"), ("sh -c 'echo [{}]'", "avg_ts"),
                                 ("/nonexistent/llama-bench", "llama-bench")):
            with self.subTest(command=command):
                text = self.fails(1, "bench", TINY, "-p", "4", "-n", "0", "-r", "1", "--against",
                                  "other=" + command)
                self.assertEqual(len(text.splitlines()), 1, text)
                self.assertIn("other failed in pp4: ", text)
                self.assertIn(message, text)

    def test_others_that_fail_take_nothing_away(self):
        failing = "sh -c 'case $* in *\"-n 0\"*) exit 3;; *) exec \"$@\";; esac' x "
        arguments = ["bench", TINY, "-p", "4", "-n", "2", "-r", "2", "--against",
                     "a=" + failing + self.fake(), "--against", "b=" + self.fake(), "--plot",
                     self.path("plot.svg")]
        done = self.run_ingle(*arguments, "--json")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(), r"(?m)^ingle: a failed in pp4: exit status 3: .*$")
        prefill, decode = json.loads(done.stdout)["results"]
        self.assertEqual(prefill["against"][0],
                         {"name": "a", "error": "exit status 3: it said nothing"})
        self.assertEqual([len(other["samples"]) for other in prefill["against"][1:]], [2])
        self.assertEqual([len(other["samples"]) for other in decode["against"]], [2, 2])
        self.assertTrue(os.path.exists(self.path("plot.svg")))
        done = self.run_ingle(*arguments)
        self.assertEqual(done.returncode, 1)
        rows = [line.split(" | ") for line in done.stdout.decode().splitlines()
                if line.startswith("| pp") or line.startswith("| tg")]
        self.assertEqual(rows[0][7], "failed")
        self.assertRegex(rows[1][7], r"^10\.00 ± 0\.00$")
        done = self.run_ingle(*arguments, "--csv")
        self.assertEqual(done.returncode, 1)
        cells = list(csv.DictReader(io.StringIO(done.stdout.decode())))
        self.assertEqual([row["a ratio"] == "failed" for row in cells], [True, False])

    def test_against_takes_a_command_of_the_shell(self):
        fake = self.fake("-fa 1")
        commands = {"set": "FAKE_SPEED=20 " + fake,
                    "there": f"cd '{self.home}' && FAKE_SPEED=30 python3 './llama bench.py'",
                    "lines": "export FAKE_SPEED=40\n" + fake}
        report = self.bench("-r", "1", "-n", "0", *(
            word for name, command in commands.items()
            for word in ("--against", f"{name}={command}")))
        speeds = {other["name"]: other["tokens_per_second"]
                  for other in report["results"][0]["against"]}
        self.assertEqual(speeds, {"set": 20, "there": 30, "lines": 40})

    def test_an_interrupt_leaves_what_was_measured(self):
        second = self.path("second")
        command = f"test -e '{second}' && kill -INT $PPID\ntouch '{second}'\n{self.fake()}"
        plot = self.path("plot.svg")
        done = self.run_ingle("bench", TINY, "-p", "4", "-n", "2", "-d", "0,4", "-r", "1",
                              "--json", "--plot", plot, "--against", "other=" + command)
        self.assertEqual(done.returncode, 1)
        self.assertEqual([row["test"] for row in json.loads(done.stdout)["results"]],
                         ["pp4", "tg2"])
        self.assertIn("interrupted: 2 of 4 tests were measured", done.stderr.decode())
        self.assertTrue(os.path.exists(plot))

    def test_interrupted_before_the_first_result_there_is_none(self):
        arguments = ["bench", TINY, "-p", "4", "-n", "0", "-t", "1,2", "--against",
                     "other=kill -INT $PPID\n" + self.fake()]
        done = self.run_ingle(*arguments, "-r", "2")
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn("interrupted: 0 of 2 tests were measured", done.stderr.decode())
        done = self.run_ingle(*arguments, "-r", "1", "--json")
        self.assertEqual([row["threads"] for row in json.loads(done.stdout)["results"]], [1])
        self.assertIn("interrupted: 1 of 2 tests were measured", done.stderr.decode())

    def test_others_end_with_the_program(self):
        path = self.path("process")
        command = (f"cd '{self.home}' && "
                   "sh -c 'echo $$ >process.new; mv process.new process; sleep 300; :'")
        bench = self.start("bench", TINY, "-p", "4", "-n", "0", "-q", "--against",
                           "sleeper=" + command, stdout=subprocess.DEVNULL)
        self.addCleanup(bench.wait)
        self.addCleanup(bench.kill)
        self.wait_for(lambda: os.path.exists(path))
        with open(path, encoding="ascii") as file:
            process = int(file.read())
        self.assertTrue(self.runs(process))
        bench.kill()
        self.wait_for(lambda: not self.runs(process))

    @staticmethod
    def runs(process):
        """Whether it does; one that has ended and that nobody has asked about has no command."""
        try:
            with open(f"/proc/{process}/cmdline", "rb") as file:
                return bool(file.read())
        except FileNotFoundError:
            return False

    def wait_for(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "it does not happen")
            time.sleep(0.02)
