"""The servers of the bench: how each is started on a port of loopback, and what it is asked."""
import dataclasses
import json
import os
import pathlib
import socket
import subprocess
import time

PATIENCE = 180  # seconds that a server may take to start, on a machine that is busy with everything else as well
PEER_TOKEN = "Bearer gho_" + "0" * 36  # no account: of this form, the server asks nobody about it
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
    """A server that runs."""

    name: str
    program: pathlib.Path
    process: subprocess.Popen
    url: str
    headers: list
    call: dict  # what it answers by itself
    starting: float  # seconds until it took connections
    ready: dict = dataclasses.field(default_factory=dict)
    tools: list = dataclasses.field(default_factory=list)  # names, once listed

    def stop(self):
        """Ends it."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port():
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def started(program, words, port, folder, **environment):
    """The process, and how long it took until something listened on the port."""
    log = open(folder / f"{pathlib.Path(program).name}.log", "w")
    began = time.monotonic()
    process = subprocess.Popen([str(program), *map(str, words)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder,
                               env=os.environ | environment)
    while time.monotonic() - began < PATIENCE:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, time.monotonic() - began
        if process.poll() is not None:
            break
        time.sleep(0.002)
    process.kill()
    raise RuntimeError(f"{program} did not start: {(folder / log.name).read_text()[-800:]}")


def peer(name, program, folder):
    """One of the Go servers, with nothing behind it."""
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
    process, took = started(program, words, port, folder, GRAFANA_URL="http://127.0.0.1:9")
    return Server(name, program, process, f"http://127.0.0.1:{port}{path}", headers, call, took)


def ours(program, folder):
    """Our server with the simulated controller that it carries, as `demo` starts it."""
    port, ready = free_port(), folder / "ready.json"
    process, took = started(program, ["demo", "--listen", f"127.0.0.1:{port}", "--ready-file", ready], port, folder)
    until = time.monotonic() + PATIENCE
    while not ready.exists():
        if time.monotonic() > until or process.poll() is not None:
            process.kill()
            raise RuntimeError("the demo did not become ready")
        time.sleep(0.01)
    said = json.loads(ready.read_text())
    headers = [f"Authorization: Bearer {said['tokens']['viewer']}"]
    return Server("juju-mcp", program, process, said["mcp_url"], headers, tool("juju_find_command", query="scale an application"), took, said)
