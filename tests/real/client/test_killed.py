"""A server that is killed in the middle of a write: the ledger records the request, and nothing is done twice."""
import json
import pathlib
import subprocess
import threading

import requests
from conftest import TEST_TIMEOUT, controller_from_files, eventually, juju, juju_mcp, required_path, start_juju_mcp
from plain_mcp import call, token_file


def ran(*words):
    """The standard output of our program, run to a good end."""
    done = subprocess.run([required_path("JUJU_MCP_TEST_PROGRAM"), *map(str, words)], capture_output=True, text=True, timeout=TEST_TIMEOUT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def units(sim):
    """Names of the units of `web`, by the real client."""
    controller = controller_from_files("sim", pathlib.Path(sim["juju_data"]))
    return sorted(json.loads(juju(controller, "status", "-m", "shop", "web", "--format", "json"))["applications"]["web"]["units"])


def records(state):
    """The ledger's records, after its chain was found to hold."""
    ran("audit", "verify", "--state-dir", state)
    lines = [json.loads(line) for line in ran("audit", "export", "--state-dir", state).splitlines()]
    return [line | line["body"] for line in lines if line.get("phase") in ("open", "close")]


def of_the_write(state):
    """The open records of the write in the ledger."""
    return [record for record in records(state) if record["phase"] == "open" and record["operation"]["tool"] == "juju_add_unit"]


def test_killed_in_the_middle_of_a_write(tmp_path):
    state = tmp_path / "state"
    # without rules, which would query the slow controller first
    serve = ["serve", "--state-dir", state, "--token-file", token_file(tmp_path, "admin"), "--builtin-rules", "none"]
    arguments = {"model": "admin/shop", "application": "web", "num_units": 1, "idempotency_key": "one-more-web"}
    with juju_mcp(tmp_path / "sim", "sim", "--scenario", "shop") as sim:
        serve += ["--juju-data-dir", sim["juju_data"]]
        fault = ["--ready-file", tmp_path / "sim" / "ready.json"]
        server, ready = start_juju_mcp(tmp_path / "server", *serve)
        try:
            call(ready["mcp_url"] + "/full", "juju_status", {"model": "admin/shop"})
            before = units(sim)
            ran("fault", "delay", "30000", *fault)

            def asked():
                try:
                    call(ready["mcp_url"] + "/full", "juju_add_unit", arguments)
                except requests.RequestException:
                    pass  # the server was killed, as it should be

            asking = threading.Thread(target=asked)
            asking.start()
            eventually("the write is under way", lambda: of_the_write(state))
        finally:
            server.kill()
            server.wait()
        asking.join()
        ran("fault", "clear", *fault)

        server, ready = start_juju_mcp(tmp_path / "server", *serve)
        try:
            again = call(ready["mcp_url"] + "/full", "juju_add_unit", arguments)
            assert again["isError"], again
            assert "its end is not known" in json.dumps(again), again
            server.terminate()
            assert server.wait(timeout=TEST_TIMEOUT) == 0
        finally:
            server.kill()
        assert len(units(sim)) - len(before) in (0, 1), "done once at most"
    ends = {record["entry"]: record["outcome"] for record in records(state) if record["phase"] == "close"}
    acts = of_the_write(state)
    assert [act["operation"]["arguments"] for act in acts] == [{"application": "web", "num_units": 1}] * 2
    assert [ends[act["entry"]] for act in acts] == ["unknown", "unknown"]
