"""Shows the documentation check what it must find, without a build."""

import pathlib
import unittest

import check_docs


class FakeProgram(check_docs.Program):
    HELP = {
        "": "Usage: ingle\n\nOptions:\n  -h,--help    help\n\nSubcommands:\n  run      talk\n  pull   fetch\n",
        "run": "Options:\n  -h,--help   help\n  -n,--predict N   tokens --not-a-flag\n",
        "pull": "Options:\n  -h,--help   help\n  --offline   stay\n",
    }

    def __init__(self):
        super().__init__("build")

    def help(self, command=""):
        return self.HELP[command]


class CommandsTest(unittest.TestCase):
    def complaints(self, text):
        return list(check_docs.shell_complaints("x.md:1", text, FakeProgram()))

    def test_right_commands(self):
        self.assertEqual(self.complaints(
            'build/ingle run smollm2 "--not a flag" -n 3 | tee x; A=1 ingle pull --offline # --no\n'
            "make test\ncmake --install build\ningle --help\n"), [])

    def test_wrong_flag(self):
        self.assertEqual(self.complaints("echo x | ingle pull --predict 3"),
                         ["x.md:1: ingle pull has no --predict"])

    def test_wrong_flag_on_a_continued_line(self):
        self.assertEqual(len(self.complaints("ingle run \\\n  --nothing")), 1)

    def test_wrong_command_and_target(self):
        self.assertEqual(len(self.complaints("ingle fetch x")), 1)
        self.assertEqual(len(self.complaints("make nothing")), 1)

    def test_man_page_both_ways(self):
        page = r"run pull \fB\-h\fR, \fB\-\-help\fR \fB\-n\fR \-\-predict \-\-offline"
        self.assertEqual(list(check_docs.man_page_complaints(page, FakeProgram())), [])
        page = page.replace("offline", "online")
        self.assertEqual(list(check_docs.man_page_complaints(page, FakeProgram())),
                         ["man page: there is no --online", "man page: --offline is missing"])


class SnippetsTest(unittest.TestCase):
    def test_fenced(self):
        found = list(check_docs.fenced("x.md", "a\n```sh run\nls\n```\n\n```cpp\nint x;\n```\n"))
        self.assertEqual([(s.place, s.language, s.marks, s.text) for s in found],
                         [("x.md:2", "sh", ("run",), "ls\n"), ("x.md:6", "cpp", (), "int x;\n")])

    def test_examples_in_comments(self):
        text = ("// Says a thing.\n//\n//   int x = 1;\n//   Use(x);\n//\n// Errors   none\n"
                "//          at all\nint y;\n")
        found = list(check_docs.examples_in_comments(pathlib.Path("a.hpp"), text))
        self.assertEqual([(s.place, s.language, s.text) for s in found],
                         [("a.hpp:3", "cpp", "int x = 1;\nUse(x);\n")])


if __name__ == "__main__":
    unittest.main()
