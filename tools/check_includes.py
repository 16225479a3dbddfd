#!/usr/bin/env python3
"""Holds every #include against the modules' declared edges.

src/CMakeLists.txt declares them: ingle_module(NAME DEPS module...). A module may include itself,
its DEPS and what they may include; apps, bench, tests, fuzz and examples may include every
module; the public headers none. What comes from outside the repository is listed here, by who may
use it.
"""

import argparse
import fnmatch
import pathlib
import re

import cxx

# Headers from outside the repository and the files that may include them. Headers of the C++
# standard library, which have no ".h", are free to all.
OUTSIDE = {
    "tl/expected.hpp": ["src/base/error.h"],
    "nlohmann/*": ["src/formats/safetensors/*", "src/models/*", "src/tokenizer/huggingface/*",
                   "src/*_test.cc"],
    "gtest/*": ["src/*_test.cc", "src/*_testing.h"],
    "gmock/*": ["src/*_test.cc"],
    "benchmark/*": ["src/*_bench.cc"],
}
# Who may ask the operating system: files that the build chooses by platform, and tests.
PLATFORM_FILES = ["src/*_posix.cc", "src/*_linux.cc", "src/*_threads.cc", "src/base/cpu_*.cc",
                  "src/*_test.cc"]

# ISA files: compiled with instruction set flags. An inline function that one of them compiles could
# be the copy that the linker keeps for the whole program, which would then not run on an older
# processor. So all they include, at any depth, is this, or a header of ours that defines no
# function but static ones, or that keeps everything in an unnamed namespace.
ISA_FILES = ["src/kernels/*x86_*", "src/kernels/*arm_*", "src/kernels/*wasm_*"]
INTRINSICS = ["immintrin.h", "arm_neon.h", "wasm_simd128.h"]
PLAIN_HEADERS = ["cstddef", "cstdint", "stddef.h", "stdint.h"] + INTRINSICS
MERGEABLE = re.compile(r"(?<!static )\binline\b|\btemplate\b|\bconstexpr\b[^=;{]*\)\s*\{")
UNNAMED = re.compile(r"namespace ingle \{\s*namespace \{.*\}\s*\}\s*$", re.DOTALL)

# Folders of src that are no modules but put modules together, as the apps do.
PUBLIC_FACES = ["api"]

MODULE = re.compile(r"^\s*ingle_module\(\s*(\w+)(?:\s+DEPS\s+([\w\s]+?))?\s*\)", re.MULTILINE)


def declared_modules(cmake_lists):
    """{module: the modules it may include}, itself and its dependencies' dependencies among them."""
    reach = {}
    for name, deps in MODULE.findall(cmake_lists):
        reach[name] = {name}
        for dep in deps.split():
            if dep not in reach:
                raise SystemExit(f"src/CMakeLists.txt: {name} depends on {dep}, not declared above it")
            reach[name] |= reach[dep]
    return reach


def matches(path, patterns):
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


class Checker:
    def __init__(self, root):
        self.root = root
        self.reach = declared_modules((root / "src/CMakeLists.txt").read_text(encoding="utf-8"))

    def findings(self):
        found = []
        for path, text in cxx.sources(self.root, "src", "apps", "bench", "include", "tests", "fuzz",
                                       "examples"):
            for include in cxx.includes(text):
                for sentence in self.complaints(path, include):
                    found.append(f"{path}:{include.line}: {sentence}")
        return found

    def complaints(self, path, include):
        if include.system:
            yield from self.outside(path, include.path)
        else:
            yield from self.inside(path, include.path)
        if matches(str(path), ISA_FILES):
            culprit = self.mergeable(include)
            if culprit:
                yield (f"{culprit} may not be compiled with instruction set flags: its inline "
                       "functions could end up in code for older processors")

    def mergeable(self, include):
        """The header behind the include, at any depth, that an ISA file must not see; or None."""
        if include.system:
            return None if include.path in PLAIN_HEADERS else include.path
        header = self.root / "src" / include.path
        if not header.exists():
            return None
        text = header.read_text(encoding="utf-8")
        if MERGEABLE.search(cxx.blank(text)) and not UNNAMED.search(cxx.blank(text)):
            return include.path
        return next(filter(None, map(self.mergeable, cxx.includes(text))), None)

    def outside(self, path, header):
        name = str(path)
        if path.parts[0] != "src":
            return
        if header.startswith("ingle/"):
            yield f"{header}: a public header is included as \"{header}\""
        if "." not in header and "/" not in header or header in ("stddef.h", "stdint.h"):
            return
        if header in INTRINSICS:
            if not matches(name, ISA_FILES):
                yield f"<{header}>: intrinsics belong into kernels/**/x86_*, arm_* or wasm_*"
            return
        for pattern, users in OUTSIDE.items():
            if fnmatch.fnmatch(header, pattern):
                if not matches(name, users):
                    yield f"<{header}> may be included by {', '.join(users)} only"
                return
        if not matches(name, PLATFORM_FILES):
            yield (f"<{header}> is no part of the C++ library: it belongs into a file that the "
                   "build chooses by platform")

    def inside(self, path, header):
        target = header.split("/")[0]
        if path.parts[0] == "include":
            if target != "ingle":
                yield f"\"{header}\": a public header includes nothing from src"
            return
        if target == "ingle" and (self.root / "include" / header).exists():
            return
        if path.parts[0] != "src":
            own = [path.parent, pathlib.Path(*path.parts[:2]), pathlib.Path()]
            if any((self.root / folder / header).is_file() for folder in own):
                return
        if "/" not in header or not (self.root / "src" / header).exists():
            yield f"\"{header}\" names no file under src/: includes are by path from there"
            return
        if target not in self.reach and target not in PUBLIC_FACES:
            yield f"{target} is not declared in src/CMakeLists.txt"
            return
        if path.parts[0] == "src" and path.parts[1] not in PUBLIC_FACES:
            module = path.parts[1]
            if target not in self.reach.get(module, {module}):
                yield (f"{module} may not include {target}: no such edge is declared in "
                       "src/CMakeLists.txt")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=cxx.ROOT)
    root = parser.parse_args().root
    return cxx.report(Checker(root).findings(), "every include runs along a declared edge")


if __name__ == "__main__":
    raise SystemExit(main())
