"""Fixtures of the Python suites: the simulated and the real controller, each with a folder of client files."""
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
from missing_features import MISSING_FEATURES

# Maximum seconds to wait for a result, long enough for a busy machine. Only a failing test waits that long.
TEST_TIMEOUT = 180

Controller = collections.namedtuple("Controller", "kind name address ca_cert user password juju_data cloud charmhub", defaults=["", ""])


def required_path(name):
    """The path in an environment variable that tests/run sets; skips the test if it is missing."""
    value = os.environ.get(name)
    if not value or not pathlib.Path(value).exists():
        pytest.skip(f"{name} is not set to an existing path; tests/run sets it")
    return pathlib.Path(value)


def stop(process):
    """Terminates a program; kills it after ten seconds."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def eventually(what, check, pause=0.25):
    """Waits until `check()` returns a true value, and returns it. A failure contains the last value."""
    deadline = time.monotonic() + TEST_TIMEOUT
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {TEST_TIMEOUT} s: {what}; last value: {found!r}"
        time.sleep(pause)


def start_program(argv, folder, listen="127.0.0.1:0", **environment):
    """Starts a program that writes a ready file. Returns the process, which the caller stops, and the content of the file."""
    folder.mkdir(parents=True, exist_ok=True)
    ready, log = folder / "ready.json", folder / "log.txt"
    ready.unlink(missing_ok=True)
    where = ["--listen", listen] if listen else []
    with open(log, "a") as out:
        process = subprocess.Popen([*map(str, argv), *where, "--ready-file", ready], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                   cwd=folder, env=os.environ | {"XDG_RUNTIME_DIR": str(folder)} | environment)

    def is_ready():
        assert process.poll() is None, f"it ended with {process.returncode}: {log.read_text()[-2000:]}"
        return ready.exists()

    try:
        eventually(f"{argv[1]} is ready", is_ready, 0.05)
    except BaseException:
        stop(process)
        raise
    return process, json.loads(ready.read_text())


def start_juju_mcp(folder, *words, **more):
    """Starts `juju-mcp`, as `start_program` does."""
    return start_program([required_path("JUJU_MCP_TEST_PROGRAM"), *words], folder, **more)


@contextlib.contextmanager
def juju_mcp(folder, *words, **more):
    """Runs `juju-mcp` for the duration of a block; yields the content of its ready file."""
    process, ready = start_juju_mcp(folder, *words, **more)
    try:
        yield ready
    finally:
        stop(process)


@contextlib.contextmanager
def real_controller(folder, **environment):
    """Runs the real controller for the duration of a block; yields the content of its READY line."""
    programs = required_path("JUJU_MCP_TEST_CONTROLLER")
    process = subprocess.Popen(
        [programs / "realcontroller", "-test.run", "Test", "-check.f", "TestServe", "-test.timeout", "2h"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=open(folder / "log.txt", "w"), cwd=folder, text=True,
        env=os.environ | {"JUJU_MONGOD": str(programs / "mongod"), "SERVE_DIR": str(folder)} | environment)
    try:
        def ready_line():
            text = (folder / "log.txt").read_text()
            assert process.poll() is None, f"the real controller did not start: {text[-2000:]}"
            return next((line[6:] for line in text.splitlines() if line.startswith("READY ") and line.endswith("}")), None)

        yield json.loads(eventually("the real controller is ready", ready_line, 0.1))
    finally:
        with contextlib.suppress(OSError):
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        stop(process)


def is_transient(error):
    """Whether an error of a read is transient: Juju's server reads storage and file systems one after the other, so a request
    fails while a unit gets its storage, and the next one succeeds."""
    return any(words in error for words in ("cannot process storage instances", "cannot convert storage details"))


def juju(controller, *words, ok=True):
    """The standard output of the real client; with `ok=False` the finished process, even if it failed."""
    def run():
        done = subprocess.run([required_path("JUJU_MCP_TEST_JUJU"), *words], text=True, capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=2 * TEST_TIMEOUT, env=os.environ | {"JUJU_DATA": str(controller.juju_data)})
        return None if is_transient(done.stderr) else done

    done = eventually(f"`juju {' '.join(words)}` sees consistent storage", run)
    if not ok:
        return done
    assert done.returncode == 0, f"juju {' '.join(words)} ended with {done.returncode}: {done.stderr}"
    return done.stdout


def controller_from_files(kind, files):
    """A controller, described by a folder of client files."""
    controllers = yaml.safe_load((files / "controllers.yaml").read_text())
    name = controllers["current-controller"]
    one, account = controllers["controllers"][name], yaml.safe_load((files / "accounts.yaml").read_text())["controllers"][name]
    found = Controller(kind, name, one["api-endpoints"][0], one["ca-cert"], account["user"], account["password"], files)
    models = json.loads(juju(found, "models", "--controller", name, "--format", "json"))["models"]
    return found._replace(cloud=next(model["cloud"] for model in models if model["model-type"] == "iaas"))


class Charmhub(http.server.BaseHTTPRequestHandler):
    """The only Charmhub endpoint that libjuju requests directly: whether a charm is subordinate."""

    def do_GET(self):
        """Responds for every charm that it is not subordinate, which is true of all charms in the suites."""
        body = json.dumps({"default-release": {"revision": {"subordinate": False}}}).encode()
        self.send_response(200 if self.path.startswith("/v2/charms/info/") else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Suppresses the log."""


def write_ssh_key(files):
    """Writes the key pair that libjuju adds to each new model."""
    (files / "ssh").mkdir(exist_ok=True)
    key = ed25519.Ed25519PrivateKey.generate()
    for name in ("juju_id_rsa", "juju_id_ed25519"):
        (files / "ssh" / name).write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
        (files / "ssh" / name).chmod(0o600)
        (files / "ssh" / f"{name}.pub").write_bytes(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b" juju-client-key\n")


@pytest.fixture(scope="session", params=["real", "sim"])
def controller(request, tmp_path_factory):
    """The real controller first, which validates the suite, then the simulator."""
    folder = tmp_path_factory.mktemp(request.param)
    running = real_controller(folder) if request.param == "real" else juju_mcp(folder, "sim", "--scenario", "shop")
    with running as ready:
        files = folder / "juju-data"
        shutil.copytree(ready["juju_data"], files)
        write_ssh_key(files)
        os.environ["JUJU_DATA"] = str(files)  # libjuju and jubilant read it
        found = controller_from_files(request.param, files)
        if request.param == "real":
            yield found  # its models have their own Charmhub
            return
        charmhub = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Charmhub)
        threading.Thread(target=charmhub.serve_forever, daemon=True).start()
        yield found._replace(charmhub=f"http://127.0.0.1:{charmhub.server_port}")
        charmhub.shutdown()


def pytest_collection_modifyitems(items):
    """Marks tests of missing features."""
    for item in items:
        for end, reason in MISSING_FEATURES.items():
            if item.nodeid.endswith(end):
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
