"""The observer of `serve` end to end: what happens on a simulated controller, and what its callers receive."""
import json

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
