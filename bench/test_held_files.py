"""Files that are held stay in memory, and no longer than they are held."""

import pathlib
import resource
import tempfile
import unittest

import held_files

SIZE = 64 << 10
LIMIT = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]


def locked_bytes():
    """Of all processes that hold this test's file."""
    total = 0
    for status in pathlib.Path("/proc").glob("[0-9]*/status"):
        try:
            command = status.with_name("cmdline").read_bytes()
            lines = status.read_text("utf-8").splitlines() if b"held_files.py" in command else []
        except OSError:
            continue  # it has ended meanwhile
        total += sum(int(line.split()[1]) << 10 for line in lines if line.startswith("VmLck:"))
    return total


@unittest.skipIf(LIMIT != resource.RLIM_INFINITY and LIMIT < SIZE, "ulimit -l is too low")
class HeldFiles(unittest.TestCase):
    def test_a_file_is_locked_while_the_block_runs(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(bytes(SIZE))
            file.flush()
            before = locked_bytes()
            with held_files.held([file.name]):
                self.assertEqual(locked_bytes() - before, SIZE)
            self.assertEqual(locked_bytes(), before)


if __name__ == "__main__":
    unittest.main()
