"""The manuals name what the program has. That they name no more, tools/check_docs.py sees to."""

import os
import re
import shutil
import subprocess

from support import CliTest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
COMMANDS = ["run", "pull", "list", "show", "rm", "inspect", "tokenize", "render", "embed",
            "classify", "logits", "perplexity", "bench", "tune", "fit", "convert", "quantize",
            "doctor", "completion"]


def read(*parts):
    with open(os.path.join(ROOT, *parts), encoding="utf-8") as file:
        return file.read()


class Manual(CliTest):
    def flags_of(self, command):
        """The flags in the first column of a command's help."""
        flags = set()
        for line in self.ok(command, "--help").splitlines():
            found = re.match(r"  (-\S+)", line)
            if found:
                flags.update(flag.split("{")[0] for flag in found[1].split(","))
        return flags

    def test_every_command_has_a_section(self):
        page = read("share", "man", "man1", "ingle.1")
        for command in COMMANDS:
            self.assertRegex(page, rf"(?m)^\.SS ingle {command}\b")

    def test_every_flag_is_in_the_document(self):
        document = read("docs", "cli.md")
        for command in COMMANDS:
            for flag in self.flags_of(command):
                self.assertIn(flag, document, command)

    def test_every_setting_is_in_the_document(self):
        document = read("docs", "configuration.md")
        for row in self.ok_json("doctor", "--json")["settings"]:
            self.assertIn(f"`{row['key']}`", document)
            self.assertIn("`INGLE_" + row["key"].upper() + "`", document)

    def test_page_is_clean(self):
        if shutil.which("man") is None:
            self.skipTest("no man here")
        done = subprocess.run(
            ["man", "--warnings", "-l", os.path.join(ROOT, "share/man/man1/ingle.1")],
            capture_output=True, env={**self.environment, "MANWIDTH": "100", "LC_ALL": "C.UTF-8"},
            timeout=60)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr, b"")
        self.assertIn(b"INGLE(1)", done.stdout)
