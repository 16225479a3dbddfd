"""The commands that read and run a model, on a tiny one of random weights."""

import filecmp
import json
import os
import shutil

from support import CHECKPOINT, TINY, CliTest, golden, read_npy, tiny_model

MESSAGES = {"messages": [{"role": "user", "content": "hi"}], "add_generation_prompt": True}
RENDERED = "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"


class Tokenize(CliTest):
    def test_ids_on_one_line(self):
        self.assertRegex(self.ok("tokenize", TINY, stdin="the hen"), r"^\d+( \d+)*\n$")
        self.assertEqual(self.ok("tokenize", TINY, stdin=""), "\n")

    def test_round_trip_of_any_text(self):
        for text in ("the hen\n", " two  spaces ", "naïve ✓ 我", "<|im_end|>"):
            for flags in ([], ["--no-special"]):
                ids = self.ok("tokenize", TINY, *flags, stdin=text)
                self.assertEqual(self.ok("tokenize", TINY, "--decode", stdin=ids), text)

    def test_special_tokens(self):
        self.assertEqual(self.ok("tokenize", TINY, stdin="<|im_start|>"), "1\n")
        plain = self.ok("tokenize", TINY, "--no-special", stdin="<|im_start|>")
        self.assertGreater(len(plain.split()), 5)
        self.assertEqual(self.ok("tokenize", TINY, "--decode", "--no-special", stdin="1"), "")

    def test_pieces_and_json(self):
        answer = self.ok_json("tokenize", TINY, "--json", stdin=" the")
        self.assertEqual(answer["count"], len(answer["ids"]))
        self.assertEqual(answer["pieces"], ["Ġthe"])
        self.assertIn("Ġthe", self.ok("tokenize", TINY, "--pieces", stdin=" the"))

    def test_ids_that_are_none(self):
        for ids in ("x", "323", "-1", "99999999999"):
            self.fails(1, "tokenize", TINY, "--decode", stdin=ids)


class Render(CliTest):
    def test_model_and_nothing_else(self):
        path = self.write("input.json", json.dumps(MESSAGES))
        self.assertEqual(self.ok("render", TINY, path), RENDERED)
        self.assertEqual(self.ok("render", TINY, "-", stdin=json.dumps(MESSAGES)), RENDERED)

    def test_template_file(self):
        template = self.write("t.jinja", "{{ bos_token }}{{ messages[0].content }}{{ extra }}")
        text = json.dumps({**MESSAGES, "bos_token": "<s>", "extra": [1, 2]})
        self.assertEqual(self.ok("render", "--template", template, "-", stdin=text), "<s>hi[1, 2]")

    def test_tokens_come_from_the_model_unless_the_input_has_them(self):
        old = b"<|im_start|>' + message['role'] + '\n"
        new = b"'+bos_token+'" + b"~" * (len(old) - 13)
        model = self.write("m.gguf", tiny_model([(old, new)]))
        text = json.dumps(MESSAGES)
        self.assertTrue(self.ok("render", model, "-", stdin=text).startswith("<|im_start|>~"))
        text = json.dumps({**MESSAGES, "bos_token": "<B>"})
        self.assertTrue(self.ok("render", model, "-", stdin=text).startswith("<B>~"))

    def test_mistakes(self):
        template = self.write("t.jinja", "{{ raise_exception('no such role') }}")
        for stdin, word in (("{", "standard input"), ("[]", "not a JSON object"),
                            ("{}", "no such role")):
            message = self.fails(1, "render", "--template", template, "-", stdin=stdin)
            self.assertIn(word, message)
        broken = self.write("b.jinja", "{% for %}")
        self.assertIn("b.jinja", self.fails(1, "render", "--template", broken, "-", stdin="{}"))


class Logits(CliTest):
    def largest_error(self, rows, expected):
        worst = 0.0
        for row, wanted in zip(rows, expected):
            scale = max(abs(x) for x in wanted)
            worst = max(worst, max(abs(a - b) for a, b in zip(row, wanted)) / scale)
        return worst

    def test_goldens(self):
        prompt, _, expected = golden()
        for device in ("reference", "cpu"):
            out = self.path(f"{device}.npy")
            self.ok("logits", TINY, "--ids", " ".join(map(str, prompt)), "--out", out,
                    "--device", device, "--cache-type", "f32")
            rows = read_npy(out)
            self.assertEqual((len(rows), len(rows[0])), (48, 323))
            self.assertLess(self.largest_error(rows, expected), 1e-4)

    def test_small_steps_give_the_same(self):
        prompt = " ".join(map(str, golden()[0]))
        contents = []
        for batch in ("512", "7"):
            out = self.path(f"{batch}.npy")
            self.ok("logits", TINY, "--ids", prompt, "--out", out, "--batch-size", batch)
            with open(out, "rb") as file:
                contents.append(file.read())
        self.assertEqual(contents[0], contents[1])

    def test_text(self):
        out = self.path("t.npy")
        self.ok("logits", TINY, "--text", "the hen", "--out", out)
        count = len(self.ok("tokenize", TINY, stdin="the hen").split())
        self.assertEqual(len(read_npy(out)), count)

    def test_failure_leaves_nothing(self):
        out = self.path("out", "x.npy")
        self.fails(1, "logits", TINY, "--ids", "1", "--out", out)
        os.mkdir(self.path("out"))
        for ids in ("323", "-1", " ".join(["1"] * 81)):
            self.fails(1, "logits", TINY, "--ids", ids, "--out", out)
            self.assertEqual(os.listdir(self.path("out")), [])


class Run(CliTest):
    def test_raw_prints_the_continuation_and_nothing_else(self):
        arguments = ["run", TINY, "the", "--raw", "--temp", "0", "-n", "12"]
        report = self.ok_json(*arguments, "--json")
        done = self.run_ingle(*arguments)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr, b"")
        self.assertEqual(done.stdout.decode(), report["text"])

    def test_json(self):
        report = self.ok_json("run", TINY, "the", "--raw", "--temp", "0", "-n", "12", "--json",
                              "--logprobs", "2")
        ids = self.ok("tokenize", TINY, stdin=b"the").split()
        self.assertEqual(report["prompt_tokens"], len(ids))
        self.assertEqual(report["tokens"], len(report["token_ids"]))
        self.assertLessEqual(report["tokens"], 12)
        self.assertIn(report["finish_reason"], ("length", "end"))
        for name in ("prefill_tokens_per_second", "decode_tokens_per_second",
                     "time_to_first_token_ms"):
            self.assertGreater(report[name], 0)
        for row in report["logprobs"]:
            self.assertEqual(len(row["top"]), 2)
            self.assertAlmostEqual(row["logprob"], row["top"][0]["logprob"], places=5)

    def test_chat_template_is_used_unless_raw(self):
        report = self.ok_json("run", TINY, "hi", "--temp", "0", "-n", "4", "--json")
        tokens = self.ok("tokenize", TINY, stdin=RENDERED).split()
        self.assertEqual(report["prompt_tokens"], len(tokens))
        self.assertEqual(report["tool_calls"], [])
        report = self.ok_json("run", TINY, "hi", "--system", "s", "-n", "1", "--json")
        self.assertGreater(report["prompt_tokens"], len(tokens))

    def test_prompt_from_standard_input(self):
        arguments = ["--temp", "0", "-n", "4", "--json"]
        given = self.ok_json("run", TINY, "hi", *arguments)
        self.assertEqual(self.ok_json("run", TINY, *arguments, stdin="hi\n")["text"], given["text"])
        piped = self.ok_json("run", TINY, "-", *arguments, stdin="hi")
        self.assertEqual(piped["text"], given["text"])

    def test_a_seed_repeats_and_is_told(self):
        arguments = ["run", TINY, "hi", "--temp", "2", "--top-k", "0", "--top-p", "1", "--min-p",
                     "0", "-n", "16", "--json"]
        first = self.ok_json(*arguments)
        second = self.ok_json(*arguments)
        again = self.ok_json(*arguments, "--seed", str(first["seed"]))
        self.assertEqual(first["token_ids"], again["token_ids"])
        self.assertNotEqual(first["token_ids"], second["token_ids"])

    def test_threads_and_batch_change_nothing(self):
        def tokens(*flags):
            return self.ok_json("run", TINY, "the hen and the ox", "--raw", "--temp", "0", "-n",
                                "16", "--json", *flags)["token_ids"]

        self.assertEqual(tokens("-t", "1"), tokens("-t", "3", "--batch-size", "2"))

    def test_stop(self):
        arguments = ["run", TINY, "the", "--raw", "--temp", "0", "-n", "12", "--json"]
        whole = self.ok_json(*arguments)["text"]
        stop = whole[3:5]
        report = self.ok_json(*arguments, "--stop", "\x01\x02", "--stop", stop)
        self.assertEqual(report["text"], whole[:whole.index(stop)])
        self.assertEqual(report["finish_reason"], "stop")

    def test_guesses_change_nothing(self):
        arguments = ["run", TINY, "the end of the", "--raw", "-n", "30", "--seed", "3", "--json"]
        plain = self.ok_json(*arguments, "--speculate", "off")
        self.assertEqual((plain["guessed_tokens"], plain["right_guesses"]), (0, 0))
        for flags in (["--speculate", "always"], ["--draft", TINY],
                      ["--speculate", "always", "--draft", TINY]):
            guessed = self.ok_json(*arguments, *flags)
            self.assertEqual(guessed["token_ids"], plain["token_ids"])
            self.assertEqual(guessed["text"], plain["text"])
        self.assertGreater(guessed["right_guesses"], 15)
        done = self.run_ingle(*arguments[:-1], "--speculate", "always", "--stats")
        self.assertRegex(done.stderr.decode(), r" \(\d+ of \d+ guessed right\), first after ")
        self.fails(2, *arguments, "--speculate", "sometimes")

    def test_a_draft_model_of_another_vocabulary(self):
        other = self.write("other.gguf", tiny_model([(b"<|im_start|>", b"<|im_START|>")]))
        message = self.fails(1, "run", TINY, "the", "--draft", other)
        self.assertIn("'<|im_START|>' there and '<|im_start|>' here", message)

    def test_stats_go_to_standard_error(self):
        done = self.run_ingle("run", TINY, "the", "--raw", "-n", "4", "--stats", "--seed", "5")
        self.assertIn(b"tokens/s", done.stderr)
        self.assertIn(b"seed 5", done.stderr)
        self.assertNotIn(b"tokens/s", done.stdout)

    def test_a_prompt_longer_than_the_context_names_both_counts(self):
        count = len(self.ok("tokenize", TINY, stdin="x" * 90).split())
        message = self.fails(1, "run", TINY, "x" * 90, "--raw")
        self.assertIn(str(count), message)
        self.assertIn("80", message)
        self.assertIn("16", self.fails(1, "run", TINY, "x" * 30, "--raw", "-c", "16"))

    def test_no_template_completes_the_text(self):
        model = self.write("m.gguf", tiny_model([(b"tokenizer.chat_template",
                                                  b"tokenizer.chat_nothing!")]))
        done = self.run_ingle("run", model, "the", "--temp", "0", "-n", "4")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"no chat template", done.stderr)
        raw = self.ok("run", TINY, "the", "--raw", "--temp", "0", "-n", "4")
        self.assertEqual(done.stdout.decode(), raw)

    def test_files_that_are_no_models(self):
        for name, content in (("empty.gguf", b""), ("text.gguf", b"hello"),
                              ("cut.gguf", tiny_model()[:90000])):
            message = self.fails(1, "run", self.write(name, content), "x")
            self.assertIn(name, message)
        self.assertIn("no config.json", self.fails(1, "run", self.home + "/", "x"))

    def test_a_full_disk_behind_standard_output_ends_the_answer(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full here")
        with open("/dev/full", "wb") as full:
            self.fails(1, "run", TINY, "the", "--raw", "-n", "8", stdout=full)

    def test_relative_path_is_used_in_place(self):
        self.write("models/m.gguf", tiny_model())
        self.ok("run", "models/m.gguf", "x", "-n", "1")
        self.assertFalse(os.path.exists(self.path(".local/share/ingle/models")))


class Perplexity(CliTest):
    TEXT = "the hen and the ox went to the sea and saw that it was wide. " * 30

    def test_json(self):
        path = self.write("text", self.TEXT)
        report = self.ok_json("perplexity", TINY, path, "--chunks", "2", "-c", "64", "--json")
        self.assertEqual(report["chunks"], 2)
        self.assertGreater(report["perplexity"], 1)
        self.assertGreater(report["error"], 0)
        exact = self.ok_json("perplexity", TINY, path, "--chunks", "2", "-c", "64", "--json",
                             "--device", "reference")
        self.assertAlmostEqual(report["perplexity"] / exact["perplexity"], 1, places=4)

    def test_text_too_short(self):
        message = self.fails(1, "perplexity", TINY, self.write("text", "short"), "-c", "64")
        self.assertIn("text", message)


class Files(CliTest):
    def test_inspect(self):
        text = self.ok("inspect", TINY)
        self.assertIn("general.architecture = llama", text)
        self.assertIn("F32: 20 tensors", text)
        self.assertIn("blk.1.attn_q.weight", self.ok("inspect", TINY, "--tensors"))

    def test_inspect_json(self):
        report = self.ok_json("inspect", TINY, "--json")
        self.assertEqual(report["version"], 3)
        self.assertEqual(report["metadata"]["llama.block_count"], 2)
        self.assertEqual(report["metadata"]["tokenizer.ggml.tokens"]["count"], 323)
        shapes = {tensor["name"]: tensor["shape"] for tensor in report["tensors"]}
        self.assertEqual(shapes["token_embd.weight"], [323, 36])
        whole = self.ok_json("inspect", TINY, "--json", "--full")
        self.assertEqual(len(whole["metadata"]["tokenizer.ggml.tokens"]), 323)

    def test_inspect_of_an_unknown_architecture(self):
        length = b"\x05" + bytes(7)
        model = self.write("m.gguf", tiny_model([(length + b"llama", length + b"zebra")]))
        self.assertIn("zebra", self.ok("inspect", model))
        self.assertIn("zebra", self.fails(1, "run", model, "x"))

    def test_graph(self):
        self.assertIn("blk.0.attn_q.weight", self.ok("inspect", TINY, "--graph"))
        self.assertTrue(self.ok("inspect", TINY, "--graph=dot").startswith("digraph"))

    def test_checkpoints(self):
        self.assertIn("hidden_size", self.ok("inspect", CHECKPOINT))
        report = self.ok_json("inspect", CHECKPOINT, "--json")
        self.assertEqual(report["config"]["model_type"], "llama")
        self.assertIn("BF16", {tensor["type"] for tensor in report["tensors"]})
        weights = os.path.join(CHECKPOINT, "model.safetensors")
        self.assertIn("q_proj", self.ok("inspect", weights, "--tensors"))
        self.fails(1, "inspect", self.path("absent.safetensors"))

    def test_show(self):
        facts = self.ok_json("show", TINY, "--json")
        self.assertEqual(facts["architecture"], "llama")
        self.assertEqual(facts["context"], 80)
        self.assertTrue(facts["chat"] and facts["system"])
        self.assertFalse(facts["tools"] or facts["thinking"])
        self.assertIn("llama", self.ok("show", TINY))

    def test_quantize(self):
        out = self.path("q8.gguf")
        done = self.run_ingle("quantize", TINY, out, "q8_0")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.ok("run", out, "x", "-n", "2")
        self.fails(1, "quantize", TINY, self.path("no", "such.gguf"), "Q8_0")

    def test_convert(self):
        out = self.path("converted.gguf")
        written = self.ok_json("convert", CHECKPOINT, out, "--json", "-q")
        self.assertEqual(written["file"], out)
        self.assertEqual(written["bytes"], os.path.getsize(out))
        facts = self.ok_json("inspect", out, "--json")["metadata"]
        self.assertEqual(facts["general.architecture"], "llama")
        self.assertEqual(facts["general.name"], "llama_bf16")
        self.assertEqual(facts["general.file_type"], 32)
        ids = ["--ids", "1 2 3", "--device", "reference"]
        self.ok("logits", CHECKPOINT, *ids, "--out", self.path("a.npy"))
        self.ok("logits", out, *ids, "--out", self.path("b.npy"))
        for a, b in zip(read_npy(self.path("a.npy")), read_npy(self.path("b.npy"))):
            for x, y in zip(a, b):
                self.assertAlmostEqual(x, y, delta=1e-4)

    def test_folders_are_told_from_names(self):
        shutil.copytree(CHECKPOINT, self.path("ck1"))
        self.assertIn("./ck1", self.fails(1, "show", "ck1"))
        self.ok("show", "./ck1")

    def test_convert_takes_types_and_licences(self):
        folder = self.path("checkpoint")
        shutil.copytree(CHECKPOINT, folder)
        self.write("checkpoint/README.md", "---\nlicense: apache-2.0\n---\n# A model\n")
        out = self.path("f16.gguf")
        self.run_ingle("convert", folder, out, "--type", "f16")
        facts = self.ok_json("inspect", out, "--json")
        self.assertEqual(facts["metadata"]["general.license"], "apache-2.0")
        types = {tensor["name"]: tensor["type"] for tensor in facts["tensors"]}
        self.assertEqual(types["blk.0.attn_q.weight"], "F16")
        self.assertEqual(types["blk.0.attn_norm.weight"], "F32")
        smaller = self.path("smaller.gguf")
        self.run_ingle("quantize", folder, smaller, "F32")
        again = self.path("again.gguf")
        self.run_ingle("convert", smaller, again, "--type", "F16")
        self.assertEqual(os.path.getsize(again), os.path.getsize(out))

    def test_convert_fails_whole(self):
        folder = self.path("broken")
        shutil.copytree(CHECKPOINT, folder)
        out = self.write("out.gguf", "old")
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        self.write("broken/config.json", json.dumps({**config, "hidden_act": "mish"}))
        self.assertIn("mish", self.fails(1, "convert", folder, out))
        self.write("broken/config.json", json.dumps({**config, "num_hidden_layers": 3}))
        self.assertIn("model.layers.2", self.fails(1, "convert", folder, out))
        with open(out, encoding="utf-8") as file:
            self.assertEqual(file.read(), "old")
        self.assertEqual(os.listdir(os.path.dirname(out)).count("out.gguf"), 1)
        weights = os.path.join(CHECKPOINT, "model.safetensors")
        self.assertIn("another file", self.fails(1, "convert", CHECKPOINT, weights))

    def test_what_is_read_is_not_written_over(self):
        model = self.path("model.gguf")
        shutil.copy(TINY, model)
        link = self.path("link.gguf")
        os.symlink(model, link)
        for out in (model, link):
            self.assertIn("another file", self.fails(1, "quantize", model, out, "Q8_0"))
            self.assertIn("another file", self.fails(1, "logits", model, "--ids", "1", "--out", out))
        self.assertTrue(filecmp.cmp(TINY, model, shallow=False))

    def test_a_link_is_followed_and_stays(self):
        target = self.write("target.npy", "old")
        link = self.path("link.npy")
        os.symlink(target, link)
        self.ok("logits", TINY, "--ids", "1 2", "--out", link)
        self.assertTrue(os.path.islink(link))
        self.assertGreater(os.path.getsize(target), 100)
        self.assertIn("/dev/", self.fails(1, "logits", TINY, "--ids", "1", "--out", "/dev/stdout"))

    def test_a_folder_does_not_shadow_the_catalogue(self):
        os.makedirs(self.path("smollm2"))
        self.assertNotIn("config.json", self.fails(1, "run", "smollm2", "x", "--offline"))


class DefaultModel(CliTest):
    """The real model; INGLE_TEST_SMOLLM2 names its file."""

    def setUp(self):
        super().setUp()
        self.model = os.environ.get("INGLE_TEST_SMOLLM2")
        if not self.model:
            self.skipTest("INGLE_TEST_SMOLLM2 does not name the model")

    def test_it_answers(self):
        answer = self.ok("run", self.model, "What is the capital of France?", "--temp", "0",
                         "-n", "24", "--device", "reference")
        self.assertIn("Paris", answer)
        self.assertTrue(answer.endswith("\n"))

    def test_weights_that_cannot_be_kept_are_remarked(self):
        run = ["run", self.model, "Hello", "-n", "1", "--draft", self.model]
        refused = {"INGLE_HOME": self.write("file", "where a folder would be")}
        done = self.run_ingle(*run, env=refused)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr.count(b"cannot create the folder"), 1)
        self.assertIn(b"lays the weights out in memory", done.stderr)
        for quiet in ({}, {**refused, "INGLE_KEEP_PANELS": "false"}):
            done = self.run_ingle(*run, env=quiet)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn(b"in memory", done.stderr)

    def test_show(self):
        facts = self.ok_json("show", self.model, "--json")
        self.assertEqual(facts["quantization"], "Q4_1")
        self.assertEqual(facts["licence"], "apache-2.0")
        self.assertTrue(facts["chat"])


class FolderText(CliTest):
    """A checkpoint folder with a tokenizer takes and gives text."""

    def setUp(self):
        super().setUp()
        self.folder = self.path("checkpoint")
        shutil.copytree(CHECKPOINT, self.folder)
        self.vocabulary = {"<s>": 0, "</s>": 1, "u": 2, **{c: i for i, c in enumerate("abcdefgh", 3)}}
        self.write_tokenizer(self.vocabulary)
        self.write("checkpoint/tokenizer_config.json", json.dumps({
            "bos_token": "<s>", "eos_token": "</s>",
            "chat_template": "{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}"}))

    def write_tokenizer(self, vocabulary):
        self.write("checkpoint/tokenizer.json", json.dumps({
            "version": "1.0", "normalizer": {"type": "Lowercase"}, "pre_tokenizer": None,
            "post_processor": {
                "type": "TemplateProcessing", "pair": [],
                "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                           {"Sequence": {"id": "A", "type_id": 0}}],
                "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}},
            "decoder": {"type": "Fuse"},
            "added_tokens": [
                {"id": 0, "content": "<s>", "special": True, "normalized": False, "lstrip": False,
                 "rstrip": False, "single_word": False}],
            "model": {"type": "BPE", "vocab": vocabulary, "merges": [], "unk_token": "u"}}))

    def test_tokenizes_renders_and_runs(self):
        self.assertEqual(self.ok("tokenize", self.folder, stdin="aBc"), "0 3 4 5\n")
        self.assertEqual(self.ok("tokenize", self.folder, "--no-special", stdin="a"), "3\n")
        messages = self.write("chat.json", json.dumps(MESSAGES))
        self.assertEqual(self.ok("render", self.folder, messages), "<s>hi")
        answer = self.ok_json("run", self.folder, "abc", "--raw", "--temp", "0", "-n", "3", "--json")
        self.assertEqual(answer["prompt_tokens"], 4)
        self.ok("run", self.folder, "abc", "-n", "3")

    def test_what_is_wrong_is_named(self):
        self.write_tokenizer({**self.vocabulary, **{f"t{i}": i for i in range(11, 200)}})
        message = self.fails(1, "run", self.folder, "a")
        for word in ("200", "97"):
            self.assertIn(word, message)
        self.write("checkpoint/tokenizer.json", '{"model": {"type": "Runes"}}')
        self.assertIn("model.type is 'Runes'", self.fails(1, "run", self.folder, "a"))
        self.write("checkpoint/tokenizer.json", "{")
        self.assertIn("tokenizer.json is no JSON", self.fails(1, "tokenize", self.folder, stdin="a"))
