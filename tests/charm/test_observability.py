"""Alert rules and dashboard: against the real metrics of the server, the official form, and Prometheus' own tool."""
import base64
import json
import lzma
import os
import re
import subprocess

import check_metrics
import pytest
import relations
import yaml
from conftest import Deployment
from ops import testing
from test_files import METRICS
from test_relations import OFFICIAL, UUID, decoded, official_app

RULES = relations.ALERT_RULES
DASHBOARD = json.loads(relations.DASHBOARD.read_text())


def expressions():
    """All queries of the dashboard."""
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def test_alerts_and_dashboard_use_only_metrics_that_the_server_has():
    for expression in [*(rule["expr"] for rule in RULES), *expressions()]:
        assert check_metrics.used(expression) <= METRICS, expression


def test_dashboard_shows_every_metric_and_each_that_matters_has_an_alert():
    assert set().union(*map(check_metrics.used, expressions())) == METRICS
    without_alert = METRICS - set().union(*(check_metrics.used(rule["expr"]) for rule in RULES))
    # version, time and load are no conditions, a failed reload is seen in `policy_last_reload_successful`, and the notifier sends findings
    assert without_alert == {f"juju_mcp_{name}" for name in (
        "build_info", "controller_since_timestamp_seconds", "policy_reloads_total", "calls_in_progress", "event_streams", "sessions",
        "bytes_in_flight", "findings_open", "notifications_sent_total", "notifications_queued")}


def test_every_query_is_limited_to_this_application():
    for rule in RULES:
        assert rule["expr"].count("%%juju_topology%%") == len(re.findall(r"\b(?:juju_mcp_\w+|up)\{", rule["expr"])) > 0
    for expression in expressions():
        assert expression.count('juju_model_uuid=~"$juju_model_uuid"') == len(re.findall(r"\b(?:juju_mcp_\w+|up)\{", expression)) > 0


def test_dashboard_databag_has_the_official_form():
    deployment = official_app()
    dashboard = deployment.relate(testing.Relation("grafana-dashboard"))
    deployment.run_relation("created", dashboard)
    ours = decoded(deployment.databag("grafana-dashboard"))["dashboards"]
    official = decoded(OFFICIAL["grafana-dashboard"]["app"])["dashboards"]
    assert ours.keys() == official.keys()
    ((_, entry),), ((_, model),) = ours["templates"].items(), official["templates"].items()
    assert entry.keys() == model.keys() and entry["juju_topology"] == model["juju_topology"]
    assert json.loads(lzma.decompress(base64.b64decode(entry["content"]))) == DASHBOARD
    assert re.fullmatch("[0-9a-f]{16}", entry["dashboard_alt_uid"]) and entry["charm"] in DASHBOARD["tags"][0]
    before = deployment.databag("grafana-dashboard")
    deployment.run()
    assert deployment.databag("grafana-dashboard") == before


def published_rules(tmp_path):
    """The file of the published alert rules."""
    deployment = Deployment()
    metrics = deployment.relate(testing.Relation("metrics-endpoint"))
    deployment.run_relation("created", metrics)
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(json.loads(deployment.databag("metrics-endpoint")["alert_rules"])))
    return file


@pytest.fixture
def promtool():
    """The path of Prometheus' tool."""
    path = os.environ.get("JUJU_MCP_TEST_PROMTOOL")
    if not path:
        pytest.skip("JUJU_MCP_TEST_PROMTOOL is not set; tests/run sets it")
    return path


def test_promtool_accepts_the_published_rules(promtool, tmp_path):
    done = subprocess.run([promtool, "check", "rules", "--lint=all", "--lint-fatal", published_rules(tmp_path)], text=True, capture_output=True)
    assert done.returncode == 0 and f"{len(RULES)} rules found" in done.stdout, done.stdout + done.stderr


def series(name, values, **labels):
    """An input series of a rule test, with the topology of the deployment."""
    topology = {"juju_model": "prod", "juju_model_uuid": UUID, "juju_application": "juju-mcp", "juju_charm": "juju-mcp"}
    matchers = ", ".join(f'{key}="{value}"' for key, value in {**topology, **labels}.items())
    return {"series": f"{name}{{{matchers}}}", "values": values}


# alert: series that fire it, and the minute at which it fires
FIRING = {
    "JujuMcpDown": [series("up", "0x60", instance="a")],
    "JujuMcpHttpErrors": [series("juju_mcp_http_requests_total", "0+600x60", route="/mcp", status="200"),
                          series("juju_mcp_http_requests_total", "0+60x60", route="/mcp", status="500")],
    "JujuMcpNotReady": [series("juju_mcp_http_requests_total", "0+6x60", route="/readyz", status="503")],
    "JujuMcpControllerAway": [series("juju_mcp_controller_up", "0x60", controller="prod")],
    "JujuMcpControllerUnstable": [series("juju_mcp_controller_reconnects_total", "0+1x60", controller="prod")],
    "JujuMcpLoginTokensRefused": [series("juju_mcp_controller_login_tokens_refused_total", "0+1x60", controller="prod")],
    "JujuMcpSlowResponses": [series("juju_mcp_http_request_duration_seconds_bucket", "0+60x60", route="/console", le="10"),
                             series("juju_mcp_http_request_duration_seconds_bucket", "0+60x60", route="/console", le="+Inf"),
                             series("juju_mcp_http_request_duration_seconds_bucket", "0+1x60", route="/console", le="5")],
    "JujuMcpSlowToolCalls": [series("juju_mcp_tool_call_duration_seconds_bucket", "0+1x60", tool="t", le="10"),
                             series("juju_mcp_tool_call_duration_seconds_bucket", "0+60x60", tool="t", le="60"),
                             series("juju_mcp_tool_call_duration_seconds_bucket", "0+60x60", tool="t", le="+Inf")],
    "JujuMcpToolCallsFail": [series("juju_mcp_tool_calls_total", "0+9x60", tool="t", outcome="failed"),
                             series("juju_mcp_tool_calls_total", "0+1x60", tool="t", outcome="ok")],
    "JujuMcpUnknownOutcome": [series("juju_mcp_tool_calls_total", "0x30 1x30", tool="t", outcome="unknown")],
    "JujuMcpPanic": [series("juju_mcp_tool_calls_total", "0x30 1x30", tool="t", outcome="panicked")],
    "JujuMcpAuthenticationFailures": [series("juju_mcp_authentication_failures_total", "0+120x60", reason="expired")],
    "JujuMcpTokensWithoutAudience": [series("juju_mcp_authentication_failures_total", "0x30 1x30", reason="missing_audience")],
    "JujuMcpProviderUnavailable": [series("juju_mcp_authentication_failures_total", "0+2x60", reason="provider_unavailable")],
    "JujuMcpRateLimited": [series("juju_mcp_rate_limited_total", "0+120x60", scope="caller", limit="rate")],
    "JujuMcpPolicyInvalid": [series("juju_mcp_policy_last_reload_successful", "0x60")],
    "JujuMcpLedgerSinkFails": [series("juju_mcp_ledger_sink_failures_total", "0+1x60", sink="file /mnt/a")],
    "JujuMcpTracesLost": [series("juju_mcp_trace_spans_dropped_total", "0+1x60")],
    "JujuMcpNotificationsFail": [series("juju_mcp_notification_failures_total", "0+1x60", receiver="team")],
    "JujuMcpNotificationsLost": [series("juju_mcp_notifications_dropped_total", "0x30 1x30", receiver="team")],
    "JujuMcpPromptInjection": [series("juju_mcp_prompt_injection_findings_total", "0x30 1x30", source="result", category="override")],
}


def test_each_alert_fires_for_its_condition_and_none_for_a_healthy_server(promtool, tmp_path):
    assert list(FIRING) == [rule["alert"] for rule in RULES]
    file = published_rules(tmp_path)
    healthy = [series("up", "1x60", instance="a"), series("juju_mcp_policy_last_reload_successful", "1x60"),
               series("juju_mcp_http_requests_total", "0+60x60", route="/mcp", status="200"),
               series("juju_mcp_http_request_duration_seconds_bucket", "0+60x60", route="/console", le="0.1"),
               series("juju_mcp_http_request_duration_seconds_bucket", "0+60x60", route="/console", le="+Inf"),
               series("juju_mcp_tool_calls_total", "0+60x60", tool="t", outcome="ok"),
               series("juju_mcp_controller_up", "1x60", controller="prod"),
               series("juju_mcp_authentication_failures_total", "0+1x60", reason="expired")]
    # an expression that is true for a series yields at least one firing alert; its labels and annotations depend on the series
    tests = [{"interval": "1m", "input_series": FIRING[name], "promql_expr_test": [
        {"expr": f'count(ALERTS{{alertname="{name}", alertstate="firing"}})', "eval_time": "50m", "exp_samples": [{"labels": "{}", "value": 1}]}]}
        for name in FIRING]
    tests.append({"interval": "1m", "input_series": healthy, "promql_expr_test": [
        {"expr": "count(ALERTS) or vector(0)", "eval_time": "50m", "exp_samples": [{"labels": "{}", "value": 0}]}]})
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump({"rule_files": [file.name], "evaluation_interval": "1m", "tests": tests}))
    done = subprocess.run([promtool, "test", "rules", "tests.yaml"], cwd=tmp_path, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
