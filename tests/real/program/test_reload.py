"""Reload of the configuration of a running server, by its file and by SIGHUP: what changes, what stays, and what an invalid file does."""
import json
import os
import shutil
import signal
import subprocess
import threading

import pytest
import requests
import yaml
from conftest import TEST_TIMEOUT, eventually, juju_mcp, required_path, start_juju_mcp, stop
from plain_mcp import call, post

TOKENS = {name: f"an-unguessable-{name}-token-0123456789" for name in ("first", "second")}


@pytest.fixture(scope="module")
def controllers(tmp_path_factory):
    """Two simulated controllers as sections of a configuration, by name."""
    found, processes = {}, []
    for name in ("east", "west"):
        folder = tmp_path_factory.mktemp(name)
        process, ready = start_juju_mcp(folder, "sim", "--scenario", "shop")
        processes.append(process)
        files = yaml.safe_load((folder / ready["juju_data"] / "controllers.yaml").read_text())["controllers"]
        accounts = yaml.safe_load((folder / ready["juju_data"] / "accounts.yaml").read_text())["controllers"]
        (key, one), = files.items()
        (folder / "ca.pem").write_text(one["ca-cert"])
        (folder / "password").write_text(accounts[key]["password"])
        found[name] = {"name": name, "addresses": one["api-endpoints"], "ca_certificate_file": str(folder / "ca.pem"),
                       "user": accounts[key]["user"], "password_file": str(folder / "password")}
    yield found
    for process in processes:
        stop(process)


class Running:
    """A server with a configuration that a test changes."""

    def __init__(self, folder, config):
        self.folder, self.config = folder, folder / "config.yaml"
        for name, token in TOKENS.items():
            (folder / f"{name}.token").write_text(token)
            (folder / f"{name}.token").chmod(0o600)
        self.write(config)
        self.process, ready = start_juju_mcp(folder, "--log", "info", "serve", "--config", self.config, "--state-dir", folder / "state")
        self.mcp, self.base = ready["mcp_url"], ready["mcp_url"].removesuffix("/mcp")

    def write(self, config):
        """Replaces the configuration as a whole."""
        partial = self.folder / "partial.yaml"
        partial.write_text(config if isinstance(config, str) else yaml.safe_dump(config))
        os.replace(partial, self.config)

    def log(self):
        """The log."""
        return (self.folder / "log.txt").read_text()

    def hang_up(self):
        """Sends SIGHUP, and waits until the server has reloaded or refused the configuration."""
        lines = ("the configuration was reloaded", "the configuration or the policy is invalid")
        count = lambda: sum(self.log().count(line) for line in lines)  # noqa: E731
        before = count()
        self.process.send_signal(signal.SIGHUP)
        eventually("the signal is handled", lambda: count() > before, 0.05)

    def metric(self, name):
        """The value of a metric without labels."""
        text = requests.get(self.base + "/metrics", timeout=TEST_TIMEOUT).text
        return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name + " "))

    def readiness(self):
        """The status of `/readyz`, and all of it as text."""
        answer = requests.get(self.base + "/readyz", headers={"Authorization": f"Bearer {TOKENS['first']}"}, timeout=TEST_TIMEOUT)
        return {"status": answer.json()["status"], "text": "\n".join(check.get("detail", "") for check in answer.json()["checks"])}

    def status(self, token):
        """The HTTP status of a list of tools with this token."""
        return post(self.mcp, "tools/list", {}, TOKENS[token]).status_code


def configuration(*controllers, token="first", **more):
    """A configuration with these controllers and one accepted token."""
    return {"controllers": list(controllers), "default_controller": controllers[0]["name"],
            "tokens": [{"role": "admin", "file": f"{token}.token"}]} | more


@pytest.fixture
def server(controllers, tmp_path):
    """A server for the controller `east`."""
    running = Running(tmp_path, configuration(controllers["east"]))
    yield running
    stop(running.process)


def test_signal_replaces_controllers_tokens_and_limits(server, controllers):
    assert not call(server.mcp, "juju_status", {"model": "shop"}, TOKENS["first"]).get("isError")
    assert server.status("second") == 401
    server.write(configuration(controllers["west"], controllers["east"], token="second", limits={"per_tool": {"juju_models": {"calls_per_minute": 1}}}))
    server.hang_up()
    assert (server.status("first"), server.status("second")) == (401, 200)
    answer = json.dumps(call(server.mcp, "juju_status", {"model": "shop", "controller": "west"}, TOKENS["second"]))
    assert "isError\": true" not in answer, answer
    limited = [call(server.mcp, "juju_models", {}, TOKENS["second"]).get("isError", False) for _ in range(3)]
    assert limited == [False, True, True]
    # east is gone: its connections close, and it has no metrics
    server.write(configuration(controllers["west"], token="second"))
    server.hang_up()
    answer = json.dumps(call(server.mcp, "juju_status", {"model": "shop", "controller": "east"}, TOKENS["second"]))
    assert "east" in answer and '"isError": true' in answer, answer
    port = int(controllers["east"]["addresses"][0].rsplit(":", 1)[1])
    eventually("no connection to east is open", lambda: port not in open_connections(server.process.pid))
    eventually("east has no metrics", lambda: 'controller="east"' not in requests.get(server.base + "/metrics", timeout=TEST_TIMEOUT).text)
    assert not [call(server.mcp, "juju_models", {}, TOKENS["second"]) for _ in range(3)][-1].get("isError")


def open_connections(pid):
    """The remote ports of the established TCP connections of a process."""
    inodes = {os.readlink(entry.path)[8:-1] for entry in os.scandir(f"/proc/{pid}/fd") if os.readlink(entry.path).startswith("socket:")}
    rows = [line.split() for line in open(f"/proc/{pid}/net/tcp").read().splitlines()[1:]]
    return {int(row[2].rsplit(":", 1)[1], 16) for row in rows if row[9] in inodes and row[3] == "01"}


def test_changed_file_is_applied_without_a_signal_except_for_some_keys(server, controllers):
    server.write(configuration(controllers["east"], token="second", log="debug", ledger={"retention_days": 30}, listen="127.0.0.1:1"))
    eventually("the new token is accepted", lambda: server.status("second") == 200)
    assert server.status("first") == 401
    for key in ("ledger.retention_days", "listen"):
        eventually(f"{key} is named", lambda key=key: f"`{key}` of the configuration was changed: restart the server" in server.log())
    assert "`tokens` of the configuration was changed: restart" not in server.log()


def test_log_filter_follows_the_configuration(controllers, tmp_path):
    server = Running.__new__(Running)
    for name, token in TOKENS.items():
        (tmp_path / f"{name}.token").write_text(token)
    server.folder, server.config = tmp_path, tmp_path / "config.yaml"
    server.write(configuration(controllers["east"], log="info"))
    with juju_mcp(tmp_path, "serve", "--config", server.config, "--state-dir", tmp_path / "state") as ready:
        def logs_a_call():
            """Whether a call adds a line to the log."""
            before = server.log().count("tool call")
            call(ready["mcp_url"], "juju_status", {"model": "shop"}, TOKENS["first"])
            return server.log().count("tool call") > before

        assert logs_a_call()
        server.write(configuration(controllers["east"], log="error"))
        eventually("calls are not logged", lambda: not logs_a_call())
        server.write(configuration(controllers["east"], log="info"))
        eventually("calls are logged again", logs_a_call)


def test_invalid_configuration_leaves_everything_as_it_was_and_is_logged(server, controllers):
    good = configuration(controllers["west"], token="second")
    for broken, problem in [
        ("controllers: [", "is invalid"),
        (good | {"limits": {"burts": 1}}, "did you mean `burst`"),
        (good | {"tokens": [{"role": "admin", "file": "missing.token"}]}, "missing.token"),
        (good | {"controllers": [controllers["west"] | {"ca_certificate_file": "missing.pem"}]}, "missing.pem"),
        (good | {"role_bindings": [{"role": "dancer", "subjects": ["group:night"]}]}, "dancer"),
        (good | {"oauth": {"issuer": "https://id.example", "public_url": "https://mcp.example"}}, "static tokens are given"),
    ]:
        server.write(broken)
        server.hang_up()
        assert problem in server.log(), server.log()[-2000:]
        assert server.metric("juju_mcp_policy_last_reload_successful") == 0
        assert (server.status("first"), server.status("second")) == (200, 401), problem
        assert not call(server.mcp, "juju_status", {"model": "shop", "controller": "east"}, TOKENS["first"]).get("isError"), problem
        # the parts are checked once a second
        shown = eventually(f"{problem} is a detail of the policy", lambda problem=problem: problem in (found := server.readiness())["text"] and found)
        assert shown["status"] == "healthy", shown
    # a file that is missing at first may follow later
    server.write(good | {"tokens": [{"role": "admin", "file": "late.token"}]})
    eventually("it is missing", lambda: "late.token" in server.log())
    shutil.copy(server.folder / "second.token", server.folder / "late.token")
    eventually("the configuration is applied", lambda: server.status("second") == 200)
    assert server.status("first") == 401
    eventually("the reload is counted", lambda: server.metric("juju_mcp_policy_last_reload_successful") == 1)
    assert server.log().count("late.token") == 1, "one line for one problem"


def test_session_and_running_stream_survive_a_reload(server, controllers):
    headers = {"Accept": "application/json, text/event-stream", "Authorization": f"Bearer {TOKENS['first']}"}
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "older", "version": "1"}}}
    opened = requests.post(server.mcp, json=hello, headers=headers, timeout=TEST_TIMEOUT)
    headers |= {"Mcp-Session-Id": opened.headers["Mcp-Session-Id"], "MCP-Protocol-Version": "2025-11-25"}
    requests.post(server.mcp, json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=headers, timeout=TEST_TIMEOUT)

    def wait(token, answer):
        """A call that lasts until an application is exposed."""
        wait_for = {"name": "juju_wait_for", "_meta": {"progressToken": "p"}, "arguments": {
            "model": "shop", "kind": "application", "name": "web", "query": "exposed==true", "timeout": "120s"}}
        body = {"jsonrpc": "2.0", "id": token, "method": "tools/call", "params": wait_for}
        answer.append(requests.post(server.mcp, json=body, headers=headers, timeout=TEST_TIMEOUT).text)

    answer = []
    waiting = threading.Thread(target=wait, args=(2, answer))
    waiting.start()
    eventually("the call is in progress", lambda: server.metric("juju_mcp_calls_in_progress") == 1 or answer)
    assert not answer, answer
    server.write(configuration(controllers["east"], controllers["west"], allowed_hosts=["mcp.example"], limits={"burst": 100}))
    server.hang_up()
    assert waiting.is_alive() and not answer, answer
    listed = requests.post(server.mcp, json={"jsonrpc": "2.0", "id": 3, "method": "tools/list"}, headers=headers, timeout=TEST_TIMEOUT)
    assert listed.status_code == 200 and "juju_status" in listed.text, "the session is open"
    named = requests.get(server.base + "/mcp", headers={"Host": "mcp.example"}, timeout=TEST_TIMEOUT)
    assert named.status_code == 401, "the new host is allowed"
    exposed = json.dumps(call(server.mcp, "juju_expose", {"model": "shop", "application": "web"}, TOKENS["first"]))
    assert '"isError": true' not in exposed, exposed
    waiting.join(TEST_TIMEOUT)
    assert answer and '"isError":true' not in answer[0] and '"id":2' in answer[0], answer


def test_signal_ends_programs_without_a_server(tmp_path):
    process = subprocess.Popen([required_path("JUJU_MCP_TEST_PROGRAM"), "stdio", "--juju-data-dir", tmp_path], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, env=os.environ | {"HOME": str(tmp_path)},
                               # a test run below nohup ignores the signal, and programs inherit that
                               preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
    process.stdin.write(b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
    process.stdin.flush()
    assert process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    assert process.wait(TEST_TIMEOUT) == -signal.SIGHUP, "the terminal was closed"
