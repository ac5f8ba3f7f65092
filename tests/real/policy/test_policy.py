"""The policy as an operator meets it: checked and explained on the command line, and changed under a running server."""
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


def test_check_says_what_is_good_and_where_it_is_not(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(ROLES)
    code, out, _ = policy("check", file)
    assert code == 0 and "6 roles" in out and "1 role bindings" in out, out
    for text, place, word in [
        ("rules:\n  - {name: a, severity: high, check: units.aded <= 3, message: m}\n", "line 2, column 38", "unknown measure `units.aded`"),
        ("rules:\n  - {name: a, severity: high, check: 'false', mesage: m}\n", "line 2, column 47", "unknown field `mesage`"),
        ("roles:\n  a: {description: d, effects: [wride]}\n", "line 2, column 33", "wride"),
        ("role_bindings:\n  - {role: nobody, subjects: ['group:x']}\n", "line 2, column 12", "`nobody`, which does not exist"),
        ("rules: [\n", "line 2, column 1", "did not find expected"),
    ]:
        file.write_text(text)
        code, _, said = policy("check", file)
        assert code == 2 and place in said and word in said and str(file) in said, said
    assert policy("check", tmp_path / "none.yaml")[0] == 2


def test_explain_names_the_role_and_the_rules_that_decide(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(ROLES)

    def explained(*words):
        code, out, said = policy("explain", "--policy", file, "--format", "json", *words)
        assert code == 0, said
        return json.loads(out)["explanation"]

    def strikes(told):
        return [looked["rule"] for looked in told["rules"] if looked["result"] in ("deny", "require_approval", "warn")]

    unit = ["--tool", "add-unit", "--args", '{"application": "web", "num_units": 3}', "--assume", "units.now=2"]
    told = explained("--caller", "group:web", "--model", "dev-shop", *unit)
    assert (told["decision"], told["role_decision"], strikes(told)) == ("allow", "role `web-team` allows it", [])
    told = explained("--caller", "group:web", "--model", "prod", *unit)
    assert told["decision"] == "deny" and "not allowed to role `web-team` here with these arguments" in told["role_decision"]
    told = explained("--caller", "group:others", "--model", "dev-shop", *unit)
    assert told["decision"] == "deny" and "a caller without a role" in told["role_decision"]
    told = explained("--caller", "group:web", "--scope", "juju:read", "--model", "dev-shop", *unit)
    assert told["decision"] == "deny" and "juju:write" in told["role_decision"]
    refresh = ["--role", "operator", "--tool", "refresh", "--model", "admin/prod", "--args", '{"application": "db"}']
    assert explained(*refresh, "--at", "2026-11-17T09:00:00Z")["decision"] == "allow"
    told = explained(*refresh, "--at", "2026-11-21T09:00:00Z")
    assert (told["decision"], strikes(told)) == ("require_approval", ["change-window"])
    told = explained("--role", "admin", "--tool", "remove-unit", "--model", "prod", "--args", '{"units": ["web/0"]}')
    assert told["requires_second_approver"] and strikes(told) == ["second-approver-in-production", "approve-destructive"]
    code, out, _ = policy("explain", "--role", "admin", "--tool", "destroy-model", "--model", "admin/prod")
    assert code == 0 and "decision          deny\n" in out and "rule `deny-destroy-production`" in out, out
    for words, part in [
        (["--role", "emperor", "--tool", "status"], "there is no role `emperor`"),
        (["--role", "admin", "--tool", "status", "--args", "[1]"], "not a JSON object"),
        (["--role", "admin", "--tool", "add-unit", "--args", '{"colour": 1}'], "colour"),
        (["--tool", "status"], "--role"),
        (["--caller", "somebody", "--tool", "status"], "group:NAME"),
    ]:
        code, _, said = policy("explain", *words)
        assert code == 2 and part in said, said


@pytest.mark.parametrize("what", ["roles", "rules", "measures"])
def test_what_there_is_can_be_listed(what):
    code, out, _ = policy(what)
    assert code == 0 and len(out.splitlines()) > 5


def fetched(url):
    return requests.get(url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=TEST_TIMEOUT).text


def put(file, text):
    """Writes a file whole, so that nobody reads a part of it."""
    part = file.with_suffix(".part")
    part.write_text(text)
    part.replace(file)


class Served:
    """A server on a simulated shop, with what it takes its policy from."""

    def __init__(self, folder, url):
        self.folder, self.url = folder, url

    def log(self):
        return (self.folder / "server" / "log.txt").read_text()

    def unexpose(self):
        result = call(self.url + "/mcp/full", "juju_unexpose", {"model": "shop", "application": "web"})
        return result["content"][0]["text"] if result.get("isError") else "done"

    def stale(self):
        return "juju_mcp_policy_last_reload_successful 0" in fetched(self.url + "/metrics")

    def policy_check(self):
        checks = json.loads(fetched(self.url + "/readyz"))["checks"]
        return next(check for check in checks if check["name"] == "policy")

    def recorded(self):
        """What the ledger says about changes of the policy."""
        words = ["audit", "export", "--state-dir", self.folder / "state", "--caller", "server"]
        done = subprocess.run([required_path("JUJU_MCP_TEST_PROGRAM"), *map(str, words)], capture_output=True, text=True, timeout=TEST_TIMEOUT)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextlib.contextmanager
def served(folder, *words):
    """Such a server, while something is done with it."""
    serve = ["serve", "--state-dir", folder / "state", "--token-file", token_file(folder, "operator"), *words]
    with (juju_mcp(folder / "sim", "sim", "--scenario", "shop") as sim,
          juju_mcp(folder / "server", *serve, "--juju-data-dir", sim["juju_data"], JUJU_MCP_LOG="info") as ready):
        yield Served(folder, ready["mcp_url"].removesuffix("/mcp"))


def test_a_changed_policy_is_in_force_at_once_and_a_broken_one_leaves_the_old(tmp_path):
    file = tmp_path / "policy.yaml"
    put(file, "# nothing of our own yet\n")
    with served(tmp_path, "--policy", file) as shop:
        assert shop.unexpose() == "done" and not shop.stale()
        put(file, "rules:\n  - {name: keep-open, severity: critical, check: 'false', message: It stays open, applies_to: {tools: unexpose}}\n")
        said = eventually("the rule is in force", lambda: (text := shop.unexpose()) != "done" and text)
        assert said.startswith("denied: forbidden by rule `keep-open`: It stays open: ask whoever keeps the policy")
        put(file, "rules:\n  - {name: keep-open, severity: critical, check: nevr, message: It stays open}\n")
        eventually("the broken file is noticed", shop.stale)
        assert shop.unexpose() == said, "the old rules stay"
        assert "line 2, column 50" in shop.log() and "unknown measure `nevr`" in shop.log()
        check = shop.policy_check()
        assert check["healthy"] and "an older policy is active" in check["detail"]
        file.unlink()
        time.sleep(3)
        assert shop.unexpose() == said and shop.stale(), "a file that is gone takes no rule away"
        put(file, "disabled_rules: [cost-cap]\n")
        eventually("the rule is gone", lambda: shop.unexpose() == "done")
        eventually("the policy is said to be new", lambda: not shop.stale())


def test_bindings_and_files_of_the_configuration_are_read_anew_and_the_ledger_says_what_changed(tmp_path):
    config, file = tmp_path / "config.yaml", tmp_path / "rules.yaml"
    put(config, "role_bindings:\n  - {role: viewer, subjects: ['group:day']}\n")
    with served(tmp_path, "--config", config) as shop:
        put(config, "role_bindings:\n  - {role: viewer, subjects: ['group:day']}\n  - {role: operator, subjects: ['group:night']}\n")
        eventually("the binding is in force", lambda: "operator to group:night" in shop.log())
        eventually("the ledger has it", lambda: '"added":["operator to group:night"]' in shop.recorded())
        assert not shop.stale()
        for broken, place, word in [
            ("role_bindings:\n  - {role: nobody, subjects: ['group:night']}\n", "line 2, column 12", "`nobody`, which does not exist"),
            ("role_bindings:\n  - {role: viewer, subjects: ['night']}\n", "line 2 column", "group:NAME"),
            ("role_bindings: [\n", "line 2 column", "did not find"),
            (f"policy: {{files: [{file}]}}\n", str(file), "cannot read"),
        ]:
            put(config, broken)
            said = eventually(f"{word} is noticed", lambda: (text := shop.policy_check().get("detail") or "") and word in text and text)
            assert place in said and "an older policy is active" in said, said
            eventually("an older policy is counted", shop.stale)
            assert "viewer to group:day" not in shop.recorded(), "who held a role holds it still"
        put(file, "rules:\n  - {name: keep-open, severity: critical, check: 'false', message: It stays open, applies_to: {tools: unexpose}}\n")
        eventually("a file that is named and comes later is read", lambda: "rule `keep-open`" in shop.unexpose())
        changes = ['"removed":["operator to group:night","viewer to group:day"]', '"added":["keep-open"]']
        eventually("the ledger has both", lambda: all(change in shop.recorded() for change in changes))
        assert "counts after a restart" not in shop.log()
        put(config, f"policy: {{files: [{file}]}}\nlimits: {{burst: 3}}\n")
        eventually("what needs a restart is told", lambda: "counts after a restart" in shop.log())
