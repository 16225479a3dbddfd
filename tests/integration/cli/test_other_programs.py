"""Models that other programs keep: found, used in place, never touched. And what list makes of files
that are no use."""

import hashlib
import json
import os
import shutil

from support import GOLDENS, TINY, CliTest, tiny_model

COMMIT = "89abcdef0123456789abcdef0123456789abcdef"
CHECKPOINT = os.path.join(GOLDENS, "..", "checkpoints", "llama_untied")


class Kept(CliTest):
    """A home in which every other program keeps the tiny model."""

    def setUp(self):
        super().setUp()
        self.model = tiny_model()
        # Who asks it gets nowhere.
        self.environment["HF_ENDPOINT"] = "http://127.0.0.1:1"

    def rows(self):
        return {row["name"]: row for row in self.ok_json("list", "--json")["models"]}

    def everything(self):
        """All files below the home, with their contents and times."""
        found = {}
        for folder, _, names in os.walk(self.home):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[path] = (file.read(), os.lstat(path).st_mtime_ns)
        return found

    def check(self, name, path, keeper):
        """What holds for all: found, used in place, and not removed."""
        row = self.rows()[name]
        self.assertEqual((row["path"], row["kept_by"], row["state"]), (path, keeper, "here"))
        self.assertIn(name + "\n", self.ok("list", "--names"))
        self.assertIn("kept by " + keeper, self.ok("list"))
        before = self.everything()
        self.assertIn("llama", self.ok("inspect", name))
        self.assertEqual(len(self.ok_json("run", name, "the", "--raw", "--json", "-n", "3")
                             ["token_ids"]), 3)
        shown = self.ok_json("show", name, "--json")
        self.assertEqual((shown["path"], shown["kept_by"]), (path, keeper))
        message = self.fails(1, "rm", "-f", name)
        self.assertIn("kept by " + keeper, message)
        self.assertEqual(self.everything(), before)
        return message

    # -- Hugging Face ---------------------------------------------------------------------------

    def cache(self, files, repository="some-user/Tiny", commit=COMMIT, ref="main"):
        folder = self.path(".cache/huggingface/hub", "models--" + repository.replace("/", "--"))
        os.makedirs(os.path.join(folder, "blobs"), exist_ok=True)
        os.makedirs(os.path.join(folder, "refs"), exist_ok=True)
        if ref:
            with open(os.path.join(folder, "refs", ref), "w", encoding="ascii") as file:
                file.write(commit)
        snapshot = os.path.join(folder, "snapshots", commit)
        for name, content in files.items():
            blob = os.path.join(folder, "blobs", hashlib.sha256(content).hexdigest())
            with open(blob, "wb") as file:
                file.write(content)
            link = os.path.join(snapshot, name)
            os.makedirs(os.path.dirname(link), exist_ok=True)
            os.symlink(os.path.relpath(blob, os.path.dirname(link)), link)
        return snapshot

    def test_hugging_face(self):
        snapshot = self.cache({"t-Q4_0.gguf": self.model, "README.md": b"x"})
        path = os.path.join(snapshot, "t-Q4_0.gguf")
        message = self.check("hf.co/some-user/Tiny:Q4_0", path, "the Hugging Face cache")
        self.assertIn("hf cache rm model/some-user/Tiny", message)
        for name in ("hf.co/some-user/Tiny", "hf.co/some-user/Tiny/t-Q4_0.gguf",
                     f"hf.co/some-user/Tiny@{COMMIT}", "https://huggingface.co/some-user/Tiny"):
            self.assertIn(path, self.run_ingle("pull", name).stderr.decode())
        for name in ("hf.co/some-user/Tiny:Q8_0", "hf.co/some-user/Tiny@v2",
                     "hf.co/some-user/Other"):
            self.assertIn("could not list some-user/", self.fails(1, "pull", name, timeout=30))

    def test_hugging_face_in_another_place(self):
        self.cache({"t-Q4_0.gguf": self.model})
        hub = self.path("hub")
        os.rename(self.path(".cache/huggingface/hub"), hub)
        self.assertNotIn("hf.co/some-user/Tiny:Q4_0", self.rows())
        for variables in ({"HF_HUB_CACHE": hub}, {"HF_HOME": self.home}):
            self.environment.update(variables)
            self.assertIn("hf.co/some-user/Tiny:Q4_0", self.rows())
            self.environment.pop(*variables)

    def test_hugging_face_checkpoint(self):
        files = {}
        for name in ("config.json", "model.safetensors"):
            with open(os.path.join(CHECKPOINT, name), "rb") as file:
                files[name] = file.read()
        card = b"---\nlanguage: en\nlicense: other\nlicense_name: tiny-licence\n---\nA card.\n"
        snapshot = self.cache({**files, "README.md": card})
        row = self.rows()["hf.co/some-user/Tiny"]
        self.assertEqual((row["path"], row["state"]), (snapshot, "here"))
        shown = self.ok_json("show", "hf.co/some-user/Tiny", "--json")
        self.assertEqual(shown["licence"], "tiny-licence")
        self.assertEqual(shown["architecture"], "llama")

    def test_hugging_face_by_newest_snapshot_without_a_ref(self):
        self.cache({"t-Q4_0.gguf": self.model}, commit="1" * 40, ref=None)
        newest = self.cache({"t-Q4_0.gguf": self.model}, commit="2" * 40, ref=None)
        older = os.path.join(os.path.dirname(newest), "1" * 40)
        os.utime(older, (1, 1))
        self.assertTrue(self.rows()["hf.co/some-user/Tiny:Q4_0"]["path"].startswith(newest))

    def test_hugging_face_that_makes_no_sense(self):
        snapshot = self.cache({"t-Q4_0.gguf": self.model})
        folder = os.path.dirname(os.path.dirname(snapshot))
        blob = os.path.realpath(os.path.join(snapshot, "t-Q4_0.gguf"))
        for ref in (b"../../..", b"", b"\xff", b"x" * 500):
            with open(os.path.join(folder, "refs/main"), "wb") as file:
                file.write(ref)
            self.assertTrue(self.rows()["hf.co/some-user/Tiny:Q4_0"]["path"].startswith(snapshot))
        os.remove(blob)
        self.assertNotIn("hf.co/some-user/Tiny:Q4_0", self.rows())
        for name in ("models--x", "models--..--..", "models----", "datasets--a--b"):
            os.makedirs(os.path.join(os.path.dirname(folder), name, "snapshots", COMMIT))
        self.rows()

    # -- Ollama ---------------------------------------------------------------------------------

    def ollama(self, manifest, layers, folder=".ollama/models"):
        listed = []
        for kind, content in layers:
            digest = hashlib.sha256(content).hexdigest()
            self.write(f"{folder}/blobs/sha256-{digest}", content)
            listed.append({"mediaType": "application/vnd.ollama.image." + kind,
                           "digest": "sha256:" + digest, "size": len(content)})
        self.write(f"{folder}/manifests/{manifest}",
                   json.dumps({"schemaVersion": 2, "config": {}, "layers": listed}))
        return self.path(folder, "blobs",
                         "sha256-" + hashlib.sha256(self.model).hexdigest())

    def test_ollama(self):
        layers = [("license", b"mit"), ("model", self.model), ("template", b"{{ .Prompt }}")]
        for manifest, name in (("registry.ollama.ai/library/tiny/1b", "tiny:1b"),
                               ("registry.ollama.ai/library/tiny/latest", "tiny:latest"),
                               ("registry.ollama.ai/someone/tiny/q4", "someone/tiny:q4"),
                               ("hf.co/some-user/Tiny/Q4_0", "hf.co/some-user/Tiny:Q4_0")):
            path = self.ollama(manifest, layers)
            message = self.check("ollama/" + name, path, "Ollama")
            self.assertIn(f"ollama rm {name}", message)
        self.ok("show", "ollama/tiny")
        self.assertIn("ingle list", self.fails(1, "run", "ollama/absent", "x"))

    def test_ollama_in_another_place(self):
        self.ollama("registry.ollama.ai/library/tiny/latest", [("model", self.model)], "elsewhere")
        self.environment["OLLAMA_MODELS"] = self.path("elsewhere")
        self.ok("show", "ollama/tiny")

    def test_ollama_model_that_is_more_than_a_file(self):
        for more in ("adapter", "model", "tensor; name=x"):
            self.ollama("registry.ollama.ai/library/tiny/latest",
                        [("model", self.model), (more, b"more")])
            self.assertIn(more, self.fails(1, "show", "ollama/tiny"))
            self.assertNotIn("ollama/tiny:latest", self.rows())

    def test_ollama_that_makes_no_sense(self):
        blob = self.ollama("registry.ollama.ai/library/tiny/latest", [("model", self.model)])
        os.truncate(blob, 100)
        self.assertEqual(self.rows()["ollama/tiny:latest"]["state"], "damaged")
        os.remove(blob)
        self.assertEqual(self.rows()["ollama/tiny:latest"]["state"], "damaged")
        layer = {"mediaType": "application/vnd.ollama.image.model", "size": 5}
        for content in ("", "[]", "{}", '{"layers": 5}', '{"layers": [5]}',
                        json.dumps({"layers": [{**layer, "digest": "sha256:../../x"}]}),
                        json.dumps({"layers": [{**layer, "digest": 5}]}), "[" * 100000):
            self.write(".ollama/models/manifests/registry.ollama.ai/library/tiny/latest", content)
            self.fails(1, "show", "ollama/tiny")
            self.assertNotIn("ollama/tiny:latest", self.rows())
        for name in ("ollama/", "ollama/..", "ollama/../../x", "ollama/a/b/c/d", "ollama/a:../b"):
            self.fails(1, "show", name)

    # -- LM Studio ------------------------------------------------------------------------------

    def test_lm_studio(self):
        for home in (".lmstudio", ".cache/lm-studio"):
            path = self.write(f"{home}/models/some-user/Tiny-GGUF/t-Q4_0.gguf", self.model)
            self.write(f"{home}/models/some-user/Tiny-GGUF/mmproj-F16.gguf", b"x")
            self.check("lmstudio/some-user/Tiny-GGUF:Q4_0", path, "LM Studio")
            self.ok("show", "lmstudio/some-user/Tiny-GGUF")
            self.ok("show", "lmstudio/some-user/Tiny-GGUF/t-Q4_0.gguf")
            message = self.fails(1, "show", "lmstudio/some-user/Tiny-GGUF:Q8_0")
            self.assertIn("lmstudio/some-user/Tiny-GGUF has no file", message)
            shutil.rmtree(self.path(home))

    def test_lm_studio_in_another_place(self):
        self.write("far/some-user/Tiny-GGUF/t-Q4_0.gguf", self.model)
        self.write(".lmstudio/settings.json", json.dumps({"downloadsFolder": self.path("far")}))
        self.ok("show", "lmstudio/some-user/Tiny-GGUF")
        for settings in ("{", "[]", '{"downloadsFolder": 5}', '{"downloadsFolder": "far"}'):
            self.write(".lmstudio/settings.json", settings)
            self.assertIn("no model", self.fails(1, "show", "lmstudio/some-user/Tiny-GGUF"))

    def test_a_file_of_such_a_path_is_named_by_its_dot(self):
        for folder in ("hf.co/a/b", "ollama", "lmstudio/a/b"):
            self.write(f"{folder}/t.gguf", self.model)
            self.ok("show", f"./{folder}/t.gguf")
        self.assertIn("./ollama/t.gguf", self.fails(1, "show", "ollama/t.gguf"))

    def test_doctor_counts_them(self):
        self.ollama("registry.ollama.ai/library/tiny/latest", [("model", self.model)])
        checks = {check["subject"]: check["text"]
                  for check in self.ok_json("doctor", "--json")["checks"]}
        self.assertIn("1 model in Ollama", checks["others"])
        self.assertEqual(checks["hub"], "http://127.0.0.1:1, without a token")


class Damaged(CliTest):
    def state(self, content):
        self.catalogue(tiny_model(), ['url = "https://example.org/x"'])
        self.write(".local/share/ingle/models/tiny/tiny.gguf", content)
        row = self.ok_json("list", "--json")["models"][0]
        self.assertEqual(row["state"] == "damaged", "damaged" in self.ok("list"))
        return row["state"], row.get("trouble", "")

    def test_list_tells_what_is_wrong(self):
        model = tiny_model()
        self.assertEqual(self.state(model), ("here", ""))
        state, trouble = self.state(model[:-1])
        self.assertEqual(state, "damaged")
        self.assertRegex(trouble, r"[\d,]+ bytes instead of [\d,]+")
        state, trouble = self.state(b"GGML" + model[4:])
        self.assertEqual(state, "damaged")
        self.assertIn("tiny.gguf", trouble)

    def test_doctor_tells_it_too(self):
        self.state(b"GGML" + tiny_model()[4:])
        checks = {check["subject"]: check for check in self.ok_json("doctor", "--json")["checks"]}
        self.assertEqual(checks["catalogue"]["state"], "warning")
        self.assertIn("ingle rm tiny", checks["catalogue"]["text"])


class Show(CliTest):
    def test_facts(self):
        facts = self.ok_json("show", TINY, "--json")
        for key, value in (("architecture", "llama"), ("context", 80), ("vocabulary", 323),
                           ("chat", True), ("present", True), ("kept_by", "")):
            self.assertEqual(facts[key], value, key)
        for key in ("licence", "parameters", "quantization", "layers", "width", "heads",
                    "kv_heads", "system", "tools", "thinking", "path", "size"):
            self.assertIn(key, facts)

    def test_a_model_that_is_not_here(self):
        facts = self.ok_json("show", "--json")
        self.assertEqual((facts["name"], facts["licence"], facts["present"]),
                         ("smollm2", "Apache-2.0", False))
        self.assertIn("ingle pull smollm2", self.ok("show"))

    def test_licence_on_a_card(self):
        folder = self.path("checkpoint")
        shutil.copytree(CHECKPOINT, folder)
        for card, licence in (("---\nlicense: mit\n---\n", "mit"),
                              ("---\r\nlicense: 'mit'\r\n---\r\n", "mit"),
                              ("---\nlicense:\n- mit\n- gpl\n---\n", "mit"),
                              ("---\nlicense: [mit, gpl]\n---\n", "mit"),
                              ("---\nlicense: other\n---\n", "other"),
                              ("---\nx: y\n---\nlicense: mit\n", ""),
                              ("license: mit\n", ""), ("---", ""), ("", "")):
            self.write("checkpoint/README.md", card)
            self.assertEqual(self.ok_json("show", folder, "--json")["licence"], licence, card)
