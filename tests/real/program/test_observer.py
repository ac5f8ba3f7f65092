"""The observer of `serve` end to end: what happens on a simulated controller, and what its callers receive."""
import http.server
import json
import threading

import pytest
import requests
import yaml
from conftest import TEST_TIMEOUT, eventually, start_juju_mcp, stop
from plain_mcp import call

TOKENS = {role: f"an-unguessable-{role}-token-0123456789" for role in ("viewer", "operator", "admin")}


class Observed:
    """A simulated controller and a server with an observer."""

    def __init__(self, folder, **config):
        self.folder = folder
        self.sim, self.controller = start_juju_mcp(folder / "sim", "sim", "--scenario", "shop")
        for role, token in TOKENS.items():
            (folder / f"{role}.token").write_text(token)
            (folder / f"{role}.token").chmod(0o600)
        observer = {"enabled": True, "interval_seconds": 5, "close_after_minutes": 0, **config.pop("observer", {})}
        self.config = {"juju_data_dir": str(self.controller["juju_data"]), "observer": observer,
                       "tokens": [{"role": role, "file": str(folder / f"{role}.token")} for role in TOKENS], **config}
        self.process = None
        self.start()

    def start(self):
        """Starts the server with the state that it has."""
        (self.folder / "config.yaml").write_text(yaml.safe_dump(self.config))
        self.process, ready = start_juju_mcp(self.folder / "serve", "serve", "--config", self.folder / "config.yaml", "--state-dir", self.folder / "state")
        self.mcp, self.base = ready["mcp_url"], ready["mcp_url"].removesuffix("/mcp")

    def restart(self):
        """Stops the server, and starts it again."""
        stop(self.process)
        self.start()

    def close(self):
        """Stops both."""
        stop(self.process)
        stop(self.sim)

    def change(self, *changes):
        """Makes changes on the controller, as in the files of faults."""
        url = self.controller["control_url"].removesuffix("/fault") + "/changes"
        answer = requests.post(url, json={"changes": list(changes)}, headers={"Authorization": f"Bearer {self.controller['control_token']}"},
                               timeout=TEST_TIMEOUT)
        assert answer.status_code == 200, answer.text

    def call(self, tool, role="viewer", **arguments):
        """The text of a call."""
        result = call(self.mcp, tool, arguments, TOKENS[role])
        return "\n".join(content["text"] for content in result["content"] if content["type"] == "text")

    def finding(self, detector, name, **wanted):
        """Waits for a finding, and returns it."""
        def search():
            listed = json.loads(self.call("observer_findings", format="json", **wanted))["findings"]
            return next((one for one in listed if one["detector"] == detector and one["entity"].get("name", "") == name), None)

        return eventually(f"a finding {detector} of {name}", search)


@pytest.fixture(scope="module")
def observed(tmp_path_factory):
    """The server that most tests use."""
    running = Observed(tmp_path_factory.mktemp("observed"))
    yield running
    running.close()


def test_burst_of_errors_in_a_log_is_a_finding(observed):
    for number in range(20):
        observed.change({"log": {"entity": "payment/0", "message": f"connection {number} to 10.0.3.{number} was refused"}})
    found = observed.finding("log_bursts", "payment/0")
    assert found["evidence"][0]["value"] == "20" and found["recommended"]["tool"] == "juju_debug_log", found


def test_baseline_survives_a_restart_and_shows_what_differs(observed):
    shown = observed.call("observer_baseline", model="shop")
    assert "no baseline" in shown and "observer_save_baseline" in shown, shown
    denied = observed.call("observer_save_baseline", model="shop")
    assert "denied" in denied or "not" in denied, denied
    saved = observed.call("observer_save_baseline", role="operator", model="shop")
    assert "The baseline of" in saved and "is saved" in saved, saved
    assert "0 of" in observed.call("observer_baseline", model="shop")
    observed.restart()
    eventually("the observer has looked", lambda: "0 of" in observed.call("observer_baseline", model="shop"))
    observed.change({"revision": {"application": "web", "revision": 99}}, {"constraints": {"application": "cart", "cores": 8}},
                    {"option": {"application": "payment", "name": "db-pool", "value": 7}})
    compared = eventually("all three differ", lambda: (text := observed.call("observer_baseline", model="shop")) and "3 of" in text and text)
    for words in ("revision", "99", "cores=8", "option db-pool", "juju_refresh", "juju_set_constraints", "juju_config"):
        assert words in compared, (words, compared)
    assert observed.finding("drift", "web")["recommended"]["tool"] == "juju_refresh"
    listed = observed.call("observer_baseline", model="shop", show="baseline")
    assert "Revision" in listed and "web" in listed, listed
    assert "no baseline any more" in observed.call("observer_save_baseline", role="operator", model="shop", change="remove")


def test_exported_bundle_is_a_baseline_without_differences(observed):
    exported = json.loads(observed.call("juju_read_command", role="admin", command="export-bundle", arguments={"model": "shop", "format": "json"}))
    text = yaml.safe_dump(exported["bundle"])
    assert "is saved" in observed.call("observer_save_baseline", role="admin", model="shop", bundle=text)
    compared = observed.call("observer_baseline", model="shop")
    assert "0 of" in compared, compared
    exported["bundle"]["applications"]["web"]["num_units"] += 3
    exported["bundle"]["applications"]["web"]["expose"] = not exported["bundle"]["applications"]["web"].get("expose", False)
    observed.call("observer_save_baseline", role="admin", model="shop", bundle=yaml.safe_dump(exported["bundle"]))
    assert "exposed" in observed.call("observer_baseline", model="shop")
    wrong = observed.call("observer_save_baseline", role="admin", model="shop", bundle="applications: [")
    assert "cannot be read" in wrong, wrong
    observed.call("observer_save_baseline", role="admin", model="shop", change="remove")


def alert(observed, token, *alerts):
    """The answer to a message of Alertmanager."""
    entries = [{"status": status, "labels": labels, "annotations": {"summary": "Requests are slow."}, "startsAt": "2026-11-28T02:00:00Z",
                "endsAt": "0001-01-01T00:00:00Z", "fingerprint": labels["alertname"]} for status, labels in alerts]
    message = {"version": "4", "groupKey": "{}", "status": "firing", "receiver": "juju-mcp", "alerts": entries}
    return requests.post(observed.base + "/api/v1/alerts", json=message, headers={"Authorization": f"Bearer {token}"}, timeout=TEST_TIMEOUT)


def test_alert_of_another_system_is_a_finding_of_its_unit_until_it_resolves(observed):
    labels = {"alertname": "HighLatency", "severity": "critical", "juju_model": "shop", "juju_application": "web", "juju_unit": "web/0"}
    assert alert(observed, "no-token-of-this-server-0123456789", ("firing", labels)).status_code == 401
    assert alert(observed, TOKENS["viewer"], ("firing", labels)).status_code == 403
    elsewhere = {**labels, "alertname": "Other", "juju_model": "elsewhere"}
    own = {**labels, "alertname": "juju_drift", "source": "juju-mcp"}
    answer = alert(observed, TOKENS["operator"], ("firing", labels), ("firing", elsewhere), ("firing", own))
    assert answer.json() == {"accepted": 1, "unmatched": 1, "denied": 0, "own": 1, "left_out": 0}, answer.text
    found = observed.finding("external_alert", "web/0")
    assert found["severity"] == "critical" and found["evidence"][0]["value"] == "Requests are slow.", found
    observed.restart()
    observed.finding("external_alert", "web/0")
    eventually("the model is observed again", lambda: alert(observed, TOKENS["operator"], ("resolved", labels)).json()["accepted"] == 1)
    eventually("it has closed", lambda: "external_alert" not in observed.call("observer_findings", format="json"))
    malformed = requests.post(observed.base + "/api/v1/alerts", json={"alerts": 5}, headers={"Authorization": f"Bearer {TOKENS['operator']}"},
                              timeout=TEST_TIMEOUT)
    assert malformed.status_code == 400, malformed.text


def test_pending_upgrade_becomes_a_stored_plan_for_the_configured_window(tmp_path):
    window = {"span": "Sun 03:00-05:00", "models": ["shop"]}
    observed = Observed(tmp_path, observer={"maintenance": {"windows": [window]}})
    try:
        observed.change({"newer_revision": {"application": "web", "revision": 99}})
        plans = lambda: json.loads(observed.call("maintenance_plans", format="json"))["plans"]  # noqa: E731
        (plan,) = eventually("a plan with web", lambda: "'web'" in str(found := plans()) and found)
        tools = [step["tool"] for step in plan["steps"]]
        assert tools[0] == "juju_status" and "juju_refresh" in tools and plan["origin"] == "configured", plan
        assert plan["rollback"] and plan["window"]["start"].endswith("T03:00:00Z"), plan
        text = observed.call("maintenance_plans", model="shop")
        assert plan["id"] in text and "to go back" in text and "juju_refresh" in text, text
        observed.restart()
        (again,) = eventually("the plan after a restart", plans)
        assert (again["id"], again["proposed"]) == (plan["id"], plan["proposed"])
        observed.change({"revision": {"application": "web", "revision": 99}})
        eventually("the step is gone", lambda: "'web'" not in str(plans()))
    finally:
        observed.close()


class Chat(http.server.BaseHTTPRequestHandler):
    """A receiver of messages."""

    def do_POST(self):
        """Stores a message."""
        self.server.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Suppresses the log."""


def test_finding_reaches_a_receiver_when_it_opens_and_when_it_ends(tmp_path):
    chat = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Chat)
    chat.messages = []
    threading.Thread(target=chat.serve_forever, daemon=True).start()
    receiver = {"name": "team", "type": "chat", "url": f"http://127.0.0.1:{chat.server_port}/hook", "min_severity": "info"}
    observed = Observed(tmp_path, notifications={"receivers": [receiver]})
    texts = lambda: [message["text"] for message in chat.messages]  # noqa: E731
    try:
        observed.change({"no_leader": "redis"})
        observed.change({"storage": {"id": "pgdata/0", "status": "error", "message": "volume is lost"}})
        eventually("the receiver has the finding", lambda: any("pgdata/0" in text for text in texts()))
        observed.change({"storage": {"id": "pgdata/0", "status": "attached", "message": ""}})
        eventually("the receiver has its end", lambda: sum("The storage pgdata/0" in text for text in texts()) == 2)
        lines = lambda: requests.get(observed.base + "/metrics", timeout=TEST_TIMEOUT).text.splitlines()  # noqa: E731
        sent = lambda: next(line for line in lines() if line.startswith("juju_mcp_notifications_sent_total"))  # noqa: E731
        eventually("the metrics count both", lambda: float(sent().split()[-1]) >= 2)
    finally:
        observed.close()
        chat.shutdown()
