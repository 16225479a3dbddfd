"""docs/performance.md and its picture, from what bench/table.py has measured."""

import json
import statistics

import performance_picture

ABOUT = """# Performance{of_machine}

{elsewhere}How fast Ingle runs, beside llama.cpp and ik_llama.cpp on the same machine at the same time, and beside what the machine could do at most. `bench/table.py` wrote this page from `{results}`.

Models named for a shape and a type have [random weights](../bench/README.md): their speed is that of the real ones. The programs took turns, run by run; speeds are means with their standard deviation, ratios medians over {repeats} neighbouring runs{deep_repeats}. `pp256` is a prompt of 256 tokens, `tg64` decodes 64 tokens, at a depth behind so many others. Sequences together are `llama-batched-bench` of the others, each behind a prompt of 8 tokens, and `ingle bench -b 8`, behind none.

![Shares of the machine's limit]({picture})

"Of the limit" is the share of the speed at which this machine's arithmetic (prefill) or memory (decode) is exhausted, measured in the same run: [the manual](cli.md#bench) tells how it is counted.
"""

WHY_AVX2 = """## Why not more

Of AVX2, where int8 products go through 16 bits; [the design](design/fast-cpu.md) has the arithmetic.

- *Prefill* of types whose codes are below 16 (Q4_0, Q4_1, most of Q4_K_M) is for the most part one step: 32 columns of a row by eight tokens, eighteen instructions and ten loads, which take 5.3 cycles on Zen 4. Its vector units could do them in 4.5, its two loads a cycle in 5.1. Where a type has minimums they take 7%; unpacking and laying out 5%.
- *Prefill of Q6_K* widens sums earlier and has a scale for 16 columns (7.2 cycles), that of *Q8_0* gives the signs of weights to the activations, and widens eight times as often: 35 instructions, 9.8 cycles. Activations in 16 bits were tried: twelve at best, for they wait for loads.
- *Decoding* asks for memory group by group, ahead of its use, which gained K-quants a sixth. What is left goes to unpacking, and to waiting: six times a layer, all threads wait for the slowest. While neighbours leave it the memory, models of half a gigabyte and more (Q4_K_M, Q6_K, Q8_0, Qwen3.5) read nine tenths of what a plain loop reads, as ik_llama.cpp does; small models and mixtures do not. This virtual machine's limit swings by a third with its neighbours, and the share with it.
- *Sequences together* are bound by arithmetic as soon as there are four: eight take 9 cycles for the same step, unpacking and spreading among them, and 6.9 without. With AVX2 one sequence alone is half of what arithmetic allows, so eight cannot be four times as fast.
- *At a depth* attention comes on top. Of the 1.1B shape, where eight queries share a key, a position of a head takes 145 cycles of a core: 85 the two products in f32 (64 would do for multiplying alone), 31 widening F16, 12 the softmax, 6 laying out queries, the rest merging. More queries in registers would widen less, and broadcast more than two loads a cycle allow.
- *Of a mixture* an expert has 64 of 256 tokens on average: its weights are unpacked for these few (8%), and its rows gathered and put back (5%).
"""

WHY_AMX = """## Why not more

Of AMX, where prompts are computed in BF16 and answers in int8; [the design](design/fast-cpu.md) has the arithmetic. Shares of the limit are of the peak of int8, which BF16 can reach half of.

- *Prefill*: of the 1.1B shape's 512 tokens, three quarters of the time are products of tiles, those of the first 64 while weights are unpacked, at two thirds of the BF16 peak, which with numbers that change is 2.5 TFLOPS a core (3.1 with zeros: the clock falls with what the tiles toggle). Activations come from the second-level cache, 32 bytes a cycle, and sums of 512 columns go there and back. Attention takes an eighth, activation functions and writing results a thirtieth each. Gate and up are computed together and never written to memory.
- *OpenVINO* 2026.4.1 (its CPU plugin, weights in int4 by groups of 32, computed in BF16, two threads; the same shape with random weights, by optimum-intel and nncf) read 661 tokens a second of 256 and 594 of 512, and wrote 21.6, where Ingle's Q4_0 had 1,210, 1,179 and 51.4 (medians of three turns, on 24 November 2026): 1.8, 2.0 and 2.4 times as fast, where 2.5 is wanted of prompts. BF16 has a third left at most; integers in tiles, which could do twice as much, need a scale for so few columns that each product would go through memory, or lose what BF16 keeps.
- *Decoding* waits for memory: panels are asked for 3 KB ahead into the second-level cache and 1 KB ahead into the first, 4 to 9% more than 2 KB ahead into the first alone. While it multiplies it reads nine tenths of what a plain loop reads; between the products, at barriers and in what is small, memory idles for a twentieth of the time. For about a minute after weights were read from the disk decoding is up to a third slower, though they lie in large pages: where the machine is virtual, its host has to join those, too.
- *At a depth* of 2048 positions the 1.1B shape attends for a tenth of the time: a key head with its eight queries takes 57 µs of a core, where multiplying alone would be 39 and reading alone 40. Lines of the cache's next page are asked for one by one while this one is multiplied; both at once do not overlap better, as a core has no more under way.
- *Sequences together* take the kernels of AVX-512 VNNI, as all do that the model writes.
- *Of a mixture* an expert has 64 of 256 tokens on average, for which its weights are unpacked; gathering its rows and putting them back takes a seventh of the time.
"""

WHY_AVX512_VNNI = """## Why not more

Of AVX-512 VNNI on Zen 4; [the design](design/fast-cpu.md) has the arithmetic.

- *Prefill*: 32 columns of sixteen rows and a token are eight `vpdpbusd` and three multiplications of floats (two of the activations' scales, of sixteen columns each, and one of the weights'), which share two pipes of 256 bits: 11 cycles, where the peak is 8, so 73% of it at best. A loop that does nothing else takes 11.3; with unpacking, for each tile of sixteen tokens anew, 12.2. Twice as fast as ik_llama.cpp would be more than four fifths of the peak: out of reach of scales for so few columns, which make Ingle's activations [nearly twice as accurate](design/accuracy.md). Types that are unpacked first (all but Q4_0) also write and read what was unpacked.
- *Decoding*: of Q4_0, Q4_K_M and Q8_0 it reads nearly all there is. What a plain loop reads swings by half from minute to minute on this virtual machine: shares above 100% mean that it was measured in a worse one. Q6_K is not explained: at 42 tokens a second, whether a plain loop reads 35 GB/s (90%) or 56 (64%), it does not follow the memory, and ik_llama.cpp does.
- *Sequences together* are bound by the same arithmetic as prompts.
"""

# Why not more, by the best instructions that were measured.
REASONS = {"amx": WHY_AMX, "avx512vnni": WHY_AVX512_VNNI, "avx2": WHY_AVX2}

# What there are kernels for, by the words in which reports name instructions.
KERNELS = {"avx512vnni": "AVX-512 VNNI", "avxvnni": "AVX-VNNI", "amx": "AMX", "neon": "NEON",
           "avx2": "AVX2"}
# How what all reports have in common is put into a sentence.
IN_WORDS = {"processor": "{}, ", "processors": "{} processors, ", "system": "{}, ",
            "instructions": "instructions: {}; ", "program": "{}"}

# The deviation that repeated runs have on a machine that does nothing else.
QUIET = 0.03

# How many times as fast as each other program Ingle is meant to be: in anything where it has no
# AVX-512 VNNI, by the kind of the test where it has, and in prefill more than that where it has AMX.
# Weights of eight bits leave less to gain in decoding, and so does a small model in all.
WANTED_OF_ANY = {"llama.cpp": 1.5, "ik_llama.cpp": 1.3}
WANTED = {"prefill": {"llama.cpp": 3.5, "ik_llama.cpp": 2.0},
          "decoding": {"llama.cpp": 1.5, "ik_llama.cpp": 1.4},
          "decoding at a depth": {"llama.cpp": 4.0, "ik_llama.cpp": 1.6},
          "sequences together": {"llama.cpp": 2.0, "ik_llama.cpp": 1.5}}
WANTED_OF_AMX = {"llama.cpp": 4.0, "ik_llama.cpp": 5.0}
WANTED_OF_Q8_0 = {"llama.cpp": 1.5, "ik_llama.cpp": 1.2}
SMALL_PARAMETERS = 2e8
WANTED_OF_SMALL = {"prefill": {"llama.cpp": 1.5, "ik_llama.cpp": 1.5},
                   "decoding": {"llama.cpp": 1.5, "ik_llama.cpp": 1.4}}
# Which share of the limit it is meant to reach: of prefill, of decoding, and at a depth.
WANTED_SHARES = {"prefill": 0.55, "decoding": 0.88, "decoding at a depth": 0.85}
# How many times as fast several sequences are meant to be as one, and which part of the time that
# others take it may take to the first token.
WANTED_TOGETHER = 4
WANTED_START = 0.5

AGAIN = """## Again

```sh
cmake -G Ninja -S . -B build -DCMAKE_BUILD_TYPE=Release && ninja -C build ingle_program make_model
LLAMA_BENCH="llama.cpp/build/bin/llama-bench -fa 1" \\
  IK_LLAMA_BENCH=ik_llama.cpp/build/bin/llama-bench IK_LLAMA_FLAGS="-rtr 1" \\
  IK_LLAMA_COMMIT=$(git -C ik_llama.cpp rev-parse --short HEAD) \\
  LLAMA_BATCHED_BENCH=llama.cpp/build/bin/llama-batched-bench \\
  IK_LLAMA_BATCHED_BENCH=ik_llama.cpp/build/bin/llama-batched-bench \\
  SMOLLM2=SmolLM2-135M-Instruct.Q4_1.gguf bench/table.py run
```

The others are built natively, in Release, for the CPU alone. `INGLE_CPU` narrows the instructions that Ingle uses (and those whose peak counts as the limit), not theirs.
"""


def bytes_text(count):
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def speed(row):
    decimals = 1 if row["tokens_per_second"] < 1000 else 0
    return f"{row['tokens_per_second']:.{decimals}f} ± {row['deviation']:.{decimals}f}"


def row_name(row):
    name = row["test"]
    if row["depth"]:
        name += f" at {row['depth']}"
    if row["sequences"] > 1:
        name += f", {row['sequences']} sequences"
    return name


def order(item):
    """Large models first, then as the files are named."""
    name, report = item
    return (-report["model"]["parameters"], name)


def facts(report):
    """What a figure depends on beside the model, by the head of its column."""
    found = {key: str(report["machine"][key])
             for key in ("processor", "processors", "instructions")}
    system = report.get("system")
    found["system"] = (f"{bytes_text(system['memory_bytes'])}, {system['kernel']}" if system else "")
    commit = report.get("commit")
    found["program"] = f"Ingle {report['version']}" + (f" at commit {commit}" if commit else "")
    return found


def sentences_on_others(reports):
    """A sentence for each other program, which one it was: of several, all."""
    commits, flags = {}, {}
    for report in reports.values():
        for name, words in report["flags"].items():
            flags.setdefault(name, set()).update(f"`{word}`" for word in words if word)
        for row in report["results"]:
            for other in row.get("against", []):
                known = report.get("commits", {}).get(other["name"]) or other.get("build")
                named = commits.setdefault(other["name"], set())
                if known and known != "unknown":
                    named.add(known)
    sentences = []
    for name, named in sorted(commits.items()):
        text = f"{name} at commit {' and '.join(sorted(named)) or 'unknown'}"
        text += f", with {' or '.join(sorted(flags[name]))}." if flags.get(name) else "."
        sentences.append(text)
    return sentences


def disturbance(reports):
    """How far to trust the figures, where the machine had others to serve too."""
    rows = [row for report in reports.values() for ours in report["results"]
            for row in (ours, *ours.get("against", []))]
    usual = statistics.median(row["deviation"] / row["tokens_per_second"] for row in rows)
    if usual <= QUIET:
        return []
    return [f"It was not quiet: half of all speeds deviate by more than {usual:.0%} from one run to "
            "the next, and a ratio may be off by as much."]


def machine(reports):
    each = {name: facts(report) for name, report in reports.items()}
    first, *rest = each.values()
    differ = [key for key in first if any(other[key] != first[key] for other in rest)]
    same = [form.format(first[key]) for key, form in IN_WORDS.items()
            if first[key] and key not in differ]
    sentences = ["".join(same).strip(" ,;") + "."] if same else []
    sentences += sentences_on_others(reports)
    if differ:
        sentences.append("Not the same for all models, and therefore in the table: "
                         f"{', '.join(differ)}.")
    sentences += disturbance(reports)
    text = "## The machine\n\n" + " ".join(sentences)
    text += ("\n\n| while measuring | date |" + "".join(f" {key} |" for key in differ) +
             " reading, 1 / all threads | int8 | f32 |\n|---|---|" + "---|" * len(differ) +
             "--:|--:|--:|\n")
    for name, report in reports.items():
        limits = report["machine"]["limits"][0]
        one, every = limits["one_thread"], limits["all_threads"]
        cells = [f"{one[key] / unit:.{digits}f} / {every[key] / unit:.{digits}f} {what}"
                 for key, unit, digits, what in (
                     ("read_bytes_per_second", 1e9, 1, "GB/s"),
                     ("int8_operations_per_second", 1e12, 2, "TOPS"),
                     ("f32_operations_per_second", 1e12, 2, "TFLOPS"))]
        cells = [each[name][key] for key in differ] + cells
        text += f"| {name} | {report['date']} | " + " | ".join(cells) + " |\n"
    return text


def names_of_others(reports):
    names = []
    for report in reports.values():
        for row in report["results"]:
            for other in row.get("against", []):
                if other["name"] not in names:
                    names.append(other["name"])
    return names


def speeds(reports, others):
    head = "| model | test | Ingle | of the limit |" + "".join(
        f" {name} | ours by it |" for name in others)
    text = f"## Speed, tokens a second\n\n{head}\n|---|---|--:|--:|" + "--:|--:|" * len(others) + "\n"
    for name, report in reports.items():
        for row in report["results"]:
            text += (f"| {name} | {row_name(row)} | {speed(row)} | "
                     f"{100 * row['share_of_limit']:.0f}% |")
            against = {other["name"]: other for other in row.get("against", [])}
            for other in others:
                text += (f" {speed(against[other])} | {against[other]['ratio']:.2f} |"
                         if other in against else " – | – |")
            text += "\n"
    return text


def misses(reports, others):
    """Where Ingle is slower than others, or less faster than it is meant to be; and how far it is
    from the machine's limit."""
    lines = [misses_beside(reports, other) for other in others]
    lines += [misses_of_limit(reports, kind, wanted) for kind, wanted in WANTED_SHARES.items()]
    lines += [misses_together(reports), misses_at_start(reports, others)]
    text = "".join(f"- {line}\n" for line in lines if line)
    return f"## Where it falls short\n\nIn brackets, the ratio and what is wanted; and where that is beyond the machine's limit, the ratio there.\n\n{text}" if text else ""


def wanted_beside(report, row, other):
    """How many times as fast as the other program Ingle is meant to be in this test."""
    return wanted_of(report, kind_of(row)).get(other, 1)


def wanted_of(report, kind):
    instructions = report["machine"]["instructions"].split()
    model = report["model"]
    if "avx512vnni" not in instructions:
        return WANTED_OF_ANY
    if model["parameters"] < SMALL_PARAMETERS:
        return WANTED_OF_SMALL.get(kind, WANTED_OF_ANY)
    if kind == "prefill" and "amx" in instructions:
        return WANTED_OF_AMX
    if kind == "decoding" and model["quantization"] == "Q8_0":
        return WANTED_OF_Q8_0
    return WANTED[kind]


def short_of(row, against, wanted):
    """What a ratio misses; and where the limit leaves less than is wanted, how much it leaves."""
    allowed = row["limit"] / against["tokens_per_second"]
    at_limit = f", at the limit {allowed:.2f}" if against["ratio"] < allowed < wanted else ""
    return f"{against['ratio']:.2f} of {wanted}{at_limit}"


def misses_beside(reports, other):
    slower, short, count = [], [], 0
    for name, report in reports.items():
        for row in report["results"]:
            for against in row.get("against", []):
                if against["name"] != other:
                    continue
                count += 1
                wanted = wanted_beside(report, row, other)
                label = f"{name} {row_name(row)} ({short_of(row, against, wanted)})"
                ratio = round(against["ratio"], 2)  # as it is printed
                if ratio < 1:
                    slower.append(label)
                elif ratio < wanted:
                    short.append(label)
    return (f"Of {count} tests beside {other}, Ingle is slower in {listed(slower)}, and faster by less "
            f"than it is meant to be in {listed(short)}.")


def kind_of(row):
    if row["sequences"] > 1:
        return "sequences together"
    if row["test"].startswith("pp"):
        return "prefill"
    return "decoding at a depth" if row["depth"] else "decoding"


def misses_of_limit(reports, kind, wanted):
    shares = [row["share_of_limit"] for report in reports.values() for row in report["results"]
              if kind_of(row) == kind]
    if not shares:
        return None
    below = sum(share < wanted for share in shares)
    return (f"Of {len(shares)} tests of {kind}, {below or 'none'} "
            f"{'reaches' if below == 1 else 'reach'} less than {wanted:.0%} of the limit: all have "
            f"{min(shares):.0%} to {max(shares):.0%}.")


def misses_together(reports):
    short = []
    for name, report in reports.items():
        alone = {row["test"]: row["tokens_per_second"] for row in report["results"]
                 if row["sequences"] == 1 and not row["depth"]}
        for row in report["results"]:
            if row["sequences"] == 1 or row["test"] not in alone:
                continue
            ratio = row["tokens_per_second"] / alone[row["test"]]
            if ratio < WANTED_TOGETHER:
                short.append(f"{name}, {row['sequences']} sequences ({ratio:.1f})")
    if not short:
        return None
    return (f"Sequences together are meant to decode {WANTED_TOGETHER} times as fast as one, and do "
            f"less in {listed(short)}.")


def misses_at_start(reports, others):
    late, large = [], []
    for name, report in reports.items():
        ours = report["starts"].get("ingle")
        for other in others:
            theirs = report["starts"].get(other)
            if not ours or not theirs:
                continue
            ratio = ours["seconds"] / theirs["seconds"]
            if ratio > WANTED_START:
                late.append(f"{name} beside {other} ({ratio:.2f})")
            if ours["resident_bytes"] > theirs["resident_bytes"]:
                large.append(f"{name} beside {other}")
    if not late and not large:
        return None
    return (f"The first token takes more than {WANTED_START} of the time that others take in "
            f"{listed(late)}; more memory in {listed(large)}.")


def listed(labels):
    return f"{len(labels)}: {'; '.join(labels)}" if labels else "none"


def why(reports):
    """The reasons that are known, of the instructions that were measured."""
    measured = {report["machine"]["instructions"].split()[-1] for report in reports.values()}
    text = "".join(reasons for key, reasons in REASONS.items() if key in measured)
    timed = {word for report in reports.values()
             for word in report["machine"]["instructions"].split()}
    missing = [words for key, words in KERNELS.items() if key not in timed]
    if missing:
        text += ("\n" if text else "") + "## Not timed here\n\nOn this page is no machine with "
        text += ", ".join(missing) + ". Their kernels for panels and Q8 activations give, bit for "
        text += "bit, what the definition gives.\n"
    return text


def starts(reports, others):
    programs = ["ingle", *others]
    text = ("## Start\n\nFrom the start of the process to the first token behind a prompt of 16 "
            "tokens, with the files in the page cache; and the most memory that the process had, "
            "mapped files among it. Of the others: `llama-bench -p 16 -n 0` without a warm-up and, "
            "of ik_llama.cpp, without `-rtr 1`, which lays weights out anew first.\n\n"
            "| model |" + "".join(f" {name} |" for name in programs) + "\n|---|" +
            "--:|" * len(programs) + "\n")
    for name, report in reports.items():
        text += f"| {name} |"
        for other in programs:
            start = report["starts"].get(other)
            text += (f" {start['seconds']:.2f} s, {bytes_text(start['resident_bytes'])} |"
                     if start else " – |")
        text += "\n"
    return text


def repeats_of(reports):
    """How often tests were run, as the page says it."""
    def counts(deep):
        found = {len(row.get("samples", [])) or report["repeats"] for report in reports.values()
                 for row in report["results"] if bool(row["depth"]) == deep}
        return " or ".join(map(str, sorted(found)))

    deep = f", at a depth over {counts(True)}" if counts(True) not in ("", counts(False)) else ""
    return {"repeats": counts(False), "deep_repeats": deep}


def elsewhere(page):
    """Links to the pages of other machines."""
    others = sorted(path.name for path in page.parent.glob("performance*.md") if path != page)
    return f"Other machines: {', '.join(f'[{name}]({name})' for name in others)}.\n\n" if others else ""


def write(folder, page, name=""):
    """name: of the machine, where there are pages of several."""
    reports = {path.stem: json.loads(path.read_text(encoding="utf-8"))
               for path in folder.glob("*.json")}
    reports = dict(sorted(reports.items(), key=order))
    others = names_of_others(reports)
    about = ABOUT.format(of_machine=f": {name}" if name else "", elsewhere=elsewhere(page),
                         results=f"bench/results/{name}".rstrip("/"),
                         picture=page.with_suffix(".svg").name, **repeats_of(reports))
    parts = [about, machine(reports), speeds(reports, others),
             misses(reports, others), starts(reports, others), why(reports),
             AGAIN]
    page.write_text("\n".join(part for part in parts if part), encoding="utf-8")
    picture = performance_picture.draw(reports, others, row_name)
    page.with_suffix(".svg").write_text(picture, encoding="utf-8")
