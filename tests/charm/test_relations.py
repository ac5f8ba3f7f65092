"""The databags of each relation: against the output of the official libraries, and their effect on the server."""
import dataclasses
import json
import pathlib

import ops
import pytest
from charmlibs.interfaces import certificate_transfer, istio_ingress_route, mcp, oauth
from configuration import METRICS_PORT
from conftest import PROVIDER, Deployment
from ops import testing

# Output of the official libraries for an application `mcp-server-juju` on port 8080, with ops.testing's default addresses.
OFFICIAL = json.loads((pathlib.Path(__file__).parent / "relation_databags.json").read_text())
UUID = "c2e9f4d5-dcb3-4870-8509-330eb9745ee8"


def official_app():
    """Our application under the names of the official output."""
    deployment = Deployment("mcp-server-juju")
    deployment.change(model=testing.Model("juju", uuid=UUID, type="kubernetes"))
    return deployment


def decoded(databag):
    """A databag with its JSON values decoded, without the keys that Juju adds."""
    own = {key: text for key, text in databag.items() if key not in ("egress-subnets", "ingress-address", "private-address")}

    def value(text):
        try:
            return json.loads(text)
        except ValueError:
            return text

    return {key: value(text) for key, text in own.items()}


def with_charm_name(databag):
    """The official output with the name of our charm."""
    metadata = "scrape_metadata" if "scrape_metadata" in databag else "metadata"
    databag[metadata]["charm_name"] = "juju-mcp"
    return databag


def requirer_output(library_class, meta, **relation):
    """The application databag that an official requirer library writes."""
    context = testing.Context(library_class, meta={"name": "official"} | meta)
    related = testing.Relation(**relation)
    state = testing.State(leader=True, relations={related})
    (after,) = context.run(context.on.relation_created(related), state).relations
    return after.local_app_data


class OfficialOauth(ops.CharmBase):
    """A charm that uses the official `oauth` library with our client."""

    def __init__(self, framework):
        super().__init__(framework)
        self.library = oauth.OAuthRequirer(self, oauth.ClientConfig(
            redirect_uri="https://mcp.example/console/callback",
            scope="openid profile email offline_access juju:read juju:write juju:sensitive juju:approve",
            grant_types=["authorization_code", "refresh_token"], audience=["https://mcp.example/mcp"]))


class OfficialTransfer(ops.CharmBase):
    """A charm that uses the official `certificate_transfer` library."""

    def __init__(self, framework):
        super().__init__(framework)
        self.library = certificate_transfer.CertificateTransferRequires(self, "receive-ca-cert")


def test_oauth_databag_equals_the_official_one(deployment):
    deployment.configure(public_url="https://mcp.example/")
    deployment.run()
    official = requirer_output(OfficialOauth, {"requires": {"oauth": {"interface": "oauth"}}}, endpoint="oauth")
    assert decoded(deployment.databag("oauth")) == decoded(official)


def test_oauth_provider_fills_the_configuration():
    deployment = Deployment()
    deployment.oauth = deployment.relate(dataclasses.replace(deployment.oauth, remote_app_data={
        **deployment.oauth.remote_app_data, "groups": "teams", "ca_chain": json.dumps(["ca one", "ca two"])}))
    deployment.configure(public_url="https://mcp.example")
    assert deployment.run_relation("changed", deployment.oauth) == ops.ActiveStatus()
    assert deployment.config()["oauth"] == {
        "issuer": "https://iam.example", "public_url": "https://mcp.example", "groups_claim": "teams",
        "ca_certificate_file": "ca.pem", "introspection": {
            "url": PROVIDER["introspection_endpoint"], "client_id": "client-1", "client_secret_file": "oauth-client-secret"}}
    assert deployment.files()["ca.pem"] == "ca one\nca two\n"


def test_oauth_without_client_leads_to_waiting_and_rejects_callers():
    deployment = Deployment()
    deployment.relate(dataclasses.replace(deployment.oauth, remote_app_data={}))
    assert deployment.run() == ops.WaitingStatus("waiting for the identity provider to register the client")
    assert deployment.config()["reject_all_callers"] is True and "oauth" not in deployment.config()


def test_oauth_removed_rejects_callers_and_restarts(deployment):
    before = deployment.plan()
    status = deployment.run_relation("broken", deployment.oauth)
    assert isinstance(status, ops.BlockedStatus) and status.message.startswith("every caller is rejected")
    assert deployment.config()["reject_all_callers"] is True
    assert not {"oauth", "console", "tokens"} & set(deployment.config())
    assert "oauth-client-secret" not in deployment.files() and deployment.plan() != before


def test_oauth_removed_with_waiting_provider_never_falls_back_to_static_tokens():
    deployment = Deployment()
    tokens = testing.Secret({"viewer": "token-1"})
    deployment.change(secrets={deployment.credentials, tokens})
    deployment.configure(static_tokens=tokens.id)
    deployment.relate(dataclasses.replace(deployment.oauth, remote_app_data={}))
    deployment.run()
    assert "tokens" not in deployment.config() and deployment.config()["reject_all_callers"] is True


def test_oauth_client_secret_rotation_reaches_the_container(deployment):
    secret = testing.Secret({"secret": "oauth-client-password"}, latest_content={"secret": "rotated"}, id=deployment.client_secret.id)
    deployment.change(secrets={deployment.credentials, secret})
    assert deployment.run(deployment.context.on.secret_changed(secret)) == ops.ActiveStatus()
    assert deployment.files()["oauth-client-secret"] == "rotated\n"


def test_ingress_databags_equal_the_official_ones():
    deployment = official_app()
    ingress = deployment.relate(testing.Relation("ingress"))
    deployment.run_relation("created", ingress)
    (after,) = deployment.state.get_relations("ingress")
    assert after.local_app_data == OFFICIAL["ingress"]["app"]
    assert decoded(after.local_unit_data).keys() == OFFICIAL["ingress"]["unit"].keys()
    assert after.local_unit_data["ip"] == OFFICIAL["ingress"]["unit"]["ip"]


def test_ingress_url_becomes_the_public_url(deployment):
    ingress = deployment.relate(
        testing.Relation("ingress", remote_app_data={"ingress": json.dumps({"url": "https://gw.example/prod-juju-mcp/"})}))
    assert deployment.run_relation("changed", ingress) == ops.ActiveStatus()
    assert deployment.config()["oauth"]["public_url"] == "https://gw.example/prod-juju-mcp"
    assert "gw.example" in deployment.config()["allowed_hosts"]
    assert deployment.databag("oauth")["redirect_uri"] == "https://gw.example/prod-juju-mcp/console/callback"
    assert json.loads(deployment.databag("oauth")["audience"]) == ["https://gw.example/prod-juju-mcp/mcp"]
    deployment.run_relation("broken", ingress)
    assert deployment.config()["oauth"]["public_url"] == "http://juju-mcp.prod.svc.cluster.local:8080"


@pytest.mark.parametrize("value", ["", "no json", "[]", '{"url": 5}', "null"])
def test_ingress_with_malformed_url_is_ignored(deployment, value):
    ingress = deployment.relate(testing.Relation("ingress", remote_app_data={"ingress": value}))
    assert deployment.run_relation("changed", ingress) == ops.ActiveStatus()
    assert deployment.config()["oauth"]["public_url"] == "http://juju-mcp.prod.svc.cluster.local:8080"


def test_ca_certificate_databag_equals_the_official_one_and_is_trusted(deployment):
    meta = {"requires": {"receive-ca-cert": {"interface": "certificate_transfer"}}}
    official = requirer_output(OfficialTransfer, meta, endpoint="receive-ca-cert")
    version_1 = deployment.relate(testing.Relation("receive-ca-cert", remote_app_data={"certificates": '["CA b"]', "version": "1"}))
    deployment.relate(testing.Relation("receive-ca-cert", remote_app_name="old", remote_units_data={0: {"ca": "CA a"}}))
    assert deployment.run_relation("changed", version_1) == ops.ActiveStatus()
    assert deployment.state.get_relation(version_1.id).local_app_data == official == OFFICIAL["receive-ca-cert"]["app"]
    assert deployment.files()["ca.pem"] == "CA a\nCA b\n"


TEMPO = {"protocol": {"name": "otlp_http", "type": "http"}, "url": "https://tempo.obs.svc.cluster.local:4318"}


def test_tracing_receiver_reaches_the_configuration(deployment):
    tracing = deployment.relate(testing.Relation("tracing"))
    assert deployment.run_relation("created", tracing) == ops.ActiveStatus()
    assert deployment.databag("tracing") == OFFICIAL["workload-tracing"]["app"]
    assert "tracing" not in deployment.config(), "no receiver yet"
    receivers = [{"protocol": {"name": "zipkin", "type": "http"}, "url": "http://x:1"}, TEMPO]
    tracing = deployment.relate(dataclasses.replace(tracing, remote_app_data={"receivers": json.dumps(receivers)}))
    deployment.relate(testing.Relation("receive-ca-cert", remote_app_data={"certificates": '["CA b"]', "version": "1"}))
    assert deployment.run_relation("changed", tracing) == ops.ActiveStatus()
    assert deployment.config()["tracing"] == {"otlp_endpoint": TEMPO["url"], "ca_certificate_file": "ca.pem"}
    assert deployment.files()["ca.pem"] == "CA b\n"
    attributes = deployment.plan()["services"]["juju-mcp"]["environment"]["OTEL_RESOURCE_ATTRIBUTES"].split(",")
    assert attributes == ["juju_model=prod", f"juju_model_uuid={UUID}", "juju_application=juju-mcp", "juju_charm=juju-mcp", "juju_unit=juju-mcp/0"]
    assert deployment.run_relation("broken", tracing) == ops.ActiveStatus()
    assert "tracing" not in deployment.config()


@pytest.mark.parametrize("value", ["", "no json", "{}", "[1]", '[{"protocol": 1}]', '[{"protocol": {"name": "otlp_http"}}]'])
def test_tracing_with_malformed_receivers_is_ignored(deployment, value):
    tracing = deployment.relate(testing.Relation("tracing", remote_app_data={"receivers": value}))
    assert deployment.run_relation("changed", tracing) == ops.ActiveStatus()
    assert "tracing" not in deployment.config()


def test_charm_sends_its_own_traces_to_the_receiver_of_charm_tracing(deployment, monkeypatch):
    destinations = []
    monkeypatch.setattr("ops.tracing.set_destination", lambda url, ca: destinations.append((url, ca)))
    tracing = deployment.relate(testing.Relation("charm-tracing"))
    assert deployment.run_relation("created", tracing) == ops.ActiveStatus()
    assert deployment.databag("charm-tracing") == OFFICIAL["workload-tracing"]["app"]
    ca = deployment.relate(testing.Relation("receive-ca-cert", remote_app_data={"certificates": '["CA b"]', "version": "1"}))
    tracing = deployment.relate(dataclasses.replace(tracing, remote_app_data={"receivers": json.dumps([TEMPO])}))
    deployment.run_relation("changed", tracing)
    assert destinations[-1] == (TEMPO["url"] + "/v1/traces", "CA b")
    assert "tracing" not in deployment.config(), "the server has a relation of its own"
    assert deployment.state.get_relation(ca.id).local_app_data == OFFICIAL["receive-ca-cert"]["app"]


class OfficialMcp(ops.CharmBase):
    """A charm that defines a prompt and a tool with the official `mcp` library."""

    def __init__(self, framework):
        super().__init__(framework)
        self.library = mcp.McpProvider(self)
        framework.observe(self.on["mcp"].relation_created, self.define)

    def define(self, _):
        """Defines them."""
        prompt = mcp.Prompt("check", "Checks backups", "Check {{app}}.", arguments=[mcp.PromptArgument("app", "An application", required=True)])
        tool = mcp.Tool("wipe", "Wipes it", handler=mcp.ExecHandler(command=["wipe"]), input_schema={"type": "object"})
        self.library.set_definitions(mcp.McpDefinitions(prompts=[prompt], tools=[tool]))


def official_definitions():
    """The databag that the official library writes."""
    return requirer_output(OfficialMcp, {"provides": {"mcp": {"interface": "mcp"}}}, endpoint="mcp")


def test_definitions_of_applications_reach_the_program(deployment):
    first = deployment.relate(testing.Relation("mcp", remote_app_name="backup", remote_app_data=official_definitions()))
    deployment.relate(testing.Relation("mcp", remote_app_name="empty"))
    assert deployment.run_relation("changed", first) == ops.ActiveStatus()
    assert deployment.config()["prompts"] == {"file": "prompts.json"}, "no role receives prompts by default"
    definitions = json.loads(deployment.files()["prompts.json"])
    assert definitions.keys() == {"backup"} and "Check {{app}}." in definitions["backup"]
    deployment.configure(prompt_roles="operator  viewer")
    assert deployment.run() == ops.ActiveStatus()
    assert deployment.config()["prompts"]["roles"] == ["operator", "viewer"]
    assert deployment.run_relation("broken", first) == ops.ActiveStatus()
    assert "prompts" not in deployment.config() and "prompts.json" not in deployment.files()


def test_scrape_databags_have_the_official_form():
    deployment = official_app()
    metrics = deployment.relate(testing.Relation("metrics-endpoint"))
    deployment.run_relation("created", metrics)
    (after,) = deployment.state.get_relations("metrics-endpoint")
    ours, official = decoded(after.local_app_data), with_charm_name(decoded(OFFICIAL["metrics-endpoint"]["app"]))
    assert ours["scrape_metadata"] == official["scrape_metadata"]
    official["scrape_jobs"][0]["static_configs"][0]["targets"] = [f"*:{METRICS_PORT}"]
    assert ours["scrape_jobs"] == official["scrape_jobs"]
    unit = {key: after.local_unit_data[key] for key in ("prometheus_scrape_unit_address", "prometheus_scrape_unit_name")}
    assert unit == {key: OFFICIAL["metrics-endpoint"]["unit"][key] for key in unit}
    (group,), (model_group, _) = ours["alert_rules"]["groups"], official["alert_rules"]["groups"]
    assert group.keys() == model_group.keys()
    for rule in group["rules"]:
        assert f'juju_model_uuid="{UUID}"' in rule["expr"] and "%%" not in rule["expr"]
        assert {"juju_model": "juju", "juju_application": "mcp-server-juju"}.items() <= rule["labels"].items()
        assert rule["annotations"]["summary"]


def test_log_targets_equal_the_official_ones_and_are_disabled_after_removal():
    deployment = official_app()
    url = "http://loki:3100/loki/api/v1/push"
    logging = deployment.relate(testing.Relation(
        "logging", remote_app_name="remote", remote_units_data={0: {"endpoint": json.dumps({"url": url})}}))
    deployment.run_relation("changed", logging)
    (after,) = deployment.state.get_relations("logging")
    official = OFFICIAL["logging"]
    assert decoded(after.local_app_data)["metadata"] == with_charm_name(decoded(official["app"]))["metadata"]
    expected = {unit: target | {"labels": target["labels"] | {"charm": "juju-mcp"}} for unit, target in official["pebble_log_targets"].items()}
    assert deployment.plan()["log-targets"] == expected
    deployment.run_relation("broken", logging)
    assert deployment.plan()["log-targets"]["remote/0"]["services"] == ["-all"]


def test_follower_writes_no_application_databag():
    deployment = Deployment()
    deployment.change(leader=False)
    assert deployment.run() == ops.ActiveStatus()
    assert deployment.databag("oauth") == {}


class OfficialIstio(ops.CharmBase):
    """A charm that uses the official `istio_ingress_route` library with our route."""

    def __init__(self, framework):
        super().__init__(framework)
        self.library = istio_ingress_route.IstioIngressRouteRequirer(self, "istio-ingress-route")
        framework.observe(self.on["istio-ingress-route"].relation_created, self.submit)

    def submit(self, _):
        """Submits what our charm submits, in the terms of the library."""
        api = istio_ingress_route
        listener = api.Listener(port=80, protocol=api.ProtocolType.HTTP)
        match = api.HTTPRouteMatch(path=api.HTTPPathMatch(type=api.HTTPPathMatchType.PathPrefix, value="/"))
        route = api.HTTPRoute(name="juju-mcp", listener=listener, matches=[match], backends=[api.BackendRef(service="juju-mcp", port=8080)])
        self.library.submit_config(api.IstioIngressRouteConfig(model="prod", listeners=[listener], http_routes=[route]))


def test_istio_databag_equals_the_official_one_and_its_host_is_the_public_url(deployment):
    official = testing.Context(OfficialIstio, meta={"name": "official", "requires": {"istio-ingress-route": {"interface": "istio_ingress_route"}}})
    related = testing.Relation("istio-ingress-route")
    (expected,) = official.run(official.on.relation_created(related), testing.State(leader=True, relations={related})).relations
    istio = deployment.relate(testing.Relation("istio-ingress-route"))
    assert deployment.run_relation("created", istio) == ops.ActiveStatus()
    assert decoded(deployment.databag("istio-ingress-route")) == decoded(expected.local_app_data)
    istio = deployment.relate(dataclasses.replace(istio, remote_app_data={"external_host": "mcp.example", "tls_enabled": "True"}))
    assert deployment.run_relation("changed", istio) == ops.ActiveStatus()
    config = json.loads(deployment.databag("istio-ingress-route")["config"])
    assert config["listeners"][0]["port"] == config["http_routes"][0]["listener"]["port"] == 443
    assert deployment.config()["oauth"]["public_url"] == "https://mcp.example"
    assert "mcp.example" in deployment.config()["allowed_hosts"]


def test_both_ingresses_lead_to_blocked(deployment):
    deployment.relate(testing.Relation("ingress", remote_app_data={"ingress": json.dumps({"url": "https://a.example/prod-juju-mcp"})}))
    istio = deployment.relate(testing.Relation("istio-ingress-route", remote_app_data={"external_host": "b.example", "tls_enabled": "False"}))
    assert deployment.run_relation("created", istio) == ops.BlockedStatus("`ingress` and `istio-ingress-route` are both integrated: remove one")
    deployment.unrelate("istio-ingress-route")
    assert deployment.run() == ops.ActiveStatus()


def test_ingress_receives_the_scheme_of_the_server():
    deployment = Deployment()
    ingress = deployment.relate(testing.Relation("ingress"))
    deployment.run_relation("created", ingress)
    assert "scheme" not in deployment.databag("ingress")
    deployment.relate(testing.Relation("certificates"))
    deployment.run()
    assert deployment.databag("ingress")["scheme"] == '"https"'
    deployment.unrelate("certificates")
    deployment.run()
    assert "scheme" not in deployment.databag("ingress")
