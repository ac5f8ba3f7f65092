"""A server with simulated controller, started by a release program, and a client that speaks both protocol generations to it."""
import contextlib
import http.client
import itertools
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "tools"))

from cache import root  # noqa: E402

MODERN = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
          "io.modelcontextprotocol/clientInfo": {"name": "soak", "version": "1"}}
OLDER = {"protocolVersion": "2025-06-18", "capabilities": {"elicitation": {}}, "clientInfo": {"name": "soak", "version": "1"}}


def build():
    """Builds the program."""
    target = os.environ.get("CARGO_TARGET_DIR") or str(root() / "target")
    subprocess.run(["cargo", "build", "--locked", "--quiet", "--release", "--bin", "juju-mcp"], cwd=TREE, check=True,
                   env=os.environ | {"CARGO_TARGET_DIR": target})
    return pathlib.Path(target) / "release" / "juju-mcp"


def start(program, words, folder):
    """Starts a program that writes a ready file; returns the process and the file's content."""
    folder.mkdir()
    ready, log = folder / "ready.json", open(folder / "log.txt", "w")
    process = subprocess.Popen([program, *words, "--listen", "127.0.0.1:0", "--ready-file", ready], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    deadline = time.monotonic() + 180
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            sys.exit(f"{words[0]} did not start: {(folder / 'log.txt').read_text()[-800:]}")
        time.sleep(0.02)
    return process, json.loads(ready.read_text())


class Client:
    """One keep-alive connection with the token of one caller."""

    def __init__(self, address, token, endpoint="/mcp/full"):
        self.address, self.token, self.endpoint, self.line, self.ids = address, token, endpoint, None, itertools.count(1)

    def headers(self, more):
        """The headers of every request."""
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json",
                "Accept": "application/json, text/event-stream"} | more

    def post(self, message, **more):
        """Sends a message; returns status, headers and body."""
        self.line = self.line or http.client.HTTPConnection(*self.address, timeout=120)
        try:
            self.line.request("POST", self.endpoint, json.dumps(message), self.headers(more))
            answer = self.line.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.line.close()
            self.line = None
            raise

    def request(self, method, params, session=None):
        """The answer to a request; without a session, one of 2026-07-28."""
        message = {"jsonrpc": "2.0", "id": next(self.ids), "method": method, "params": dict(params)}
        headers = {"Mcp-Session-Id": session, "MCP-Protocol-Version": OLDER["protocolVersion"]}
        if not session:
            message["params"]["_meta"] = MODERN
            headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
            if "name" in params:
                headers["Mcp-Name"] = params["name"]
        status, _, body = self.post(message, **headers)
        data = [line[5:] for line in body.splitlines() if line.startswith("data:") and "jsonrpc" in line]
        return status, json.loads(data[-1] if data else body)

    def open_session(self):
        """Opens a session of an older client."""
        status, headers, body = self.post({"jsonrpc": "2.0", "id": next(self.ids), "method": "initialize", "params": OLDER})
        if status != 200:
            raise OSError(f"initialize: {status} {body[:200]}")
        session = headers["Mcp-Session-Id"]
        self.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, **{"Mcp-Session-Id": session})
        return session


def configure(file):
    """Writes a configuration without limits of calls, and without the budget of 60 changes an hour."""
    file.write_text("limits: {calls_per_minute: 0, max_concurrent_calls: 0}\npolicy: {files: [policy.yaml]}\n")
    file.with_name("policy.yaml").write_text("disabled_rules: [write-budget]\n")


def tool(tool_name, **arguments):
    """Parameters of a call."""
    return {"name": tool_name, "arguments": {"model": "shop"} | arguments}


def outcome(status, answer):
    """A word for an answer."""
    result = answer.get("result")
    if status != 200 or not isinstance(result, dict):
        return f"status {status}"
    if not result.get("isError"):
        return "ok"
    return result.get("_meta", {}).get("juju-mcp/code", "error")


def stop(*processes):
    """Ends programs, after 15 seconds by force."""
    for process in processes:
        with contextlib.suppress(OSError):
            process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
