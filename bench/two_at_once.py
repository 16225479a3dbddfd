#!/usr/bin/env python3
"""Holds two programs that run a model at once against one that does so alone.

    bench/two_at_once.py MODEL [NAME=COMMAND...]

Each of both has a thread for every processor. What both do together should be about what one does
alone: less is time that they wait for each other in vain. It may be more, as they do not reach each
test at the same moment. COMMAND is another engine's llama-bench, with its flags. Set
INGLE [build/ingle], ROUNDS [3].
"""

import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROMPT, STEPS = 256, 64
TESTS = (f"pp{PROMPT}", f"tg{STEPS}")


def commands(model, others):
    """Of each program the command that measures both tests, and the tokens a second in its report."""
    threads = len(os.sched_getaffinity(0))
    tests = ["-p", str(PROMPT), "-n", str(STEPS), "-r", "3", "-t", str(threads)]
    ingle = os.environ.get("INGLE", str(ROOT / "build/ingle"))
    found = {"ingle": ([ingle, "bench", model, *tests, "--json"],
                       lambda report: {row["test"]: row["median"] for row in report["results"]})}
    for other in others:
        name, command = other.split("=", 1)
        found[name] = ([*shlex.split(command), "-m", model, *tests, "-o", "json"],
                       lambda report: {f"tg{row['n_gen']}" if row["n_gen"] else f"pp{row['n_prompt']}":
                                       row["avg_ts"] for row in report})
    return found


def speeds(command, read, count):
    """Of so many processes at once, each one's tokens a second in each test."""
    with tempfile.TemporaryFile() as messages:
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=messages)
                   for _ in range(count)]
        reports = [process.communicate()[0] for process in running]
        failed = [process.returncode for process in running if process.returncode]
        if failed:
            messages.seek(0)
            sys.exit(f"{messages.read().decode(errors='replace')}{shlex.join(command)}: "
                     f"status {failed[0]}")
    return [read(json.loads(report)) for report in reports]


def main():
    if len(sys.argv) < 2 or any("=" not in other for other in sys.argv[2:]):
        sys.exit(__doc__)
    rounds = int(os.environ.get("ROUNDS", "3"))
    programs = commands(sys.argv[1], sys.argv[2:])
    shares = {name: {test: [] for test in TESTS} for name in programs}
    for _ in range(rounds):
        for name, (command, read) in programs.items():
            (alone,), both = speeds(command, read, 1), speeds(command, read, 2)
            for test in TESTS:
                shares[name][test].append(sum(speed[test] for speed in both) / alone[test])
    print(f"two at once by one alone, medians of {rounds} rounds and all of them")
    for name, tests in shares.items():
        for test, found in tests.items():
            each = " ".join(f"{share:.2f}" for share in found)
            print(f"{name:14} {test:6} {statistics.median(found):.2f}  ({each})")


if __name__ == "__main__":
    main()
