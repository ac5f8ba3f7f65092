"""What the Python suites share: controllers to work against, the simulated one and the real one, each as a folder of client files."""
import collections
import contextlib
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import threading
import time

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from missing_features import GAPS

# Seconds that anything waited for may take, on a machine that is busy with everything else as well. They are spent only by a test
# that fails.
PATIENCE = 180

Controller = collections.namedtuple("Controller", "kind name address ca_cert user password juju_data cloud charmhub", defaults=["", ""])


def given(name):
    """A path that tests/run hands over by an environment variable."""
    value = os.environ.get(name)
    if not value or not pathlib.Path(value).exists():
        pytest.skip(f"{name} names nothing that is there; tests/run sets it")
    return pathlib.Path(value)


def stop(process):
    """Ends a program we started, in good order if it can."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def eventually(what, true, pause=0.25):
    """Waits until `true()` gives something that counts as true, and gives that. What it gave last is told where that never was so."""
    until = time.monotonic() + PATIENCE
    while True:
        found = true()
        if found:
            return found
        assert time.monotonic() < until, f"not so after {PATIENCE} s: {what}; seen was: {found!r}"
        time.sleep(pause)


def begun(argv, folder, listen="127.0.0.1:0", **environment):
    """A program of ours that writes a ready file, which the caller ends, and what that file says once it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    ready, log = folder / "ready.json", folder / "log.txt"
    ready.unlink(missing_ok=True)
    where = ["--listen", listen] if listen else []
    with open(log, "a") as out:
        process = subprocess.Popen([*map(str, argv), *where, "--ready-file", ready], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                   cwd=folder, env=os.environ | environment)

    def written():
        assert process.poll() is None, f"it ended with {process.returncode}: {log.read_text()[-2000:]}"
        return ready.exists()

    try:
        eventually(f"{argv[1]} is ready", written, 0.05)
    except BaseException:
        stop(process)
        raise
    return process, json.loads(ready.read_text())


def started(folder, *words, **more):
    """Our program, as `begun` gives it."""
    return begun([given("JUJU_MCP_TEST_PROGRAM"), *words], folder, **more)


@contextlib.contextmanager
def ours(folder, *words, **more):
    """Our program while something is done with it; gives what its ready file says."""
    process, ready = started(folder, *words, **more)
    try:
        yield ready
    finally:
        stop(process)


@contextlib.contextmanager
def real(folder, **environment):
    """The real controller; gives what its READY line says."""
    programs = given("JUJU_MCP_TEST_CONTROLLER")
    process = subprocess.Popen(
        [programs / "realcontroller", "-test.run", "Test", "-check.f", "TestServe", "-test.timeout", "2h"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=open(folder / "log.txt", "w"), cwd=folder, text=True,
        env=os.environ | {"JUJU_MONGOD": str(programs / "mongod"), "SERVE_DIR": str(folder)} | environment)
    try:
        def said():
            text = (folder / "log.txt").read_text()
            assert process.poll() is None, f"the real controller did not start: {text[-2000:]}"
            return next((line[6:] for line in text.splitlines() if line.startswith("READY ") and line.endswith("}")), None)

        yield json.loads(eventually("the real controller is ready", said, 0.1))
    finally:
        with contextlib.suppress(OSError):
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        stop(process)


def in_between(refused):
    """Whether a read was refused only for the moment in which it was made: Juju's server reads storage and file systems one after
    the other, so what is asked while a unit gets its storage fails, and the next one does not."""
    return any(words in refused for words in ("cannot process storage instances", "cannot convert storage details"))


def juju(controller, *words, ok=True):
    """The real client's standard output; `ok=False` gives the finished process, whatever came of it."""
    def run():
        done = subprocess.run([given("JUJU_MCP_TEST_JUJU"), *words], text=True, capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=2 * PATIENCE, env=os.environ | {"JUJU_DATA": str(controller.juju_data)})
        return None if in_between(done.stderr) else done

    done = eventually(f"`juju {' '.join(words)}` knows the storage", run)
    if not ok:
        return done
    assert done.returncode == 0, f"juju {' '.join(words)} ended with {done.returncode}: {done.stderr}"
    return done.stdout


def described(kind, files):
    """A controller from a folder of client files, which is copied so that suites do not meet in it."""
    controllers = yaml.safe_load((files / "controllers.yaml").read_text())
    name = controllers["current-controller"]
    one, account = controllers["controllers"][name], yaml.safe_load((files / "accounts.yaml").read_text())["controllers"][name]
    found = Controller(kind, name, one["api-endpoints"][0], one["ca-cert"], account["user"], account["password"], files)
    models = json.loads(juju(found, "models", "--controller", name, "--format", "json"))["models"]
    return found._replace(cloud=next(model["cloud"] for model in models if model["model-type"] == "iaas"))


class Store(http.server.BaseHTTPRequestHandler):
    """The one thing that libjuju asks Charmhub itself, past the controller: whether a charm is subordinate."""

    def do_GET(self):
        """Answers for every charm that it is not, as for all that the suites deploy."""
        body = json.dumps({"default-release": {"revision": {"subordinate": False}}}).encode()
        self.send_response(200 if self.path.startswith("/v2/charms/info/") else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


def with_ssh_key(files):
    """The key pair that libjuju wants to put into each new model."""
    (files / "ssh").mkdir(exist_ok=True)
    key = ed25519.Ed25519PrivateKey.generate()
    for name in ("juju_id_rsa", "juju_id_ed25519"):
        (files / "ssh" / name).write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
        (files / "ssh" / name).chmod(0o600)
        (files / "ssh" / f"{name}.pub").write_bytes(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b" juju-client-key\n")


@pytest.fixture(scope="session", params=["real", "sim"])
def controller(request, tmp_path_factory):
    """First the real controller, which proves the suite right, then the simulated one, which the suite proves."""
    folder = tmp_path_factory.mktemp(request.param)
    started = real(folder) if request.param == "real" else ours(folder, "sim", "--scenario", "shop")
    with started as ready:
        files = folder / "juju-data"
        shutil.copytree(ready["juju_data"], files)
        with_ssh_key(files)
        os.environ["JUJU_DATA"] = str(files)  # libjuju and jubilant look for it themselves
        found = described(request.param, files)
        if request.param == "real":
            yield found  # its models have a store of their own
            return
        store = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
        threading.Thread(target=store.serve_forever, daemon=True).start()
        yield found._replace(charmhub=f"http://127.0.0.1:{store.server_port}")
        store.shutdown()


def pytest_collection_modifyitems(items):
    """Marks what is known not to work yet."""
    for item in items:
        for end, reason in GAPS.items():
            if item.nodeid.endswith(end):
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
