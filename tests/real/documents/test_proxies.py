"""The reverse proxies of how-to-proxy.md: each runs its configuration from the document, and a stream of events passes it."""
import json
import os
import sys
import textwrap

import pytest
from blocks import TREE, blocks, file_of
from machine import script
from test_commands import prepared  # noqa: F401

PAGE = "docs/how-to-proxy.md"
UNIT = "payment/0"  # of the simulated estate
PROXIES = {
    "nginx": ("JUJU_MCP_TEST_NGINX", "-g 'daemon off; user root; error_log stderr; pid {folder}/nginx.pid;' -c /etc/nginx/nginx.conf"),
    "haproxy": ("JUJU_MCP_TEST_HAPROXY", "-W -db -f /etc/haproxy/haproxy.cfg"),
    "traefik": ("JUJU_MCP_TEST_TRAEFIK", "--configFile=/etc/traefik/traefik.yaml"),
}
# waits for a fault with a progress token, and injects it only when the first event has arrived: a proxy that buffers never ends this
STREAM = '''
import json, subprocess, sys
import requests
token, program, fault_file, version = sys.argv[1:]
meta = {"io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "plain", "version": "1"}, "progressToken": "p"}
params = {"name": "juju_wait_for", "arguments": {"kind": "unit", "name": UNIT, "query": 'workload-status=="blocked"', "timeout": "2m"}, "_meta": meta}
headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": version, "Mcp-Method": "tools/call", "Mcp-Name": "juju_wait_for",
           "Authorization": f"Bearer {token}"}
answer = requests.post("https://mcp.example/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}, headers=headers,
                       stream=True, timeout=120, verify="/etc/ssl/certs/ca-certificates.crt")
assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/event-stream"), (answer.status_code, answer.headers, answer.text)
events = 0
for line in answer.iter_lines(chunk_size=1):
    if not line.startswith(b"data:") or not line[5:].strip():
        continue
    message = json.loads(line[5:])
    if message.get("method") == "notifications/progress":
        events += 1
        if events == 1:
            subprocess.run([program, "fault", "block", UNIT, "stuck", "--ready-file", fault_file], check=True)
    if "result" in message:
        assert events and not message["result"].get("isError"), message
        print("stream ended after", events, "events")
        break
else:
    sys.exit("the stream ended without a result")
subprocess.run([program, "fault", "clear", "--ready-file", fault_file], check=True)
'''


@pytest.mark.parametrize("name", PROXIES)
def test_proxy_of_the_document_passes_a_stream_of_events(name, prepared, tmp_path):  # noqa: F811
    variable, words = PROXIES[name]
    proxy = os.environ.get(variable)
    if not proxy:
        pytest.skip(f"{variable} is not set; tests/run sets it")
    files = "\n".join(f"mkdir -p {os.path.dirname(block.file)}\ncat > {block.file} <<'END_OF_FILE'\n{block.text}END_OF_FILE"
                      for block in blocks(PAGE) if block.file)
    (tmp_path / "stream.py").write_text(STREAM.replace("UNIT", json.dumps(UNIT)))
    (check,) = [block.text for block in blocks(PAGE) if block.language == "sh"]
    program = os.environ["JUJU_MCP_TEST_PROGRAM"]
    libraries = os.environ.get(f"{variable}_LIBRARIES", "")
    done = script(prepared, tmp_path, files + textwrap.dedent(f"""
        trap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT
        juju-mcp serve --config /etc/juju-mcp/config.yaml > server.log 2>&1 &
        LD_LIBRARY_PATH={libraries} {proxy} {words.format(folder=tmp_path)} > proxy.log 2>&1 &
        for attempt in $(seq 150); do curl --fail --silent https://mcp.example/healthz > /dev/null && break; sleep 0.2; done
        {{ {check.strip().replace(chr(10), " && ")}; }} || {{ cat server.log proxy.log; exit 1; }}
        {sys.executable} stream.py {prepared.token} {program} {prepared.fault_file} 2026-07-28 || {{ cat server.log proxy.log; exit 1; }}
        """))
    assert done.returncode == 0 and "stream ended after" in done.stdout, done.stdout[-4000:]


def test_document_has_a_configuration_for_each_proxy():
    text = (TREE / PAGE).read_text()
    assert all(file_of(PAGE, path) for path in ("/etc/nginx/nginx.conf", "/etc/haproxy/haproxy.cfg", "/etc/traefik/traefik.yaml", "/etc/traefik/dynamic.yaml"))
    assert all(f"## {title}" in text for title in ("nginx", "HAProxy", "Traefik"))
