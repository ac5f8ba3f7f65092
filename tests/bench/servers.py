"""The servers of the bench: how each is started on a loopback port, and the call that is measured."""
import dataclasses
import json
import os
import pathlib
import socket
import subprocess
import time

START_TIMEOUT = 180  # seconds, long enough for a busy machine
PEER_TOKEN = "Bearer gho_" + "0" * 36  # no account; the server does not verify tokens of this form
KUBECONFIG = """apiVersion: v1
kind: Config
clusters: [{name: bench, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: bench, user: {token: bench}}]
contexts: [{name: bench, context: {cluster: bench, user: bench}}]
current-context: bench
"""


def tool(name, **arguments):
    """A call of a tool."""
    return {"method": "tools/call", "params": {"name": name, "arguments": arguments}}


@dataclasses.dataclass
class Server:
    """A running server."""

    name: str
    program: pathlib.Path
    process: subprocess.Popen
    url: str
    headers: list
    call: dict  # the measured call, which needs no backend
    starting: float  # seconds until it accepted connections
    ready: dict = dataclasses.field(default_factory=dict)
    tools: list = dataclasses.field(default_factory=list)  # names, once listed

    def stop(self):
        """Stops the server."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port():
    """A free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(program, words, port, folder, **environment):
    """Starts a program. Returns the process and the seconds until it listened on the port."""
    log = open(folder / f"{pathlib.Path(program).name}.log", "w")
    start_time = time.monotonic()
    process = subprocess.Popen([str(program), *map(str, words)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder,
                               env=os.environ | {"XDG_RUNTIME_DIR": str(folder)} | environment)
    while time.monotonic() - start_time < START_TIMEOUT:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, time.monotonic() - start_time
        if process.poll() is not None:
            break
        time.sleep(0.002)
    process.kill()
    raise RuntimeError(f"{program} did not start: {(folder / log.name).read_text()[-800:]}")


def peer(name, program, folder):
    """Starts one of the Go servers, without a backend."""
    port = free_port()
    (folder / "kubeconfig").write_text(KUBECONFIG)
    words, path, headers, call = {
        "kubernetes-mcp-server": (["--kubeconfig", "kubeconfig", "--bind-address", "127.0.0.1", "--port", port], "/mcp", [],
                                  tool("configuration_view")),
        "mcp-grafana": (["-t", "streamable-http", "-address", f"127.0.0.1:{port}"], "/mcp", [],
                        tool("generate_deeplink", resourceType="dashboard", dashboardUid="bench")),
        "github-mcp-server": (["http", "--port", port], "/", [f"Authorization: {PEER_TOKEN}"],
                              {"method": "prompts/get", "params": {"name": "AssignCodingAgent", "arguments": {"repo": "bench/bench"}}}),
    }[name]
    process, took = start(program, words, port, folder, GRAFANA_URL="http://127.0.0.1:9")
    return Server(name, program, process, f"http://127.0.0.1:{port}{path}", headers, call, took)


def ours(program, folder):
    """Starts our server with its built-in simulator, as `demo` does."""
    port, ready = free_port(), folder / "ready.json"
    process, took = start(program, ["demo", "--scenario", "shop", "--listen", f"127.0.0.1:{port}", "--ready-file", ready], port, folder)
    deadline = time.monotonic() + START_TIMEOUT
    while not ready.exists():
        if time.monotonic() > deadline or process.poll() is not None:
            process.kill()
            raise RuntimeError("the demo did not become ready")
        time.sleep(0.01)
    info = json.loads(ready.read_text())
    headers = [f"Authorization: Bearer {info['tokens']['viewer']}"]
    return Server("juju-mcp", program, process, info["mcp_url"], headers, tool("juju_find_command", query="scale an application"), took, info)
