"""Models of a hub: which file is meant, fetching it, and who may see the token."""

import os
import random
import signal
import subprocess
import threading
import time

from hub_server import COMMIT, HubServer
from support import CliTest, tiny_model

CONTENT = random.Random(11).randbytes(2_000_000)


def contents(*names):
    """Files of a few bytes, each different."""
    return {name: name.encode() for name in names}


class HubTest(CliTest):
    REPOSITORY = "some-user/Tiny-GGUF"

    def serve(self, files):
        hub = HubServer(self.REPOSITORY, files)
        self.addCleanup(hub.close)
        self.environment["HF_ENDPOINT"] = hub.url
        return hub

    def store(self, *parts):
        return self.path(".local/share/ingle/models/hf.co", self.REPOSITORY, *parts)

    def stored(self):
        """The files of the repository in the store, but for the record."""
        found = []
        for folder, _, names in os.walk(self.store()):
            found += [os.path.relpath(os.path.join(folder, name), self.store()) for name in names]
        return sorted(set(found) - {".ingle.json"})

    def pulled(self, name, *flags):
        """Pulls, and returns the file that it was."""
        done = self.run_ingle("pull", name, *flags)
        self.assertEqual(done.returncode, 0, done.stderr)
        line = done.stderr.decode().splitlines()[-1]
        return os.path.relpath(line.split(" is at ")[1], self.store())


class Choice(HubTest):
    def test_the_usual_one_without_a_quantization(self):
        self.serve(contents("m.Q8_0.gguf", "m.IQ4_K_M.gguf", "m.Q4_K_M.gguf", "m.Q4_0.gguf",
                            "README.md"))
        self.assertEqual(self.pulled("hf.co/some-user/Tiny-GGUF"), "m.Q4_K_M.gguf")
        self.assertEqual(self.stored(), ["m.Q4_K_M.gguf"])

    def test_the_next_best(self):
        self.serve(contents("m-F16.gguf", "m-Q8_0.gguf", "m-Q4_0.gguf"))
        self.assertEqual(self.pulled("hf.co/some-user/Tiny-GGUF"), "m-Q4_0.gguf")

    def test_the_only_one_whatever_its_name(self):
        self.serve(contents("ggml-model.gguf", "mmproj-F16.gguf", "imatrix.gguf"))
        self.assertEqual(self.pulled("hf.co/some-user/Tiny-GGUF:latest"), "ggml-model.gguf")

    def test_by_quantization_in_any_case(self):
        self.serve(contents("m-q8_0.gguf", "m-q4_k_m.gguf", "m-iq4_nl.gguf"))
        for tag, file in (("Q8_0", "m-q8_0.gguf"), ("iq4_nl", "m-iq4_nl.gguf")):
            self.assertEqual(self.pulled("hf.co/some-user/Tiny-GGUF:" + tag), file)

    def test_a_part_of_a_quantization_is_none(self):
        self.serve(contents("m-Q4_K_M.gguf", "m-IQ4_XS.gguf"))
        for tag in ("Q4_K", "M", "4_XS", "Q9_0"):
            message = self.fails(1, "pull", "hf.co/some-user/Tiny-GGUF:" + tag)
            for part in (tag, "m-Q4_K_M.gguf", "m-IQ4_XS.gguf"):
                self.assertIn(part, message)

    def test_a_makers_own_kind_comes_second(self):
        self.serve(contents("m-UD-Q4_K_M.gguf", "m-Q4_K_M.gguf"))
        self.assertEqual(self.pulled("hf.co/some-user/Tiny-GGUF"), "m-Q4_K_M.gguf")
        self.assertEqual(self.pulled("hf.co/some-user/Tiny-GGUF:ud-q4_k_m"), "m-UD-Q4_K_M.gguf")

    def test_several_that_fit_as_well(self):
        self.serve(contents("m-1B-Q4_K_M.gguf", "m-3B-Q4_K_M.gguf"))
        message = self.fails(1, "pull", "hf.co/some-user/Tiny-GGUF:Q4_K_M")
        self.assertIn("hf.co/some-user/Tiny-GGUF/m-1B-Q4_K_M.gguf", message)
        self.assertIn("m-3B-Q4_K_M.gguf", message)

    def test_by_file(self):
        self.serve(contents("m-Q4_K_M.gguf", "folder/with space-Q8_0.gguf"))
        names = ("hf.co/some-user/Tiny-GGUF/folder/with space-Q8_0.gguf",
                 "huggingface.co/some-user/Tiny-GGUF/blob/main/folder/with space-Q8_0.gguf",
                 "https://huggingface.co/some-user/Tiny-GGUF/resolve/main/folder/with space-Q8_0"
                 ".gguf?download=true")
        for name in names:
            self.assertEqual(self.pulled(name), "folder/with space-Q8_0.gguf")
        self.assertEqual(self.pulled("hf.co/some-user/Tiny-GGUF:m-Q4_K_M.gguf"), "m-Q4_K_M.gguf")
        self.assertIn("absent.gguf", self.fails(1, "pull", names[0] + "/absent.gguf"))

    def test_all_parts_of_a_split_file(self):
        parts = [f"Q4_K_M/m-Q4_K_M-0000{i}-of-00003.gguf" for i in (1, 2, 3)]
        hub = self.serve(contents(*parts))
        self.assertEqual(self.pulled("hf.co/some-user/Tiny-GGUF"), parts[0])
        self.assertEqual(self.stored(), parts)
        self.assertEqual(self.pulled("hf.co/some-user/Tiny-GGUF/" + parts[1]), parts[0])
        del hub.files[parts[2]]
        self.ok("rm", "-f", "hf.co/some-user/Tiny-GGUF")
        self.assertIn("neither GGUF files", self.fails(1, "pull", "hf.co/some-user/Tiny-GGUF"))

    def test_a_checkpoint(self):
        hub = self.serve(contents(
            "config.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors", "consolidated.safetensors", "pytorch_model.bin",
            "tokenizer.json", "tokenizer_config.json", "modeling.py", "1_Pooling/config.json",
            "onnx/model.onnx", "README.md"))
        self.assertEqual(self.pulled("hf.co/some-user/Tiny-GGUF"), ".")
        self.assertEqual(self.stored(), [
            "1_Pooling/config.json", "README.md", "config.json",
            "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
            "model.safetensors.index.json", "tokenizer.json", "tokenizer_config.json"])
        self.assertIn("config.json", hub.requests[-1][0])  # without it, it is no checkpoint yet

    def test_a_checkpoint_whose_shards_count_from_0(self):
        shards = [f"model-0000{i}-of-00002.safetensors" for i in (0, 1, 2)]
        self.serve(contents("config.json", "model.safetensors.index.json", *shards))
        self.assertEqual(self.pulled("hf.co/some-user/Tiny-GGUF"), ".")
        self.assertLessEqual(set(shards), set(self.stored()))

    def test_nothing_that_can_be_run(self):
        self.serve(contents("pytorch_model.bin", "config.json"))
        self.assertIn("neither GGUF files", self.fails(1, "pull", "hf.co/some-user/Tiny-GGUF"))

    def test_a_revision(self):
        hub = self.serve(contents("m-Q4_0.gguf"))
        self.ok("pull", "hf.co/some-user/Tiny-GGUF@v2:Q4_0")
        self.assertIn("/revision/v2?", hub.requests[0][0])
        self.assertTrue(os.path.exists(self.store() + "@v2/m-Q4_0.gguf"))
        self.assertIn("'v3'", self.fails(1, "pull", "hf.co/some-user/Tiny-GGUF@v3"))

    def test_names_that_are_none(self):
        hub = self.serve({})
        for name in ("hf.co/user", "hf.co/user/", "hf.co//repo", "hf.co/../repo", "hf.co/user/..",
                     "hf.co/user/re po", "hf.co/user/repo:", "hf.co/user/repo:a/b",
                     "hf.co/user/repo@../x", "hf.co/user/repo/../../x.gguf",
                     "hf.co/user/repo/x.bin", "hf.co/user/repo/.x.gguf", "hf.co/us\x1ber/repo"):
            with self.subTest(name=name):
                self.assertIn("hf.co/USER/REPO", self.fails(1, "pull", name))
        self.assertEqual(hub.requests, [])


class Transfer(HubTest):
    def setUp(self):
        super().setUp()
        self.name = "hf.co/some-user/Tiny-GGUF"
        self.hub = self.serve({"m-Q4_0.gguf": CONTENT})

    def content(self):
        with open(self.store("m-Q4_0.gguf"), "rb") as file:
            return file.read()

    def test_fetches_one_version_and_once(self):
        self.ok("pull", self.name)
        self.assertEqual(self.content(), CONTENT)
        self.assertIn(f"/resolve/{COMMIT}/", self.hub.requests[1][0])
        asked = len(self.hub.requests)
        for name in (self.name, self.name + ":q4_0", self.name + "/m-Q4_0.gguf"):
            self.ok("pull", name, "--offline")
        self.assertEqual(len(self.hub.requests), asked)

    def test_a_mirror_that_tells_no_sizes(self):
        self.hub.sizes = False
        self.ok("pull", self.name)
        self.assertEqual(self.content(), CONTENT)

    def test_goes_on_where_the_line_broke(self):
        self.hub.storage.cut_after = [700_000, 500_000]
        self.ok("pull", self.name)
        self.assertEqual(self.content(), CONTENT)
        ranges = [headers.get("Range") for _, headers in self.hub.storage.requests]
        self.assertEqual(ranges, [None, "bytes=700000-", "bytes=1200000-"])

    def test_a_killed_fetch_is_resumed(self):
        self.hub.storage.pause = threading.Event()
        program = self.start("pull", self.name, stderr=subprocess.DEVNULL)
        self.assertTrue(self.hub.storage.halfway.wait(20))
        partial = self.store("m-Q4_0.gguf.partial")
        for _ in range(200):
            if os.path.exists(partial) and os.path.getsize(partial) > 500_000:
                break
            time.sleep(0.02)
        program.send_signal(signal.SIGKILL)
        program.wait(20)
        self.hub.storage.pause.set()
        self.assertEqual(self.fails(1, "pull", self.name, "--offline").count("not here"), 1)
        begun = os.path.getsize(partial)
        self.hub.storage.requests.clear()
        self.ok("pull", self.name)
        self.assertEqual(self.content(), CONTENT)
        self.assertEqual(self.hub.storage.requests[0][1]["Range"], f"bytes={begun}-")
        self.assertEqual(self.stored(), ["m-Q4_0.gguf"])

    def test_wrong_content_is_refused(self):
        for content in (CONTENT[:-1] + b"?", CONTENT[:-1], CONTENT + b"x", b""):
            self.hub.served["m-Q4_0.gguf"] = content
            message = self.fails(1, "pull", self.name)
            self.assertIn("m-Q4_0.gguf", message)
            self.assertNotIn("m-Q4_0.gguf", self.stored())

    def test_small_files_are_held_against_their_git_hash(self):
        hub = self.serve({"s-Q4_0.gguf": b"small"})
        hub.served["s-Q4_0.gguf"] = b"smell"
        self.assertIn("git hash", self.fails(1, "pull", self.name))
        hub.served.clear()
        self.ok("pull", self.name)

    def test_a_model_that_was_cut_is_fetched_again(self):
        self.ok("pull", self.name)
        os.truncate(self.store("m-Q4_0.gguf"), 1000)
        self.ok("pull", self.name)
        self.assertEqual(self.content(), CONTENT)

    def test_two_at_once_fetch_once(self):
        self.hub.storage.pause = threading.Event()
        first = self.start("pull", self.name, stderr=subprocess.PIPE)
        self.assertTrue(self.hub.storage.halfway.wait(20))
        second = self.start("pull", self.name, stderr=subprocess.PIPE)
        waiting = second.stderr.readline()
        self.hub.storage.pause.set()
        for program in (first, second):
            message = program.communicate(timeout=60)[1]
            self.assertEqual(program.returncode, 0, message)
        self.assertIn(b"waiting", waiting)
        self.assertEqual(len(self.hub.storage.requests), 1)

    def test_offline_asks_nobody(self):
        for arguments in (["pull"], ["run"], ["show"]):
            self.assertIn("not here", self.fails(1, *arguments, self.name, "--offline"))
        self.assertEqual(self.hub.requests, [])

    def test_hostile_lists(self):
        def listed(*files):
            self.hub.listing = list(files)
            return self.fails(1, "pull", self.name)

        for path in ("../x-Q4_0.gguf", "/tmp/x-Q4_0.gguf", "a/../../x-Q4_0.gguf", ".x-Q4_0.gguf",
                     "a//x.gguf", "x\n.gguf", "x\x1b[2J.gguf", "a\\..\\x.gguf", "x" * 300 + ".gguf",
                     "", None, 7, ["x.gguf"]):
            with self.subTest(path=path):
                self.assertIn("neither GGUF", listed({"rfilename": path, "size": 5}))
        for size in (-1, 1.5, "5", 2 ** 63, 2 ** 64):
            with self.subTest(size=size):
                self.assertIn("bytes", listed({"rfilename": "x.gguf", "size": size}))
        self.assertIn("are needed", listed({"rfilename": "x.gguf", "size": 2 ** 43}))
        for answer in ({}, "x", 7):
            self.hub.listing = answer
            self.hub.list_tree = lambda: answer
            self.assertIn("no list of files", self.fails(1, "pull", self.name))
        self.assertFalse(os.path.exists(self.path("x-Q4_0.gguf")))

    def test_an_answer_that_is_no_json(self):
        self.hub.list_revision = lambda: None
        self.hub.list_tree = lambda: None
        self.assertIn("no list of files", self.fails(1, "pull", self.name))

    def test_the_program_fetches_what_a_command_needs(self):
        self.hub.files = {"m-Q4_0.gguf": tiny_model()}
        self.assertIn("llama", self.ok("inspect", self.name))

    def test_the_hub_tells_the_licence_that_the_file_does_not(self):
        path = "folder/m-Q4_0.gguf"
        self.hub.files = {path: tiny_model()}
        self.ok("pull", self.name)
        self.assertEqual(self.ok_json("show", self.name, "--json")["licence"], "mit")
        self.assertIn("(mit)", self.ok("list"))

    def test_a_repository_without_its_hub(self):
        self.assertIn("hf.co/some-user/Tiny-GGUF",
                      self.fails(1, "run", "some-user/Tiny-GGUF", "x"))

    def test_removal_of_one_of_several(self):
        self.hub.files.update(contents("m-Q8_0.gguf"))
        self.ok("pull", self.name)
        self.ok("pull", self.name + ":Q8_0")
        self.ok("rm", "-f", self.name + ":q8_0")
        self.assertEqual(self.stored(), ["m-Q4_0.gguf"])
        self.assertIn("m-Q4_0.gguf", self.fails(1, "rm", "-f", self.name + ":Q8_0"))
        names = self.ok("list", "--names").splitlines()
        self.assertIn(self.name + ":Q4_0", names)
        self.ok("rm", "-f", self.name + ":Q4_0")
        self.assertFalse(os.path.exists(self.store()))
        self.fails(1, "rm", "-f", self.name)

    def test_an_endpoint_that_is_not_secure(self):
        message = self.fails(1, "pull", self.name, env={"HF_ENDPOINT": "http://example.org"})
        self.assertIn("HF_ENDPOINT", message)


class Token(HubTest):
    TOKEN = "hf_secretSecretSecret"

    def setUp(self):
        super().setUp()
        self.name = "hf.co/some-user/Tiny-GGUF"
        self.hub = self.serve({"m-Q4_0.gguf": CONTENT})
        self.hub.token = self.TOKEN

    def seen_by(self, server):
        return {headers.get("Authorization") for _, headers in server.requests}

    def test_goes_to_the_hub_and_nobody_else(self):
        done = self.run_ingle("pull", self.name, env={"HF_TOKEN": self.TOKEN})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(self.TOKEN.encode(), done.stderr)
        self.assertEqual(self.seen_by(self.hub), {"Bearer " + self.TOKEN})
        self.assertEqual(self.seen_by(self.hub.storage), {None})
        for folder, _, names in os.walk(self.home):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(self.TOKEN.encode(), file.read())

    def test_from_the_file_that_a_login_writes(self):
        self.write(".cache/huggingface/token", self.TOKEN + "\n")
        self.ok("pull", self.name)
        self.ok("rm", "-f", self.name)
        os.rename(self.path(".cache/huggingface"), self.path("elsewhere"))
        self.ok("pull", self.name, env={"HF_HOME": self.path("elsewhere")})

    def test_one_that_could_break_a_header_is_not_sent(self):
        self.fails(1, "pull", self.name, env={"HF_TOKEN": "a\r\nX-Evil: 1"})
        self.assertEqual(self.seen_by(self.hub), {None})

    def test_refusals_say_what_to_do(self):
        self.assertIn("HF_TOKEN", self.fails(1, "pull", self.name))
        env = {"HF_TOKEN": self.TOKEN}
        for refusal, words in (((403, "GatedRepo"), ("accept its terms", self.hub.url)),
                               ((401, "GatedRepo"), ("accept its terms",)),
                               ((404, "RepoNotFound"), ("spelt right", "this token")),
                               ((418, ""), ("HTTP 418",))):
            self.hub.refusal = refusal
            message = self.fails(1, "pull", self.name, env=env)
            for word in (*words, "some-user/Tiny-GGUF"):
                self.assertIn(word, message)
            self.assertNotIn(self.TOKEN, message)
        self.hub.refusal = None
        self.hub.refuses_files = (403, "GatedRepo")
        self.assertIn("accept its terms", self.fails(1, "pull", self.name, env=env))
