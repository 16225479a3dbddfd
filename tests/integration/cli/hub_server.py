"""A model hub on this machine, and the other host that it keeps large files on."""

import hashlib
import http.server
import json
import re
import threading
import urllib.parse

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def git_hash(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class _Http:
    """An HTTP server whose answers are answer(request)'s. requests: (path, headers) of each."""

    def __init__(self):
        self.requests = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                server.requests.append((self.path, dict(self.headers)))
                self.close_connection = True
                server.answer(self)

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    @staticmethod
    def send(request, status, body=b"", **headers):
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Connection", "close")
        request.end_headers()
        try:
            request.wfile.write(body)
        except OSError:
            pass


class Storage(_Http):
    """Serves the large files by the SHA-256 of what they ought to be; can resume."""

    def __init__(self):
        super().__init__()
        self.files = {}       # what is served, by name
        self.cut_after = []   # of each request in turn: bytes after which the line breaks
        self.pause = None     # an Event to wait for in the middle of every answer
        self.halfway = threading.Event()

    def answer(self, request):
        content = self.files[request.path.strip("/")]
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        begin = int(wanted.group(1)) if wanted else 0
        body = content[begin:]
        request.send_response(206 if begin else 200)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("ETag", f'"{request.path}"')
        if begin:
            request.send_header("Content-Range",
                                f"bytes {begin}-{len(content) - 1}/{len(content)}")
        request.send_header("Connection", "close")
        request.end_headers()
        cut = self.cut_after.pop(0) if self.cut_after else len(body)
        try:
            request.wfile.write(body[:cut // 2])
            request.wfile.flush()
            self.halfway.set()
            if self.pause:
                self.pause.wait(30)
            request.wfile.write(body[cut // 2:cut])
        except OSError:
            pass


class HubServer(_Http):
    """One repository. Files from 1000 bytes on are kept in storage, to which it redirects."""

    def __init__(self, repository, files):
        super().__init__()
        self.repository = repository
        self.files = dict(files)
        self.storage = Storage()
        self.refusal = None       # (status, X-Error-Code) for every question about files
        self.refuses_files = None  # the same for the files alone
        self.token = None         # what it wants to see
        self.sizes = True         # whether revision/ tells them
        self.listing = None       # listed instead of the files
        self.served = {}          # contents other than those listed
        self.card = {"license": "mit"}

    def close(self):
        super().close()
        self.storage.close()

    def answer(self, request):
        path = urllib.parse.unquote(urllib.parse.urlparse(request.path).path)
        refusal = self.refusal
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            refusal = (401, "RepoNotFound")
        api = re.fullmatch(r"/api/models/([^/]+/[^/]+)/(revision|tree)/([^/]+)", path)
        file = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        if file and self.refuses_files:
            refusal = self.refuses_files
        if not api and not file or (api or file).group(1) != self.repository:
            refusal = refusal or (404, "RepoNotFound")
        elif (api.group(3) if api else file.group(2)) not in ("main", "v2", COMMIT):
            refusal = refusal or (404, "RevisionNotFound")
        if refusal:
            return self.send(request, refusal[0], b"no", X_Error_Code=refusal[1])
        if api:
            list_files = self.list_revision if api.group(2) == "revision" else self.list_tree
            body = list_files()
            return self.send(request, 200, json.dumps(body).encode())
        return self.send_file(request, file.group(3))

    def send_file(self, request, path):
        if path not in self.files:
            return self.send(request, 404, b"no", X_Error_Code="EntryNotFound")
        content = self.served.get(path, self.files[path])
        if len(self.files[path]) < 1000:
            return self.send(request, 200, content, ETag=f'"{git_hash(content)}"')
        key = hashlib.sha256(self.files[path]).hexdigest()
        self.storage.files[key] = content
        return self.send(request, 302, Location=f"{self.storage.url}/{key}")

    def list_revision(self):
        siblings = []
        for path, content in self.files.items():
            file = {"rfilename": path}
            if self.sizes:
                file.update(size=len(content), blobId=git_hash(content))
                if len(content) >= 1000:
                    file.update(blobId=git_hash(b"a pointer"), lfs={
                        "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)})
            siblings.append(file)
        siblings = siblings if self.listing is None else self.listing
        return {"id": self.repository, "sha": COMMIT, "siblings": siblings, "cardData": self.card}

    def list_tree(self):
        entries = [{"type": "directory", "path": "folder", "oid": COMMIT}]
        for path, content in self.files.items():
            entry = {"type": "file", "path": path, "size": len(content), "oid": git_hash(content)}
            if len(content) >= 1000:
                entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content)}
            entries.append(entry)
        return entries
