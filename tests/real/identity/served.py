"""Our server before a simulated controller, with an identity provider; and plain requests to it, as no SDK would send them."""
import contextlib
import json

import requests
import yaml
from conftest import ours
from provider import free_port

VERSION = "2026-07-28"
BINDINGS = [
    {"role": "viewer", "to": ["client:machine-jwt", "client:machine-opaque", "group:staff", "user:cat@example.com", "user:dan@example.com"]},
    {"role": "operator", "to": ["group:ops"]},
    {"role": "approver", "to": ["group:approvers"]},
]


class Served:
    """Our server and where it is."""

    def __init__(self, ready, provider, folder):
        self.mcp, self.provider, self.folder = ready["mcp_url"], provider, folder
        self.base = self.mcp.removesuffix("/mcp")

    def post(self, method, params, token=None, url=None):
        """One message of MCP, with a bearer token or without."""
        meta = {"io.modelcontextprotocol/protocolVersion": VERSION, "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": "identity-suite", "version": "1"}}
        headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": VERSION, "Mcp-Method": method}
        headers |= {"Mcp-Name": params["name"]} if "name" in params else {}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        return requests.post(url or self.mcp, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params | {"_meta": meta}},
                             headers=headers, timeout=30)

    def call(self, token, tool, **arguments):
        """The result of a call that got past the gate."""
        answer = self.post("tools/call", {"name": tool, "arguments": arguments}, token)
        assert answer.status_code == 200, (answer.status_code, answer.text, answer.headers)
        return message(answer)["result"]

    def tools(self, token):
        """Names of the tools that this caller is told of."""
        answer = self.post("tools/list", {}, token)
        assert answer.status_code == 200, (answer.status_code, answer.text, answer.headers)
        return {tool["name"] for tool in message(answer)["result"]["tools"]}

    def status(self, token):
        """The HTTP status that a caller with this token gets for a read."""
        return self.post("tools/list", {}, token).status_code


def message(answer):
    """The JSON-RPC answer in a body, whether it came alone or as the last event of a stream."""
    if answer.headers["Content-Type"].startswith("text/event-stream"):
        data = [line[5:].strip() for line in answer.text.splitlines() if line.startswith("data:")]
        return json.loads([line for line in data if line][-1])
    return answer.json()


@contextlib.contextmanager
def served(folder, provider, sim, host="127.0.0.1", **more):
    """Our server, which trusts `provider`, has the controller of `sim` behind it, and is known by a name of loopback."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    oauth = {"issuer": provider.issuer, "public_url": f"http://{host}:{port}", "recheck_seconds": 2,
             "introspection": {"url": f"{provider.admin}/admin/oauth2/introspect"}}
    (folder / "config.yaml").write_text(yaml.safe_dump({"oauth": oauth | more.pop("oauth", {}), "bindings": BINDINGS} | more))
    words = ["serve", "--config", folder / "config.yaml", "--juju-data", sim["juju_data"], "--state", folder / "state"]
    with ours(folder, *words, listen=f"127.0.0.1:{port}") as ready:
        ready["mcp_url"] = ready["mcp_url"].replace("127.0.0.1", host)
        yield Served(ready, provider, folder)
