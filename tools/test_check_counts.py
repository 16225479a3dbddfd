"""Shows that counted work is skipped without valgrind, but not where it is asked for."""

import os
import subprocess
import sys
import unittest

import cxx

CHECK = cxx.ROOT / "tests/counted_work/check_counts.py"


class WithoutValgrindTest(unittest.TestCase):
    def status(self, **more):
        environment = {name: value for name, value in os.environ.items()
                       if name != "INGLE_REQUIRE_COUNTS"}
        environment.update(more, PATH="/nonexistent")
        return subprocess.run([sys.executable, CHECK, "build"], env=environment, check=False,
                              stdout=subprocess.DEVNULL).returncode

    def test_is_skipped(self):
        self.assertEqual(self.status(), 77)

    def test_fails_where_it_is_asked_for(self):
        self.assertEqual(self.status(INGLE_REQUIRE_COUNTS="1"), 1)


if __name__ == "__main__":
    unittest.main()
