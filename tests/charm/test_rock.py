"""The content of the rock as an OCI image, run by runc without privileges and without the charm, as `docs/how-to-install.md` describes it."""
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import time

import pytest
import yaml
from conftest import TREE
from test_pebble import UID, login, required_path, wait_until

ASSEMBLE = TREE / "tests" / "checks" / "assemble_rock.py"
CANNOT_ASSEMBLE = 3
TOKEN = "a-token-that-is-long-enough-for-the-program"
# the interface is down in a new network namespace; then the simulator runs there
IN_NEW_NETWORK = """
import fcntl, os, socket, struct, sys
request = struct.pack("16sH14x", b"lo", 0x1 | 0x40)  # IFF_UP | IFF_RUNNING
fcntl.ioctl(socket.socket(), 0x8914, request)  # SIOCSIFFLAGS
os.execv(sys.argv[1], sys.argv[1:])
"""


def tool(name):
    """The path of one of Debian's container tools."""
    return required_path("JUJU_MCP_TEST_ROCK_TOOLS") / "bin" / name


@pytest.fixture(scope="module")
def rock(tmp_path_factory):
    """The assembled image: its folder, and the sizes."""
    tools, program, pebble = (required_path(f"JUJU_MCP_TEST_{name}") for name in ("ROCK_TOOLS", "PROGRAM", "PEBBLE"))
    folder = tmp_path_factory.mktemp("rock")
    done = subprocess.run([sys.executable, ASSEMBLE, folder, program, pebble, tools], text=True, stdout=subprocess.PIPE)
    if done.returncode == CANNOT_ASSEMBLE:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0
    print(done.stdout.splitlines()[-1])
    return folder, json.loads(done.stdout.splitlines()[-1])


class Container:
    """A container of the image, which runs as the user of the image and with no capability."""

    def __init__(self, rock, folder):
        self.folder, self.id = folder, f"juju-mcp-{os.getpid()}"
        self.bundle, self.sim = folder / "bundle", folder / "sim"
        self.sim.mkdir()
        subprocess.run([tool("umoci"), "unpack", "--image", f"{rock / 'image'}:latest", self.bundle], check=True, capture_output=True)
        self.rootfs = self.bundle / "rootfs"
        self.log = (folder / "log.txt").open("w+")
        self.processes = []

    def start(self):
        """Starts a simulated controller in a network of its own, writes a configuration for it, and starts the container in the same network."""
        program = required_path("JUJU_MCP_TEST_PROGRAM")
        simulator = self.run(["unshare", "--net", sys.executable, "-c", IN_NEW_NETWORK, program, "sim", "--ready-file", self.sim / "ready.json"],
                             env=os.environ | {"HOME": str(self.sim), "TMPDIR": str(self.sim)})
        wait_until("the simulator is ready", (self.sim / "ready.json").exists)
        self.configure(login(pathlib.Path(json.loads((self.sim / "ready.json").read_text())["juju_data"])))
        spec = json.loads((self.bundle / "config.json").read_text())
        self.user = spec["process"]["user"]
        spec["process"] |= {"terminal": False, "capabilities": {}, "rlimits": [], "noNewPrivileges": True}
        spec["root"]["readonly"] = False
        spec["linux"]["namespaces"] = [space for space in spec["linux"]["namespaces"] if space["type"] != "network"]
        spec["linux"]["namespaces"].append({"type": "network", "path": f"/proc/{simulator.pid}/ns/net"})
        (self.bundle / "config.json").write_text(json.dumps(spec))
        self.main = self.run([*self.runc(), "run", "--bundle", self.bundle, self.id])

    def configure(self, controller):
        """Writes the configuration, a login and a token to /etc/juju-mcp."""
        etc = self.rootfs / "etc/juju-mcp"
        entry = {"name": "sim", "addresses": controller["addresses"].split(), "ca_certificate_file": "ca.pem", "user": controller["username"],
                 "password_file": "password"}
        config = {"state_dir": "/var/lib/juju-mcp", "controllers": [entry], "tokens": [{"role": "viewer", "file": "token"}]}
        for name, text in {"config.yaml": yaml.safe_dump(config), "ca.pem": controller["ca-cert"], "password": controller["password"],
                           "token": TOKEN}.items():
            (etc / name).write_text(text)
            (etc / name).chmod(0o600)
            os.chown(etc / name, UID, UID)

    def runc(self):
        """The command of runc with its state in a folder of the test."""
        return [tool("runc"), "--root", self.folder / "runc"]

    def run(self, argv, **options):
        """Starts a program that ends with the container."""
        library = tool("runc").parents[1] / "libseccomp2/usr/lib/x86_64-linux-gnu"
        options = {"env": os.environ | {"LD_LIBRARY_PATH": str(library)}} | options
        process = subprocess.Popen([*map(str, argv)], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd=self.folder, **options)
        self.processes.append(process)
        return process

    def execute(self, *words):
        """Runs a program in the container: exit code, and its output."""
        done = subprocess.run([*map(str, self.runc()), "exec", "--cwd", "/etc/juju-mcp", self.id, *words], text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def output(self):
        """What the container and runc printed."""
        return (self.folder / "log.txt").read_text()

    def stop(self):
        """Ends the container as Kubernetes does, then the simulator."""
        for process in reversed(self.processes):
            process.terminate()
            process.wait(60)
        self.log.close()


@pytest.fixture(scope="module")
def container(rock, tmp_path_factory):
    """A running container of the image."""
    if not shutil.which("unshare"):
        pytest.skip("no `unshare` on the PATH")
    found = Container(rock[0], tmp_path_factory.mktemp("container"))
    try:
        found.start()
        start = time.monotonic()
        while found.execute("/usr/bin/pebble", "version")[0] != 0:
            assert found.main.poll() is None and time.monotonic() < start + 60, found.output()
        yield found
    finally:
        found.stop()


def test_image_has_the_program_its_libraries_and_no_shell(rock, container):
    names = {path.name for path in container.rootfs.rglob("*") if path.is_file() or path.is_symlink()}
    assert {"juju-mcp", "pebble", "ca-certificates.crt", "libc.so.6", "libgcc_s.so.1"} <= names
    programs = {path.name for path in (container.rootfs / "usr/bin").iterdir()} | {path.name for path in (container.rootfs / "usr/sbin").iterdir()}
    assert programs == {"juju-mcp", "pebble"}
    assert not names & {"sh", "bash", "dash", "busybox", "apt", "dpkg", "perl", "python3"}
    assert container.execute("/bin/sh", "-c", "true")[0] != 0
    assert not [path for path in container.rootfs.rglob("*") if path.lstat().st_mode & (stat.S_ISUID | stat.S_ISGID) and path.is_file()]
    _, sizes = rock
    assert sizes["rock_bytes"] < 60_000_000, sizes


def test_image_runs_as_the_user_of_the_container(container):
    assert (container.user["uid"], container.user["gid"]) == (UID, UID)
    for path in ("etc/juju-mcp", "var/lib/juju-mcp", "var/lib/pebble/default"):
        assert (container.rootfs / path).stat().st_uid == UID, path
    assert (container.rootfs / "etc/juju-mcp").stat().st_mode & 0o777 == 0o750


def test_program_runs_in_the_image(container):
    version = yaml.safe_load((TREE / "rockcraft.yaml").read_text())["version"]
    code, output = container.execute("/usr/bin/juju-mcp", "--version")
    assert code == 0 and version in output, output


def test_checks_of_pebble_and_healthcheck_succeed_without_privileges(container):
    def up():
        code, output = container.execute("/usr/bin/pebble", "checks")
        rows = {line.split()[0]: line.split() for line in output.splitlines()[1:]} if code == 0 else {}
        return rows.keys() >= {"alive", "ready"} and all("up" in rows[name] for name in ("alive", "ready"))

    wait_until("the server is ready", lambda: container.execute("/usr/bin/juju-mcp", "healthcheck", "--config", "config.yaml")[0] == 0)
    wait_until("both checks are up", up)
    code, output = container.execute("/usr/bin/pebble", "services")
    assert code == 0 and "active" in output, output
    pids = json.loads(subprocess.run([*map(str, container.runc()), "ps", "--format", "json", container.id], text=True, capture_output=True,
                                     check=True).stdout)
    status = [pathlib.Path(f"/proc/{pid}/status").read_text() for pid in pids]
    assert len(status) == 2 and all(f"Uid:\t{UID}\t{UID}" in text and "CapEff:\t0000000000000000" in text for text in status), status


def test_stopped_container_ends_with_its_server(container):
    subprocess.run([*map(str, container.runc()), "kill", container.id, "TERM"], check=True)
    container.main.wait(60)
    assert list((container.rootfs / "var/lib/juju-mcp").iterdir()), "the state is in the volume"
