"""A server that is killed in the middle of a write: the ledger says what was asked, and nothing is done twice."""
import json
import os
import pathlib
import signal
import subprocess
import threading
import time
import urllib.request

PROGRAM = os.environ["JUJU_MCP_TEST_PROGRAM"]
JUJU = os.environ["JUJU_MCP_TEST_JUJU"]
TOKEN = "a-token-that-nobody-could-guess-0123456789"


def started(words, ready, **environment):
    """A program of ours, when it has written its ready file."""
    ready.unlink(missing_ok=True)
    process = subprocess.Popen([PROGRAM, *map(str, words), "--ready-file", str(ready)], stdout=subprocess.DEVNULL,
                               env=os.environ | environment)
    for _ in range(200):
        if ready.exists():
            return process, json.loads(ready.read_text())
        assert process.poll() is None, f"{words} ended with {process.returncode}"
        time.sleep(0.05)
    raise AssertionError(f"{words} was not ready in time")


def call(url, tool, arguments, limit=30):
    """One call of a tool as 2026-07-28 has it: without a session."""
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments, "_meta": meta}}
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
               "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=limit) as answer:
        text = answer.read().decode()
    line = next(part[5:] for part in text.splitlines() if part.startswith("data:")) if "data:" in text else text
    return json.loads(line)["result"]


def units(juju_data):
    """Names of the units of `web`, by the real client."""
    words = [JUJU, "status", "-m", "shop", "web", "--format", "json"]
    out = subprocess.run(words, env=os.environ | {"JUJU_DATA": juju_data}, capture_output=True, text=True, check=True, timeout=60).stdout
    return sorted(json.loads(out)["applications"]["web"]["units"])


def records(state):
    """The ledger's records, after its chain was found to hold."""
    verified = subprocess.run([PROGRAM, "audit", "verify", "--state", str(state)], capture_output=True, text=True, timeout=60)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    out = subprocess.run([PROGRAM, "audit", "export", "--state", str(state)], capture_output=True, text=True, check=True, timeout=60).stdout
    lines = [json.loads(line) for line in out.splitlines()]
    return [line | line["body"] for line in lines if line.get("phase") in ("open", "close")]


def test_killed_in_the_middle_of_a_write(tmp_path):
    token, state = tmp_path / "token", tmp_path / "state"
    token.write_text(TOKEN)
    simulator, sim = started(["sim", "--scenario", "shop"], tmp_path / "sim.json")
    # without rules, which would look at the slow controller first: the write itself is to be under way after a second
    serve = ["serve", "--juju-data", sim["juju_data"], "--state", state, "--token-file", f"admin={token}", "--listen", "127.0.0.1:0",
             "--rules", "none"]
    arguments = {"model": "admin/shop", "application": "web", "num_units": 1, "idempotency_key": "one-more-web"}
    try:
        server, ready = started(serve, tmp_path / "serve.json")
        call(ready["mcp_url"] + "/full", "juju_status", {"model": "admin/shop"})
        before = units(sim["juju_data"])
        subprocess.run([PROGRAM, "fault", "delay", "2000", "--ready-file", str(tmp_path / "sim.json")], check=True, timeout=60)

        def asked():
            try:
                call(ready["mcp_url"] + "/full", "juju_add_unit", arguments)
            except OSError:
                pass  # the server was killed, as it should be

        asking = threading.Thread(target=asked)
        asking.start()
        time.sleep(1)
        server.send_signal(signal.SIGKILL)
        server.wait()
        asking.join()
        subprocess.run([PROGRAM, "fault", "heal", "--ready-file", str(tmp_path / "sim.json")], check=True, timeout=60)

        server, ready = started(serve, tmp_path / "serve.json")
        again = call(ready["mcp_url"] + "/full", "juju_add_unit", arguments)
        assert again["isError"], again
        assert "its end is not known" in json.dumps(again), again
        server.terminate()
        assert server.wait(timeout=20) == 0
        after = units(sim["juju_data"])
        assert len(after) - len(before) in (0, 1), "done once at most"
    finally:
        server.kill()
        simulator.terminate()
    acts = [record for record in records(state) if record["phase"] == "open" and record["asked"]["tool"] == "juju_add_unit"]
    ends = {record["act"]: record["outcome"] for record in records(state) if record["phase"] == "close"}
    assert [act["asked"]["arguments"] for act in acts] == [{"application": "web", "num_units": 1}] * 2
    assert [ends[act["act"]] for act in acts] == ["unknown", "unknown"]
    assert pathlib.Path(state).is_dir()
