"""Files, layer and status after each event."""
import json
import stat

import conftest
import ops
import pytest
import status
import yaml
from charm import IGNORED_EVENTS, JujuMcpCharm
from conftest import CHECK, CREDENTIALS, DIFF, PROBE, Deployment
from ops import testing


def test_pebble_ready_writes_private_files_and_starts_the_server(deployment):
    config = deployment.config()
    assert config["listen"] == "0.0.0.0:8080" and config["state_dir"] == "/var/lib/juju-mcp"
    assert config["controllers"] == [{
        "name": "controller", "addresses": ["10.1.0.5:17070", "10.1.0.6:17070"], "ca_certificate_file": "controller-controller-ca.pem",
        "user": "mcp", "password_file": "controller-controller-password"}]
    assert config["oauth"]["issuer"] == "https://iam.example" and config["console"]["client_id"] == "client-1"
    assert deployment.files()["controller-controller-password"] == "initial-password\n"
    assert {stat.S_IMODE(path.stat().st_mode) for path in (deployment.etc() / "active").iterdir()} == {0o600}
    assert not (deployment.etc() / "candidate").exists()
    service = deployment.plan()["services"]["juju-mcp"]
    assert service["command"] == "/usr/bin/juju-mcp serve --config config.yaml" and service["working-dir"] == "/etc/juju-mcp/active"
    assert set(deployment.plan()["checks"]) == {"alive", "ready"}
    assert deployment.state.get_container("juju-mcp").service_statuses["juju-mcp"] == ops.pebble.ServiceStatus.ACTIVE
    assert {port.port for port in deployment.state.opened_ports} == {8080}


def test_secrets_are_in_no_plan_databag_status_or_log(deployment):
    everything = [json.dumps(deployment.plan()), str(deployment.state.unit_status), *(line.message for line in deployment.context.juju_log)]
    everything += [json.dumps([dict(r.local_app_data), dict(r.local_unit_data)]) for r in deployment.state.relations]
    everything += [deployment.files()["config.yaml"], deployment.files()["policy.yaml"]]
    for secret in ("initial-password", "oauth-client-password"):
        assert not [text for text in everything if secret in text]


def test_second_run_of_any_event_changes_nothing(deployment):
    before = (deployment.files(), deployment.plan())
    for event in ("config_changed", "update_status", "leader_elected", "upgrade_charm", "start"):
        assert deployment.run(getattr(deployment.context.on, event)()) == ops.ActiveStatus()
        assert (deployment.files(), deployment.plan()) == before
        assert deployment.commands() == []


def test_container_not_ready_leads_to_waiting():
    deployment = Deployment()
    deployment.change(containers={testing.Container("juju-mcp", can_connect=False)})
    assert deployment.run() == ops.WaitingStatus("waiting for the container")


def test_missing_credentials_lead_to_blocked_with_the_commands():
    deployment = Deployment()
    deployment.change(config={})
    assert deployment.run() == ops.BlockedStatus(
        "no controller: run `juju grant-secret NAME juju-mcp`, then set the option `controller-credentials` to the secret")
    assert deployment.files() == {} and deployment.plan() == {}


def test_secret_without_grant_leads_to_blocked_until_update_status():
    deployment = Deployment()
    secrets = deployment.state.secrets
    deployment.change(secrets={deployment.client_secret})
    status = deployment.run()
    assert isinstance(status, ops.BlockedStatus) and "juju grant-secret NAME juju-mcp" in status.message
    deployment.change(secrets=secrets)
    assert deployment.run(deployment.context.on.update_status()) == ops.ActiveStatus()


@pytest.mark.parametrize(("content", "problem"), [
    ({"addresses": "a:1", "ca-cert": "x"}, "needs `username` and `password`, or `client-id` and `client-secret`"),
    ({"addresses": "a:1", "ca-cert": "x", "username": "u"}, "needs `username` and `password`, or `client-id` and `client-secret`"),
    ({**CREDENTIALS, "client-id": "c", "client-secret": "s"}, "needs `username` and `password`, or `client-id` and `client-secret`"),
    ({**CREDENTIALS, "addresses": " "}, "lacks the key `addresses`"),
    ({**CREDENTIALS, "ca-cert": ""}, "lacks the key `ca-cert`"),
    ({**CREDENTIALS, "controller-name": "../etc"}, "has a `controller-name` with characters other than"),
    ({**CREDENTIALS, "username-viewer": "v"}, "has an incomplete login for the role `viewer`"),
])
def test_incomplete_secret_leads_to_blocked_with_the_key(content, problem):
    deployment = Deployment()
    content = {key: value for key, value in content.items() if value}
    secret = testing.Secret(content)
    deployment.change(secrets={secret, deployment.client_secret}, config={"controller-credentials": secret.id})
    status = deployment.run()
    assert isinstance(status, ops.BlockedStatus) and problem in status.message


def test_service_account_extra_controller_and_roles_reach_the_configuration():
    deployment = Deployment()
    first = testing.Secret({"addresses": "a:1", "ca-cert": "x", "client-id": "svc", "client-secret": "s1", "tls-hostname": "juju-apiserver"})
    second = testing.Secret({**CREDENTIALS, "controller-name": "emea", "username-viewer": "reader", "password-viewer": "p2"})
    deployment.change(secrets={first, second, deployment.client_secret})
    deployment.configure(controller_credentials=first.id, extra_controllers=second.id)
    assert deployment.run() == ops.ActiveStatus()
    account, emea = deployment.config()["controllers"]
    assert (account["client_id"], account["client_secret_file"], account["public_hostname"]) == (
        "svc", "controller-controller-client-secret", "juju-apiserver")
    assert emea["name"] == "emea"
    assert emea["credentials_by_role"] == {"viewer": {"user": "reader", "password_file": "controller-emea-role-viewer-password"}}
    assert deployment.files()["controller-emea-role-viewer-password"] == "p2\n"


def rotate(deployment, password):
    """A new revision of the secret."""
    secret = testing.Secret(CREDENTIALS, latest_content=CREDENTIALS | {"password": password}, id=deployment.credentials.id)
    deployment.change(secrets={secret, deployment.client_secret})
    return deployment.run(deployment.context.on.secret_changed(secret))


def test_rotated_secret_is_probed_and_reloaded(deployment, signals):
    before = deployment.plan()
    assert rotate(deployment, "second-password") == ops.ActiveStatus()
    assert [tuple(command) for command in deployment.commands()] == [CHECK, DIFF, PROBE]
    assert deployment.files()["controller-controller-password"] == "second-password\n"
    assert deployment.plan() == before and signals == [("SIGHUP", "juju-mcp")]


@pytest.fixture
def signals(monkeypatch):
    """The signals that the charm sends: name and service."""
    sent = []
    monkeypatch.setattr(ops.Container, "send_signal", lambda _, *signal: sent.append(signal))
    return sent


@pytest.mark.parametrize(("change", "restarts"), [
    ("limits.burst: reload", False), ("ledger.retention_days: restart", True), ("log: reload\ntracing.otlp_endpoint: restart", True), ("", False)])
def test_server_restarts_only_for_what_the_program_does_not_reload(deployment, signals, change, restarts):
    before = deployment.plan()
    deployment.set_execs(testing.Exec(DIFF, stdout=f"{change}\n"))
    deployment.configure(calls_per_minute=60)
    assert deployment.run() == ops.ActiveStatus()
    assert PROBE not in map(tuple, deployment.commands()), "no controller changed"
    assert (deployment.plan() != before, signals == [("SIGHUP", "juju-mcp")]) == (restarts, not restarts)
    assert "unread" not in deployment.files()


def test_program_that_reports_no_changes_is_probed_and_restarted(deployment, signals):
    """An older image does not have the command."""
    before = deployment.plan()
    deployment.reject(DIFF, "unrecognized subcommand")
    deployment.configure(calls_per_minute=60)
    assert deployment.run() == ops.ActiveStatus()
    assert PROBE in map(tuple, deployment.commands()) and deployment.plan() != before and not signals


def test_interrupted_change_is_signalled_by_the_next_event(deployment, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ops.Container, "send_signal", interrupt)
        deployment.configure(calls_per_minute=60)
        with pytest.raises(KeyboardInterrupt):
            deployment.run()
    assert deployment.config()["limits"]["calls_per_minute"] == 60 and "unread" in deployment.files()
    sent = []
    monkeypatch.setattr(ops.Container, "send_signal", lambda _, *signal: sent.append(signal))
    assert deployment.run(deployment.context.on.update_status()) == ops.ActiveStatus()
    assert sent == [("SIGHUP", "juju-mcp")] and "unread" not in deployment.files()


def test_callers_act_as_themselves_at_a_controller_if_its_secret_allows_it(deployment):
    secret = testing.Secret(CREDENTIALS, latest_content=CREDENTIALS | {"act-as-caller": "use_credential"}, id=deployment.credentials.id)
    deployment.change(secrets={secret, deployment.client_secret})
    deployment.run(deployment.context.on.secret_changed(secret))
    assert deployment.config()["controllers"][0]["act_as_caller"] == {"if_refused": "use_credential"}


def test_rejected_credentials_leave_the_previous_ones_active(deployment):
    before = (deployment.files(), deployment.plan())
    deployment.reject(PROBE, "invalid entity name or password")
    assert rotate(deployment, "wrong-password") == ops.BlockedStatus(
        "invalid entity name or password; some remedy; the previous configuration stays active")
    assert (deployment.files(), deployment.plan()) == before


def test_unreachable_controller_does_not_prevent_the_first_start():
    deployment = Deployment()
    deployment.reject(PROBE, "cannot connect to controller `controller`")
    assert deployment.run() == ops.BlockedStatus("cannot connect to controller `controller`; some remedy")
    assert "controller-controller-password" in deployment.files() and "juju-mcp" in deployment.plan()["services"]


def test_policy_options_change_the_policy_file_without_restart(deployment):
    before = deployment.plan()
    deployment.configure(
        roles="dba: {effects: [read]}", role_bindings="[{role: dba, subjects: ['group:dba']}]",
        rules="[{name: r, severity: low, check: 'false', message: m}]", builtin_rules="relaxed")
    assert deployment.run() == ops.ActiveStatus()
    assert yaml.safe_load(deployment.files()["policy.yaml"]) == {
        "roles": {"dba": {"effects": ["read"]}}, "role_bindings": [{"role": "dba", "subjects": ["group:dba"]}],
        "rules": [{"name": "r", "severity": "low", "check": "false", "message": "m"}]}
    assert deployment.config()["policy"] == {"builtin_rules": "relaxed", "files": ["policy.yaml"]}
    assert deployment.plan() == before


def test_read_only_and_toolsets_are_rules_beside_own_ones(deployment):
    own = {"name": "r", "severity": "low", "check": "false", "message": "m"}
    deployment.configure(rules=yaml.safe_dump([own]), read_only=True, toolsets="status audit")
    assert deployment.run() == ops.ActiveStatus()
    first, read_only, toolsets = yaml.safe_load(deployment.files()["policy.yaml"])["rules"]
    assert first == own and read_only["applies_to"] == {"effects": ["write", "destructive"]} and read_only["check"] == "false"
    assert toolsets["except"] == {"toolsets": ["status", "audit"]} and toolsets["severity"] == "critical"
    deployment.configure(rules="", read_only=False, toolsets="")
    deployment.run()
    assert deployment.files()["policy.yaml"] == "{}\n"


def test_invalid_option_leads_to_blocked_with_the_message_of_the_program(deployment):
    before = (deployment.files(), deployment.plan())
    deployment.reject(CHECK, "`policy.yaml`, line 1, column 25: unknown variant `reed`")
    deployment.configure(roles="dba: {effects: [reed]}")
    assert deployment.run() == ops.BlockedStatus(
        "`policy.yaml`, line 1, column 25: unknown variant `reed`; some remedy; the previous configuration stays active")
    assert (deployment.files(), deployment.plan()) == before
    deployment.set_execs(testing.Exec(CHECK))
    deployment.configure(roles="")
    assert deployment.run() == ops.ActiveStatus()


@pytest.mark.parametrize(("option", "value", "problem"), [
    ("roles", "{", "the option `roles` is not valid YAML"),
    ("rules", "a: b", "the option `rules` must be a YAML list"),
    ("role_bindings", "word", "the option `role-bindings` must be a YAML list"),
    ("configuration", "[a]", "the option `configuration` must be a YAML mapping"),
    ("configuration", "listen: 0.0.0.0:1", "contains `listen`, which the charm sets"),
])
def test_unusable_yaml_leads_to_blocked_and_changes_nothing(deployment, option, value, problem):
    before = (deployment.files(), deployment.plan())
    deployment.configure(**{option: value})
    status = deployment.run()
    assert isinstance(status, ops.BlockedStatus) and problem in status.message
    assert (deployment.files(), deployment.plan()) == before


def test_configuration_option_is_merged_below_the_other_options(deployment):
    deployment.configure(
        configuration="{limits: {burst: 7, calls_per_minute: 1}, approvals: {ttl_minutes: 5}, oauth: {scopes: [openid], issuer: x}}",
        calls_per_minute=60, ledger_retention_days=90, clients_without_audience="a b")
    assert deployment.run() == ops.ActiveStatus()
    config = deployment.config()
    assert config["limits"] == {"burst": 7, "calls_per_minute": 60} and config["ledger"] == {"retention_days": 90}
    assert config["approvals"]["ttl_minutes"] == 5
    assert config["oauth"]["issuer"] == "https://iam.example" and config["oauth"]["scopes"] == ["openid"]
    assert config["oauth"]["clients_without_audience"] == ["a", "b"]


def test_log_level_is_part_of_the_configuration_which_is_reloaded(deployment):
    before = deployment.plan()
    deployment.configure(log_level="debug")
    deployment.run()
    assert deployment.config()["log"] == "debug" and deployment.plan() == before


def test_static_tokens_replace_the_identity_provider():
    deployment = Deployment()
    tokens = testing.Secret({"viewer": "token-1", "operator": "token-2"})
    deployment.change(secrets={deployment.credentials, tokens}, relations=set())
    deployment.configure(static_tokens=tokens.id)
    assert deployment.run() == ops.ActiveStatus()
    assert deployment.config()["tokens"] == [{"role": "operator", "file": "token-operator"}, {"role": "viewer", "file": "token-viewer"}]
    assert "oauth" not in deployment.config() and deployment.files()["token-viewer"] == "token-1\n"


def test_several_problems_are_counted_in_the_status():
    deployment = Deployment()
    deployment.change(config={"extra-controllers": "secret:cc7u9tl4d9e2ql3s4l70"}, relations=set(), planned_units=2)
    assert deployment.run().message.endswith("(and 3 more problems)")


def test_second_unit_leads_to_blocked(deployment):
    deployment.change(planned_units=2)
    assert "juju scale-application juju-mcp 1" in deployment.run().message


def test_failing_health_check_leads_to_waiting_with_the_reason(deployment):
    container = deployment.state.get_container("juju-mcp")
    infos = {testing.CheckInfo("ready", failures=3, status=ops.pebble.CheckStatus.DOWN, level=ops.pebble.CheckLevel.READY),
             testing.CheckInfo("alive", level=ops.pebble.CheckLevel.ALIVE)}
    deployment.change(containers={conftest.dataclasses.replace(container, check_infos=infos)})
    assert "the health check `ready` fails" in deployment.run(deployment.context.on.update_status()).message
    deployment.reject(PROBE, "controller `controller` cannot be reached")
    assert deployment.run(deployment.context.on.update_status()) == ops.WaitingStatus(
        "controller `controller` cannot be reached; some remedy")


def test_restarted_pod_gets_all_files_again(deployment):
    before = deployment.config()
    fresh = Deployment()
    fresh.change(config=deployment.state.config, secrets=deployment.state.secrets, relations=deployment.state.relations)
    assert fresh.run(fresh.context.on.pebble_ready(fresh.state.get_container("juju-mcp"))) == ops.ActiveStatus()
    assert fresh.config() == before


@pytest.mark.parametrize("option", [
    {"roles": "{"}, {"configuration": "listen: 0.0.0.0:1"}, {"extra_controllers": "secret:cc7u9tl4d9e2ql3s4l70"}])
def test_removed_provider_stops_the_server_beside_another_problem(deployment, option):
    deployment.configure(**option)
    assert isinstance(deployment.run(), ops.BlockedStatus)
    service = deployment.state.get_container("juju-mcp").service_statuses
    assert service["juju-mcp"] == ops.pebble.ServiceStatus.ACTIVE, "an invalid option alone keeps the server running"
    deployment.run_relation("broken", deployment.oauth)
    assert deployment.state.get_container("juju-mcp").service_statuses["juju-mcp"] == ops.pebble.ServiceStatus.INACTIVE
    deployment.unrelate("oauth")
    deployment.configure(**{name: "" for name in option})
    deployment.run()
    assert deployment.config()["reject_all_callers"] is True
    assert deployment.state.get_container("juju-mcp").service_statuses["juju-mcp"] == ops.pebble.ServiceStatus.ACTIVE


def test_rejected_configuration_stops_a_server_without_provider(deployment):
    deployment.reject(CHECK, "something is wrong")
    deployment.run_relation("broken", deployment.oauth)
    assert deployment.state.get_container("juju-mcp").service_statuses["juju-mcp"] == ops.pebble.ServiceStatus.INACTIVE


PROBLEMS = {
    "one unit is supported": {"units": 2},
    "are both integrated": {"related": {"oauth", "ingress", "istio-ingress-route"}},
    "every caller is rejected": {"related": set(), "provider": False},
    "waiting for the identity provider": {"provider": False},
    "waiting for the provider of `certificates`": {"related": {"oauth", "certificates"}},
}


@pytest.mark.parametrize(("text", "facts"), PROBLEMS.items())
def test_each_predicate_alone_yields_its_problem(text, facts):
    healthy = {"app": "juju-mcp", "units": 1, "related": {"oauth"}, "provider": True, "tokens": False, "certificate": False}
    assert status.problems(**healthy) == []
    (problem,) = status.problems(**healthy | facts)
    assert text in problem.message and problem.blocked == (not problem.message.startswith("waiting"))


def test_blocking_problem_comes_first_and_the_others_are_counted():
    waiting, blocked = status.Problem("waits", blocked=False), status.Problem("acts")
    assert status.unit_status([]) == ops.ActiveStatus()
    assert status.unit_status([waiting]) == ops.WaitingStatus("waits")
    assert status.unit_status([waiting, blocked]) == ops.BlockedStatus("acts (and 1 more problem)")
    assert status.unit_status([waiting, blocked, waiting]) == ops.BlockedStatus("acts (and 2 more problems)")
    long = status.unit_status([status.Problem("x" * 999, consequence="; it stays active")]).message
    assert len(long) == status.MAX_MESSAGE and long.endswith("x...; it stays active")


def constructors(deployment):
    """A function that makes the event of ops.testing, for each event of the charm by its name in ops."""
    on = deployment.context.on
    own = testing.Secret({"a": "b"}, owner="app")
    for attribute in ("_tracked_revision", "_latest_revision"):  # revision 1 is an old one, as in Juju's events
        object.__setattr__(own, attribute, 2)
    storage, check = testing.Storage("state"), testing.CheckInfo("ready", level=ops.pebble.CheckLevel.READY, failures=3, threshold=3,
                                                                    status=ops.pebble.CheckStatus.DOWN)
    notice = testing.Notice("example.com/a")
    before = deployment.state.get_container("juju-mcp")
    container = conftest.dataclasses.replace(before, notices=[notice], check_infos={check, testing.CheckInfo("alive", level=ops.pebble.CheckLevel.ALIVE)})
    deployment.change(containers={container}, secrets={*deployment.state.secrets, own}, storages={storage})
    made = {name: getattr(on, name) for name in ("start", "stop", "install", "remove", "config_changed", "update_status", "leader_elected",
                                                 "upgrade_charm")}
    made |= {
        "secret_changed": lambda: on.secret_changed(deployment.credentials), "secret_rotate": lambda: on.secret_rotate(own),
        "secret_remove": lambda: on.secret_remove(own, revision=1), "secret_expired": lambda: on.secret_expired(own, revision=1),
        "state_storage_attached": lambda: on.storage_attached(storage), "state_storage_detaching": lambda: on.storage_detaching(storage),
        "juju_mcp_pebble_ready": lambda: on.pebble_ready(container),
        "juju_mcp_pebble_custom_notice": lambda: on.pebble_custom_notice(container, notice),
        "juju_mcp_pebble_check_failed": lambda: on.pebble_check_failed(container, check),
        "juju_mcp_pebble_check_recovered": lambda: on.pebble_check_recovered(container, check)}
    for relation in deployment.state.relations:
        for kind in ("created", "joined", "changed", "departed"):
            name = f"{relation.endpoint.replace('-', '_')}_relation_{kind}"
            made[name] = lambda kind=kind, relation=relation: getattr(on, f"relation_{kind}")(relation)
    return made


def relate_all(deployment):
    """Adds an empty relation for each endpoint that changes nothing by itself."""
    for endpoint in (*deployment.meta["requires"], *deployment.meta["provides"]):
        if not deployment.state.get_relations(endpoint) and endpoint not in ("istio-ingress-route", "certificates"):
            deployment.relate(testing.Relation(endpoint, remote_units_data={0: {}}))


def test_every_event_leads_to_the_same_configuration(deployment):
    """No event is special: each of them, for each relation, runs the one reconciliation."""
    relate_all(deployment)
    assert deployment.run() == ops.ActiveStatus()
    expected = (deployment.files(), deployment.plan())
    made = constructors(deployment)
    before = deployment.state
    for name, construct in made.items():
        if name not in IGNORED_EVENTS:
            (deployment.etc() / "active" / "policy.yaml").write_text("changed: by hand")
        deployment.run(construct())
        assert (deployment.files(), deployment.plan()) == expected, name
        deployment.state = before


def test_every_event_of_the_charm_has_a_test(deployment):
    relate_all(deployment)
    made = constructors(deployment)
    known = set()

    class Spy(JujuMcpCharm):
        def __init__(self, framework):
            super().__init__(framework)
            known.update(self.on.events())

    context = testing.Context(Spy, meta={key: value for key, value in deployment.meta.items() if key not in ("config", "parts")},
                              config=deployment.meta["config"], app_name="juju-mcp")
    context.run(context.on.start(), deployment.state)
    # relation-broken has a test for each relation; certificates and istio-ingress-route have tests of their own; the others are of ops
    own_tests = {name for name in known if name.endswith(("_action", "_relation_broken")) or name.startswith(("certificates_", "istio_"))}
    of_ops = {"collect_app_status", "collect_unit_status", "collect_metrics", "leader_settings_changed", "pre_series_upgrade", "post_series_upgrade"}
    assert known - own_tests - of_ops == set(made)


@pytest.mark.parametrize("endpoint", ["ingress", "receive-ca-cert", "logging", "metrics-endpoint", "grafana-dashboard", "tracing", "charm-tracing", "mcp"])
def test_removed_relation_leads_to_the_configuration_without_it(deployment, endpoint):
    before = (deployment.files(), deployment.plan())
    relation = deployment.relate(testing.Relation(endpoint))
    deployment.run_relation("created", relation)
    assert deployment.run_relation("broken", relation) == ops.ActiveStatus()
    assert (deployment.files(), deployment.plan()) == before
