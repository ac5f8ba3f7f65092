"""The live estate by clients of other projects: notices in both generations of the protocol, the event stream by curl, and the schemas."""
import json
import pathlib
import shutil
import subprocess
import sys
import urllib.request

import jsonschema
import pytest
from conftest import TEST_TIMEOUT, eventually, juju_mcp, required_path

HERE = pathlib.Path(__file__).resolve().parent
UNIT = "juju://simulated/shop/unit/web%2F0"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Our server before the simulated controller."""
    with juju_mcp(tmp_path_factory.mktemp("demo"), "demo", "--scenario", "shop") as ready:
        yield ready


def inject(ready, fault):
    """Injects a fault at the simulated controller."""
    url = ready["control_url"].removesuffix("/fault") + "/fault"
    request = urllib.request.Request(url, json.dumps({"fault": fault}).encode(),
                                     {"Authorization": f"Bearer {ready['control_token']}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=TEST_TIMEOUT) as answer:
        answer.read()


def client(name):
    """The command of a client, and what its job has beside the common members."""
    python, node = [sys.executable, str(HERE / "watch.py")], [str(required_path("JUJU_MCP_TEST_NODE")), str(HERE / "watch.mjs")]
    packages = str(required_path("JUJU_MCP_TEST_NPM"))
    return {"python-older": (python, {"mode": "legacy"}), "python-2026-07-28": (python, {"mode": "2026-07-28"}),
            "typescript-older": (node, {"sdk": "sdk", "packages": packages}),
            "typescript-2026-07-28": (node, {"sdk": "client", "packages": packages})}[name]


@pytest.mark.parametrize("name", ["python-older", "python-2026-07-28", "typescript-older", "typescript-2026-07-28"])
def test_client_is_notified_and_reads_the_new_state(demo, name):
    command, more = client(name)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        process.stdin.write(json.dumps({"url": demo["mcp_url"], "token": demo["tokens"]["viewer"], "uri": UNIT} | more))
        process.stdin.close()
        process.stdin = None
        first = process.stdout.readline()
        assert first == "subscribed\n", first + process.stderr.read()
        inject(demo, f"block web/0 seen by {name}")
        output, errors = process.communicate(timeout=TEST_TIMEOUT)
        assert process.returncode == 0, errors[-1500:]
    finally:
        process.kill()
        inject(demo, "clear")
    answer = json.loads(output)
    assert answer["notice"] == UNIT and "juju://{controller}/{model}/topology" in answer["templates"], answer
    assert answer["content"]["workload"]["message"] == f"seen by {name}", answer["content"]
    assert ("2026" in name) == (answer["version"] == "2026-07-28"), answer["version"]


def test_curl_receives_events_with_ids_in_order(demo):
    curl = shutil.which("curl")
    if not curl:
        pytest.skip("needs curl")
    url = demo["mcp_url"].removesuffix("/mcp") + "/api/v1/events?controller=simulated&model=shop"
    words = [curl, "--silent", "--no-buffer", "--max-time", "60", "--header", f"Authorization: Bearer {demo['tokens']['viewer']}", url]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        frames = []
        for line in process.stdout:
            if line.startswith("event: stream_opened"):
                inject(demo, "hook-error payment/0")
            if line.startswith("data: "):
                frames.append(json.loads(line[6:]))
            if line.startswith("event: unit_hook_failed"):
                frames.append(json.loads(process.stdout.readline()[6:]))
                break
    finally:
        process.kill()
        inject(demo, "clear")
    numbers = [int(frame["id"].rsplit("-", 1)[1]) for frame in frames if "id" in frame]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), numbers
    assert frames[-1]["unit"] == "payment/0" and frames[-1]["time"], frames[-1]


def read(ready, uri, role="admin"):
    """The content of a resource as text."""
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": uri, "_meta": meta}}
    headers = {"Authorization": f"Bearer {ready['tokens'][role]}", "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
               "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "resources/read", "Mcp-Name": uri}
    request = urllib.request.Request(ready["mcp_url"], json.dumps(message).encode(), headers)
    with urllib.request.urlopen(request, timeout=TEST_TIMEOUT) as answer:
        body = answer.read().decode()
    data = [line[5:] for line in body.splitlines() if line.startswith("data:") and "jsonrpc" in line]
    return json.loads(data[-1] if data else body)["result"]["contents"][0]["text"]


RESOURCES = {"estate": "juju://estate", "status": "{}/status", "application": "{}/application/payment", "unit": "{}/unit/payment%2F0", "machine": "{}/machine/0",
             "relations": "{}/relations", "offers": "{}/offers", "events": "{}/events", "topology": "{}/topology", "log": "{}/log"}


@pytest.fixture(scope="module", params=["shop", "regions", "kubernetes"])
def scenario(request, tmp_path_factory):
    """A demo of a scenario, with its first model."""
    with juju_mcp(tmp_path_factory.mktemp(request.param), "demo", "--scenario", request.param) as ready:
        yield ready, {"shop": "shop", "regions": "eu", "kubernetes": "k8s"}[request.param]


@pytest.mark.parametrize("name", RESOURCES)
def test_content_fits_the_published_schema(scenario, name):
    ready, model = scenario
    listed = json.loads(read(ready, "juju://estate"))["controllers"]["simulated"]["models"]
    model = next((one["model"] for one in listed if one["model"].endswith(f"/{model}")), listed[-1]["model"]).replace("/", "%2F")
    uri = RESOURCES[name].format(f"juju://simulated/{model}")
    if name in ("application", "unit", "machine"):
        status = json.loads(read(ready, f"juju://simulated/{model}/status"))
        entities = list(status[name + "s"])
        if not entities:
            pytest.skip(f"the model has no {name}")
        uri = f"juju://simulated/{model}/{name}/{entities[0].replace('/', '%2F')}"
    schema = json.loads(read(ready, f"juju://schemas/{name}"))
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    jsonschema.Draft202012Validator.check_schema(schema)
    if name == "unit":
        inject(ready, f"hook-error {entities[0]}")
        eventually("the hook has failed", lambda: "failed_hook" in json.loads(read(ready, uri)))
    validator.validate(json.loads(read(ready, uri)))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(json.loads(read(ready, uri)) | {"unknown": 1})
