"""The charm's workload code against a real Pebble, the real program and a simulated controller, as a user without privileges."""
import concurrent.futures
import contextlib
import dataclasses
import datetime
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import types

import actions
import configuration
import controllers
import ops
import pytest
import workload
import yaml
from charmlibs.interfaces import tls_certificates as tls
from conftest import CHARMCRAFT_DEFAULTS, PROVIDER, TREE
from relations import oauth_provider, topology

TEST_TIMEOUT = 180
TOKENS = {"viewer": "a-token-that-is-long-enough-for-the-program", "approver": "another-token-that-is-long-enough-for-it"}
UID = 584792
TOPOLOGY = topology("prod", "c2e9f4d5-dcb3-4870-8509-330eb9745ee8", "juju-mcp", "juju-mcp/0", "juju-mcp")
# what ops.Container needs from Juju: its version
BACKEND = types.SimpleNamespace(_juju_context=types.SimpleNamespace(version=ops.JujuVersion("3.6.11")))


def required_path(name):
    """The path in an environment variable that tests/run sets; skips the test if it is missing."""
    value = os.environ.get(name)
    if not value or not pathlib.Path(value).exists():
        pytest.skip(f"{name} is not set to an existing path; tests/run sets it")
    return pathlib.Path(value)


def wait_until(description, check):
    """Waits until `check()` returns a true value, and returns it."""
    deadline = time.monotonic() + TEST_TIMEOUT
    while not (found := check()):
        assert time.monotonic() < deadline, f"not within {TEST_TIMEOUT} s: {description}"
        time.sleep(0.1)
    return found


def free_port():
    """A port on which nothing listens at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(argv, **options):
    """Runs a program for the duration of a block, as the user of the container if this user may change to it."""
    identity = {"user": UID, "group": UID, "extra_groups": []} if os.geteuid() == 0 else {}
    process = subprocess.Popen([*map(str, argv)], stdin=subprocess.DEVNULL, **identity, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


class Machine:
    """A folder in place of the root of the container, with Pebble running in it."""

    def __init__(self, root, client, simulator):
        self.root, self.client, self.simulator = root, client, simulator
        self.workload = workload.Workload(ops.Container("juju-mcp", backend=BACKEND, pebble_client=client))
        self.inputs = configuration.Inputs(
            options=CHARMCRAFT_DEFAULTS, tokens=[{"role": role, "file": f"token-{role}"} for role in TOKENS], provider=None,
            ca_certificates=[], public_url="https://mcp.example", host_names=["mcp.example"], **self.controllers(simulator["password"]))

    def controllers(self, password):
        """The inputs for the simulated controller with a password."""
        content = {key: self.simulator[key] for key in ("addresses", "ca-cert", "username")}
        sections, files, problems = controllers.from_secrets({"secret": content | {"password": password}})
        assert not problems
        return {"controllers": sections, "secret_files": files | {f"token-{role}": f"{token}\n" for role, token in TOKENS.items()}}

    def apply(self, **changes):
        """Changes inputs and does what a reconciliation does; returns the messages of the problems."""
        inputs = dataclasses.replace(self.inputs, **changes)
        files, problems = configuration.files(inputs)
        problems = problems or self.workload.activate(files)
        problems = problems or self.workload.start({}, TOPOLOGY)
        if not problems:
            self.inputs = inputs
        return [problem.text() for problem in problems]

    def pid(self):
        """The process of the server, or None."""
        found = subprocess.run(["pgrep", "-f", f"^{workload.PROGRAM} serve"], text=True, capture_output=True).stdout.split()
        return int(found[0]) if found else None

    def request(self, method, path, token=None, port=None):
        """The status of an HTTP response of the server; None if it does not respond."""
        connection = self.connection(port or configuration.PORT)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            connection.request(method, path, body=INITIALIZE if method == "POST" else None, headers=headers | {
                "Content-Type": "application/json", "Accept": "application/json, text/event-stream"})
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def connection(self, port):
        """An HTTP connection; HTTPS if the main listener of the active configuration uses TLS."""
        if port != configuration.PORT or configuration.TLS_KEY not in self.inputs.secret_files:
            return http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        trusted = ssl.create_default_context(cadata=self.inputs.secret_files[configuration.TLS_CA])
        # the issuer's name is all that the helper of the official library gives it
        trusted.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        return http.client.HTTPSConnection("localhost", port, timeout=10, context=trusted)

    def run_action(self, name, parameters=None, file="unused", options=None):
        """The output of the program for an action."""
        arguments = actions.arguments(name, parameters or {}, {"state_dir": configuration.STATE_DIR, "file": str(file)}, options or {})
        return self.workload.run(*arguments)

    def wait_for_checks(self):
        """Waits until both health checks are up and the server is ready."""
        wait_until("the server is ready", lambda: self.request("GET", "/readyz") == 200)
        return wait_until("checks are up", lambda: all(
            check.status == ops.pebble.CheckStatus.UP for check in self.client.get_checks()))


INITIALIZE = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
    "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}})


@pytest.fixture
def machine(monkeypatch):
    """Pebble and a simulated controller, both without privileges."""
    pebble, program = required_path("JUJU_MCP_TEST_PEBBLE"), required_path("JUJU_MCP_TEST_PROGRAM")
    root = pathlib.Path(tempfile.mkdtemp(prefix="juju-mcp-charm-"))
    for folder in ("bin", "etc", "state", "pebble", "sim"):
        (root / folder).mkdir()
    root.chmod(0o755)
    for source in (pebble, program):
        shutil.copy(source, root / "bin" / source.name)
    if os.geteuid() == 0:
        for folder in ("etc", "state", "pebble", "sim"):
            os.chown(root / folder, UID, UID)
    port = free_port()
    monkeypatch.setattr(configuration, "PORT", port)
    monkeypatch.setattr(workload, "PORT", port)
    monkeypatch.setattr(configuration, "METRICS_PORT", free_port())
    monkeypatch.setattr(configuration, "STATE_DIR", str(root / "state"))
    monkeypatch.setattr(workload, "PROGRAM", str(root / "bin" / program.name))
    monkeypatch.setattr(workload, "ROOT", str(root / "etc"))
    monkeypatch.setattr(workload, "ACTIVE", str(root / "etc/active"))
    monkeypatch.setattr(workload, "CANDIDATE", str(root / "etc/candidate"))
    environment = {"PEBBLE": str(root / "pebble"), "PATH": os.environ["PATH"], "HOME": str(root / "sim"), "TMPDIR": str(root / "sim")}
    simulator = [root / "bin" / program.name, "sim", "--ready-file", root / "sim/ready.json"]
    with (root / "log.txt").open("w") as log, running(simulator, env=environment, stdout=log, stderr=log, cwd=root / "sim"):
        with running([root / "bin/pebble", "run", "--create-dirs", "--hold"], env=environment, stdout=log, stderr=log, cwd=root):
            wait_until("Pebble listens", (root / "pebble/.pebble.socket").exists)
            wait_until("the simulator is ready", (root / "sim/ready.json").exists)
            files = pathlib.Path(json.loads((root / "sim/ready.json").read_text())["juju_data"])
            yield Machine(root, ops.pebble.Client(str(root / "pebble/.pebble.socket")), login(files))
    shutil.rmtree(root)


def login(files):
    """The content of a secret for the controller that a folder of client files describes."""
    document = yaml.safe_load((files / "controllers.yaml").read_text())
    name = document["current-controller"]
    controller, account = document["controllers"][name], yaml.safe_load((files / "accounts.yaml").read_text())["controllers"][name]
    return {"addresses": " ".join(controller["api-endpoints"]), "ca-cert": controller["ca-cert"], "username": account["user"],
            "password": account["password"]}


def test_server_runs_without_privileges_and_is_restarted_and_drained(machine):
    assert machine.apply() == []
    machine.wait_for_checks()
    assert machine.request("POST", "/mcp") == 401
    assert machine.request("POST", "/mcp", "a-token-that-is-long-enough-for-the-program") == 200
    assert machine.request("GET", "/metrics", port=configuration.METRICS_PORT) == 200
    assert machine.request("POST", "/mcp", port=configuration.METRICS_PORT) == 404
    pid = machine.pid()
    if os.geteuid() == 0:
        assert f"Uid:\t{UID}" in pathlib.Path(f"/proc/{pid}/status").read_text()
    os.kill(pid, signal.SIGKILL)
    wait_until("Pebble restarts the server", lambda: machine.pid() not in (None, pid))
    machine.wait_for_checks()
    machine.client.stop_services(["juju-mcp"])
    assert machine.pid() is None


def test_secrets_are_private_files_and_not_in_plan_or_command_line(machine):
    assert machine.apply() == []
    machine.wait_for_checks()
    secret = machine.simulator["password"]
    assert secret in (machine.root / "etc/active/controller-controller-password").read_text()
    assert {path.stat().st_mode & 0o777 for path in (machine.root / "etc/active").iterdir()} == {0o600}
    assert not (machine.root / "etc/candidate").exists()
    process = pathlib.Path(f"/proc/{machine.pid()}")
    texts = [machine.client.get_plan().to_yaml(), (process / "cmdline").read_text(), (process / "environ").read_text(),
             (machine.root / "log.txt").read_text()]
    assert not [text for text in texts if secret in text or "a-token-that-is-long-enough" in text]


def test_invalid_values_leave_the_server_running_with_the_previous_ones(machine):
    assert machine.apply() == []
    machine.wait_for_checks()
    pid, plan = machine.pid(), machine.client.get_plan().to_yaml()
    (message,) = machine.apply(options={**CHARMCRAFT_DEFAULTS, "roles": "dba: {effects: [reed]}"})
    assert "unknown variant `reed`" in message and message.endswith("the previous configuration stays active")
    (message,) = machine.apply(options={**CHARMCRAFT_DEFAULTS, "configuration": "limit: {}"})
    assert "unknown field `limit`" in message
    (message,) = machine.apply(**machine.controllers("wrong-password"))
    assert "password" in message and message.endswith("the previous configuration stays active")
    assert (machine.pid(), machine.client.get_plan().to_yaml()) == (pid, plan)
    assert machine.request("GET", "/readyz") == 200


def test_changes_are_active_without_restart_and_removed_access_with_one(machine):
    assert machine.apply() == []
    machine.wait_for_checks()
    pid = machine.pid()
    assert machine.apply(options={**CHARMCRAFT_DEFAULTS, "roles": "dba: {description: Databases, effects: [read]}"}) == []
    wait_until("the server reloads the policy", lambda: "the policy was reloaded" in server_log(machine))
    more = {"calls-per-minute": 60, "log-level": "debug", "rules": "[{name: r, severity: low, check: 'false', message: m}]"}
    assert machine.apply(options={**CHARMCRAFT_DEFAULTS, **more}) == []
    wait_until("limits and log are reloaded", lambda: "limits.calls_per_minute, log" in server_log(machine))
    files = {**machine.inputs.secret_files, "token-viewer": "another-token-that-is-long-enough\n"}
    assert machine.apply(secret_files=files) == []
    wait_until("the new token is accepted", lambda: machine.request("POST", "/mcp", "another-token-that-is-long-enough") == 200)
    assert machine.request("POST", "/mcp", "a-token-that-is-long-enough-for-the-program") == 401
    assert machine.pid() == pid
    assert machine.apply(options={**CHARMCRAFT_DEFAULTS, "ledger-retention-days": 30}) == []
    pid = wait_until("the server restarts", lambda: (new := machine.pid()) not in (None, pid) and new)
    assert machine.apply(tokens=[]) == []
    wait_until("the server restarts", lambda: machine.pid() not in (None, pid))
    wait_until("the server listens", lambda: machine.request("GET", "/healthz") == 200)
    assert machine.request("POST", "/mcp", "a-token-that-is-long-enough-for-the-program") == 401


def decision(machine, tool, arguments=None):
    """The decision about a call of an admin in the simulated model."""
    parameters = {"role": "admin", "tool": tool, "model": "shop", "args": json.dumps(arguments or {})}
    return json.loads(machine.run_action("check-access", parameters))["explanation"]["decision"]


def test_read_only_and_toolsets_limit_every_role(machine):
    assert machine.apply(options={**CHARMCRAFT_DEFAULTS, "read-only": True}) == []
    machine.wait_for_checks()
    assert (decision(machine, "status"), decision(machine, "expose", {"application": "web"})) == ("allow", "deny")
    pid = machine.pid()
    assert machine.apply(options={**CHARMCRAFT_DEFAULTS, "toolsets": "status audit"}) == []
    expected = {"status": "allow", "audit_changes": "allow", "debug-log": "deny", "expose": "deny"}
    assert {tool: decision(machine, tool, {"application": "web"} if tool == "expose" else None) for tool in expected} == expected
    (message,) = machine.apply(options={**CHARMCRAFT_DEFAULTS, "toolsets": "statu"})
    assert "the toolset `statu`, which does not exist; did you mean `status`?" in message and machine.pid() == pid
    text = (TREE / "docs" / "reference-charm.md").read_text()
    listed = re.findall("`([a-z]+)`", text.split("Toolsets are ")[1].split(", and `audit`")[0])
    assert "toolsets are: " + ", ".join(listed) in subprocess.run(
        [workload.PROGRAM, "tools", "--endpoint", "/mcp/x/none"], text=True, capture_output=True).stderr


def test_identity_provider_that_is_not_there_yet_does_not_prevent_the_start(machine):
    provider = oauth_provider(PROVIDER | {"issuer_url": "https://iam.invalid"}, "a-secret")
    assert machine.apply(provider=provider, tokens=[]) == []
    wait_until("the server listens", lambda: machine.request("GET", "/healthz") == 200)
    assert machine.request("POST", "/mcp") == 401
    assert machine.request("GET", "/readyz") == 503, "no caller can sign in yet"


def server_log(machine):
    """The log of the server from Pebble's buffer."""
    environment = {"PEBBLE": str(machine.root / "pebble")}
    return subprocess.run([machine.root / "bin/pebble", "logs", "-n", "all"], env=environment, text=True, capture_output=True).stdout


CALL = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
    "name": "juju_status", "arguments": {"model": "shop"}, "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"}}}})


def call_status(port):
    """The status and the text of the response to a tool call."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TEST_TIMEOUT)
    with contextlib.closing(connection):
        connection.request("POST", "/mcp", body=CALL, headers={
            "Authorization": f"Bearer {TOKENS['viewer']}", "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "juju_status"})
        response = connection.getresponse()
        return response.status, response.read().decode()


def test_stopped_server_answers_the_call_in_progress_and_signs_the_ledger(machine):
    assert machine.apply() == []
    machine.wait_for_checks()
    assert call_status(configuration.PORT)[0] == 200
    fault = [workload.PROGRAM, "fault", "delay", "5000", "--ready-file", machine.root / "sim/ready.json"]
    subprocess.run(fault, check=True, capture_output=True)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        call = pool.submit(call_status, configuration.PORT)
        time.sleep(1)  # the call waits for the controller now
        assert not call.done()
        start = time.monotonic()
        machine.client.stop_services(["juju-mcp"])
        # Pebble kills the server after 30 seconds
        assert time.monotonic() - start < 25
        status, text = call.result()
    assert status == 200 and '"jsonrpc"' in text, text
    assert machine.pid() is None and "killed" not in server_log(machine)
    verified = machine.run_action("verify-audit")
    assert "are valid" in verified and "not signed" not in verified, verified


def test_actions_run_against_the_real_program(machine):
    assert machine.apply() == []
    machine.wait_for_checks()
    assert {"viewer", "approver"} <= {role["role"] for role in json.loads(machine.run_action("list-roles"))}
    allowed = json.loads(machine.run_action("check-access", {"role": "viewer", "tool": "status", "model": "prod"}))
    denied = json.loads(machine.run_action("check-access", {"role": "viewer", "tool": "destroy-model", "args": "{\"model\": \"prod\"}"}))
    assert (allowed["explanation"]["decision"], denied["explanation"]["decision"]) == ("allow", "deny")
    assert "is valid: 1 controller," in machine.run_action("verify-controller")
    with machine.workload.temporary(TOKENS["approver"]) as file:
        options = {"url": f"http://127.0.0.1:{configuration.PORT}", "token-file": file}
        assert json.loads(machine.run_action("list-approvals", {"status": "pending"}, options=options)) == {"approvals": []}
        for name in ("approve", "reject"):
            with pytest.raises(workload.CommandError, match="approval"):
                machine.run_action(name, {"id": "01890a5d-ac96-774b-bcce-b302099a8057", "digest": "0" * 64}, options=options)
    assert not list((machine.root / "etc").glob("temporary-*"))


def test_backup_of_the_running_server_is_restored_after_the_state_was_lost(machine):
    assert machine.apply() == []
    machine.wait_for_checks()
    assert machine.request("POST", "/mcp", "a-token-that-this-server-does-not-know-at-all") == 401
    before = wait_until("the rejection is recorded", lambda: "records are valid" in (text := machine.run_action("verify-audit")) and text)
    with machine.workload.temporary(None) as file:
        assert "keep it secret" in machine.run_action("create-backup", file=file)
        assert pathlib.Path(file).stat().st_mode & 0o777 == 0o600
        with pytest.raises(workload.CommandError, match="another juju-mcp uses the state directory"):
            machine.run_action("restore-backup", file=file)
        machine.client.stop_services(["juju-mcp"])
        state = pathlib.Path(configuration.STATE_DIR)
        for path in state.iterdir():
            path.unlink()
        assert "are valid and restored" in machine.run_action("restore-backup", file=file)
    machine.client.start_services(["juju-mcp"])
    machine.wait_for_checks()
    count = int(before.split()[0])
    assert int(machine.run_action("verify-audit").split()[0]) >= count > 0
    machine.client.stop_services(["juju-mcp"])  # which signs the last records
    exported = machine.root / "state" / "export.jsonl"
    machine.run_action("export-audit", file=exported)
    assert len(exported.read_text().splitlines()) >= count and exported.stat().st_mode & 0o777 == 0o600


def test_damaged_backup_leaves_the_state_as_it_is(machine):
    assert machine.apply() == []
    machine.wait_for_checks()
    machine.client.stop_services(["juju-mcp"])
    with machine.workload.temporary("no backup") as file, pytest.raises(workload.CommandError, match="no intact backup"):
        machine.run_action("restore-backup", file=file)
    assert not [path for path in pathlib.Path(configuration.STATE_DIR).iterdir() if "part" in path.name or "replaced" in path.name]
    machine.client.start_services(["juju-mcp"])
    machine.wait_for_checks()


def certificate_files(authority=None):
    """The files of a new certificate for localhost, as the charm writes them."""
    key = authority or tls.PrivateKey.generate()
    ca = tls.Certificate.generate_self_signed_ca(
        tls.CertificateRequestAttributes(common_name="CA", is_ca=True), key, datetime.timedelta(days=30))
    own = tls.PrivateKey.generate()
    request = tls.CertificateRequestAttributes(common_name="juju-mcp", sans_dns=frozenset({"localhost"})).generate_csr(own)
    signed = request.sign(ca, key, datetime.timedelta(days=10))
    return {configuration.TLS_CERTIFICATE: signed.raw + "\n", configuration.TLS_KEY: own.raw + "\n", configuration.TLS_CA: ca.raw + "\n"}


def test_certificate_is_served_checked_and_replaced_without_a_restart(machine):
    plain = machine.inputs.secret_files
    assert machine.apply(secret_files=plain | certificate_files()) == []
    machine.wait_for_checks()
    assert machine.request("POST", "/mcp", TOKENS["viewer"]) == 200
    with pytest.raises((http.client.HTTPException, OSError)):
        unencrypted = http.client.HTTPConnection("127.0.0.1", configuration.PORT, timeout=10)
        unencrypted.request("GET", "/healthz")
        unencrypted.getresponse()
    pid = machine.pid()
    renewed = certificate_files()
    assert machine.apply(secret_files=plain | renewed) == []
    wait_until("the renewed certificate is served", lambda: machine.request("GET", "/readyz") == 200)
    assert machine.pid() == pid
    (machine.root / "etc/active" / configuration.TLS_KEY).write_text(certificate_files()[configuration.TLS_KEY])
    wait_until("the server reports the wrong key", lambda: "the previous TLS certificate stays in use" in server_log(machine))
    assert machine.request("GET", "/readyz") == 200 and machine.pid() == pid
    (message,) = machine.apply(secret_files=plain | renewed | {configuration.TLS_KEY: certificate_files()[configuration.TLS_KEY]})
    assert "does not fit the certificate" in message and message.endswith("the previous configuration stays active")


def test_removed_certificate_leads_back_to_http(machine):
    plain = machine.inputs.secret_files
    assert machine.apply(secret_files=plain | certificate_files()) == []
    machine.wait_for_checks()
    assert machine.apply(secret_files=plain) == []
    machine.wait_for_checks()
    assert machine.request("POST", "/mcp", TOKENS["viewer"]) == 200
