#!/usr/bin/env python3
"""Tries what the documentation says.

    tools/check_docs.py BUILD_FOLDER

- C and C++ in README.md, docs/ and the comments of the public headers compiles and links against
  the library in BUILD_FOLDER. A snippet without main() is taken for the inside of a function.
- In shell snippets every `ingle COMMAND --flag` exists, and every `make` target. A snippet that
  begins with ```sh run is run, in an empty folder with the program on the PATH, and must succeed.
- Every flag that README.md and the manuals name exists, and the man page names every one there is.
- Links between the documents lead somewhere.
"""

import argparse
import dataclasses
import functools
import os
import pathlib
import re
import shlex
import subprocess
import tempfile

import cxx

FENCE = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<body>.*?)^```\s*$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
FLAG = re.compile(r"(?<![\w-])--?[a-zA-Z][\w-]*")
COMPILERS = {"c": ["cc", "-std=c11"], "cpp": ["c++", "-std=c++20"]}
PRELUDE = {
    "c": "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <ingle/ingle.h>\n",
    "cpp": "#include <iostream>\n#include <string>\n#include <string_view>\n#include <vector>\n"
           "#include <ingle/ingle.hpp>\n",
}


@dataclasses.dataclass(frozen=True)
class Snippet:
    place: str  # "README.md:12"
    language: str
    marks: tuple  # further words behind the language
    text: str


def fenced(path, text):
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        language, *marks = match["info"].split()
        yield Snippet(f"{path}:{line}", language, tuple(marks), match["body"])


def examples_in_comments(path, text):
    """Paragraphs of a comment that are indented by three or more and end like a statement."""
    language = "cpp" if path.suffix == ".hpp" else "c"
    paragraph = []
    for number, line in enumerate(text.splitlines() + [""], start=1):
        match = re.match(r"^\s*(?://|\*|/\*)   (\s*\S.*)$", line)
        if match:
            paragraph.append(match[1])
            continue
        if paragraph and paragraph[-1].rstrip().endswith((";", "}")):
            place = f"{path}:{number - len(paragraph)}"
            yield Snippet(place, language, (), "\n".join(paragraph) + "\n")
        paragraph = []


def compile_snippet(snippet, build):
    text = snippet.text
    if "main(" not in text:
        text = f"{PRELUDE[snippet.language]}int main(void) {{\n{text}\nreturn 0;\n}}\n"
        if snippet.language == "cpp":
            text = text.replace("main(void)", "main()")
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / f"snippet.{snippet.language}"
        source.write_text(text, encoding="utf-8")
        library = next(pathlib.Path(build).rglob("libingle.so"))
        command = COMPILERS[snippet.language] + [
            "-Wall", "-Wno-unused", "-I", cxx.ROOT / "include", source, "-o", source.with_suffix(""),
            library]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"{snippet.place}: does not compile:\n{done.stderr}"
    return None


def run_snippet(snippet, build):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{pathlib.Path(build).resolve()}:{os.environ['PATH']}"
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", snippet.text], cwd=folder,
                              env=os.environ | {"PATH": path}, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        return f"{snippet.place}: exit status {done.returncode}:\n{done.stdout}{done.stderr}"
    return None


class Program:
    """What the program says of itself."""

    def __init__(self, build):
        self.path = pathlib.Path(build).resolve() / "ingle"

    @functools.cache
    def help(self, command=""):
        words = [self.path, *command.split(), "--help"]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout

    @functools.cache
    def commands(self):
        section = re.split(r"(?i)^(?:sub)?commands:", self.help(), flags=re.MULTILINE)[1]
        return re.findall(r"^  ([a-z]+)\b", section, re.MULTILINE)

    @functools.cache
    def flags(self, command=""):
        """Flags at the beginning of a line of the help, their short and long forms."""
        found = set()
        for line in self.help(command).splitlines():
            if re.match(r"^\s+-", line):
                words = re.split(r"\s{2,}| [A-Z<\[]", line.strip())[0]
                found |= set(FLAG.findall(words))
        return found

    def complaint(self, words):
        """What is wrong with a command line `ingle WORDS`, or None."""
        words = [word for word in words if word]
        command = words[0] if words and not words[0].startswith("-") else ""
        if command and command not in self.commands():
            return None if not re.fullmatch(r"[a-z]+", command) else f"no command {command}"
        for word in words:
            flag = word.split("=")[0]
            if FLAG.fullmatch(flag) and flag not in self.flags(command) | self.flags():
                return f"ingle {command} has no {flag}"
        return None


def command_lines(text):
    """The words behind `ingle` in each simple command of a shell snippet."""
    text = re.sub(r"\\\n", " ", text)
    for line in text.splitlines():
        try:
            lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
            lexer.commenters = "#"
            words = list(lexer)
        except ValueError:
            continue
        simple = []
        for word in words + [";"]:
            if re.fullmatch(r"[;|&()<>]+", word):
                yield simple
                simple = []
            else:
                simple.append(word)


def make_targets():
    makefile = (cxx.ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9]+):", makefile, re.MULTILINE))


def shell_complaints(place, text, program):
    for words in command_lines(text):
        while words and re.fullmatch(r"\$|\w+=\S*", words[0]):
            words = words[1:]
        if not words:
            continue
        name = words[0].split("/")[-1]
        if name == "ingle":
            complaint = program.complaint(words[1:])
            if complaint:
                yield f"{place}: {complaint}"
        elif name == "make":
            for word in words[1:]:
                if re.fullmatch(r"[a-z0-9]+", word) and word not in make_targets():
                    yield f"{place}: the Makefile has no target {word}"


def all_flags(program):
    return program.flags().union(*(program.flags(command) for command in program.commands()))


def man_page_complaints(text, program):
    """Holds the man page against the program, both ways."""
    plain = re.sub(r"\\f[RBI]", " ", text.replace("\\-", "-"))
    named, has = set(FLAG.findall(plain)), all_flags(program)
    for flag in sorted(named - has):
        yield f"man page: there is no {flag}"
    for flag in sorted(has - named):
        yield f"man page: {flag} is missing"
    for command in program.commands():
        if not re.search(rf"\b{command}\b", plain):
            yield f"man page: the command {command} is missing"


def inline_flags(text):
    """Flags named by themselves in a document's text: `-n N`, not `cmake --install`."""
    flags = set()
    for code in INLINE.findall(FENCE.sub("", text)):
        if code.startswith("-"):
            flags |= set(FLAG.findall(code))
    return flags


def documents():
    paths = [*cxx.ROOT.glob("*.md"), *cxx.ROOT.glob("docs/**/*.md"), *cxx.ROOT.glob("*/README.md"),
             *cxx.ROOT.glob("tests/*/README.md")]
    for path in sorted(set(paths)):
        yield path, path.read_text(encoding="utf-8")


def findings(build):
    program = Program(build)
    snippets = []
    for path, text in documents():
        name = path.relative_to(cxx.ROOT)
        snippets += fenced(name, text)
        for link in LINK.findall(text):
            if not (path.parent / link).exists():
                yield f"{name}: {link} leads nowhere"
        for match in INLINE.finditer(FENCE.sub(lambda m: "\n" * m.group().count("\n"), text)):
            if re.match(r"(?:ingle|make) ", match[1]):
                line = text.count("\n", 0, text.find(match.group())) + 1
                yield from shell_complaints(f"{name}:{line}", match[1], program)
    for path in sorted((cxx.ROOT / "include").rglob("*.h*")):
        snippets += examples_in_comments(path.relative_to(cxx.ROOT), path.read_text(encoding="utf-8"))

    for snippet in snippets:
        if snippet.language in COMPILERS:
            yield compile_snippet(snippet, build)
        elif snippet.language in ("sh", "console"):
            yield from shell_complaints(snippet.place, snippet.text, program)
            if "run" in snippet.marks:
                yield run_snippet(snippet, build)
    for name in ("README.md", "docs/cli.md", "docs/configuration.md"):
        flags = inline_flags((cxx.ROOT / name).read_text(encoding="utf-8"))
        for flag in sorted(flags - all_flags(program)):
            yield f"{name}: there is no {flag}"
    man_page = (cxx.ROOT / "share/man/man1/ingle.1").read_text(encoding="utf-8")
    yield from man_page_complaints(man_page, program)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    build = parser.parse_args().build
    return cxx.report([finding for finding in findings(build) if finding],
                      "the documentation does what it says")


if __name__ == "__main__":
    raise SystemExit(main())
