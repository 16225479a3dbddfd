"""docs/performance.md of results that nobody measured: what it must tell, and what it must not."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import performance_page


def report(**more):
    peak = {"read_bytes_per_second": 1e9, "int8_operations_per_second": 1e12,
            "f32_operations_per_second": 1e12}
    row = {"test": "pp256", "depth": 0, "sequences": 1, "tokens_per_second": 100.0,
           "deviation": 1.0, "limit": 200.0, "share_of_limit": 0.5, "against": []}
    found = {"version": "0.1.0", "date": "2026-01-01", "repeats": 3, "flags": {}, "starts": {},
             "machine": {"processor": "Some", "processors": 2, "instructions": "avx2",
                         "limits": [{"one_thread": peak, "all_threads": peak}]},
             "model": {"parameters": 1e9, "quantization": "Q4_0"}, "results": [row]}
    for key, value in more.items():
        part = next((found[part] for part in ("machine", "model") if key in found[part]), found)
        part[key] = value
    return found


def beside(name, ratio, **more):
    found = report(**more)
    found["results"][0]["against"] = [{"name": name, "build": "unknown", "tokens_per_second": 50.0,
                                       "deviation": 1.0, "ratio": ratio}]
    return found


class PerformancePage(unittest.TestCase):
    def page(self, **reports):
        with tempfile.TemporaryDirectory() as folder:
            for name, content in reports.items():
                pathlib.Path(folder, f"{name}.json").write_text(json.dumps(content), "utf-8")
            page = pathlib.Path(folder, "page.md")
            performance_page.write(pathlib.Path(folder), page)
            return page.read_text("utf-8")

    def test_what_all_share_is_said_once(self):
        page = self.page(A=report(commit="abc1234+"), B=report(commit="abc1234+"))
        self.assertIn("Some, 2 processors, instructions: avx2; Ingle 0.1.0 at commit abc1234+.", page)
        self.assertIn("| A | 2026-01-01 | 1.0 / 1.0 GB/s |", page)

    def test_a_machine_that_was_not_quiet_is_said_to_be(self):
        noisy = report()
        noisy["results"][0]["deviation"] = 12.0
        self.assertIn("half of all speeds deviate by more than 12%", self.page(A=noisy))
        self.assertNotIn("quiet", self.page(A=report()))

    def test_machines_that_differ_are_told_apart(self):
        page = self.page(A=report(), B=report(processor="Other", instructions="neon dotprod"))
        self.assertIn("| while measuring | date | processor | instructions | reading", page)
        self.assertIn("| A | 2026-01-01 | Some | avx2 | 1.0", page)
        self.assertIn("| B | 2026-01-01 | Other | neon dotprod | 1.0", page)
        self.assertNotIn("instructions: ", page)

    def test_reasons_are_those_of_what_was_measured(self):
        reasons = "## Why not more"
        self.assertIn(reasons, self.page(A=report()))
        self.assertIn("no machine with AVX-512 VNNI, AVX-VNNI, AMX, NEON.", self.page(A=report()))
        self.assertNotIn(reasons, self.page(A=report(instructions="neon dotprod")))
        page = self.page(A=report(instructions="avx2 avx512vnni"))
        self.assertEqual(page.count(reasons), 1)
        self.assertIn("Of AVX-512 VNNI", page)
        self.assertIn("no machine with AVX-VNNI, AMX, NEON.", page)
        page = self.page(A=report(instructions="avx2 avxvnni avx512vnni amxbf16 amx"))
        self.assertEqual(page.count(reasons), 1)
        self.assertIn("Of AMX, where", page)

    def test_machines_of_other_pages_are_linked(self):
        with tempfile.TemporaryDirectory() as folder:
            results = pathlib.Path(folder, "results")
            results.mkdir()
            results.joinpath("A.json").write_text(json.dumps(report()), "utf-8")
            one, other = (pathlib.Path(folder, f"performance{end}.md") for end in ("", "-big"))
            performance_page.write(results, one)
            performance_page.write(results, other, "big")
            self.assertNotIn("Other machines", one.read_text("utf-8"))
            text = other.read_text("utf-8")
            self.assertTrue(text.startswith("# Performance: big\n"))
            self.assertIn("Other machines: [performance.md](performance.md).", text)
            self.assertIn("(performance-big.svg)", text)
            performance_page.write(results, one)
            self.assertIn("[performance-big.md](performance-big.md)", one.read_text("utf-8"))

    def test_misses_are_listed(self):
        page = self.page(A=beside("ik_llama.cpp", 0.93), B=beside("ik_llama.cpp", 1.29),
                         C=beside("ik_llama.cpp", 1.31), D=beside("llama.cpp", 1.6))
        self.assertIn("Of 3 tests beside ik_llama.cpp, Ingle is slower in 1: A pp256 (0.93 of 1.3), "
                      "and faster by less than it is meant to be in 1: B pp256 (1.29 of 1.3).", page)
        self.assertIn("Of 1 tests beside llama.cpp, Ingle is slower in none, and faster by less than "
                      "it is meant to be in none.", page)

    def test_a_miss_that_the_limit_explains_is_told_so(self):
        near = beside("llama.cpp", 1.3)
        near["results"][0]["limit"] = 70.0
        self.assertIn("A pp256 (1.30 of 1.5, at the limit 1.40)", self.page(A=near))

    def test_what_is_wanted_depends_on_test_and_instructions(self):
        for instructions, test, wanted in (("avx2", "pp256", 1.5), ("avx2", "tg64", 1.5),
                                           ("avx2 avx512vnni", "pp256", 3.5),
                                           ("avx2 avx512vnni amx", "pp256", 4.0),
                                           ("avx2 avx512vnni amx", "tg64", 1.5)):
            found = beside("llama.cpp", 1.1, instructions=instructions)
            found["results"][0]["test"] = test
            self.assertIn(f"A {test} (1.10 of {wanted})", self.page(A=found))

    def test_what_is_wanted_depends_on_the_model(self):
        for model, test, wanted in (({"quantization": "Q8_0"}, "tg64", 1.2),
                                    ({"quantization": "Q8_0"}, "pp256", 2.0),
                                    ({"parameters": 135e6}, "pp256", 1.5),
                                    ({"parameters": 135e6}, "tg64", 1.4),
                                    ({"parameters": 135e6, "quantization": "Q8_0"}, "tg64", 1.4)):
            found = beside("ik_llama.cpp", 1.1, instructions="avx2 avx512vnni", **model)
            found["results"][0]["test"] = test
            self.assertIn(f"A {test} (1.10 of {wanted})", self.page(A=found))

    def test_what_is_far_from_the_limit_is_counted(self):
        near = report()
        near["results"][0]["share_of_limit"] = 0.6
        page = self.page(A=report(), B=near)
        self.assertIn("Of 2 tests of prefill, 1 reaches less than 55% of the limit: all have 50% to "
                      "60%.", page)
        self.assertNotIn("tests of decoding", page)

    def test_sequences_together_are_held_against_one(self):
        found = report()
        alone, together, deep = (dict(found["results"][0], test="tg64") for _ in range(3))
        together.update(sequences=8, tokens_per_second=250.0)
        deep.update(depth=2048, tokens_per_second=10.0, samples=[10.0])
        found["results"] = [dict(alone, samples=[1.0, 2.0]), together, deep]
        page = self.page(A=found)
        self.assertIn("Sequences together are meant to decode 4 times as fast as one, and do less in "
                      "1: A, 8 sequences (2.5).", page)
        self.assertIn("Of 1 tests of decoding at a depth, 1 reaches less than 85%", page)
        self.assertIn(" neighbouring runs, at a depth over 1.", page)

    def test_a_late_start_is_told(self):
        found = beside("llama.cpp", 1.6)
        found["starts"] = {"ingle": {"seconds": 0.3, "resident_bytes": 200},
                           "llama.cpp": {"seconds": 0.5, "resident_bytes": 100}}
        self.assertIn("more than 0.5 of the time that others take in 1: A beside llama.cpp (0.60); "
                      "more memory in 1: A beside llama.cpp.", self.page(A=found))
        found["starts"]["ingle"] = {"seconds": 0.1, "resident_bytes": 90}
        self.assertNotIn("first token takes more", self.page(A=found))

    def test_a_commit_that_a_program_does_not_tell_is_named(self):
        silent = beside("ik_llama.cpp", 1.4)
        self.assertIn("ik_llama.cpp at commit unknown.", self.page(A=silent))
        named = beside("ik_llama.cpp", 1.4, commits={"ik_llama.cpp": "fed4321"},
                       flags={"ik_llama.cpp": ["-rtr 1"]})
        self.assertIn("ik_llama.cpp at commit fed4321, with `-rtr 1`.", self.page(A=named))

    def test_without_results_a_sentence_says_so(self):
        script = pathlib.Path(__file__).with_name("table.py").read_text("utf-8")
        with tempfile.TemporaryDirectory() as folder:
            bench = pathlib.Path(folder, "bench")
            bench.mkdir()
            (bench / "table.py").write_text(script, "utf-8")
            done = subprocess.run([sys.executable, bench / "table.py", "write"], check=False,
                                  capture_output=True, text=True,
                                  env={"PYTHONPATH": str(pathlib.Path(__file__).parent),
                                       "PYTHONDONTWRITEBYTECODE": "1"})
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "^there are no results in .*\n$")


if __name__ == "__main__":
    unittest.main()
