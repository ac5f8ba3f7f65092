"""Plain MCP requests without an SDK: version 2026-07-28, one HTTP request per message."""
import json

import requests
from conftest import TEST_TIMEOUT

VERSION = "2026-07-28"
TOKEN = "an-unguessable-test-token-0123456789"


def token_file(folder, role):
    """Writes `TOKEN` to a file; returns the argument of `--token-file` for a role."""
    (folder / "token").write_text(TOKEN)
    return f"{role}={folder / 'token'}"


def post(url, method, params, token=None):
    """The response to one message, with or without a bearer token."""
    meta = {"io.modelcontextprotocol/protocolVersion": VERSION, "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "plain", "version": "1"}}
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": VERSION, "Mcp-Method": method}
    headers |= {"Mcp-Name": params["name"]} if "name" in params else {}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    return requests.post(url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params | {"_meta": meta}},
                         headers=headers, timeout=TEST_TIMEOUT)


def message(answer):
    """The JSON-RPC message of a successful response: the body, or the last event of a stream."""
    assert answer.status_code == 200, (answer.status_code, answer.text, answer.headers)
    if answer.headers["Content-Type"].startswith("text/event-stream"):
        data = [line[5:].strip() for line in answer.text.splitlines() if line.startswith("data:")]
        return json.loads([line for line in data if line][-1])
    return answer.json()


def call(url, tool, arguments, token=TOKEN):
    """The result of an authenticated call."""
    return message(post(url, "tools/call", {"name": tool, "arguments": arguments}, token))["result"]
