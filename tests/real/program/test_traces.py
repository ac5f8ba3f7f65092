"""Traces: a real Jaeger receives one trace from the MCP request to the Juju request, without data of callers."""
import contextlib
import json
import secrets
import subprocess

import plain_mcp
import pytest
import requests
import yaml
from conftest import TEST_TIMEOUT, eventually, juju_mcp, required_path, start_juju_mcp, stop
from plain_mcp import TOKEN, VERSION, message, token_file
from ports import free_port


class Jaeger:
    """A running Jaeger."""

    def __init__(self, otlp, query):
        self.otlp, self.query = otlp, f"http://127.0.0.1:{query}"

    def spans(self, trace):
        """The spans of a trace by name: each with its id, the id of its parent, and its tags."""
        answer = requests.get(f"{self.query}/api/traces/{trace}", timeout=TEST_TIMEOUT)
        if not answer.ok or not answer.json()["data"]:
            return {}
        (found,) = answer.json()["data"]
        assert {process["serviceName"] for process in found["processes"].values()} == {"juju-mcp"}
        return {span["operationName"]: {
            "id": span["spanID"], "parents": [reference["spanID"] for reference in span["references"] if reference["refType"] == "CHILD_OF"],
            "tags": {tag["key"]: tag["value"] for tag in span["tags"]}} for span in found["spans"]}


@pytest.fixture(scope="module")
def jaeger(tmp_path_factory):
    """A Jaeger that receives spans by plain HTTP."""
    with running_jaeger(tmp_path_factory.mktemp("jaeger"), {}) as found:
        yield found


@pytest.fixture(scope="module")
def jaeger_with_tls(tmp_path_factory):
    """A Jaeger that receives spans by HTTPS only, and the folder with the CA of its certificate, `ca.pem`, and with another CA."""
    folder = tmp_path_factory.mktemp("jaeger-tls")
    new = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    for name in ("ca", "other"):
        subprocess.run([*new, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem"], cwd=folder, check=True, capture_output=True)
    subprocess.run([*new, "-subj", "/CN=collector", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE", "-CA", "ca.pem",
                    "-CAkey", "ca.key", "-keyout", "tls.key", "-out", "tls.pem"], cwd=folder, check=True, capture_output=True)
    flags = {"enabled": "true", "cert": folder / "tls.pem", "key": folder / "tls.key"}
    with running_jaeger(folder, {f"collector.otlp.http.tls.{name}": value for name, value in flags.items()}) as found:
        yield found, folder


@contextlib.contextmanager
def running_jaeger(folder, more):
    """A Jaeger that stores traces in memory, for the duration of a block."""
    program = required_path("JUJU_MCP_TEST_JAEGER")
    otlp, query = free_port(), free_port()
    flags = {"query.http-server.host-port": query, "collector.otlp.http.host-port": otlp}
    flags |= {name: free_port() for name in ("query.grpc-server.host-port", "collector.otlp.grpc.host-port", "admin.http.host-port",
                                             "collector.http-server.host-port", "collector.grpc-server.host-port")}
    with open(folder / "log.txt", "w") as log:
        words = [*(f"--{name}=127.0.0.1:{port}" for name, port in flags.items()), *(f"--{name}={value}" for name, value in more.items())]
        process = subprocess.Popen([program, *words], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   env={"SPAN_STORAGE_TYPE": "memory", "PATH": "/usr/bin"})

    def answers():
        assert process.poll() is None, (folder / "log.txt").read_text()[-2000:]
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"http://127.0.0.1:{query}/api/services", timeout=TEST_TIMEOUT).ok

    try:
        eventually("Jaeger answers", answers, 0.05)
        yield Jaeger(f"{'https' if more else 'http'}://127.0.0.1:{otlp}", query)
    finally:
        stop(process)


@pytest.fixture(scope="module")
def sim(tmp_path_factory):
    """A simulated controller."""
    with juju_mcp(tmp_path_factory.mktemp("sim"), "sim", "--scenario", "shop") as ready:
        yield ready


def words(folder, sim, endpoint, **more):
    """Arguments of a server that sends its traces to a collector."""
    (folder / "config.yaml").write_text(yaml.safe_dump({"tracing": {"otlp_endpoint": endpoint} | more}))
    return ["--log", "info", "serve", "--config", folder / "config.yaml", "--juju-data-dir", sim["juju_data"], "--state-dir", folder / "state",
            "--token-file", token_file(folder, "admin")]


def called(url, tool, arguments, header=None, meta=None):
    """The HTTP response to a tool call with `traceparent` in a header, in `_meta`, or without."""
    parts = {"io.modelcontextprotocol/protocolVersion": VERSION, "io.modelcontextprotocol/clientCapabilities": {},
             "io.modelcontextprotocol/clientInfo": {"name": "plain", "version": "1"}} | ({"traceparent": meta} if meta else {})
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": VERSION, "Mcp-Method": "tools/call", "Mcp-Name": tool,
               "Authorization": f"Bearer {TOKEN}"} | ({"traceparent": header} if header else {})
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments, "_meta": parts}}
    answer = requests.post(url, json=body, headers=headers, timeout=TEST_TIMEOUT)
    assert not message(answer)["result"].get("isError"), answer.text
    return answer


def traceparent():
    """A new trace id, and a `traceparent` of it."""
    trace = secrets.token_hex(16)
    return trace, f"00-{trace}-{secrets.token_hex(8)}-01"


def complete(jaeger, trace, *names):
    """The spans of a trace, once these have arrived."""
    def all_there():
        found = jaeger.spans(trace)
        return set(names) <= set(found) and found

    return eventually(f"the trace has {names}", all_there)


def assert_is_chain(spans, *names):
    """Each span is the parent of the next one."""
    for parent, child in zip(names, names[1:], strict=False):
        assert spans[child]["parents"] == [spans[parent]["id"]], (parent, child, spans)


def test_trace_leads_from_the_mcp_request_to_the_juju_request(jaeger, sim, tmp_path):
    with juju_mcp(tmp_path, *words(tmp_path, sim, jaeger.otlp)) as ready:
        url = ready["mcp_url"]
        trace, header = traceparent()
        called(url, "juju_status", {"model": "shop"}, header=header)
        spans = complete(jaeger, trace, "POST /mcp", "tools/call juju_status", "policy", "ledger begin", "Client.FullStatus")
        assert spans["POST /mcp"]["parents"] == [header.split("-")[2]], spans
        assert_is_chain(spans, "POST /mcp", "tools/call juju_status", "Client.FullStatus")
        assert_is_chain(spans, "tools/call juju_status", "policy")
        assert_is_chain(spans, "tools/call juju_status", "ledger begin")
        tool, juju, http = spans["tools/call juju_status"]["tags"], spans["Client.FullStatus"]["tags"], spans["POST /mcp"]["tags"]
        assert (tool["juju_mcp.outcome"], tool["gen_ai.tool.name"], tool["span.kind"]) == ("ok", "juju_status", "server")
        assert (juju["rpc.service"], juju["rpc.method"], juju["span.kind"]) == ("Client", "FullStatus", "client")
        assert (http["http.response.status_code"], http["http.route"]) == (200, "/mcp")
        assert spans["policy"]["tags"]["juju_mcp.decision"] == "allow"
        # a change runs in a task of its own, and its requests belong to the trace too; a command tool names the command
        trace, header = traceparent()
        arguments = {"model": "shop", "application": "web", "num_units": 1}
        called(url, "juju_run_command", {"command": "juju_add_unit", "arguments": arguments}, header=header)
        spans = complete(jaeger, trace, "POST /mcp", "tools/call juju_run_command", "Application.AddUnits")
        assert_is_chain(spans, "POST /mcp", "tools/call juju_run_command", "Application.AddUnits")
        assert spans["tools/call juju_run_command"]["tags"]["juju_mcp.command"] == "juju_add_unit"
        text = json.dumps(spans)
        assert not [name for name in (TOKEN, "shop", "web") if name in text], text


def test_trace_continues_the_caller_in_meta_and_begins_with_the_request_id(jaeger, sim, tmp_path):
    with juju_mcp(tmp_path, *words(tmp_path, sim, jaeger.otlp)) as ready:
        trace, meta = traceparent()
        called(ready["mcp_url"], "juju_status", {"model": "shop"}, meta=meta)
        spans = complete(jaeger, trace, "tools/call juju_status", "Client.FullStatus")
        assert spans["tools/call juju_status"]["parents"] == [meta.split("-")[2]] and "POST /mcp" not in spans, spans
        assert_is_chain(spans, "tools/call juju_status", "Client.FullStatus")
        # without a trace of the client, the request id of log and ledger is the id of the trace
        answer = called(ready["mcp_url"], "juju_status", {"model": "shop"})
        spans = complete(jaeger, answer.headers["X-Request-Id"].replace("-", ""), "POST /mcp", "Client.FullStatus")
        assert spans["POST /mcp"]["parents"] == [] and "GET /readyz" not in spans, spans
        # the client has decided against this trace
        unsampled, sampled = traceparent(), traceparent()
        called(ready["mcp_url"], "juju_status", {"model": "shop"}, header=unsampled[1][:-1] + "0")
        called(ready["mcp_url"], "juju_status", {"model": "shop"}, header=sampled[1])
        complete(jaeger, sampled[0], "POST /mcp", "Client.FullStatus")
        assert jaeger.spans(unsampled[0]) == {}


def test_last_spans_are_sent_when_the_server_stops(jaeger, sim, tmp_path):
    process, ready = start_juju_mcp(tmp_path, *words(tmp_path, sim, jaeger.otlp))
    trace, header = traceparent()
    try:
        called(ready["mcp_url"], "juju_status", {"model": "shop"}, header=header)
    finally:
        stop(process)
    assert process.returncode == 0
    complete(jaeger, trace, "POST /mcp", "tools/call juju_status", "Client.FullStatus")


def test_collector_that_is_away_delays_no_call_and_is_counted(sim, tmp_path):
    with juju_mcp(tmp_path, *words(tmp_path, sim, f"http://127.0.0.1:{free_port()}")) as ready:
        for _ in range(3):
            called(ready["mcp_url"], "juju_status", {"model": "shop"})
        eventually("spans are dropped", lambda: dropped_spans(ready["mcp_url"]))
        called(ready["mcp_url"], "juju_status", {"model": "shop"})
        log = (tmp_path / "log.txt").read_text()
        assert log.count("the collector does not accept spans") == 1, log


def dropped_spans(url):
    """The number of lost spans by the metrics of a server."""
    text = requests.get(url.removesuffix("/mcp") + "/metrics", timeout=TEST_TIMEOUT).text
    return int(next(line for line in text.splitlines() if line.startswith("juju_mcp_trace_spans_dropped_total ")).split()[1])


def test_spans_reach_a_collector_with_a_certificate_of_the_configured_authority(jaeger_with_tls, sim, tmp_path):
    jaeger, folder = jaeger_with_tls
    headers = tmp_path / "headers"
    headers.write_text("authorization: Bearer a-secret-of-the-collector\n")
    headers.chmod(0o600)
    more = {"ca_certificate_file": str(folder / "ca.pem"), "headers_file": str(headers)}
    with juju_mcp(tmp_path, *words(tmp_path, sim, jaeger.otlp, **more)) as ready:
        trace, header = traceparent()
        called(ready["mcp_url"], "juju_status", {"model": "shop"}, header=header)
        complete(jaeger, trace, "POST /mcp", "tools/call juju_status", "Client.FullStatus")
        assert dropped_spans(ready["mcp_url"]) == 0
        assert "a-secret-of-the-collector" not in (tmp_path / "log.txt").read_text()


@pytest.mark.parametrize("authority", ["other.pem", None])
def test_collector_with_a_certificate_of_another_authority_receives_nothing(jaeger_with_tls, sim, tmp_path, authority):
    jaeger, folder = jaeger_with_tls
    more = {"ca_certificate_file": str(folder / authority)} if authority else {}
    with juju_mcp(tmp_path, *words(tmp_path, sim, jaeger.otlp, **more)) as ready:
        trace, header = traceparent()
        called(ready["mcp_url"], "juju_status", {"model": "shop"}, header=header)
        eventually("the spans are dropped", lambda: dropped_spans(ready["mcp_url"]))
        assert jaeger.spans(trace) == {}
        assert "the collector does not accept spans" in (tmp_path / "log.txt").read_text()


def test_server_without_the_section_exports_nothing(sim, tmp_path):
    arguments = words(tmp_path, sim, "http://127.0.0.1:1")
    (tmp_path / "config.yaml").write_text("")
    with juju_mcp(tmp_path, *arguments) as ready:
        called(ready["mcp_url"], "juju_status", {"model": "shop"}, header=traceparent()[1])
        assert plain_mcp.call(ready["mcp_url"], "juju_status", {"model": "shop"}, TOKEN)
        text = requests.get(ready["mcp_url"].removesuffix("/mcp") + "/metrics", timeout=TEST_TIMEOUT).text
        assert "juju_mcp_trace_spans_dropped_total 0\n" in text
