"""The policy for an operator: validated and explained on the command line, and reloaded by a running server."""
import contextlib
import json
import subprocess
import time

import pytest
import requests
from conftest import TEST_TIMEOUT, eventually, juju_mcp, required_path
from plain_mcp import TOKEN, call, token_file

ROLES = """
roles:
  web-team:
    description: Looks after the web applications.
    effects: [read]
    allow:
      - {tools: add-unit, models: 'dev*', applications: 'web*', arguments: {num_units: {max: 3}}}
role_bindings:
  - {role: web-team, subjects: ['group:web']}
"""


def policy(*words):
    """`juju-mcp policy ...`: exit code, standard output, standard error."""
    done = subprocess.run([required_path("JUJU_MCP_TEST_PROGRAM"), "policy", *map(str, words)], capture_output=True, text=True, timeout=TEST_TIMEOUT)
    return done.returncode, done.stdout, done.stderr


def test_check_reports_validity_or_the_position_of_the_error(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(ROLES)
    code, out, _ = policy("check", file)
    assert code == 0 and "6 roles" in out and "1 role bindings" in out, out
    for text, place, word in [
        ("rules:\n  - {name: a, severity: high, check: units.aded <= 3, message: m}\n", "line 2, column 38", "unknown measure `units.aded`"),
        ("rules:\n  - {name: a, severity: high, check: 'false', mesage: m}\n", "line 2, column 47", "unknown field `mesage`"),
        ("roles:\n  a: {description: d, effects: [wride]}\n", "line 2, column 33", "wride"),
        ("role_bindings:\n  - {role: dancer, subjects: ['group:x']}\n", "line 2, column 12", "`dancer`, which does not exist"),
        ("rules: [\n", "line 2, column 1", "did not find expected"),
        ("roles:\n  a: {description: d, allow: [{tools: remove-aplication}]}\n", "line 2, column 39", "did you mean `remove-application`?"),
        ("roles:\n  a: {description: d, allow: [{toolsets: deply}]}\n", "line 2, column 42", "toolset `deply`"),
        ("rules:\n  - {name: a, severity: low, check: 'false', message: m, applies_to: {tools: add-unit, arguments: {num_unit: 1}}}\n",
         "line 2, column 100", "did you mean `num_units`?"),
        ("rules:\n  - {name: a, severity: low, check: 'false', message: m, except: {roles: amdin}}\n", "line 2, column 74", "did you mean `admin`?"),
    ]:
        file.write_text(text)
        code, _, message = policy("check", file)
        assert code == 2 and place in message and word in message and str(file) in message, message
    assert policy("check", tmp_path / "none.yaml")[0] == 2
    file.write_text("rules:\n  - {name: a, severity: low, check: 'false', message: m, applies_to: {tools: 'delete-*'}}\n")
    code, _, message = policy("check", file)
    assert code == 0 and "matches no tool: `delete-*`" in message and str(file) in message, message
    file.write_text("settings: {foreign_tools: [create_cluster]}\nrules:\n  - {name: a, severity: low, check: 'false', message: m, applies_to: {tools: create_cluster}}\n")
    assert policy("check", file)[0] == 0
    assert policy("explain", "--policy", file, "--role", "operator", "--tool", "create_cluster")[0] == 0


def test_explain_reports_the_role_and_the_rules_that_decide(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(ROLES)

    def explained(*words):
        code, out, message = policy("explain", "--policy", file, "--format", "json", *words)
        assert code == 0, message
        return json.loads(out)["explanation"]

    def violations(explanation):
        return [rule["rule"] for rule in explanation["rules"] if rule["result"] in ("deny", "require_approval", "warn")]

    unit = ["--tool", "add-unit", "--args", '{"application": "web", "num_units": 3}', "--assume", "units.now=2"]
    explanation = explained("--caller", "group:web", "--model", "dev-shop", *unit)
    assert (explanation["decision"], explanation["role_decision"], violations(explanation)) == ("allow", "role `web-team` allows it", [])
    explanation = explained("--caller", "group:web", "--model", "prod", *unit)
    assert explanation["decision"] == "deny" and "not allowed to role `web-team` here with these arguments" in explanation["role_decision"]
    explanation = explained("--caller", "group:others", "--model", "dev-shop", *unit)
    assert explanation["decision"] == "deny" and "a caller without a role" in explanation["role_decision"]
    explanation = explained("--caller", "group:web", "--scope", "juju:read", "--model", "dev-shop", *unit)
    assert explanation["decision"] == "deny" and "juju:write" in explanation["role_decision"]
    refresh = ["--role", "operator", "--tool", "refresh", "--model", "admin/prod", "--args", '{"application": "db"}']
    assert explained(*refresh, "--at", "2026-11-17T09:00:00Z")["decision"] == "allow"
    explanation = explained(*refresh, "--at", "2026-11-21T09:00:00Z")
    assert (explanation["decision"], violations(explanation)) == ("require_approval", ["change-window"])
    explanation = explained("--role", "admin", "--tool", "remove-unit", "--model", "prod", "--args", '{"units": ["web/0"]}')
    assert explanation["requires_second_approver"] and violations(explanation) == ["second-approver-in-production", "approve-destructive"]
    code, out, _ = policy("explain", "--role", "admin", "--tool", "destroy-model", "--model", "admin/prod")
    assert code == 0 and "decision          deny\n" in out and "rule `deny-destroy-production`" in out, out
    for words, part in [
        (["--role", "emperor", "--tool", "status"], "there is no role `emperor`"),
        (["--role", "admin", "--tool", "status", "--args", "[1]"], "not a JSON object"),
        (["--role", "admin", "--tool", "add-unit", "--args", '{"colour": 1}'], "colour"),
        (["--role", "admin", "--tool", "juju_nosuch"], "there is no tool `juju_nosuch`"),
        (["--role", "admin", "--tool", "ad-unit"], "did you mean `add-unit`?"),
        (["--tool", "status"], "--role"),
        (["--caller", "ana", "--tool", "status"], "group:NAME"),
    ]:
        code, _, message = policy("explain", *words)
        assert code == 2 and part in message, message


@pytest.mark.parametrize("what", ["roles", "rules", "measures"])
def test_roles_rules_and_measures_are_listed(what):
    code, out, _ = policy(what)
    assert code == 0 and len(out.splitlines()) > 5


def fetched(url):
    return requests.get(url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=TEST_TIMEOUT).text


def put(file, text):
    """Writes a file atomically, so that the server never reads a part of it."""
    part = file.with_suffix(".part")
    part.write_text(text)
    part.replace(file)


class Served:
    """A server with a simulated shop and its policy files."""

    def __init__(self, folder, url):
        self.folder, self.url = folder, url

    def log(self):
        return (self.folder / "server" / "log.txt").read_text()

    def unexpose(self):
        result = call(self.url + "/mcp/full", "juju_unexpose", {"model": "shop", "application": "web"})
        return result["content"][0]["text"] if result.get("isError") else "done"

    def stale(self):
        return "juju_mcp_policy_last_reload_successful 0\n" in fetched(self.url + "/metrics")

    def policy_check(self):
        checks = json.loads(fetched(self.url + "/readyz"))["checks"]
        return next(check for check in checks if check["name"] == "policy")

    def recorded(self):
        """The ledger records of policy changes."""
        words = ["audit", "export", "--state-dir", self.folder / "state", "--caller", "server"]
        done = subprocess.run([required_path("JUJU_MCP_TEST_PROGRAM"), *map(str, words)], capture_output=True, text=True, timeout=TEST_TIMEOUT)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextlib.contextmanager
def served(folder, *words):
    """Runs such a server for a `with` block."""
    serve = ["serve", "--state-dir", folder / "state", "--token-file", token_file(folder, "operator"), *words]
    with (juju_mcp(folder / "sim", "sim", "--scenario", "shop") as sim,
          juju_mcp(folder / "server", *serve, "--juju-data-dir", sim["juju_data"], JUJU_MCP_LOG="info") as ready):
        yield Served(folder, ready["mcp_url"].removesuffix("/mcp"))


def test_changed_policy_is_activated_and_invalid_one_is_ignored(tmp_path):
    file = tmp_path / "policy.yaml"
    put(file, "# nothing of our own yet\n")
    with served(tmp_path, "--policy", file) as shop:
        assert shop.unexpose() == "done" and not shop.stale()
        put(file, "rules:\n  - {name: keep-open, severity: critical, check: 'false', message: It stays open, applies_to: {tools: unexpose}}\n")
        message = eventually("the rule is active", lambda: (text := shop.unexpose()) != "done" and text)
        assert message.startswith("denied: forbidden by rule `keep-open`: It stays open")
        put(file, "rules:\n  - {name: keep-open, severity: critical, check: nevr, message: It stays open}\n")
        eventually("the broken file is noticed", shop.stale)
        assert shop.unexpose() == message, "the old rules stay active"
        assert "line 2, column 50" in shop.log() and "unknown measure `nevr`" in shop.log()
        check = shop.policy_check()
        assert check["healthy"] and "an older policy is active" in check["detail"]
        file.unlink()
        time.sleep(3)
        assert shop.unexpose() == message and shop.stale(), "a file that is gone takes no rule away"
        put(file, "disabled_rules: [cost-cap]\n")
        eventually("the rule is gone", lambda: shop.unexpose() == "done")
        eventually("the policy is current", lambda: not shop.stale())


def test_role_bindings_and_files_of_the_configuration_are_reloaded_and_recorded(tmp_path):
    config, file = tmp_path / "config.yaml", tmp_path / "rules.yaml"
    put(config, "role_bindings:\n  - {role: viewer, subjects: ['group:day']}\n")
    with served(tmp_path, "--config", config) as shop:
        put(config, "role_bindings:\n  - {role: viewer, subjects: ['group:day']}\n  - {role: operator, subjects: ['group:night']}\n")
        eventually("the role binding is active", lambda: "operator to group:night" in shop.log())
        eventually("the ledger has it", lambda: '"added":["operator to group:night"]' in shop.recorded())
        assert not shop.stale()
        for broken, place, word in [
            ("role_bindings:\n  - {role: dancer, subjects: ['group:night']}\n", "line 2, column 12", "`dancer`, which does not exist"),
            ("role_bindings:\n  - {role: viewer, subjects: ['night']}\n", "line 2 column", "group:NAME"),
            ("role_bindings: [\n", "line 2 column", "did not find"),
            (f"policy: {{files: [{file}]}}\n", str(file), "cannot read"),
        ]:
            put(config, broken)
            message = eventually(f"{word} is noticed", lambda: (text := shop.policy_check().get("detail") or "") and word in text and text)
            assert place in message and "an older policy is active" in message, message
            eventually("an older policy is counted", shop.stale)
            assert "viewer to group:day" not in shop.recorded(), "the role bindings are unchanged"
        put(file, "rules:\n  - {name: keep-open, severity: critical, check: 'false', message: It stays open, applies_to: {tools: unexpose}}\n")
        eventually("a file that is named and comes later is read", lambda: "rule `keep-open`" in shop.unexpose())
        changes = ['"removed":["operator to group:night","viewer to group:day"]', '"added":["keep-open"]']
        eventually("the ledger has both", lambda: all(change in shop.recorded() for change in changes))
        assert "restart the server" not in shop.log()
        put(config, f"policy: {{files: [{file}]}}\nledger: {{retention_days: 3}}\n")
        eventually("the log reports the need for a restart", lambda: "restart the server" in shop.log())
