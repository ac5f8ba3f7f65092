"""The command line of the program: each mistake gets one sentence with a remedy and the right exit code."""
import contextlib
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request

import pytest
import yaml
from conftest import TEST_TIMEOUT, eventually, juju_mcp, required_path, start_juju_mcp, stop
from plain_mcp import call


def run(*words, folder, standard_input="", **environment):
    """Runs the program to its end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUJU_")} | environment
    return subprocess.run([required_path("JUJU_MCP_TEST_PROGRAM"), *map(str, words)], text=True, capture_output=True, cwd=folder, timeout=TEST_TIMEOUT,
                          input=standard_input, env=environment | {"HOME": str(folder), "RUST_BACKTRACE": "1"})


def refused(done, code, *parts):
    """Checks that standard error is one sentence and its remedy, with these parts."""
    assert done.returncode == code, (done.returncode, done.stderr)
    lines = done.stderr.strip().splitlines()
    assert lines and len(lines) <= 2 and lines[0].startswith("juju-mcp: "), done.stderr
    assert len(lines) == 2, f"no remedy: {done.stderr}"
    for part in parts:
        assert part in done.stderr, (part, done.stderr)
    assert "panicked" not in done.stderr and "\x1b" not in done.stderr, done.stderr


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """The ready file of a simulated controller."""
    folder = tmp_path_factory.mktemp("sim")
    with juju_mcp(folder, "sim") as ready:
        yield ready | {"ready_file": folder / "ready.json"}


@pytest.fixture
def files(simulated, tmp_path):
    """A copy of the client files for the simulated controller, for a test to change."""
    shutil.copytree(simulated["juju_data"], tmp_path / "files")
    (tmp_path / "operator.token").write_text("jmcp_" + "a" * 43)
    (tmp_path / "operator.token").chmod(0o600)
    return tmp_path / "files"


def change_each(file, change):
    """Changes each controller of a client file."""
    known = yaml.safe_load(file.read_text())
    for one in known["controllers"].values():
        change(one)
    file.write_text(yaml.safe_dump(known))


def serve(tmp_path, files):
    """Runs `serve` on changed files, where it must end by itself."""
    return run("serve", "--juju-data-dir", files, "--state-dir", tmp_path / "state", "--listen", "127.0.0.1:0", "--token-file",
               f"operator={tmp_path / 'operator.token'}", folder=tmp_path)


@pytest.mark.parametrize("words, parts", [
    (["--bogus"], ["--bogus"]), (["serve", "--bogus"], ["--bogus", "juju-mcp serve"]), (["demo", "--listen", "nonsense"], ["nonsense", "--listen"]),
    (["frobnicate"], ["frobnicate"]), (["tools", "--format", "xml"], ["xml", "table", "json"]), (["completion", "tcsh"], ["tcsh", "bash", "zsh", "fish"]),
    (["serve", "--token-file", "operator"], ["operator=/etc/juju-mcp/operator.token"]), (["fault"], ["<KIND>"]),
    (["--log", "a=b=c", "tools"], ["--log", "level"]), (["--log", "loud", "tools"], ["`loud`", "debug"])])
def test_bad_flags_are_refused_with_usage(tmp_path, words, parts):
    done = run(*words, folder=tmp_path)
    assert done.returncode == 2 and done.stderr.startswith("error: "), done.stderr
    assert all(part in done.stderr for part in parts) and "--help" in done.stderr and "\x1b" not in done.stderr, done.stderr


@pytest.mark.parametrize("words, parts", [
    (["demo", "--scenario", "missing"], ["`missing`", "shop, outage"]),
    (["demo", "--listen", "0.0.0.0:0"], ["loopback", "juju-mcp serve"]),
    (["sim", "--listen", "0.0.0.0:0"], ["loopback"]),
    (["serve", "--config", "missing.yaml"], ["missing.yaml", "check the path"]),
    (["serve"], ["no controller is configured", "--juju-data-dir"]),
    (["tools", "--endpoint", "/missing"], ["`/missing`", "/mcp/full"]),
    (["tools", "--endpoint", "/mcp/x/nothing"], ["`nothing`", "deploy"]),
    (["fault", "clear", "--ready-file", "missing.json"], ["missing.json"]),
    (["fault", "clear"], ["no running `demo`", "juju-mcp demo", "--ready-file"]),
    (["audit", "verify", "--state-dir", "missing"], ["missing", "--state-dir"])])
def test_invalid_arguments_are_refused_with_a_remedy(tmp_path, words, parts):
    refused(run(*words, folder=tmp_path), 2, *parts)


@pytest.mark.parametrize("text, parts", [
    ("controlers: []", ["`controlers`", "`controllers`"]), ("controllers: {}", ["controllers", "sequence"]), ("a: b: c", ["bad.yaml"]), ("tokens:\n\t- {}", ["indented with a tab"]),
    ("listen: missing", ["listen"]), ("controllers: [{name: a, addresses: ['127.0.0.1:1']}]", ["bad.yaml"])])
def test_bad_configuration_is_refused_by_check_and_serve(tmp_path, text, parts):
    (tmp_path / "bad.yaml").write_text(text + "\n")
    for words in (("config", "check", "bad.yaml"), ("serve", "--config", "bad.yaml")):
        done = run(*words, folder=tmp_path)
        assert done.returncode == 2, (words, done.stdout, done.stderr)
        if words[0] == "config":
            refused(done, 2, *[part for part in parts if part != "bad.yaml"])


def test_serve_on_a_used_port_is_refused(tmp_path, files):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--juju-data-dir", files, "--state-dir", tmp_path / "state", "--listen", f"127.0.0.1:{port}", "--token-file",
                   f"operator={tmp_path / 'operator.token'}", folder=tmp_path)
    refused(done, 2, str(port), "--listen")


def test_serve_without_a_usable_controller_is_refused(tmp_path, files, simulated):
    change_each(files / "accounts.yaml", lambda one: one.update(password="hunter2-but-wrong"))
    done = serve(tmp_path, files)
    refused(done, 1, "refused the log-in", "check the user name and password")
    assert "hunter2" not in done.stderr
    shutil.copy(os.path.join(simulated["juju_data"], "accounts.yaml"), files / "accounts.yaml")
    right = (files / "controllers.yaml").read_text()
    other = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                            tmp_path / "key.pem", "-subj", "/CN=another", "-days", "2"], capture_output=True, text=True)
    if other.returncode == 0:
        change_each(files / "controllers.yaml", lambda one: one.update({"ca-cert": other.stdout}))
        refused(serve(tmp_path, files), 1, "certificate", "ca-cert")
    (files / "controllers.yaml").write_text(right)
    change_each(files / "controllers.yaml", lambda one: one.update({"api-endpoints": ["127.0.0.1:1"]}))
    refused(serve(tmp_path, files), 1, "not reachable", "check that the controller runs")
    change_each(files / "controllers.yaml", lambda one: one.update({"ca-cert": "nonsense"}))
    refused(serve(tmp_path, files), 2, "CA certificate")


def test_macaroon_or_expired_session_login_is_refused(tmp_path, files):
    change_each(files / "accounts.yaml", lambda one: one.pop("password"))
    refused(serve(tmp_path, files), 2, "macaroon", "accounts.yaml")
    change_each(files / "accounts.yaml", lambda one: one.update({"access-token": "old"}))
    done = serve(tmp_path, files)
    assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 2 and "old" not in done.stderr.split(), done.stderr


def test_stdio_survives_malformed_lines_and_reports_the_remedy(tmp_path, files):
    change_each(files / "accounts.yaml", lambda one: one.pop("password"))
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "integration-test", "version": "1"}}}
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "juju_status", "arguments": {}}}
    process = subprocess.Popen([required_path("JUJU_MCP_TEST_PROGRAM"), "stdio", "--juju-data-dir", files], text=True, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"HOME": str(tmp_path)})
    try:
        def send(message):
            process.stdin.write((message if isinstance(message, str) else json.dumps(message)) + "\n")
            process.stdin.flush()

        def answer(number):
            for line in process.stdout:
                message = json.loads(line)  # nothing but the protocol is on standard output
                if message.get("id") == number:
                    return message
            raise AssertionError(process.stderr.read())

        send(hello)
        assert answer(1)["result"]["serverInfo"]
        send("this is not JSON")
        send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        send(call)
        answered = answer(2)
        text = json.dumps(answered)
        assert "macaroon" in text and "accounts.yaml" in text, answered
    finally:
        process.stdin.close()
        process.wait(TEST_TIMEOUT)
    assert process.returncode == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(tmp_path, shell):
    done = run("completion", shell, folder=tmp_path)
    assert done.returncode == 0 and "juju-mcp" in done.stdout and "healthcheck" in done.stdout, done.stderr
    if shutil.which(shell):
        (tmp_path / "script").write_text(done.stdout)
        checked = subprocess.run([shell, "-n", tmp_path / "script"], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("words", ["config schema", "tools --endpoint /mcp/full --format json", "completion bash"])
def test_closed_standard_output_is_no_error(tmp_path, words):
    process = subprocess.Popen([required_path("JUJU_MCP_TEST_PROGRAM"), *words.split()], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
    process.stdout.read(10)
    process.stdout.close()
    errors = process.stderr.read().decode()
    assert process.wait(TEST_TIMEOUT) == 0 and not errors, errors


def test_colours_appear_on_terminals_without_no_color(tmp_path):
    def seen(**environment):
        ours_end, theirs = pty.openpty()
        process = subprocess.Popen([required_path("JUJU_MCP_TEST_PROGRAM"), "--bogus"], stdout=theirs, stderr=theirs, stdin=theirs, cwd=tmp_path,
                                   env={"PATH": os.environ["PATH"], "TERM": "xterm"} | environment)
        process.wait(TEST_TIMEOUT)
        os.close(theirs)
        text = b""
        with contextlib.suppress(OSError):
            while part := os.read(ours_end, 4096):
                text += part
        os.close(ours_end)
        return text

    assert b"\x1b[" in seen()
    assert b"\x1b[" not in seen(NO_COLOR="1")
    assert b"--bogus" in seen(NO_COLOR="1")


def test_help_is_short_and_shows_examples(tmp_path):
    words = re.findall(r"^  (\w[\w-]*) ", run("--help", folder=tmp_path).stdout.split("Commands:")[1].split("Options:")[0], re.MULTILINE)
    assert {"demo", "serve", "stdio", "sim", "tools", "completion"} <= set(words), words
    for word in set(words) - {"help"}:
        done = run(word, "--help", folder=tmp_path)
        assert done.returncode == 0 and not done.stderr and ("Example" in done.stdout or "Commands:" in done.stdout), word


def test_oversized_body_and_malformed_message_are_refused(tmp_path, files):
    words = ["--juju-data-dir", files, "--state-dir", tmp_path / "state", "--token-file", f"operator={tmp_path / 'operator.token'}"]
    with juju_mcp(tmp_path, "serve", *words) as ready:
        host, port = ready["mcp_url"].split("/")[2].split(":")

        def post(body, length=None):
            with socket.create_connection((host, int(port)), timeout=TEST_TIMEOUT) as line:
                line.sendall((f"POST /mcp HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer jmcp_{'a' * 43}\r\n"
                              "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\nConnection: close\r\n"
                              f"Content-Length: {length or len(body)}\r\n\r\n").encode() + body)
                answer = b""
                while part := line.recv(65536):
                    answer += part
            return answer.decode(errors="replace")

        assert " 413 " in post(b"", length=10**9).splitlines()[0]
        assert " 400 " in post(b"{\"jsonrpc\": ").splitlines()[0]
        assert run("healthcheck", "--url", ready["mcp_url"].removesuffix("/mcp"), folder=tmp_path).returncode == 0
    refused(run("healthcheck", "--url", ready["mcp_url"].removesuffix("/mcp"), folder=tmp_path), 1, "no server answers", "--url")


def call_tool(ready, role, tool, arguments):
    """The result of a call to the server of a ready file, with the token of a role."""
    return call(ready["mcp_url"] + "/full", tool, arguments, ready["tokens"][role])


def test_state_directory_of_a_running_server_is_private(tmp_path):
    state = tmp_path / "state"
    state.mkdir(mode=0o755)
    state.chmod(0o755)
    previous = os.umask(0o022)
    try:
        with juju_mcp(tmp_path / "demo", "demo", "--scenario", "shop", "--state-dir", state) as ready:
            call_tool(ready, "admin", "juju_status", {"model": "shop"})
            modes = {str(path.relative_to(state)): path.stat().st_mode & 0o777 for path in state.rglob("*")}
            assert {"lock", "juju-mcp.sqlite", "juju-mcp.sqlite-wal", "juju-mcp.sqlite-shm", "ledger.key", "ledger-checkpoint.json"} <= set(modes)
            assert set(modes.values()) == {0o600} and state.stat().st_mode & 0o777 == 0o700, modes
            assert (tmp_path / "demo" / "ready.json").stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(previous)


def test_debug_log_has_no_arguments_results_or_tokens(tmp_path):
    with juju_mcp(tmp_path / "demo", "--log", "trace,rmcp=trace,sqlx=trace,hyper=trace", "demo", "--scenario", "shop") as ready:
        call_tool(ready, "admin", "juju_config", {"model": "shop", "application": "web", "values": {"title": "canary-argument"}})
        call_tool(ready, "admin", "juju_run", {"model": "shop", "units": ["postgresql/0"], "action": "get-password"})
        assert "canary-argument" in json.dumps(call_tool(ready, "admin", "juju_config", {"model": "shop", "application": "web"}))
        log = (tmp_path / "demo" / "log.txt").read_text()
    head, _, lines = log.partition("Stop with Ctrl+C.")
    assert "DEBUG" in log and "canary-argument" not in log
    assert not any(token in lines for token in ready["tokens"].values())


def test_fault_finds_the_ready_file_of_a_running_demo(tmp_path):
    runtime = {"XDG_RUNTIME_DIR": str(tmp_path / "demo")}
    with juju_mcp(tmp_path / "demo", "demo") as ready:
        published = tmp_path / "demo" / "juju-mcp" / "ready.json"
        eventually("the demo publishes its ready file", published.exists)
        assert published.stat().st_mode & 0o777 == 0o600 and published.parent.stat().st_mode & 0o777 == 0o700
        assert json.loads(published.read_text())["tokens"] == ready["tokens"]
        done = run("fault", "hook-error", "orders/0", folder=tmp_path, **runtime)
        assert done.returncode == 0 and "hook-error orders/0" in done.stdout, done
        eventually("the fault is in the status", lambda: "orders/0" in json.dumps(problems(ready)))
    assert not published.exists(), "the demo removes its ready file when it stops"
    refused(run("fault", "clear", folder=tmp_path, **runtime), 2, "no running `demo`")


def problems(ready):
    """The units of the shop with a workload in error."""
    status = call_tool(ready, "operator", "juju_status", {"model": "shop", "format": "json", "fields": ["units"]})
    applications = json.loads(status["content"][-1]["text"])["applications"].values()
    return [name for one in applications for name, unit in one["units"].items() if unit["workload-status"]["current"] == "error"]


def test_demo_starts_with_an_outage_that_its_question_leads_to(tmp_path):
    with juju_mcp(tmp_path / "demo", "demo") as ready:
        # a hook of orders/0 fails and recovers again and again: the demo shows what is about to go wrong
        assert set(problems(ready)) - {"orders/0"} == {"payment/0"}
        log = json.dumps(call_tool(ready, "operator", "juju_debug_log", {"model": "shop", "level": "ERROR"}))
        assert "KeyError: 'read-only-endpoints'" in log, log
        printed = eventually("the instructions", lambda: (text := (tmp_path / "demo" / "log.txt").read_text()).endswith("Ctrl+C.\n") and text)
        assert "Customers of my shop cannot pay" in printed
        question = json.dumps(call_tool(ready, "operator", "juju_add_unit", {"model": "shop", "application": "web", "num_units": 11}))
        assert "Add 11 units to the application web." in printed and "requires approval" in question, question


def test_help_names_every_scenario(tmp_path):
    named = " ".join(run("demo", "--help", folder=tmp_path).stdout.split())
    listed = run("demo", "--scenario", "missing", folder=tmp_path).stderr.split("shipped are: ")[1].splitlines()[0].split(", ")
    assert {"shop", "outage", "kubernetes", "large"} <= set(listed) and all(f"`{name}`" in named for name in listed), (listed, named)


def older_session(url, token):
    """Opens a session of an older client; returns its headers."""
    headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "program-test", "version": "1"}}}
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(hello).encode(), headers), timeout=TEST_TIMEOUT) as answer:
        return headers | {"Mcp-Session-Id": answer.headers["Mcp-Session-Id"], "MCP-Protocol-Version": "2025-06-18"}


@pytest.mark.parametrize("delay, known", [(300, True), (60_000, False)])
def test_writes_in_flight_at_sigterm_are_answered_and_the_ledger_agrees(tmp_path, files, simulated, delay, known):
    token, state = "jmcp_" + "a" * 43, tmp_path / "state"
    words = ["serve", "--juju-data-dir", files, "--state-dir", state, "--token-file", f"operator={tmp_path / 'operator.token'}"]
    process, ready = start_juju_mcp(tmp_path / "serve", *words)
    url = ready["mcp_url"] + "/full"
    arguments = {"model": "shop", "application": "web", "constraints": "mem=2G"}
    older = [older_session(url, token) for _ in range(6)]
    answers = {}

    def write(number):
        body = arguments | {"idempotency_key": f"sigterm-{delay}-{number}"}
        if number < len(older):
            message = {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": "juju_set_constraints", "arguments": body}}
            request = urllib.request.Request(url, json.dumps(message).encode(), older[number])
            with urllib.request.urlopen(request, timeout=TEST_TIMEOUT) as answer:
                message = json.loads(answer.read())
            assert message["id"] == number, message
            answers[number] = message["result"]
        else:
            answers[number] = call(url, "juju_set_constraints", body, token)

    def in_flight():
        metrics = urllib.request.urlopen(ready["mcp_url"].removesuffix("/mcp") + "/metrics", timeout=TEST_TIMEOUT).read().decode()
        return re.search(r"^juju_mcp_calls_in_progress 12$", metrics, re.MULTILINE)

    call(url, "juju_status", {"model": "shop"}, token)
    fault = simulated["ready_file"]
    assert run("fault", "delay", delay, "--ready-file", fault, folder=tmp_path).returncode == 0
    try:
        writers = [threading.Thread(target=write, args=[number]) for number in range(12)]
        for writer in writers:
            writer.start()
        if not known:
            eventually("twelve writes are in flight", in_flight, 0.05)
        else:
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        for writer in writers:
            writer.join(TEST_TIMEOUT)
        assert process.wait(TEST_TIMEOUT) == 0
    finally:
        assert run("fault", "clear", "--ready-file", fault, folder=tmp_path).returncode == 0
        stop(process)
    codes = [(answers[number].get("_meta") or {}).get("juju-mcp/code") for number in range(12)]
    if known:
        assert codes == [None] * 12 and not any(answers[number].get("isError") for number in range(12)), answers
    else:
        assert codes == ["outcome_unknown"] * 12, answers
    # the end of each is in the ledger before the program has ended
    assert run("audit", "verify", "--state-dir", state, folder=tmp_path).returncode == 0
    records = [json.loads(line) for line in run("audit", "export", "--state-dir", state, folder=tmp_path).stdout.splitlines()]
    opened = [record["entry"] for record in records if record.get("phase") == "open" and "juju_set_constraints" in json.dumps(record)]
    outcomes = [record["body"]["outcome"] for record in records if record.get("phase") == "close" and record["entry"] in opened]
    # cancelled: the stop has cut off the act before its write was sent
    expected = {"done"} if known else {"unknown", "cancelled"}
    assert len(opened) == len(outcomes) == 12 and set(outcomes) <= expected, (opened, outcomes)
