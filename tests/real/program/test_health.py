"""Health of a running server: readiness, metrics and log while controllers go away and come back, and stdio without client files."""
import json
import os
import shutil
import subprocess
import time

import pytest
import requests
import yaml
from conftest import TEST_TIMEOUT, eventually, juju_mcp, required_path, start_juju_mcp, stop
from plain_mcp import TOKEN, call, token_file
from test_program import run

# Each part is checked within a second; the rest is for a busy machine.
PROBE_TIMEOUT = 4


def probe(base, token=TOKEN):
    """Status code and body of `/readyz`, and how long it took."""
    started = time.monotonic()
    answer = requests.get(base + "/readyz", headers={"Authorization": f"Bearer {token}"}, timeout=TEST_TIMEOUT)
    return answer.status_code, answer.json(), time.monotonic() - started


def part(body, name):
    """The check of one part."""
    return next(check for check in body["checks"] if check["name"] == name)


@pytest.fixture
def simulated(tmp_path):
    """A simulated controller that a test stops and starts at the same address: the process, its address, its client files."""
    process, ready = start_juju_mcp(tmp_path / "sim", "sim", "--scenario", "shop")
    files = tmp_path / "files"
    shutil.copytree(ready["juju_data"], files)
    name, one = next(iter(yaml.safe_load((files / "controllers.yaml").read_text())["controllers"].items()))
    state = {"process": process, "name": name, "address": one["api-endpoints"][0], "files": files, "folder": tmp_path / "sim"}
    yield state
    stop(state["process"])


def restart(simulated):
    """Starts the controller again at its address: it has another certificate authority, and the client files are renewed."""
    simulated["process"], ready = start_juju_mcp(simulated["folder"], "sim", "--scenario", "shop", listen=simulated["address"])
    shutil.copytree(ready["juju_data"], simulated["files"], dirs_exist_ok=True)


def add_dead_controller(files):
    """Adds a controller with an address where nothing listens."""
    for name, change in {"controllers.yaml": {"api-endpoints": ["127.0.0.1:1"]}, "accounts.yaml": {}}.items():
        known = yaml.safe_load((files / name).read_text())
        known["controllers"]["dead"] = next(iter(known["controllers"].values())) | change
        (files / name).write_text(yaml.safe_dump(known))


def test_server_with_one_dead_controller_is_ready_and_names_it(simulated, tmp_path):
    add_dead_controller(simulated["files"])
    words = ["--juju-data-dir", simulated["files"], "--state-dir", tmp_path / "state", "--token-file", token_file(tmp_path, "viewer")]
    with juju_mcp(tmp_path, "serve", *words) as ready:
        base = ready["mcp_url"].removesuffix("/mcp")
        code, body, seconds = probe(base)
        assert (code, body["status"]) == (200, "degraded") and seconds < PROBE_TIMEOUT, body
        dead, alive = part(body, "controller dead"), part(body, f"controller {simulated['name']}")
        assert alive["healthy"] and not dead["healthy"] and dead["since"].endswith("Z"), body
        assert "away since" in dead["detail"] and "refused" in dead["detail"], body
        # without a token, the single parts are not shown
        assert requests.get(base + "/readyz", timeout=TEST_TIMEOUT).json() == {"status": "degraded"}
        shown = run("healthcheck", "--url", ready["mcp_url"], "--token-file", tmp_path / "token", folder=tmp_path)
        assert shown.returncode == 0 and "controller dead" in shown.stdout, shown
        # each further call fails at once, with the same knowledge
        answer = call(ready["mcp_url"], "juju_status", {"controller": "dead"})
        assert answer["isError"] and "away since" in json.dumps(answer) and "attempt" in json.dumps(answer), answer
        metrics = requests.get(base + "/metrics", timeout=TEST_TIMEOUT).text
        assert 'juju_mcp_controller_up{controller="dead"} 0\n' in metrics, metrics
        assert f'juju_mcp_controller_up{{controller="{simulated["name"]}"}} 1\n' in metrics, metrics


def test_controller_with_a_new_authority_is_used_without_restart(simulated, tmp_path):
    words = ["--juju-data-dir", simulated["files"], "--state-dir", tmp_path / "state", "--token-file", token_file(tmp_path, "viewer")]
    with juju_mcp(tmp_path, "--log", "info", "serve", *words) as ready:
        base = ready["mcp_url"].removesuffix("/mcp")
        status = lambda: call(ready["mcp_url"], "juju_status", {"model": "shop"})  # noqa: E731
        assert not status().get("isError")
        assert probe(base)[:2][0] == 200
        stop(simulated["process"])

        def is_away():
            code, body, seconds = probe(base)
            assert seconds < PROBE_TIMEOUT, body
            return code == 503 and "away since" in json.dumps(body) and body

        body = eventually("the controller is known to be away", is_away)
        assert body["status"] == "unhealthy", body
        started = time.monotonic()
        assert status()["isError"] and time.monotonic() - started < PROBE_TIMEOUT
        restart(simulated)
        eventually("the controller is back", lambda: probe(base)[0] == 200)
        eventually("calls are answered", lambda: not status().get("isError"))
        log = (tmp_path / "log.txt").read_text()
        for line in ('a controller is away controller="simulated" part="network"', 'a controller is back controller="simulated" part="network"'):
            assert log.count(line) == 1, log
        assert "is read again" in log, log


def answers_of_stdio(folder, files, *requests_):
    """The answers of a stdio session by their id."""
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}}
    lines = [hello, {"jsonrpc": "2.0", "method": "notifications/initialized"}, *requests_]
    process = subprocess.Popen([required_path("JUJU_MCP_TEST_PROGRAM"), "stdio", "--juju-data-dir", files], text=True, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, env=os.environ | {"HOME": str(folder)})
    try:
        found = {}
        for line in lines:
            process.stdin.write(json.dumps(line) + "\n")
            process.stdin.flush()
            while "id" in line and line["id"] not in found:
                message = json.loads(process.stdout.readline())
                found[message.get("id")] = message
        return found
    finally:
        process.stdin.close()
        assert process.wait(TEST_TIMEOUT) == 0


@pytest.mark.parametrize("broken, parts", [
    (None, ["name no controller", "juju login"]), ("controllers: [", ["controllers.yaml", "is not what the Juju client writes"])])
def test_stdio_without_client_files_starts_and_names_the_problem(tmp_path, broken, parts):
    files = tmp_path / "files"
    if broken:
        files.mkdir()
        (files / "controllers.yaml").write_text(broken)
    tools = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
    status = {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "juju_status", "arguments": {}}}
    found = answers_of_stdio(tmp_path, files, tools, status)
    assert found[1]["result"]["serverInfo"] and len(found[2]["result"]["tools"]) > 10
    assert found[3]["result"]["isError"] and all(text in json.dumps(found[3]) for text in parts), found[3]


def test_stdio_reads_client_files_that_appear_after_its_start(simulated, tmp_path):
    status = {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "juju_status", "arguments": {"model": "shop"}}}
    files = tmp_path / "late"
    process = subprocess.Popen([required_path("JUJU_MCP_TEST_PROGRAM"), "stdio", "--juju-data-dir", files], text=True, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, env=os.environ | {"HOME": str(tmp_path)})

    def exchange(message):
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        while "id" in message:
            answer = json.loads(process.stdout.readline())
            if answer.get("id") == message["id"]:
                return answer["result"]
        return None

    try:
        exchange({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}})
        exchange({"jsonrpc": "2.0", "method": "notifications/initialized"})
        assert exchange(status | {"id": 2})["isError"]
        shutil.copytree(simulated["files"], files, dirs_exist_ok=True)
        assert not exchange(status | {"id": 3}).get("isError")
    finally:
        process.stdin.close()
        assert process.wait(TEST_TIMEOUT) == 0
