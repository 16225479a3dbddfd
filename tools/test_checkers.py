"""Shows each checker a tree that breaks a rule, and one that keeps it."""

import pathlib
import tempfile
import unittest

import check_contracts
import check_includes
import check_size
import cxx

MODULES = """\
ingle_module(base)
ingle_module(tensor DEPS base)
ingle_module(kernels DEPS tensor)
ingle_module(tokenizer DEPS base)
"""


class TreeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("src/CMakeLists.txt", MODULES)
        self.write("src/base/error.h", "#pragma once\n")
        self.write("src/tensor/blocks.h", "#pragma once\n")

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def assert_only(self, findings, place, words):
        self.assertEqual(len(findings), 1, findings)
        self.assertTrue(findings[0].startswith(place + ":"), findings[0])
        self.assertIn(words, findings[0])


class IncludesTest(TreeTest):
    def findings(self):
        return check_includes.Checker(self.root).findings()

    def test_declared_edges_pass_and_carry_on(self):
        self.write("src/kernels/add/add.h",
                   '#include <vector>\n#include "base/error.h"\n#include "tensor/blocks.h"\n')
        self.assertEqual(self.findings(), [])

    def test_undeclared_edge(self):
        self.write("src/tokenizer/bpe.cc", '\n#include "tensor/blocks.h"\n')
        self.assert_only(self.findings(), "src/tokenizer/bpe.cc:2",
                         "tokenizer may not include tensor")

    def test_upward_edge(self):
        self.write("src/base/bytes.cc", '#include "tensor/blocks.h"\n')
        self.assert_only(self.findings(), "src/base/bytes.cc:1", "base may not include tensor")

    def test_edge_in_a_comment_is_none(self):
        self.write("src/base/bytes.cc", '/*\n#include "tensor/blocks.h"\n*/\n')
        self.assertEqual(self.findings(), [])

    def test_relative_include(self):
        self.write("src/base/bytes.cc", '#include "error.h"\n')
        self.assert_only(self.findings(), "src/base/bytes.cc:1", "names no file under src/")

    def test_public_header_includes_src(self):
        self.write("include/ingle/ingle.h", '#include "base/error.h"\n')
        self.assert_only(self.findings(), "include/ingle/ingle.h:1", "nothing from src")

    def test_apps_may_include_every_module(self):
        self.write("apps/ingle/main.cc", '#include "tensor/blocks.h"\n#include <curl/curl.h>\n')
        self.assertEqual(self.findings(), [])

    def test_network_in_the_library(self):
        self.write("src/base/fetch.cc", "#include <curl/curl.h>\n")
        self.assert_only(self.findings(), "src/base/fetch.cc:1", "no part of the C++ library")

    def test_operating_system_by_file(self):
        self.write("src/base/file_posix.cc", "#include <unistd.h>\n")
        self.assertEqual(self.findings(), [])
        self.write("src/base/bytes.cc", "#include <unistd.h>\n")
        self.assert_only(self.findings(), "src/base/bytes.cc:1", "no part of the C++ library")

    def test_isa_file(self):
        self.write("src/kernels/add/add.h", "#pragma once\n")
        self.write("src/kernels/add/x86_avx2.cc",
                   '#include <immintrin.h>\n#include <cstdint>\n#include "kernels/add/add.h"\n')
        self.assertEqual(self.findings(), [])
        self.write("src/kernels/add/arm_neon.cc", "#include <arm_neon.h>\n#include <vector>\n")
        self.assert_only(self.findings(), "src/kernels/add/arm_neon.cc:2", "instruction set flags")

    def test_isa_file_behind_a_header(self):
        self.write("src/kernels/add/add.h", '#pragma once\n#include "base/error.h"\n')
        self.write("src/kernels/add/x86_avx2.cc", '#include "kernels/add/add.h"\n')
        for definition in ("inline int F() { return 1; }", "template <class T> void G(T);",
                           "constexpr int H(int x) { return x; }"):
            self.write("src/base/error.h", f"#pragma once\n{definition}\n")
            self.assert_only(self.findings(), "src/kernels/add/x86_avx2.cc:1", "base/error.h")
        self.write("src/base/error.h", "#pragma once\nstatic inline int F() { return 1; }\n")
        self.assertEqual(self.findings(), [])

    def test_intrinsics_elsewhere(self):
        self.write("src/kernels/add/add.cc", "#include <immintrin.h>\n")
        self.assert_only(self.findings(), "src/kernels/add/add.cc:1", "intrinsics belong")


class ContractsTest(TreeTest):
    def findings(self):
        return check_contracts.findings(self.root)

    def test_calm_file(self):
        self.write("src/base/calm.cc",
                   '// printf("x"), exit(1)\nvoid F() { snprintf(b, 4, "abort()"); on_exit(f); }\n')
        self.assertEqual(self.findings(), [])

    def test_printing(self):
        self.write("src/base/loud.cc", '\nvoid F() { std::cerr << "x"; }\n')
        self.assert_only(self.findings(), "src/base/loud.cc:2", "never prints")

    def test_exit_abort_assert_throw(self):
        for statement in ("std::exit(1);", "abort();", "assert(n > 0);", "throw 1;"):
            self.write("src/base/rude.cc", f"void F(int n) {{ {statement} }}\n")
            self.assertEqual(len(self.findings()), 1, statement)

    def test_a_test_may_print(self):
        self.write("src/base/loud_test.cc", 'void F() { printf("x"); }\n')
        self.assertEqual(self.findings(), [])

    def test_conditional(self):
        self.write("src/tensor/shape.cc", "#ifdef __linux__\n#endif\n")
        self.assert_only(self.findings(), "src/tensor/shape.cc:1", "platform by file")

    def test_conditional_in_a_kernel_table(self):
        self.write("src/kernels/add/add.cc", "#if defined(__x86_64__)\n#endif\n")
        self.assertEqual(self.findings(), [])
        self.write("src/kernels/add/scalar.cc", "#if defined(__x86_64__)\n#endif\n")
        self.assert_only(self.findings(), "src/kernels/add/scalar.cc:1", "platform by file")

    def test_pragma_once(self):
        self.write("src/base/twice.h", "struct Twice {};\n")
        self.assert_only(self.findings(), "src/base/twice.h:1", "#pragma once")


class SizeTest(TreeTest):
    def test_long_file(self):
        self.write("src/base/long.cc", "\n" * (check_size.FILE_LINES + 1))
        failed, _ = check_size.measure(self.root)
        self.assert_only(failed, "src/base/long.cc:1", "601 lines")

    def test_long_function(self):
        body = "  f();\n" * check_size.FUNCTION_LINES
        self.write("src/base/a.cc", f"int Long(int a,\n         int b) const {{\n{body}}}\n")
        failed, long_functions = check_size.measure(self.root)
        self.assertEqual(failed, [])
        self.assert_only(long_functions, "src/base/a.cc:2", "62 lines")

    def test_long_loop_is_no_function(self):
        body = "    f();\n" * check_size.FUNCTION_LINES
        self.write("src/base/a.cc", f"  for (;;) {{\n{body}  }}\n")
        self.assertEqual(check_size.measure(self.root), ([], []))


class CxxTest(unittest.TestCase):
    def test_blank(self):
        text = 'a("// no"); // yes\nb(1\'000, \'"\', R"(x"y)");\n'
        self.assertEqual(cxx.blank(text).split(), ["a(", ");", "b(1'000,", ",", ");"])

    def test_lines_stay(self):
        text = 'a /* 1\n2\n3 */ b R"x(\n)")x" c\n'
        self.assertEqual(cxx.blank(text).count("\n"), text.count("\n"))


if __name__ == "__main__":
    unittest.main()
