#!/usr/bin/env python3
"""The charm of juju-mcp. Every event leads to the same reconciliation: from options, secrets and relations to files and a Pebble layer."""

import json
import pathlib
import socket
from collections.abc import Iterator

import ops
import yaml

import configuration
import controllers
import relations
import status
from configuration import METRICS_PORT, PORT, Inputs
from status import Problem
from workload import Workload

CONTAINER = "juju-mcp"
ALERT_RULES = pathlib.Path(__file__).parent / "prometheus_alert_rules.yaml"
# Events that change nothing for the workload, or come after the container is gone.
IGNORED_EVENTS = frozenset({"collect_app_status", "collect_unit_status", "collect_metrics", "install", "stop", "remove"})


class JujuMcpCharm(ops.CharmBase):
    """Runs juju-mcp in a container."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        self.workload = Workload(self.unit.get_container(CONTAINER))
        self.topology = relations.Topology(self.model.name, self.model.uuid, self.app.name, self.unit.name, self.meta.name)
        for name, event in self.on.events().items():
            if name not in IGNORED_EVENTS and not name.endswith("_action"):
                framework.observe(event, self._reconcile)

    def _reconcile(self, _: ops.EventBase):
        self.unit.set_ports(PORT)
        public_url = self._public_url()
        self._publish(public_url)
        if not self.workload.container.can_connect():
            self.unit.status = status.unit_status([Problem("waiting for the container", blocked=False)])
            return
        inputs, problems = self._inputs(public_url)
        files = configuration.files(inputs)
        problems += files.problems
        if not problems:
            problems = self.workload.activate(files.content)
        not_started = self.workload.start(str(self.config["log-level"]), self._log_targets())
        problems = problems or not_started
        problems += status.too_many_units(self.app.planned_units(), self.app.name)
        problems += status.no_authentication(self._relation("oauth") is not None, inputs.provider is not None, bool(inputs.tokens))
        if not problems:
            problems += self.workload.health_problems()
        self.unit.status = status.unit_status(problems)

    def _inputs(self, public_url: str) -> tuple[Inputs, list[Problem]]:
        problems: list[Problem] = []
        contents = {}
        for source, uri in self._controller_secrets():
            if not uri:
                problems.append(
                    Problem(f"no controller: run `juju grant-secret NAME {self.app.name}`, then set the option `{source}` to the secret")
                )
            elif (content := self._secret(uri, f"the option `{source}`", problems)) is not None:
                contents[f"`{source}`" if source == "controller-credentials" else uri] = content
        token_secret = str(self.config.get("static-tokens") or "")
        tokens = self._secret(token_secret, "the option `static-tokens`", problems) if token_secret else None
        provider = self._provider(problems)
        if self._relation("oauth") and not provider:
            tokens = None  # while the provider is not ready, no other way in is open
        sections, token_files = controllers.static_tokens(tokens or {})
        ca_certificates = [
            text
            for relation in self._relations("receive-ca-cert")
            for text in relations.ca_certificates(relation.data[relation.app], [relation.data[unit] for unit in relation.units])
        ]
        inputs = Inputs(
            options=self.config,
            controllers=controllers.from_secrets(contents),
            tokens=sections,
            token_files=token_files,
            provider=provider,
            ca_certificates=sorted(set(ca_certificates)),
            public_url=public_url,
            host_names=sorted({self._service_name(), public_url.split("://")[-1].split("/")[0].split(":")[0]}),
        )
        return inputs, problems

    def _controller_secrets(self) -> Iterator[tuple[str, str]]:
        yield "controller-credentials", str(self.config.get("controller-credentials") or "")
        for uri in str(self.config["extra-controllers"]).replace(",", " ").split():
            yield "extra-controllers", uri

    def _secret(self, uri: str, source: str, problems: list[Problem]) -> dict[str, str] | None:
        """The newest content of a secret. Real controllers report a missing grant as ModelError."""
        try:
            return self.model.get_secret(id=uri).get_content(refresh=True)
        except (ops.SecretNotFoundError, ops.ModelError):
            problems.append(Problem(f"cannot read the secret of {source}: run `juju grant-secret NAME {self.app.name}`"))
            return None

    def _provider(self, problems: list[Problem]) -> relations.OauthProvider | None:
        relation = self._relation("oauth")
        databag = relation.data[relation.app] if relation else {}
        if not all(databag.get(key) for key in ("issuer_url", "introspection_endpoint", "client_id", "client_secret_id")):
            return None
        content = self._secret(databag["client_secret_id"], "the relation `oauth`", problems)
        return relations.oauth_provider(databag, content["secret"]) if content else None

    def _public_url(self) -> str:
        if configured := str(self.config["public-url"]).strip().rstrip("/"):
            return configured
        relation = self._relation("ingress")
        return (relation and relations.ingress_url(relation.data[relation.app])) or f"http://{self._service_name()}:{PORT}"

    def _service_name(self) -> str:
        return f"{self.app.name}.{self.model.name}.svc.cluster.local"

    def _publish(self, public_url: str):
        """Writes our side of all relations."""
        address = self._address()
        for relation in self._relations("ingress"):
            relation.data[self.unit].update(relations.ingress_unit(socket.getfqdn(), address))
        for relation in self._relations("metrics-endpoint"):
            relation.data[self.unit].update(relations.scrape_unit(self.unit.name, address or "", socket.getfqdn()))
        if not self.unit.is_leader():
            return
        rules = yaml.safe_load(ALERT_RULES.read_text())
        by_endpoint = {
            "oauth": relations.oauth_requirer(public_url),
            "ingress": relations.ingress_app(self.model.name, self.app.name, PORT),
            "receive-ca-cert": {"version": "1"},
            "metrics-endpoint": relations.scrape_app(self.topology, METRICS_PORT, rules),
            "logging": {"metadata": self.topology.as_json(), "alert_rules": json.dumps({})},
        }
        for endpoint, databag in by_endpoint.items():
            for relation in self._relations(endpoint):
                relation.data[self.app].update(databag)

    def _address(self) -> str | None:
        binding = self.model.get_binding("juju-info")
        address = binding.network.bind_address if binding else None
        return str(address) if address else None

    def _log_targets(self) -> dict:
        endpoints: dict[str, str] = dict.fromkeys(self.workload.previous_log_targets(), "")
        for relation in self._relations("logging"):
            endpoints |= {unit.name: url for unit in relation.units if (url := relations.loki_url(relation.data[unit]))}
        return relations.log_targets(self.topology, endpoints)

    def _relations(self, endpoint: str) -> list[ops.Relation]:
        """Relations of an endpoint, without one that is being removed."""
        return [relation for relation in self.model.relations[endpoint] if relation.active and relation.app]

    def _relation(self, endpoint: str) -> ops.Relation | None:
        return next(iter(self._relations(endpoint)), None)


if __name__ == "__main__":
    ops.main(JujuMcpCharm)
