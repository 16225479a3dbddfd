"""Files that stay in memory while programs take turns.

A system may give back what no program has read for a while: Linux with DAMON, as on machines that
are lent by the hour, in a minute. Every run would then begin with reading from the disk.

As a script: holds the files that it is given until its input ends.
"""

import contextlib
import ctypes
import mmap
import os
import subprocess
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.restype = ctypes.c_void_p
LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int,
                      ctypes.c_long]
LIBC.mlock.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


def lock(path):
    """Reads a file into memory, where it stays as long as this process runs."""
    descriptor = os.open(path, os.O_RDONLY)
    size = os.fstat(descriptor).st_size
    if size == 0:
        os.close(descriptor)
        return
    address = LIBC.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
    os.close(descriptor)
    if address == ctypes.c_void_p(-1).value or LIBC.mlock(address, size) != 0:
        print(f"{path} may leave the memory between two runs: "
              f"{os.strerror(ctypes.get_errno())} (ulimit -l)", file=sys.stderr)


@contextlib.contextmanager
def held(paths):
    """Holds files as long as the block runs: in another process, for the most memory that a child
    ever had is at least what its parent has when it starts."""
    holder = subprocess.Popen([sys.executable, __file__, *map(str, paths)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if not holder.stdout.readline():
            sys.exit(f"{__file__} ended before it held {', '.join(map(str, paths))}")
        yield
    finally:
        holder.communicate()


if __name__ == "__main__":
    for file in sys.argv[1:]:
        lock(file)
    print("held", flush=True)
    sys.stdin.read()
