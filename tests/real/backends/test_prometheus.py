"""The tools of Prometheus and Alertmanager: their answers equal direct queries, and a role of one model sees nothing of another."""
import collections
import datetime
import socket
import time

import pytest
import real_backends
import requests
import yaml
from conftest import TEST_TIMEOUT, eventually
from plain_mcp import call
from ports import free_port
from real_backends import ask, ask_json, sim, text_of  # noqa: F401

Estate = collections.namedtuple("Estate", "folder prometheus alertmanager alone end")

# the model `shop` of the simulator, and a model that Juju does not have
SHOP, OTHER = "5ca1ab1e-0000-4000-8000-000000000001", "22222222-2222-4222-8222-222222222222"
CANARY = "canary_of_the_other_model"
# A role that sees the model `shop` only.
POLICY = {"roles": {"shop-team": {"description": "The shop.", "allow": [{"models": "admin/shop", "effects": ["read", "sensitive", "write"]}]}}}


def direct(url, path, **params):
    """`data` of an answer of Prometheus itself."""
    answer = requests.get(f"{url}/api/v1/{path}", params=params, timeout=TEST_TIMEOUT)
    assert answer.ok, answer.text
    return answer.json()["data"]


def topology(model, uuid, application, unit=0):
    """Juju's labels."""
    return {"juju_model": model, "juju_model_uuid": uuid, "juju_application": application, "juju_unit": f"{application}/{unit}"}


def shop_series(series):
    """The series of the shop: processors at 60, 68 and 76 %, requests of which 2.1 % fail, a volume that is full in five hours, a jump."""
    shop = topology("shop", SHOP, "web")
    for number, busy in enumerate((0.60, 0.68, 0.76)):
        labels = topology("shop", SHOP, "node", number) | {"instance": f"node-{number}", "cpu": "0"}
        series.add("node_cpu_seconds_total", labels | {"mode": "idle"}, lambda t, busy=busy: round(t * (1 - busy), 3))
        series.add("node_cpu_seconds_total", labels | {"mode": "user"}, lambda t, busy=busy: round(t * busy, 3))
    series.add("http_requests_total", shop | {"status": "200"}, lambda t: t * 0.979)
    series.add("http_requests_total", shop | {"status": "500"}, lambda t: t * 0.021)
    series.add("http_requests_total", topology("shop", SHOP, "api") | {"status": "200"}, lambda t: t * 2.0)
    # 30 % two hours ago, 10 % more each hour: 50 % now
    volume = topology("shop", SHOP, "db") | {"persistentvolumeclaim": "data-db-0"}
    series.add("kubelet_volume_stats_used_bytes", volume, lambda t: round(30 + t / 360, 4))
    series.add("kubelet_volume_stats_capacity_bytes", volume, lambda t: 100)
    series.add("timeout_total", shop, lambda t: 3 if t < 5400 else 40)
    series.add("up", shop | {"job": "shop"}, lambda t: 1)


def other_series(series):
    """The series of another model, with the canary everywhere."""
    other = topology(CANARY, OTHER, CANARY)
    series.add("http_requests_total", other | {"status": "500"}, lambda t: t * 5.0)
    series.add("http_requests_total", other | {"status": "200"}, lambda t: t * 5.0)
    series.add("up", other | {"job": CANARY}, lambda t: 0)
    series.add("timeout_total", other, lambda t: 1000)
    series.add(f"metric_{CANARY}", other | {CANARY: CANARY}, lambda t: 42)
    series.add("node_cpu_seconds_total", other | {"instance": CANARY, "cpu": "0", "mode": "idle"}, lambda t: t * 0.1)
    # a series without a model
    series.add("up", {"job": f"general_{CANARY}"}, lambda t: 1)


def filled(end, *kinds):
    """Two hours of series, until ten minutes after `end`, so that a query of this moment has values."""
    series = real_backends.SeriesFile(end - 7200, end + 600)
    for kind in kinds:
        kind(series)
    return series


def rule(name, query, **labels):
    """A rule that alerts at once."""
    return {"alert": name, "expr": query, "labels": labels, "annotations": {"summary": f"{name} of {{{{ $labels.juju_unit }}}}"}}


QUIET = [{"name": "shop", "rules": [rule("ShopIsSlow", f'timeout_total{{juju_model_uuid="{SHOP}"}} > 1000', severity="warning", juju_model_uuid=SHOP)]},
         {"name": CANARY, "rules": [rule(CANARY, "vector(0) > 1", juju_model_uuid=OTHER)]}]
FIRING = [{"name": "shop", "rules": [rule("ShopIsSlow", f'timeout_total{{juju_model_uuid="{SHOP}"}} > 10', severity="warning", juju_model_uuid=SHOP)]},
          {"name": CANARY, "rules": [rule(CANARY, "timeout_total == 1000", juju_model_uuid=OTHER, severity="critical"),
                                     {"record": f"recorded:{CANARY}", "expr": "sum(up)", "labels": {"juju_model_uuid": OTHER}}]},
          {"name": f"general_{CANARY}", "rules": [rule("General", f'timeout_total > 20 or up{{job="{CANARY}"}} == 0')]}]


def scrape(closed):
    """A target of each model that is down, and Prometheus itself."""
    def target(job, labels):
        return {"job_name": job, "static_configs": [{"targets": [closed], "labels": labels}]}
    return [target("shop", topology("shop", SHOP, "web", 1)), target(CANARY, topology(CANARY, OTHER, CANARY))]


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    """Prometheus with both models and Alertmanager, and a Prometheus that has the series of the shop alone."""
    folder = tmp_path_factory.mktemp("estate")
    end = real_backends.now() // 60 * 60
    targets = scrape(f"127.0.0.1:{free_port()}")
    with real_backends.alertmanager(folder / "am") as am, \
            real_backends.prometheus(folder / "both", filled(end, shop_series, other_series), QUIET, targets, am) as both, \
            real_backends.prometheus(folder / "alone", filled(end, shop_series)) as alone:
        yield Estate(folder, both, am, alone, end)


@pytest.fixture(scope="module")
def served(estate, sim, tmp_path_factory):
    """Our server with both backends, for an administrator and for a caller who is limited to the shop."""
    backends = {"prometheus": {"url": estate.prometheus}, "alertmanager": {"url": estate.alertmanager}}
    with real_backends.server(tmp_path_factory.mktemp("served"), backends, sim, POLICY, ("admin", "shop-team")) as found:
        yield found


def at(estate):
    """The time of queries as tools take it."""
    return str(estate.end)


def wait_for_targets(estate):
    """Waits until both targets have failed."""
    eventually("the targets are scraped", lambda: [t["health"] for t in direct(estate.prometheus, "targets")["activeTargets"]] == ["down", "down"])


@pytest.fixture
def firing(estate):
    """Rules that fire, for a test."""
    real_backends.reload_rules(estate.folder / "both", estate.prometheus, FIRING)
    yield
    real_backends.reload_rules(estate.folder / "both", estate.prometheus, QUIET)


# --- S1-14, S1-15, S1-20: any query, equal to a direct one ---

QUERIES = ["up", "42", '"text"', "vector(1) / 0", "sum by (juju_application) (rate(http_requests_total[5m]))", "timeout_total[2m]",
           "histogram_quantile(0.9, up)", "{__name__=~\"node.*\", mode=\"idle\"}", "avg_over_time(timeout_total[1h:5m] offset 10m)", "nothing_of_the_kind"]


@pytest.mark.parametrize("query", QUERIES)
def test_query_equals_the_direct_one(served, estate, query):
    answer = ask_json(served, "prometheus_query", {"query": query, "time": at(estate)})
    expected = direct(estate.prometheus, "query", query=query, time=estate.end)
    assert (answer["resultType"], answer["result"]) == (expected["resultType"], expected["result"])


@pytest.mark.parametrize("query", ["timeout_total", "sum(rate(http_requests_total[5m])) by (status)", "vector(time())"])
def test_range_equals_the_direct_one_and_its_shape_fits(served, estate, query):
    since, until = estate.end - 3600, estate.end
    arguments = {"query": query, "since": str(since), "until": str(until), "step": "60s"}
    expected = direct(estate.prometheus, "query_range", query=query, start=since, end=until, step=60)["result"]
    points = ask_json(served, "prometheus_query_range", arguments | {"points": True})["result"]
    assert [{"metric": one["metric"], "values": one["values"]} for one in points] == expected
    for row, series in zip(ask_json(served, "prometheus_query_range", arguments)["result"], expected, strict=True):
        values = [float(value) for _, value in series["values"]]
        shape = row["shape"]
        assert (shape["min"], shape["max"], shape["last"], shape["points"]) == (min(values), max(values), values[-1], len(values))


def test_range_is_small_and_shows_the_jump(served, estate):
    text = ask(served, "prometheus_query_range", {"query": f'timeout_total{{juju_model_uuid="{SHOP}"}}', "since": str(estate.end - 3600), "until": at(estate)})
    assert "3->40" in text and "▁" in text and "█" in text and len(text) < 600, text


def test_syntax_error_has_the_words_and_the_place_of_prometheus(served, estate):
    for role in ("admin", "shop-team"):
        model = {} if role == "admin" else {"model": "shop"}
        for query in ("sum(up", "rate(up)", "up{", "sum by (x) (up) +", "foo bar", "up[5m", "# nothing"):
            refused = requests.get(f"{estate.prometheus}/api/v1/query", params={"query": query}, timeout=TEST_TIMEOUT).json()["error"]
            text = ask(served, "prometheus_query", {"query": query} | model, role, fails=True)
            assert refused in text and "(status 400)" in text, (query, refused, text)


def test_range_with_too_many_steps_is_refused_before_it_is_sent(served):
    text = ask(served, "prometheus_query_range", {"query": "up", "since": "30d", "step": "1s"}, fails=True)
    assert "11000 steps" in text, text


# --- the limit to a model ---

HOSTILE = [
    "up", "{__name__=~\".+\"}", "{__name__!=\"\"}", "up or up", "up or {job=~\".+\"}", "sum(up) or sum(timeout_total)", "count({__name__=~\".+\"}) by (juju_model)",
    f'up{{juju_model_uuid="{OTHER}"}}', f'up{{juju_model_uuid=~"{OTHER}|.*"}}', f'{{juju_model_uuid!="{SHOP}"}}', f'absent(up{{juju_model_uuid="{OTHER}"}})',
    "absent(metric_canary_of_the_other_model)", "absent_over_time(up[5m])", f'label_replace(up, "juju_model_uuid", "{SHOP}", "", "")',
    'label_join(up, "x", "-", "job", "juju_model")', "max_over_time(sum(up)[30m:1m])", "max_over_time(rate(http_requests_total[5m])[30m:])", "up offset 5m", "up offset -5m",
    "up @ end()", "sum(up @ start() offset 1m)", "timeout_total[5m]", "topk(10, {__name__=~\".*total\"})", "group by (__name__, job) ({__name__=~\".+\"})",
    "up # or {job=~\".*\"}\nor up", "up{job=~\"} or up{\"}", "up{job!='} or {__name__=~\".+\"} or up{job=\"'}", "up{job!=`\\`} or up{job!=`x`}", "up{job!=\"\\\"} or up{}\"}",
    "{job=~\".+\",}", "up{} or on() vector(1)", "up * on(job) group_left(juju_model) up", "up unless on(job) up{juju_model=\"shop\"}", "-up", "(((up)))", "up == bool 1",
    "count_values(\"juju_model\", up)", "quantile(0.5, up) by (juju_model)", "sum without (juju_model_uuid) (up)", "scalar(sum(up))", "time()", "sum(ALERTS) or up",
    "or", "by", "sum", "or or or", "sort_desc(timeout_total)", "predict_linear(timeout_total[10m], 3600)", "up and ignoring(job) timeout_total",
]


@pytest.mark.parametrize("query", HOSTILE)
def test_query_of_a_limited_caller_equals_that_of_a_server_without_other_models(served, estate, query):
    expected = requests.get(f"{estate.alone}/api/v1/query", params={"query": query, "time": estate.end}, timeout=TEST_TIMEOUT).json()
    arguments = {"query": query, "time": at(estate), "model": "shop"}
    if "at least one non-empty matcher" in expected.get("error", ""):
        assert ask_json(served, "prometheus_query", arguments, "shop-team")["result"] == []  # the matcher that was added is one
        return
    if expected["status"] == "error":
        assert expected["error"] in ask(served, "prometheus_query", arguments, "shop-team", fails=True)
        return
    answer = ask_json(served, "prometheus_query", arguments, "shop-team")
    # `absent` makes labels of the matchers of its selector, and so of the one that was added
    found = [{**one, "metric": {k: v for k, v in one["metric"].items() if "absent" not in query or (k, v) != ("juju_model_uuid", SHOP)}}
             if isinstance(one, dict) else one for one in answer["result"]]
    wanted = [{**one, "metric": {k: v for k, v in one["metric"].items() if "absent" not in query or k != "juju_model_uuid"}}
              if isinstance(one, dict) else one for one in expected["data"]["result"]]
    if expected["data"]["resultType"] in ("vector", "matrix"):
        found, wanted = sorted(found, key=str), sorted(wanted, key=str)
    assert found == wanted


def test_limited_caller_finds_no_canary_through_any_tool(served, estate, firing):
    eventually("the alerts fire", lambda: len([a for a in direct(estate.prometheus, "alerts")["alerts"] if a["state"] == "firing"]) >= 4)
    wait_for_targets(estate)
    foreign = silence(estate, [{"name": "juju_model_uuid", "value": OTHER, "isRegex": False, "isEqual": True}, {"name": "x", "value": CANARY, "isRegex": False, "isEqual": True}])
    general = silence(estate, [{"name": "alertname", "value": CANARY, "isRegex": False, "isEqual": True}])
    every = {
        "prometheus_query": {"query": '{__name__=~".+"}'},
        "prometheus_query_range": {"query": '{__name__=~".+"}', "since": "5m"},
        "prometheus_series": {"selectors": ['{__name__=~".+"}', f'{{juju_model_uuid="{OTHER}"}}']},
        "prometheus_labels": {},
        "prometheus_metadata": {},
        "prometheus_alerts": {},
        "prometheus_rules": {},
        "prometheus_targets": {},
        "prometheus_exemplars": {"query": '{__name__=~".+"}'},
        "prometheus_resource_usage": {"by": "application"},
        "alertmanager_silences": {"expired": True},
    }
    names = [{"label": name} for name in ("__name__", "job", "juju_model", "juju_model_uuid", "juju_application", "instance", CANARY)]
    calls = [*every.items(), *[("prometheus_labels", {"label": one["label"]}) for one in names],
             ("prometheus_labels", {"label": "job", "selectors": ["up", '{job=~".+"}']}), ("prometheus_metadata", {"metric": "up"}),
             ("prometheus_resource_usage", {"by": "model"}), ("prometheus_resource_usage", {"by": "node", "name": CANARY})]
    seen = 0
    for tool, arguments in calls:
        for more in ({}, {"format": "json"}):
            text = ask(served, tool, arguments | {"model": "shop"} | more, "shop-team")
            own = {value for value in arguments.values() if isinstance(value, str)}
            shown = text if CANARY not in own else text.replace(f'="{CANARY}"', "").replace(f'=\\"{CANARY}\\"', "")
            assert CANARY not in shown and OTHER not in shown, (tool, arguments, text)
            seen += "shop" in text
        # the same call shows an administrator more, so the canary is there to be found
        everything = ask(served, tool, arguments | {"format": "json"})
        assert CANARY in everything or OTHER in everything or tool in ("prometheus_metadata", "prometheus_exemplars"), (tool, arguments, everything)
    assert seen >= 10, seen
    for id in (foreign, general):
        text = ask(served, "alertmanager_expire_silence", {"id": id, "model": "shop"}, "shop-team", fails=True)
        assert "there is no silence" in text, text
    assert {one["status"]["state"] for one in requests.get(f"{estate.alertmanager}/api/v2/silences", timeout=TEST_TIMEOUT).json()} == {"active"}


def test_limited_caller_needs_a_model_of_its_own(served):
    for arguments in ({}, {"model": "controller"}):
        for tool, more in (("prometheus_query", {"query": "up"}), ("prometheus_alerts", {}), ("alertmanager_silences", {})):
            result = call(served.url, "juju_run_command", {"command": tool, "arguments": arguments | more}, served.tokens["shop-team"])
            assert result.get("isError") and CANARY not in text_of(result), text_of(result)


def silence(estate, matchers):
    """A silence of an hour, made at Alertmanager itself; its id."""
    now = datetime.datetime.now(datetime.UTC)
    body = {"matchers": matchers, "startsAt": now.isoformat(), "endsAt": (now + datetime.timedelta(hours=1)).isoformat(), "createdBy": "test", "comment": CANARY}
    answer = requests.post(f"{estate.alertmanager}/api/v2/silences", json=body, timeout=TEST_TIMEOUT)
    assert answer.ok, answer.text
    return answer.json()["silenceID"]


# --- S1-16 to S1-23, E1-6: alerts, targets, use of resources ---

def test_metrics_scenario(served, estate):
    """E1-6: processors, alerts before and after one is injected, error rates by application."""
    usage = ask_json(served, "prometheus_resource_usage", {"resources": ["cpu"], "by": "node", "model": "shop"})
    query = usage["queries"]["cpu"]
    assert {row["name"]: round(row["value"]) for row in usage["rows"]} == {"node-0": 60, "node-1": 68, "node-2": 76}
    assert all(row["verdict"] == "normal" for row in usage["rows"])
    equal = {one["metric"]["instance"]: round(float(one["value"][1]), 6) for one in direct(estate.alone, "query", query=query, time=estate.end)["result"]}
    assert equal == {row["name"]: round(row["value"], 6) for row in usage["rows"]}, usage
    total = ask(served, "prometheus_resource_usage", {"resources": ["cpu"], "model": "shop"})
    assert "68 %" in total and "verdict: normal" in total and "cpu: 100 * (1 - avg by ()" in total, total

    eventually("no alert is active", lambda: not direct(estate.prometheus, "alerts")["alerts"])
    assert "no active alerts" in ask(served, "prometheus_alerts", {"model": "shop"})
    real_backends.reload_rules(estate.folder / "both", estate.prometheus, FIRING)
    eventually("the alert fires", lambda: any(a["state"] == "firing" for a in direct(estate.prometheus, "alerts")["alerts"]))
    alerts = eventually("the alerts of the shop", lambda: [a for a in ask_json(served, "prometheus_alerts", {"model": "shop"})["alerts"] if a["name"] == "ShopIsSlow"])
    (alert,) = alerts
    (wanted,) = [a for a in direct(estate.prometheus, "alerts")["alerts"] if a["labels"]["alertname"] == "ShopIsSlow"]
    assert (alert["labels"], alert["since"], alert["value"], alert["state"]) == (wanted["labels"], wanted["activeAt"], wanted["value"], wanted["state"])
    assert (alert["unit"], alert["severity"], alert["rule"]["query"]) == ("web/0", "warning", f'timeout_total{{juju_model_uuid="{SHOP}"}} > 10')
    text = ask(served, "prometheus_alerts", {"model": "shop", "firing": True})
    assert "ShopIsSlow" in text and "web/0" in text and "ShopIsSlow of web/0" in text, text
    def rules():
        return {row["name"] for row in ask_json(served, "prometheus_rules", {"type": "alerting", "model": "shop"})["result"]}

    eventually("the rule of no model has an alert of the shop", lambda: rules() == {"ShopIsSlow", "General"})
    real_backends.reload_rules(estate.folder / "both", estate.prometheus, QUIET)

    rates = ask_json(served, "prometheus_resource_usage", {"resources": ["error_rate"], "by": "application", "model": "shop"})
    assert {row["name"]: round(row["value"], 1) for row in rates["rows"]} == {"shop.web": 2.1, "shop.api": 0.0}
    assert "http_requests_total" in rates["queries"]["error_rate"]


def test_growing_volume_states_when_it_is_full(served):
    usage = ask_json(served, "prometheus_resource_usage", {"resources": ["disk"], "by": "application", "name": "db", "model": "shop"})
    (row,) = usage["rows"]
    assert 50 <= row["value"] < 52 and row["verdict"] == "normal" and abs(row["time_until_full"]["hours"] - 5) < 0.3, row
    assert row["time_until_full"]["explained"] > 0.99
    assert "h" in ask(served, "prometheus_resource_usage", {"resources": ["disk"], "model": "shop"}).split("TREND")[1]
    steady = ask_json(served, "prometheus_resource_usage", {"resources": ["cpu"], "by": "node", "model": "shop"})["rows"]
    assert all("time_until_full" not in row for row in steady)


def test_thresholds_of_the_configuration_decide_the_verdict(estate, sim, tmp_path):
    backends = {"prometheus": {"url": estate.prometheus}, "thresholds": {"cpu": {"warning": 65, "critical": 70}}}
    with real_backends.server(tmp_path, backends, sim) as served:
        usage = ask_json(served, "prometheus_resource_usage", {"resources": ["cpu"], "by": "node", "model": "shop"})
    assert {row["name"]: row["verdict"] for row in usage["rows"]} == {"node-0": "normal", "node-1": "warning", "node-2": "critical"}


def test_target_that_is_down_has_its_error_and_its_unit(served, estate):
    wait_for_targets(estate)
    rows = ask_json(served, "prometheus_targets", {"down": True, "model": "shop"})["result"]
    (row,) = rows
    (wanted,) = [t for t in direct(estate.prometheus, "targets")["activeTargets"] if t["scrapePool"] == "shop"]
    assert (row["health"], row["lastError"], row["juju"]["unit"]) == ("down", wanted["lastError"], "web/1")
    assert "connection refused" in row["lastError"] and "1 target: 0 up, 1 down" in ask(served, "prometheus_targets", {"model": "shop"})


def test_labels_series_and_metadata_equal_direct_answers(served, estate):
    for label in ("", "__name__", "juju_application"):
        path = f"label/{label}/values" if label else "labels"
        assert ask_json(served, "prometheus_labels", {"label": label} if label else {})["result"] == direct(estate.prometheus, path)
    wanted = direct(estate.prometheus, "series", **{"match[]": "up", "start": estate.end - 600, "end": estate.end})
    found = ask_json(served, "prometheus_series", {"selectors": ["up"], "since": str(estate.end - 600), "until": at(estate)})["result"]
    assert sorted(map(str, found)) == sorted(map(str, wanted))


# --- silences ---

def test_silence_is_previewed_made_shown_and_expired(served, estate, firing):
    eventually("Alertmanager has the alert", lambda: "ShopIsSlow" in requests.get(f"{estate.alertmanager}/api/v2/alerts", timeout=TEST_TIMEOUT).text)
    arguments = {"matchers": ["alertname=ShopIsSlow"], "duration": "2h", "comment": "the upgrade", "model": "shop"}
    before = requests.get(f"{estate.alertmanager}/api/v2/silences", timeout=TEST_TIMEOUT).json()
    preview = ask(served, "alertmanager_add_silence", arguments | {"dry_run": True}, "shop-team")
    assert "ShopIsSlow" in preview and SHOP in preview, preview
    assert requests.get(f"{estate.alertmanager}/api/v2/silences", timeout=TEST_TIMEOUT).json() == before
    made = yaml.safe_load(ask(served, "alertmanager_add_silence", arguments, "shop-team"))
    (found,) = [one for one in requests.get(f"{estate.alertmanager}/api/v2/silences", timeout=TEST_TIMEOUT).json() if one["id"] == made["id"]]
    assert {(one["name"], one["value"]) for one in found["matchers"]} == {("alertname", "ShopIsSlow"), ("juju_model_uuid", SHOP)}
    eventually("the alert is silenced", lambda: made["id"] in ask(served, "prometheus_alerts", {"model": "shop"}, "shop-team"))
    assert "the upgrade" in ask(served, "alertmanager_silences", {"model": "shop"}, "shop-team")
    assert "alertname" in ask(served, "alertmanager_expire_silence", {"id": made["id"], "model": "shop"}, "shop-team")
    assert made["id"] not in ask(served, "alertmanager_silences", {"model": "shop"}, "shop-team")
    assert "expired" in ask(served, "alertmanager_silences", {"model": "shop", "expired": True}, "shop-team")


# --- outages ---

def test_backend_that_goes_and_comes_is_reported_and_recovers(sim, tmp_path):
    port = free_port()
    with real_backends.server(tmp_path / "served", {"prometheus": {"url": f"http://127.0.0.1:{port}", "timeout": 2}}, sim) as served:
        assert "cannot reach Prometheus" in ask(served, "prometheus_query", {"query": "up"}, fails=True)
        with real_backends.prometheus(tmp_path / "late", port=port):
            assert ask_json(served, "prometheus_query", {"query": "vector(7)"})["result"][0]["value"][1] == "7"
        assert "cannot reach Prometheus" in ask(served, "prometheus_query", {"query": "up"}, fails=True)
        listener = socket.create_server(("127.0.0.1", port))
        start = time.monotonic()
        assert "2 s" in ask(served, "prometheus_query", {"query": "up"}, fails=True)
        assert 1.8 <= time.monotonic() - start <= 2.6
        listener.close()
