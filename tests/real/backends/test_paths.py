"""The paths about all backends, for programs that do not speak MCP, and `juju-mcp call`."""
import json
import pathlib
import subprocess

import jsonschema
import pytest
import real_backends
import requests
from conftest import TEST_TIMEOUT, eventually, required_path
from ports import free_port
from real_backends import sim  # noqa: F401

READS = ["/mcp/status", "/mcp/tools", "/devops/alerts"]


@pytest.fixture(scope="module")
def served(tmp_path_factory, sim):  # noqa: F811
    """Our server with a Prometheus that scrapes nothing."""
    folder = tmp_path_factory.mktemp("paths")
    with real_backends.prometheus(folder / "prometheus") as url, real_backends.server(folder / "server", {"prometheus": {"url": url}}, sim, roles=("admin", "viewer")) as served:
        yield served


def get(served, path, role=None, **more):
    headers = {"Authorization": f"Bearer {served.tokens[role]}"} if role else {}
    return requests.request(more.pop("method", "GET"), served.base + path, headers=headers, timeout=TEST_TIMEOUT, **more)


def post(served, path, body, role="viewer"):
    return get(served, path, role, method="POST", json=body)


@pytest.mark.parametrize("path", READS)
def test_path_needs_a_token_and_answers_a_viewer(served, path):
    assert get(served, path).status_code == 401
    for role in ("viewer", "admin"):
        answer = get(served, path, role)
        assert answer.status_code == 200, answer.text
        assert answer.json()


def test_answers_fit_the_generated_schema(served):
    document = json.loads((pathlib.Path(__file__).parents[3] / "docs/reference/openapi.json").read_text())
    for path in [*READS, "/mcp/health"]:
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(get(served, path, "viewer").json(), schema | {"components": document["components"]})


def test_status_has_a_row_for_each_kind_of_backend(served):
    rows = {row["backend"]: row for row in next(iter(get(served, "/mcp/status", "viewer").json()["result"].values()))}
    assert rows["prometheus"]["state"] == "up" and rows["prometheus"]["version"].startswith("2.")
    assert rows["juju"]["state"] == "up" and rows["juju"]["version"].startswith("3.6")
    assert rows["loki"]["state"] == "disabled"


def test_query_reaches_the_backend_named_by_the_path(served):
    answer = post(served, "/mcp/query/prometheus", {"method": "query", "params": {"query": "1 + 1"}})
    assert answer.status_code == 200 and '"2"' in answer.text, answer.text
    status = post(served, "/mcp/query/juju", {"method": "status", "params": {"model": "shop"}})
    assert status.status_code == 200 and "applications" in status.json()["result"], status.text


def test_query_that_cannot_be_answered_names_the_reason(served):
    broken = post(served, "/mcp/query/prometheus", {"method": "query", "params": {"query": "sum("}})
    assert broken.status_code == 400 and "parse error" in broken.json()["error"]["message"], broken.text
    assert post(served, "/mcp/query/unknown", {"method": "query"}).status_code == 404
    assert post(served, "/mcp/query/loki", {"method": "query"}, "admin").status_code in (400, 404)
    assert post(served, "/mcp/query/juju", {"method": "remove-application", "params": {"applications": ["web"], "model": "shop"}}, "admin").status_code == 400
    assert requests.post(served.base + "/mcp/query/prometheus", json={}, timeout=TEST_TIMEOUT).status_code == 401


def test_reads_of_these_paths_are_in_the_ledger(served):
    entry = get(served, "/mcp/status", "viewer").json()["ledger_entry"]
    assert entry


def test_call_prints_the_answer_and_fails_as_the_tool_does(served):
    program = [required_path("JUJU_MCP_TEST_PROGRAM"), "call", "--url", served.base, "--token-file", served.folder / "token-viewer"]
    done = subprocess.run([*program, "prometheus_targets"], capture_output=True, text=True)
    assert done.returncode == 0 and "no targets" in done.stdout, done
    done = subprocess.run([*program, "juju_add_unit", "application=web", "model=shop"], capture_output=True, text=True)
    assert done.returncode == 1 and "denied" in done.stderr, done


def test_health_names_the_backend_that_is_away_and_recovers(tmp_path, sim):  # noqa: F811
    port = free_port()
    with real_backends.server(tmp_path / "server", {"prometheus": {"url": f"http://127.0.0.1:{port}", "timeout": 2}}, sim, roles=("viewer",)) as served:
        health = get(served, "/mcp/health", "viewer")
        assert health.status_code == 503, health.text
        broken = [check for check in health.json()["checks"] if not check["healthy"]]
        assert [check["name"] for check in broken] == ["prometheus default"], health.text
        assert "checks" not in get(served, "/mcp/health").json()
        assert get(served, "/readyz", "viewer").status_code == 200
        assert post(served, "/mcp/query/prometheus", {"method": "query", "params": {"query": "up"}}).status_code in (503, 504)
        with real_backends.prometheus(tmp_path / "prometheus", port=port):
            eventually("all parts work", lambda: get(served, "/mcp/health").status_code == 200, 0.5)
