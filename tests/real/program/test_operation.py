"""The program at work: extremes of every argument, its log, its ledger for people, and a state directory that cannot be used."""
import json
import shutil
import subprocess
import time

import pytest
from conftest import TEST_TIMEOUT, eventually, juju_mcp, required_path, start_juju_mcp, stop
from plain_mcp import call, message, post
from test_program import files, refused, run, simulated  # noqa: F401 (fixtures)

CANARY = "canary-0123456789"
# Most memory of the program in this file's tests, in MiB: a debug program, with requests and results of some MiB.
MAX_MEMORY = 400
# Longest time of one call, in seconds; a debug program on a busy machine.
MAX_SECONDS = 60


def extremes(schema):
    """Values of a property at its bounds and beyond them. The unit tests try those of other types, which cost nothing."""
    kind = schema.get("type")
    longest = min(schema.get("maxLength", 256), 65_536)
    items = schema.get("maxItems", 1000)
    item = 1 if schema.get("items", {}).get("type") == "integer" else "web/0"
    return {
        "integer": [schema.get("minimum", 0), schema.get("maximum", 2**31 - 1), 2**64 - 1, -(2**63), 1e300],
        "string": ["x" * longest, "x" * (longest + 1), "9" * 400 + "s", "é\0\n:/.@#=", "(" * 30_000, "\U000e0021\U000e005b" * 10_000],
        "array": [[item] * items, [item] * (items + 1), [[[item]]], ["a" * 60_000], ["("] * items],
        "object": [{f"key{n}": "value" for n in range(1000)}, {"a": {"b": [["c" * 100_000]]}}, {"(" * 200: {}}],
    }.get(kind, [])


def sample(schema):
    """A value that fits a required property."""
    return {"integer": 1, "array": ["web/0"], "object": {}, "boolean": True}.get(schema.get("type"), schema.get("enum", ["web"])[0])


def peak_memory(process):
    """The most memory that the program has had, in MiB."""
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024


@pytest.mark.parametrize("role", ["viewer", "admin"])
def test_extremes_of_every_argument_cost_bounded_time_and_memory(tmp_path, role):
    process, ready = start_juju_mcp(tmp_path / "demo", "demo", "--scenario", "shop", "--state-dir", tmp_path / "state")
    try:
        url, token = ready["mcp_url"] + "/full", ready["tokens"][role]
        tools = message(post(url, "tools/list", {}, ready["tokens"]["admin"]))["result"]["tools"]
        slowest = (0, None)
        for tool in tools:
            schema = tool["inputSchema"]
            required = {name: sample(schema["properties"][name]) for name in schema.get("required", [])}
            for name, one in schema["properties"].items():
                for value in extremes(one):
                    # nothing is done: what the extremes cost is seen before that
                    arguments = {"dry_run": True} if "dry_run" in schema["properties"] else {}
                    arguments |= {"timeout": "1s"} if "timeout" in schema["properties"] else {}
                    started = time.monotonic()
                    answer = post(url, "tools/call", {"name": tool["name"], "arguments": required | arguments | {name: value}}, token)
                    slowest = max(slowest, (time.monotonic() - started, f"{tool['name']} {name} {str(value)[:40]!r}"))
                    assert answer.status_code in (200, 429), (tool["name"], name, str(value)[:80], answer.text[:300])
                    assert "internal_error" not in answer.text and "panicked" not in answer.text, (tool["name"], name, answer.text[:300])
        assert slowest[0] < MAX_SECONDS, slowest
        assert peak_memory(process) < MAX_MEMORY, (peak_memory(process), slowest)
        assert "panicked" not in (tmp_path / "demo" / "log.txt").read_text()
    finally:
        stop(process)
    assert run("audit", "verify", "--state-dir", tmp_path / "state", folder=tmp_path).returncode == 0


def test_log_has_one_line_for_each_tool_call_in_text_and_json_and_no_argument(tmp_path, files):  # noqa: F811
    token = "jmcp_" + "a" * 43
    words = ["serve", "--juju-data-dir", files, "--token-file", f"operator={tmp_path / 'operator.token'}", "--log", "info"]
    for number, form in enumerate(["text", "json"]):
        folder = tmp_path / form
        with juju_mcp(folder, *words, "--state-dir", tmp_path / f"state-{number}", "--log-format", form) as ready:
            arguments = {"model": "shop", "application": "web", "values": {"admin-password": CANARY}}
            call(ready["mcp_url"] + "/full", "juju_config", arguments, token)
            call(ready["mcp_url"] + "/full", "juju_status", {"model": "shop"}, token)
        lines = [line for line in (folder / "log.txt").read_text().splitlines() if "tool call" in line]
        assert len(lines) == 2 and CANARY not in (folder / "log.txt").read_text(), lines
        if form == "json":
            every = [json.loads(line) for line in (folder / "log.txt").read_text().splitlines()]
            assert all(line["level"] and line["timestamp"] for line in every), every
            fields = [line.get("fields", line) for line in every if "tool call" in json.dumps(line)]
            assert [one["tool"] for one in fields] == ["juju_config", "juju_status"], fields
            assert all(one["outcome"] and one["duration_ms"] >= 0 and one["caller"] for one in fields), fields
        else:
            for part in ['tool="juju_status"', "outcome=", "duration_ms=", "caller="]:
                assert part in lines[1], lines


def stdio_call(folder, data, tool, arguments):
    """Starts the program over stdio, and calls a tool; returns the process, which goes on."""
    process = subprocess.Popen([required_path("JUJU_MCP_TEST_PROGRAM"), "stdio", "--juju-data-dir", data, "--toolsets", "all"], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder)
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "operation", "version": "1"}}
    for identity, method, params in [(1, "initialize", hello), (None, "notifications/initialized", {}),
                                     (2, "tools/call", {"name": tool, "arguments": arguments})]:
        sent = {"jsonrpc": "2.0", "method": method, "params": params} | ({"id": identity} if identity else {})
        process.stdin.write(json.dumps(sent) + "\n")
        process.stdin.flush()
        if identity:
            answer = json.loads(process.stdout.readline())
            assert answer["id"] == identity and "result" in answer, answer
    return process


def test_audit_list_shows_the_ledgers_of_several_assistants(tmp_path, files):  # noqa: F811
    changes = [("juju_set_constraints", {"model": "shop", "application": name, "constraints": "mem=2G"}) for name in ["web", "cart"]]
    processes = [stdio_call(tmp_path, files, tool, arguments) for tool, arguments in changes]
    for process in processes:
        process.stdin.close()
        assert process.wait(TEST_TIMEOUT) == 0
    state = files / "juju-mcp"
    assert (state / "juju-mcp.sqlite").exists() and (state / "2" / "juju-mcp.sqlite").exists()
    listed = run("audit", "list", "--state-dir", state, folder=tmp_path)
    head, *rows = listed.stdout.splitlines()
    assert head.split() == ["TIME", "CALLER", "WHAT", "WHERE", "OUTCOME"], listed
    assert ["web" in rows[0], "cart" in rows[1]] == [True, True] and all("set-constraints" in row and "done" in row for row in rows), rows
    alone = json.loads(run("audit", "list", "--state-dir", state / "2", "--json", folder=tmp_path).stdout)
    assert [change["targets"] for change in alone["changes"]] == [["application-cart"]], alone
    verified = run("audit", "verify", "--state-dir", state, folder=tmp_path)
    assert verified.returncode == 0 and verified.stdout.count("records are valid") == 2, verified


def test_missing_key_and_read_only_state_directory_are_refused(tmp_path, files):  # noqa: F811
    state = tmp_path / "state"
    words = ["serve", "--juju-data-dir", files, "--state-dir", state, "--token-file", f"operator={tmp_path / 'operator.token'}", "--listen", "127.0.0.1:0"]
    with juju_mcp(tmp_path / "serve", *words[:-2]):
        pass
    key = (state / "ledger.key").read_bytes()
    (state / "ledger.key").unlink()
    refused(run(*words, folder=tmp_path), 2, "ledger.key", "is missing", "restore the key from a backup")
    assert not (state / "ledger.key").exists(), "no other key is made"
    (state / "ledger.key").write_bytes(key)
    (state / "ledger.key").chmod(0o600)
    namespace = [shutil.which("unshare") or "unshare", "--map-root-user", "--mount"]
    script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    command = [*namespace, "sh", "-c", script, state, required_path("JUJU_MCP_TEST_PROGRAM"), *words]
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True, stdin=subprocess.DEVNULL, cwd=tmp_path, timeout=TEST_TIMEOUT)
    if "unshare:" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"this machine allows no mount namespace: {done.stderr}")
    refused(done, done.returncode, "state directory", "Read-only file system")
    assert done.returncode != 0
    with juju_mcp(tmp_path / "again", *words[:-2]):
        pass
    assert run("audit", "verify", "--state-dir", state, folder=tmp_path).returncode == 0


def test_stop_over_stdio_answers_a_write_in_flight_and_the_ledger_has_its_end(tmp_path, files, simulated):  # noqa: F811
    process = stdio_call(tmp_path, files, "juju_status", {"model": "shop"})
    ready = simulated["ready_file"]
    assert run("fault", "delay", "1500", "--ready-file", ready, folder=tmp_path).returncode == 0
    try:
        change = {"name": "juju_set_constraints", "arguments": {"model": "shop", "application": "web", "constraints": "mem=4G"}}
        process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": "w", "method": "tools/call", "params": change}) + "\n")
        process.stdin.flush()

        def is_open():
            exported = run("audit", "export", "--state-dir", files / "juju-mcp", folder=tmp_path).stdout
            return "juju_set_constraints" in exported

        eventually("the write is in flight", is_open, 0.05)
        process.terminate()
        answer = json.loads(process.stdout.readline())
        assert answer["id"] == "w" and not answer["result"].get("isError"), answer
        assert process.wait(TEST_TIMEOUT) == 0
    finally:
        assert run("fault", "clear", "--ready-file", ready, folder=tmp_path).returncode == 0
        stop(process)
    changes = json.loads(run("audit", "list", "--state-dir", files / "juju-mcp", "--json", folder=tmp_path).stdout)["changes"]
    assert [change["outcome"] for change in changes] == ["done"], changes
