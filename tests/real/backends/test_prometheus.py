"""The tools of Prometheus and Alertmanager: their answers equal direct queries, and a role of one model sees nothing of another."""
import collections

import pytest
import real_backends
import requests
from conftest import TEST_TIMEOUT

Estate = collections.namedtuple("Estate", "folder prometheus alertmanager end")

SHOP, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
CANARY = "canary-of-the-other-model"


def direct(url, path, **params):
    """`data` of an answer of Prometheus itself."""
    answer = requests.get(f"{url}/api/v1/{path}", params=params, timeout=TEST_TIMEOUT)
    assert answer.ok, answer.text
    return answer.json()["data"]


def topology(model, uuid, application, unit=0):
    """Juju's labels."""
    return {"juju_model": model, "juju_model_uuid": uuid, "juju_application": application, "juju_unit": f"{application}/{unit}"}


def estate_series(end):
    """Two hours of two models until ten minutes after `end`, so that a current query has values; the other model has the canary everywhere."""
    series = real_backends.SeriesFile(end - 7200, end + 600)
    shop, other = topology("shop", SHOP, "web"), topology("other", OTHER, CANARY)
    for number, busy in enumerate((0.60, 0.68, 0.76)):
        labels = topology("shop", SHOP, "node", number) | {"instance": f"node-{number}", "cpu": "0"}
        series.add("node_cpu_seconds_total", labels | {"mode": "idle"}, lambda t, busy=busy: round(t * (1 - busy), 3))
        series.add("node_cpu_seconds_total", labels | {"mode": "user"}, lambda t, busy=busy: round(t * busy, 3))
    series.add("http_requests_total", shop | {"status": "200"}, lambda t: t * 0.979)
    series.add("http_requests_total", shop | {"status": "500"}, lambda t: t * 0.021)
    series.add("http_requests_total", topology("shop", SHOP, "api") | {"status": "200"}, lambda t: t * 2.0)
    series.add("http_requests_total", other | {"status": "500"}, lambda t: t * 5.0)
    # full in five hours: 40 % two hours ago, 10 % per hour
    volume = topology("shop", SHOP, "db") | {"persistentvolumeclaim": "data-db-0"}
    series.add("kubelet_volume_stats_used_bytes", volume, lambda t: round(40 + t / 360, 4))
    series.add("kubelet_volume_stats_capacity_bytes", volume, lambda t: 100)
    series.add("timeout_total", shop, lambda t: 3 if t < 3600 else 40)
    series.add("up", shop | {"job": "shop"}, lambda t: 1)
    series.add("up", other | {"job": CANARY}, lambda t: 0)
    series.add(f"secret_{CANARY.replace('-', '_')}", other | {CANARY.replace("-", "_"): CANARY}, lambda t: 42)
    return series


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    """Prometheus with both models, and Alertmanager."""
    folder = tmp_path_factory.mktemp("estate")
    end = real_backends.now() // 60 * 60
    with real_backends.alertmanager(folder / "am") as am, real_backends.prometheus(folder / "prometheus", estate_series(end), alertmanager=am) as url:
        yield Estate(folder, url, am, end)


def test_series_of_the_estate_are_in_prometheus(estate):
    found = direct(estate.prometheus, "query", query="100 * (1 - avg by () (rate(node_cpu_seconds_total{mode=\"idle\"}[5m])))", time=estate.end)
    assert round(float(found["result"][0]["value"][1])) == 68
    assert CANARY in direct(estate.prometheus, "label/job/values")
