"""What the tests of the program share: a fresh home for it, a model, a server that misbehaves.

The program under test is named by the environment variable INGLE. Only the standard library is
used, so that the tests need nothing that a build does not."""

import ast
import fcntl
import hashlib
import http.server
import json
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest
import zipfile

PROGRAM = os.path.abspath(os.environ.get("INGLE", "build/ingle"))


class CliTest(unittest.TestCase):
    """A test with a home folder of its own, in which nothing was ever fetched or configured."""

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="ingle-test-")
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.environment = {
            "HOME": self.home,
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LANG": "C.UTF-8",
            "TERM": "xterm",
            "INGLE_PIP": "/nonexistent/pip",
            "INGLE_THREADS": "2",
        }
        # A sanitizer's options, and the library path of an unusual compiler.
        for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS",
                     "LD_LIBRARY_PATH"):
            if name in os.environ:
                self.environment[name] = os.environ[name]

    def path(self, *parts):
        return os.path.join(self.home, *parts)

    def write(self, name, content):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def write_config(self, text):
        return self.write(".config/ingle/config.toml", text)

    def start(self, *arguments, **options):
        environment = {**self.environment, **options.pop("env", {})}
        return subprocess.Popen([PROGRAM, *arguments], env=environment, cwd=self.home, **options)

    def run_ingle(self, *arguments, stdin=b"", timeout=120, **options):
        environment = {**self.environment, **options.pop("env", {})}
        return subprocess.run(
            [PROGRAM, *arguments], input=stdin if isinstance(stdin, bytes) else stdin.encode(),
            env=environment, cwd=self.home, timeout=timeout,
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE, **options)

    def ok(self, *arguments, **options):
        """Runs the program, which must succeed; returns its standard output as text."""
        done = self.run_ingle(*arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout.decode()

    def ok_json(self, *arguments, **options):
        return json.loads(self.ok(*arguments, **options))

    def fails(self, status, *arguments, **options):
        """Runs the program, which must fail with this status; returns its standard error."""
        done = self.run_ingle(*arguments, **options)
        message = done.stderr.decode()
        self.assertEqual(done.returncode, status, f"stdout: {done.stdout}\nstderr: {message}")
        # Lines of progress may come before.
        self.assertRegex(message, "(?m)^ingle: ")
        message = message[re.search("(?m)^ingle: ", message).start():]
        return message

    # -- catalogues ---------------------------------------------------------------------------

    def catalogue(self, content, sources, name="tiny", size=None, sha256=None):
        """Makes the program's catalogue one model with this content and these sources (TOML)."""
        lines = [f"[models.{name}]", 'description = "a test"', 'licence = "none"',
                 f'file = "{name}.gguf"', f"size = {len(content) if size is None else size}",
                 f'sha256 = "{sha256 or hashlib.sha256(content).hexdigest()}"']
        for source in sources:
            lines += [f"[[models.{name}.sources]]", source]
        path = self.write("catalogue.toml", "\n".join(lines) + "\n")
        self.environment["INGLE_CATALOGUE"] = path
        return path

    def model_path(self, name="tiny"):
        return self.path(".local/share/ingle/models", name, f"{name}.gguf")

    def installed(self, name="tiny"):
        try:
            with open(self.model_path(name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None


# -- a terminal -------------------------------------------------------------------------------


class Terminal:
    """A program in a terminal of its own."""

    def __init__(self, arguments, environment, folder):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))

        def own_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.program = subprocess.Popen(arguments, env=environment, cwd=folder, stdin=slave,
                                        stdout=slave, stderr=slave, preexec_fn=own_terminal)
        os.close(slave)
        self.output = ""

    def type(self, text):
        os.write(self.master, text.encode())

    def read_until(self, wanted, seconds=60):
        """Waits for a text to appear, and returns all that came up to its end."""
        end = time.monotonic() + seconds
        while wanted not in self.output:
            if not self.read_some(end - time.monotonic()):
                raise AssertionError(f"{wanted!r} did not come; there was {self.output!r}")
        cut = self.output.index(wanted) + len(wanted)
        seen, self.output = self.output[:cut], self.output[cut:]
        return seen

    def read_prompt(self):
        """Waits until the program takes keys one by one. It does so just after it has asked; a key
        that comes in between is the terminal's, for which Ctrl-C is a signal."""
        seen = self.read_until(">>> ")
        end = time.monotonic() + 60
        while termios.tcgetattr(self.master)[3] & termios.ICANON:
            if time.monotonic() > end:
                raise AssertionError("the program does not edit lines")
            time.sleep(0.001)
        return seen

    def read_some(self, seconds):
        if seconds <= 0 or not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:  # the program has closed its end
            return False
        self.output += data.decode(errors="replace")
        return bool(data)

    def finish(self, seconds=60):
        """The exit status, once the program has left."""
        end = time.monotonic() + seconds
        while self.read_some(end - time.monotonic()):
            pass
        return self.program.wait(max(1, end - time.monotonic()))

    def close(self):
        if self.program.poll() is None:
            self.program.kill()
            self.program.wait()
        os.close(self.master)


# -- a server ---------------------------------------------------------------------------------


class Server:
    """Serves one file over HTTP on this machine, and misbehaves as told.

    requests: the (path, headers) of every request, in order."""

    def __init__(self, content, etag='"v1"'):
        self.content = content
        self.etag = etag
        self.ranges = True       # whether it can resume
        self.status = None       # answers every request with this instead
        self.cut_after = []      # of each request in turn: bytes after which the line breaks
        self.redirect = None     # a location
        self.pause = None        # an Event to wait for in the middle of every answer
        self.requests = []
        self.halfway = threading.Event()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                server.answer(self)

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http.server_address[1]}/model.gguf"

    def source(self):
        return f'url = "{self.url}"'

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def answer(self, request):
        self.requests.append((request.path, dict(request.headers)))
        request.close_connection = True
        if self.redirect:
            return self.send_head(request, 302, {"Location": self.redirect, "Content-Length": "0"})
        if self.status:
            return self.send_head(request, self.status, {"Content-Length": "0"})
        begin = 0
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        same = request.headers.get("If-Range", self.etag) == self.etag
        if wanted and self.ranges and same:
            begin = int(wanted.group(1))
            if begin >= len(self.content):
                return self.send_head(request, 416, {"Content-Length": "0"})
        body = self.content[begin:]
        headers = {"Content-Length": str(len(body)), "ETag": self.etag}
        if begin:
            headers["Content-Range"] = f"bytes {begin}-{len(self.content) - 1}/{len(self.content)}"
        self.send_head(request, 206 if begin else 200, headers)
        cut = self.cut_after.pop(0) if self.cut_after else None
        try:
            self.send_body(request, body if cut is None else body[:cut])
        except OSError:
            pass

    def send_body(self, request, body):
        half = len(body) // 2
        request.wfile.write(body[:half])
        request.wfile.flush()
        self.halfway.set()
        if self.pause:
            self.pause.wait(30)
        request.wfile.write(body[half:])

    @staticmethod
    def send_head(request, status, headers):
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Connection", "close")
        request.end_headers()


# -- a Python package -------------------------------------------------------------------------


def make_wheel(folder, content, package="tiny_model", version="1.0", member="tiny_model/tiny.gguf"):
    """Writes the smallest wheel that pip takes, with content as the member."""
    os.makedirs(folder, exist_ok=True)
    info = f"{package}-{version}.dist-info"
    with zipfile.ZipFile(os.path.join(folder, f"{package}-{version}-py3-none-any.whl"), "w",
                         zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(member, content)
        wheel.writestr(f"{info}/METADATA",
                       f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL",
                       "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
                       "Tag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def find_pip():
    """A pip that works, as the program's INGLE_PIP; None where there is none."""
    for name in ("pip", "pip3"):
        path = shutil.which(name)
        if path and subprocess.run([path, "--version"], capture_output=True).returncode == 0:
            return path
    return None


# -- a model ----------------------------------------------------------------------------------

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDENS = os.path.join(HERE, "..", "..", "conformance", "llama")
# A folder of Hugging Face's form, in bfloat16.
CHECKPOINT = os.path.normpath(os.path.join(GOLDENS, "..", "checkpoints", "llama_bf16"))
TINY = os.path.join(GOLDENS, "plain.gguf")  # Llama, random weights, 323 tokens, context 80


def tiny_model(renames=()):
    """The bytes of the tiny model, with words in it replaced by others of the same length."""
    with open(TINY, "rb") as file:
        content = file.read()
    for old, new in renames:
        assert len(old) == len(new) and old in content
        content = content.replace(old, new)
    return content


def golden(name="plain"):
    """The prompt, the 32 greedy tokens and the logits that transformers computes, as rows."""
    with open(os.path.join(GOLDENS, name + ".json"), encoding="utf-8") as file:
        about = json.load(file)
    return about["prompt"], about["greedy"], read_npy(os.path.join(GOLDENS, name + ".npy"))


def read_npy(path):
    """The rows of a two-dimensional float32 array."""
    with open(path, "rb") as file:
        content = file.read()
    assert content[:8] == b"\x93NUMPY\x01\x00", content[:8]
    length = struct.unpack("<H", content[8:10])[0]
    header = ast.literal_eval(content[10:10 + length].decode("latin-1"))
    assert header["descr"] == "<f4" and not header["fortran_order"], header
    rows, columns = header["shape"]
    numbers = struct.unpack(f"<{rows * columns}f", content[10 + length:])
    return [numbers[row * columns:(row + 1) * columns] for row in range(rows)]
