"""The ledger by its command line, and verified by independent programs: Python's hashlib and openssl."""
import hashlib
import json
import shutil
import signal
import subprocess

import pytest
import requests
from conftest import TEST_TIMEOUT, juju_mcp, required_path, start_juju_mcp
from plain_mcp import call, token_file
from test_killed import records


def audit(*words):
    return subprocess.run([required_path("JUJU_MCP_TEST_PROGRAM"), "audit", *map(str, words)], capture_output=True, text=True, timeout=TEST_TIMEOUT)


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """The state directory of a server that answered a few calls and was killed, started again and stopped."""
    folder = tmp_path_factory.mktemp("ledger")
    state = folder / "state"
    with juju_mcp(folder / "sim", "sim", "--scenario", "shop") as sim:
        for end in (signal.SIGKILL, signal.SIGTERM):
            server, ready = start_juju_mcp(folder / "server", "serve", "--juju-data-dir", sim["juju_data"], "--state-dir", state,
                                    "--token-file", token_file(folder, "admin"))
            try:
                for _ in range(5):
                    call(ready["mcp_url"] + "/full", "juju_status", {"model": "admin/shop"})
                server.send_signal(end)
                server.wait(timeout=TEST_TIMEOUT)
            finally:
                server.kill()
            verified = audit("verify", "--state-dir", state)
            assert verified.returncode == 0, verified.stdout + verified.stderr
            assert ("not signed yet" in verified.stdout) == (end == signal.SIGKILL), verified.stdout
    return state


def test_export_verifies_without_ledger_and_key(state, tmp_path):
    key, export = tmp_path / "ledger.pem", tmp_path / "all.jsonl"
    key.write_text(audit("public-key", "--state-dir", state).stdout)
    export.write_text(audit("export", "--state-dir", state, "--since", "1h").stdout)
    held = audit("verify", "--file", export, "--public-key", key)
    assert held.returncode == 0 and "20 of them are included in full" in held.stdout, held.stdout + held.stderr
    export.write_text(export.read_text().replace('"outcome":"done"', '"outcome":"failed"', 1))
    changed = audit("verify", "--file", export, "--public-key", key)
    assert changed.returncode == 1 and changed.stdout.startswith("changed: record "), changed.stdout + changed.stderr
    assert audit("verify", "--file", export, "--state-dir", tmp_path).returncode == 2
    assert audit("verify", "--state-dir", tmp_path).returncode == 2
    assert audit("export", "--state-dir", state, "--since", "2999-01-01").stdout == ""


def test_chain_and_signatures_match_the_documentation(state, tmp_path):
    def sha256(*parts):
        return hashlib.sha256("".join(f"{part}\n" for part in parts).encode()).hexdigest()

    (tmp_path / "ledger.pem").write_text(audit("public-key", "--state-dir", state).stdout)
    lines = audit("export", "--state-dir", state).stdout.splitlines()
    previous, checkpoints = json.loads(lines[0])["previous"], 0
    for line in lines[1:]:
        record = json.loads(line)
        body = line[line.index('"body":') + 7:line.rindex(',"hash":')]
        digest = sha256(previous, record["sequence"], sha256(record["entry"], record["phase"], body))
        assert digest == record["hash"], line
        if record["phase"] == "checkpoint":
            checkpoint = record["body"]
            signed = ["juju-mcp ledger checkpoint 1", record["sequence"], previous, checkpoint["time"], checkpoint["first"], checkpoint["base_hash"], checkpoint["key"]]
            (tmp_path / "text").write_text("".join(f"{part}\n" for part in signed))
            (tmp_path / "signature").write_bytes(bytes.fromhex(checkpoint["signature"]))
            if shutil.which("openssl"):
                words = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "ledger.pem", "-rawin", "-in", "text", "-sigfile", "signature"]
                subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, timeout=TEST_TIMEOUT)
            checkpoints += 1
        previous = digest
    assert checkpoints >= 1 and json.loads(lines[-1])["phase"] == "checkpoint"


def test_verify_reports_a_ledger_that_was_cut_off(state, tmp_path):
    copy = shutil.copytree(state, tmp_path / "state")
    subprocess.run(["python3", "-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
                    "c.execute('delete from ledger where sequence > 4'); c.commit()", str(copy / "juju-mcp.sqlite")], check=True)
    cut = audit("verify", "--state-dir", copy)
    assert cut.returncode == 1 and "record 5 and all later ones are missing" in cut.stdout, cut.stdout + cut.stderr
    (copy / "ledger-checkpoint.json").unlink()
    assert audit("verify", "--state-dir", copy, "--checkpoint", state / "ledger-checkpoint.json").returncode == 1


def test_suppressed_failures_are_recorded_when_the_server_stops(tmp_path):
    state = tmp_path / "state"
    with juju_mcp(tmp_path / "sim", "sim", "--scenario", "shop") as sim:
        server, ready = start_juju_mcp(tmp_path / "server", "serve", "--juju-data-dir", sim["juju_data"], "--state-dir", state,
                                "--token-file", token_file(tmp_path, "admin"))
        try:
            for _ in range(3):
                assert requests.post(ready["mcp_url"], json={}, headers={"Authorization": "Bearer unknown"}, timeout=TEST_TIMEOUT).status_code == 401
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=TEST_TIMEOUT)
        finally:
            server.kill()
    failures = [(record["reason"], record["suppressed_count"]) for record in records(state) if record.get("event") == "authentication_failed"]
    assert failures == [("unknown_token", 0), ("unknown_token", 2)]
