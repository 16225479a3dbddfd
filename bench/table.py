#!/usr/bin/env python3
"""Measures the table of docs/performance.md anew, and writes it.

    bench/table.py run [MODEL...]    measures into bench/results/MODEL.json, then writes the page
    bench/table.py write             writes the page of what is in bench/results

MODEL is a row of the list below, such as TinyLlama-1.1B-Q4_0; all of them unless named. The models
are made first where they are not there (make_model), into MODELS. Other programs are neither
fetched nor built: what is not named is left out.

    LLAMA_BENCH          llama.cpp's llama-bench, with the flags that suit it best: "PATH -fa 1"
    IK_LLAMA_BENCH       ik_llama.cpp's llama-bench, a path
    IK_LLAMA_FLAGS       its flags: "-rtr 1"; not where its start is timed, as that lays weights out
                         anew
    IK_LLAMA_COMMIT      which commit it is of, as it does not say so itself
    LLAMA_COMMIT         the same of llama.cpp, where that was built outside of a checkout
    LLAMA_BATCHED_BENCH, IK_LLAMA_BATCHED_BENCH
                         the llama-batched-bench of each, for sequences decoded together
    SMOLLM2              the file of SmolLM2-135M-Instruct, whose weights are no random ones
    INGLE, MAKE_MODEL    [build/ingle, build/make_model]
    MODELS               a folder with some gigabytes to spare [$TMPDIR/ingle-models]
    REPEATS, THREADS     [5, all processors]
    MACHINE              a name, for results of another machine beside those that are there: they go
                         to bench/results/MACHINE and docs/performance-MACHINE.md
    DEPTHS, DEEP_REPEATS to decode behind, of Q4_0 [2048,8192; REPEATS]; DEPTHS may be empty
"""

import datetime
import json
import os
import pathlib
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import held_files
import performance_page

ROOT = pathlib.Path(__file__).resolve().parent.parent
MACHINE = os.environ.get("MACHINE", "")
RESULTS = ROOT / "bench/results" / MACHINE
PAGE = ROOT / "docs" / "-".join(filter(None, ["performance", MACHINE]))
RANDOM_MODELS = [
    ("TinyLlama-1.1B", "Q4_0"), ("TinyLlama-1.1B", "Q8_0"), ("TinyLlama-1.1B", "Q4_K_M"),
    ("TinyLlama-1.1B", "Q6_K"), ("Granite-3.1-1B-A400M", "Q4_K_M"),
    ("SmolLM2-135M", "Q4_0"), ("SmolLM2-135M", "Q8_0"),
    ("LFM2-350M", "Q4_0"), ("Granite-4.0-H-350M", "Q4_0"), ("Qwen3.5-0.8B", "Q4_0")]
# The beginnings of models that a program does not load.
NOT_LOADED = {"ik_llama.cpp": ("LFM2", "Granite-4.0-H")}
REAL_MODEL = "SmolLM2-135M-Instruct"
# What `ingle bench` is asked, beside others.
TESTS = [["-p", "256,512", "-n", "64"]]
# Far into a text, which is a matter of attention: of one type of weights. To get there takes long.
DEPTHS = "2048,8192"
DEEP_TYPE = "Q4_0"
TOGETHER = 8  # sequences
STEPS = 64
PROMPT_TOKENS = 16  # of words that are a token each


def setting(name, otherwise=""):
    return os.environ.get(name, otherwise)


def program(name):
    return os.path.abspath(setting(name.upper(), str(ROOT / "build" / name)))


def loading(path, commands):
    """Of other programs' commands those that load the model."""
    return {name: command for name, command in commands.items()
            if not path.name.startswith(NOT_LOADED.get(name, ()))}


def peers(path, ik_flags=None):
    """What others are called that load the model, and their commands of the shell."""
    found = {}
    if setting("LLAMA_BENCH"):
        found["llama.cpp"] = setting("LLAMA_BENCH")
    if setting("IK_LLAMA_BENCH"):
        wrapper = shlex.quote(str(ROOT / "bench/ik-llama-bench"))
        flags = setting("IK_LLAMA_FLAGS") if ik_flags is None else ik_flags
        found["ik_llama.cpp"] = f"{wrapper} {flags}".strip()
    return loading(path, found)


def batched_peers(path):
    """The same for sequences that are decoded together, which llama-bench has no test of."""
    names = {"llama.cpp": "LLAMA_BATCHED_BENCH", "ik_llama.cpp": "IK_LLAMA_BATCHED_BENCH"}
    flags = {"llama.cpp": "", "ik_llama.cpp": setting("IK_LLAMA_FLAGS").replace("-rtr 1", "-rtr")}
    return loading(path, {name: f"{setting(variable)} {flags[name]}"
                            for name, variable in names.items() if setting(variable)})


def model_files():
    folder = pathlib.Path(setting("MODELS", os.path.join(tempfile.gettempdir(), "ingle-models")))
    files = {f"{shape}-{kind}": (folder / f"{shape}-{kind}.gguf", shape, kind)
             for shape, kind in RANDOM_MODELS}
    if setting("SMOLLM2"):
        files[REAL_MODEL] = (pathlib.Path(setting("SMOLLM2")), None, None)
    return files


def make(path, shape, kind):
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([program("make_model"), shape, kind, str(path)], check=True)


def panels_of(path):
    """The file in which Ingle keeps the model's weights laid out, once it has been started."""
    cache = setting("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    model = os.fsencode(os.path.realpath(path))
    return [file for file in pathlib.Path(cache, "ingle/panels").glob("*.panels")
            if read_beginning(file).split(b"\n")[1:2] == [model]]


def read_beginning(file):
    with file.open("rb") as stream:
        return stream.read(4096)


def measure_start(command):
    """Seconds from its start to the end of a process, and the most memory that it had."""
    begin = time.monotonic()
    child = subprocess.Popen(command, shell=True, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, cwd=ROOT)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - begin
    if status != 0:
        sys.exit(f"{command}: status {status}")
    return seconds, usage.ru_maxrss * 1024


def start_command(path, word, threads):
    prompt = shlex.quote(word * PROMPT_TOKENS)
    return (f"exec {shlex.quote(program('ingle'))} run {shlex.quote(str(path))} {prompt} --raw"
            f" --temp 0 -n 1 -t {threads} -q")


def starts(path, word, repeats, threads):
    """Start to first token: for others a benchmark of one prompt, without a warm-up."""
    model = shlex.quote(str(path))
    commands = {"ingle": start_command(path, word, threads)}
    for name, command in peers(path, ik_flags="").items():
        cold = "--warmup 0" if name == "ik_llama.cpp" else "--no-warmup"
        commands[name] = (f"exec {command} -m {model} -p {PROMPT_TOKENS} -n 0 -r 1 -t {threads}"
                          f" {cold}")
    samples = {name: [] for name in commands}
    for _ in range(repeats + 1):  # the first one fills the caches
        for name, command in commands.items():
            samples[name].append(measure_start(command))
    return {name: {"seconds": sorted(s for s, _ in runs[1:])[repeats // 2],
                   "resident_bytes": max(bytes_ for _, bytes_ in runs[1:])}
            for name, runs in samples.items()}


def ingle_bench(path, threads, *arguments):
    command = [program("ingle"), "bench", str(path), "-t", str(threads), "--json", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT)
    return json.loads(done.stdout)


def batched_speed(command, path, threads):
    """Tokens a second of all sequences together; ik_llama.cpp's tells them among its messages."""
    done = subprocess.run(
        f"exec {command} -m {shlex.quote(str(path))} -c 4096 -npp 8 -ntg {STEPS} -npl {TOGETHER} "
        f"-t {threads}", shell=True, check=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, cwd=ROOT)
    rows = [[cell.strip() for cell in line.strip("| \n").split("|")]
            for line in done.stdout.splitlines() if line.startswith("|")]
    head = next(row for row in rows if "S_TG t/s" in row)
    return float(rows[-1][head.index("S_TG t/s")])


def run_together(path, repeats, threads):
    """Sequences decoded together, in turn as `ingle bench` takes turns with llama-bench."""
    samples = {name: [] for name in ("ingle", *batched_peers(path))}
    for _ in range(repeats):
        report = ingle_bench(path, threads, "-p", "0", "-n", str(STEPS), "-b", str(TOGETHER),
                             "-r", "1")
        row = report["results"][0]
        samples["ingle"].append(row["tokens_per_second"])
        for name, command in batched_peers(path).items():
            samples[name].append(batched_speed(command, path, threads))

    def figures(name):
        return {"tokens_per_second": statistics.mean(samples[name]),
                "deviation": statistics.stdev(samples[name]) if repeats > 1 else 0,
                "median": statistics.median(samples[name]), "samples": samples[name]}

    row.update(figures("ingle"), share_of_limit=statistics.mean(samples["ingle"]) / row["limit"])
    row["against"] = [
        {"name": name, **figures(name),
         "ratio": statistics.median(ours / theirs for ours, theirs
                                    in zip(samples["ingle"], samples[name]))}
        for name in batched_peers(path)]
    return row


def system():
    """What the figures may depend on beside the processor."""
    bytes_ = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    version = platform.release().split("-")[0]
    return {"kernel": f"{platform.system()} {version}", "memory_bytes": bytes_}


def run_tests(path, deep, repeats, threads):
    others = [word for name, command in peers(path).items()
              for word in ("--against", f"{name}={command}")]

    def measure(tests, repeats):
        return [ingle_bench(path, threads, *test, "-r", str(repeats), *others) for test in tests]

    depths = setting("DEPTHS", DEPTHS)
    deep_tests = [["-p", "0", "-n", "64", "-d", depths]] if deep and depths else []
    report, *parts = (measure(TESTS, repeats)
                      + measure(deep_tests, int(setting("DEEP_REPEATS", repeats))))
    for part in parts:
        report["results"] += part["results"]
    report["results"].append(run_together(path, repeats, threads))
    return report


def own_commit():
    """The checkout's, which is taken for the program's, and a "+" where files were changed that are
    none of what this script writes; null outside of a checkout."""
    def git(*arguments):
        return subprocess.run(["git", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True).stdout.strip()

    written = [":!bench/results", ":!docs/performance*.md", ":!docs/performance*.svg"]
    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", *written)
        return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def run(names):
    files = model_files()
    unknown = [name for name in names if name not in files]
    if unknown:
        sys.exit(f"no model {unknown[0]}; there are: {', '.join(files)}")
    repeats, threads = int(setting("REPEATS", "5")), int(setting("THREADS", "0"))
    threads = threads or len(os.sched_getaffinity(0))
    RESULTS.mkdir(parents=True, exist_ok=True)
    for name in names or files:
        path, shape, kind = files[name]
        if shape:
            make(path, shape, kind)
        print(f"{name} ...", file=sys.stderr)
        word = "ab" if shape else " the"
        measure_start(start_command(path, word, threads))  # lays the weights out, where they are not
        with held_files.held([path, *panels_of(path)]):
            report = run_tests(path, kind == DEEP_TYPE, repeats, threads)
            report["starts"] = starts(path, word, repeats, threads)
        report["date"] = datetime.date.today().isoformat()
        report["repeats"] = repeats
        report["system"] = system()
        report["flags"] = {other: command.replace(str(ROOT) + "/", "").split(" ", 1)[1:]
                           for other, command in peers(path).items()}
        report["model"]["path"] = path.name
        report["commit"] = own_commit()
        report["commits"] = {"ik_llama.cpp": setting("IK_LLAMA_COMMIT"),
                             "llama.cpp": setting("LLAMA_COMMIT")}
        (RESULTS / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n",
                                              encoding="utf-8")


def main():
    if sys.argv[1:2] == ["run"]:
        run(sys.argv[2:])
    elif sys.argv[1:] != ["write"]:
        sys.exit(__doc__)
    if not any(RESULTS.glob("*.json")):
        sys.exit(f"there are no results in {RESULTS} yet: `bench/table.py run` measures")
    performance_page.write(RESULTS, PAGE.with_suffix(".md"), MACHINE)


if __name__ == "__main__":
    main()
