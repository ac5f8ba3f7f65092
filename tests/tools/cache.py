"""The cache outside the tree: each thing is made once, whole or not at all, and found by a key of what it was made from."""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import time

OLD = 14 * 24 * 3600  # seconds after which a version that nobody used is thrown away


class Unavailable(Exception):
    """A thing that cannot be had on this machine; the text says why, in one line."""


def root():
    """The folder of the cache: `JUJU_MCP_TEST_CACHE`, or the user's own cache folder."""
    user = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(os.environ.get("JUJU_MCP_TEST_CACHE") or pathlib.Path(user) / "juju-mcp-tests")


def key(*inputs):
    """A short key of strings, files and folders of files."""
    digest = hashlib.sha256()
    for given in inputs:
        path = pathlib.Path(given) if isinstance(given, pathlib.Path) else None
        for file in sorted(f for f in (path.rglob("*") if path.is_dir() else [path]) if f.is_file()) if path else []:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
        if not path:
            digest.update(str(given).encode() + b"\0")
    return digest.hexdigest()[:12]


@contextlib.contextmanager
def locked(name):
    """Holds the lock `name`, so that two runs at once make a thing once."""
    root().mkdir(parents=True, exist_ok=True)
    with open(root() / f".{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def folder(name, version, make):
    """The folder `name-version`, made by `make(folder)` under another name and renamed when it is whole."""
    home = root() / f"{name}-{version}"
    with locked(name):
        if not home.exists():
            half = root() / f"{name}-{version}.half"
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir(parents=True)
            make(half)
            half.rename(home)
        os.utime(home)
        for other in root().glob(f"{name}-????????????"):
            if other != home and time.time() - other.stat().st_mtime > OLD:
                shutil.rmtree(other, ignore_errors=True)
    return home
