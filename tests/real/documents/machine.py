"""The machine of the documents, made inside a namespace of mounts and networks: addresses, names, certificates, a controller.

`tests/run documents` starts pytest inside such a namespace, so `10.0.0.5` and `mcp.example` exist, and nothing leaves the machine.
"""
import atexit
import contextlib
import functools
import os
import pathlib
import secrets
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading

import pytest
import yaml
from blocks import file_of
from conftest import TEST_TIMEOUT, eventually, juju_mcp, required_path

NAMES = ("mcp.example", "id.example")
USERS = ("mcp", "mcp-viewer")
CONTROLLER = ("10.0.0.5", 17070)
# folders that commands of the documents write to
WRITABLE = ("/etc", "/var", "/usr/local")
BUNDLE = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")


class Forwarder(socketserver.ThreadingTCPServer):
    """Forwards connections to the address of the controller in the documents to the simulator, which listens on loopback only."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, target):
        super().__init__(CONTROLLER, None)
        self.target = target
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finish_request(self, request, client_address):
        """Copies both directions until one ends."""
        with socket.create_connection(self.target) as other:
            copies = [threading.Thread(target=copy, args=pair, daemon=True) for pair in ((request, other), (other, request))]
            for thread in copies:
                thread.start()
            for thread in copies:
                thread.join()


def copy(source, target):
    """Copies bytes until the source ends."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def run(*words, **more):
    """Runs a command that has to succeed."""
    return subprocess.run([*map(str, words)], check=True, text=True, capture_output=True, **more).stdout


class Machine:
    """The files and services that the documents expect to exist."""

    def __init__(self, folder, controller):
        self.folder, self.fault_file = folder, controller["file"]
        self.files = folder / "files"
        self.files.mkdir()
        data = pathlib.Path(controller["juju_data"])
        controllers = yaml.safe_load((data / "controllers.yaml").read_text())
        one = controllers["controllers"][controllers["current-controller"]]
        host, port = one["api-endpoints"][0].rsplit(":", 1)
        self.forwarder = Forwarder((host, int(port)))
        self.token = secrets.token_urlsafe(32)
        password = self.add_user(data)
        for name, text in {"prod-ca.pem": one["ca-cert"], "prod-password": password, "viewer.token": self.token,
                           "operator.token": secrets.token_urlsafe(32), "new-password": password,
                           "config.yaml": file_of("docs/how-to-proxy.md", "/etc/juju-mcp/config.yaml")}.items():
            self.write(name, text)
        self.make_certificates()

    def add_user(self, data):
        """Adds the users of the documents by the real `juju` client; returns their password."""
        juju, password = required_path("JUJU_MCP_TEST_JUJU"), secrets.token_urlsafe(16)
        environment = os.environ | {"JUJU_DATA": str(data)}
        for user in USERS:
            run(juju, "add-user", user, env=environment)
            run(juju, "change-user-password", user, "--no-prompt", env=environment, input=password + "\n")
            run(juju, "grant", user, "admin", "shop", env=environment)
        return password

    def write(self, name, text):
        """Writes a file that only its owner reads."""
        (self.files / name).write_text(text)
        (self.files / name).chmod(0o600)

    def make_certificates(self):
        """A CA, and a certificate of it for the names of the documents."""
        names = ",".join(f"DNS:{name}" for name in NAMES)
        new = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
        run(*new, "-subj", "/CN=CA of the tests", "-keyout", "ca.key", "-out", "ca.crt", cwd=self.files)
        run(*new, "-subj", "/CN=mcp.example", "-addext", f"subjectAltName={names}", "-addext", "basicConstraints=CA:FALSE", "-CA", "ca.crt", "-CAkey", "ca.key",
            "-keyout", "tls.key", "-out", "tls.crt", cwd=self.files)
        self.write("mcp.example.pem", (self.files / "tls.crt").read_text() + (self.files / "tls.key").read_text())

    def setup(self):
        """Shell commands that give a page its own writable folders with the expected files; nothing of it reaches the real ones."""
        lines = ["set -eu", 'upper=$(mktemp -d)', 'mount -t tmpfs tmpfs "$upper"']
        for number, path in enumerate(WRITABLE):
            lines += [f'mkdir "$upper/{number}" "$upper/w{number}"',
                      f'mount -t overlay overlay -o lowerdir={path},upperdir="$upper/{number}",workdir="$upper/w{number}" {path}']
        files = self.files
        return "\n".join([
            *lines,
            # folders of groups that do not exist in the namespace of another user than root
            "mount -t tmpfs tmpfs /mnt",
            "mount -t tmpfs tmpfs /etc/ssl/private",
            *(f"printf '127.0.0.1 {name}\\n' >> /etc/hosts" for name in NAMES),
            f"cat {files}/ca.crt >> {BUNDLE}",
            "mkdir -p /etc/juju-mcp /var/lib/juju-mcp /var/backups /etc/bash_completion.d /etc/ssl/private /etc/nginx /etc/haproxy /etc/traefik "
            "/var/log/nginx /var/lib/nginx /run",
            "chmod 700 /var/lib/juju-mcp",
            *(f"install -m 600 {files}/{name} /etc/juju-mcp/{name}" for name in ("prod-ca.pem", "prod-password", "viewer.token", "operator.token", "config.yaml", "tls.crt", "tls.key")),
            f"install -m 644 {files}/tls.crt /etc/ssl/mcp.example.crt",
            f"install -m 600 {files}/tls.key /etc/ssl/private/mcp.example.key",
            f"install -m 600 {files}/mcp.example.pem /etc/ssl/private/mcp.example.pem",
            f"cp -r {files}/state/. /var/lib/juju-mcp/",
            # the documents name a user that the simulator does not have
            "getent group juju-mcp > /dev/null || printf 'juju-mcp:x:0:\\n' >> /etc/group",
            f"export PATH={required_path('JUJU_MCP_TEST_PROGRAM').parent}:$PATH",
            "export HOME=$PWD XDG_STATE_HOME=$PWD/state-home",
        ])

    def make_state(self):
        """A state directory with a ledger in it, by a server that ran and stopped."""
        state = self.files / "state"
        words = ["serve", "--juju-data-dir", self.juju_data, "--state-dir", state, "--token-file", f"viewer={self.files / 'viewer.token'}"]
        with juju_mcp(self.folder / "first", *words) as ready:
            base = ready["mcp_url"].removesuffix("/mcp")
            eventually("the server is ready", lambda: subprocess.run(["curl", "-fs", f"{base}/readyz"], capture_output=True).returncode == 0)
        (state / "ready.json").unlink(missing_ok=True)


@functools.cache
def prepared_machine():
    """The machine of all tests of this process, which ends with it."""
    if not os.environ.get("JUJU_MCP_TEST_NAMESPACE"):
        pytest.skip("JUJU_MCP_TEST_NAMESPACE is not set; tests/run sets it where it can make a namespace")
    until_exit = contextlib.ExitStack()
    atexit.register(until_exit.close)
    folder = until_exit.enter_context(tempfile.TemporaryDirectory())
    return until_exit.enter_context(machine(pathlib.Path(folder)))


@contextlib.contextmanager
def machine(folder):
    """The machine for the duration of a block."""
    for words in (("link", "set", "lo", "up"), ("address", "add", "10.0.0.5/32", "dev", "lo")):
        subprocess.run(["ip", *words], check=True, capture_output=True)
    (folder / "sim").mkdir()
    with juju_mcp(folder / "sim", "sim", "--scenario", "shop") as ready:
        found = Machine(folder, ready | {"file": folder / "sim" / "ready.json"})
        found.juju_data = ready["juju_data"]
        found.make_state()
        yield found
        found.forwarder.shutdown()


def script(machine, page_folder, text):
    """Runs a script on the machine, with mounts of its own; returns the finished process."""
    page_folder.mkdir(exist_ok=True)
    file = page_folder / ".script"
    file.write_text(machine.setup() + "\n" + text)
    return subprocess.run(["unshare", "--mount", "bash", file], cwd=page_folder, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=TEST_TIMEOUT * 2, env=os.environ | {"TMPDIR": str(page_folder)})
