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
from gaps import GAPS

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


@contextlib.contextmanager
def ours(folder, *words, listen="127.0.0.1:0"):
    """Our program with a ready file; gives what the ready file says once it is there."""
    ready = folder / "ready.json"
    log = open(folder / "log.txt", "w")
    process = subprocess.Popen([given("JUJU_MCP_TEST_PROGRAM"), *words, "--listen", listen, "--ready-file", ready],
                               stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
    try:
        until = time.monotonic() + 30
        while not ready.exists():
            said = (folder / "log.txt").read_text()[-2000:]
            assert process.poll() is None, f"it ended with {process.returncode}: {said}"
            assert time.monotonic() < until, f"not ready after 30 s: {said}"
            time.sleep(0.05)
        yield json.loads(ready.read_text())
    finally:
        stop(process)


@contextlib.contextmanager
def real(folder, **environment):
    """The real controller; gives what its READY line says."""
    programs = given("JUJU_MCP_TEST_CONTROLLER")
    process = subprocess.Popen(
        [programs / "realcontroller", "-test.run", "Test", "-check.f", "TestServe", "-test.timeout", "30m"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=open(folder / "log.txt", "w"), cwd=folder, text=True,
        env=os.environ | {"JUJU_MONGOD": str(programs / "mongod"), "SERVE_DIR": str(folder)} | environment)
    try:
        until, ready = time.monotonic() + 60, None
        while not ready:
            said = (folder / "log.txt").read_text()
            assert process.poll() is None and time.monotonic() < until, f"the real controller did not start: {said[-2000:]}"
            ready = next((line[6:] for line in said.splitlines() if line.startswith("READY ") and line.endswith("}")), None)
            time.sleep(0.1)
        yield json.loads(ready)
    finally:
        with contextlib.suppress(OSError):
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        stop(process)


# Juju's server reads storage and file systems one after the other: a status that is asked for in the moment in which a unit gets
# its storage fails with this, and the next one does not.
STORAGE_IN_BETWEEN = "cannot process storage instances"


def juju(controller, *words, ok=True, timeout=60):
    """The real client's standard output; `ok=False` gives the finished process, whatever came of it."""
    for _ in range(10):
        done = subprocess.run([given("JUJU_MCP_TEST_JUJU"), *words], text=True, capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=timeout, env=os.environ | {"JUJU_DATA": str(controller.juju_data)})
        if words[0] != "status" or STORAGE_IN_BETWEEN not in done.stderr:
            break
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


def eventually(what, true, seconds=60):
    """Waits until `true()` gives something that counts as true, and gives that."""
    until = time.monotonic() + seconds
    while True:
        found = true()
        if found:
            return found
        assert time.monotonic() < until, f"not so after {seconds} s: {what}"
        time.sleep(0.25)
