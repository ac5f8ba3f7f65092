"""Plain requests to our server, as no SDK would send them: MCP 2026-07-28, each message on its own."""
import json

import requests
from conftest import PATIENCE

VERSION = "2026-07-28"
TOKEN = "a-token-that-nobody-could-guess-0123456789"


def token_file(folder, role):
    """`TOKEN` as what `--token-file` wants for a role."""
    (folder / "token").write_text(TOKEN)
    return f"{role}={folder / 'token'}"


def post(url, method, params, token=None):
    """The answer to one message, with a bearer token or without."""
    meta = {"io.modelcontextprotocol/protocolVersion": VERSION, "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "plain", "version": "1"}}
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": VERSION, "Mcp-Method": method}
    headers |= {"Mcp-Name": params["name"]} if "name" in params else {}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    return requests.post(url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params | {"_meta": meta}},
                         headers=headers, timeout=PATIENCE)


def message(answer):
    """The JSON-RPC message of a good answer, whether it came alone or as the last event of a stream."""
    assert answer.status_code == 200, (answer.status_code, answer.text, answer.headers)
    if answer.headers["Content-Type"].startswith("text/event-stream"):
        data = [line[5:].strip() for line in answer.text.splitlines() if line.startswith("data:")]
        return json.loads([line for line in data if line][-1])
    return answer.json()


def call(url, tool, arguments, token=TOKEN):
    """The result of a call that got past the gate."""
    return message(post(url, "tools/call", {"name": tool, "arguments": arguments}, token))["result"]
