"""The cache outside the tree: each program is built once, atomically, and found by a key of its sources."""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import time

MAX_UNUSED_SECONDS = 14 * 24 * 3600  # an older version is removed after this time without use


class Unavailable(Exception):
    """A program that this machine cannot provide; the message is the reason, in one line."""


def root():
    """The folder of the cache: `JUJU_MCP_TEST_CACHE`, or the user's own cache folder."""
    user = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(os.environ.get("JUJU_MCP_TEST_CACHE") or pathlib.Path(user) / "juju-mcp-tests")


def key(*inputs):
    """A short key of strings, files and folders of files."""
    digest = hashlib.sha256()
    for source in inputs:
        path = source if isinstance(source, pathlib.Path) else None
        for file in sorted(f for f in (path.rglob("*") if path.is_dir() else [path]) if f.is_file()) if path else []:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
        if not path:
            digest.update(str(source).encode() + b"\0")
    return digest.hexdigest()[:12]


@contextlib.contextmanager
def locked(name):
    """Holds the lock `name`, so that two runs at the same time build a program once."""
    root().mkdir(parents=True, exist_ok=True)
    with open(root() / f".{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def folder(name, version, make):
    """The folder `name-version`: `make(folder)` fills it under a temporary name, then it is renamed."""
    home = root() / f"{name}-{version}"
    with locked(name):
        if not home.exists():
            partial = root() / f"{name}-{version}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            make(partial)
            partial.rename(home)
        os.utime(home)
        for other in root().glob(f"{name}-????????????"):
            if other != home and time.time() - other.stat().st_mtime > MAX_UNUSED_SECONDS:
                shutil.rmtree(other, ignore_errors=True)
    return home
