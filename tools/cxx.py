"""Reads C++ sources for the checkers: which files there are, and their text without comments.

No parser: what the checkers ask (includes, preprocessor lines, names called) can be read off the
text once comments and literals are blanked.
"""

import dataclasses
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUFFIXES = {".h", ".hpp", ".cc", ".c"}

# A comment, a raw string, a string or a character. Digit separators (1'000) must not open one.
_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL,
)
_INCLUDE = re.compile(r'^\s*#\s*include\s*(?P<quote>["<])(?P<path>[^">]+)[">]')


@dataclasses.dataclass(frozen=True)
class Include:
    line: int
    path: str
    system: bool  # in angle brackets


def blank(text, keep_strings=False):
    """The text with comments, and unless kept literals, turned to spaces; lines stay in place."""

    def spaces(match):
        token = match.group()
        if keep_strings and not token.startswith(("//", "/*")):
            return token
        return re.sub(r"[^\n]", " ", token)

    return _TOKEN.sub(spaces, text)


def includes(text):
    for number, line in enumerate(blank(text, keep_strings=True).splitlines(), start=1):
        match = _INCLUDE.match(line)
        if match:
            yield Include(number, match["path"], match["quote"] == "<")


def sources(root, *folders):
    """The C and C++ files under the folders, as (path relative to root, text), in order."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                yield path.relative_to(root), path.read_text(encoding="utf-8")


def report(findings, passed):
    """Prints the findings, or what was found to hold; returns the exit status."""
    for finding in findings:
        print(finding)
    if findings:
        print(f"{len(findings)} to mend", file=sys.stderr)
        return 1
    print(passed)
    return 0
