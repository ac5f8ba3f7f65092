#!/usr/bin/env python3
"""The charm of juju-mcp. Every event leads to the same reconciliation: from options, secrets and relations to files and a Pebble layer."""

import contextlib
import pathlib
import re
import shutil
import socket
import tempfile
from collections.abc import Mapping
from typing import Any, NoReturn

import ops
import ops_tracing
from charmlibs.interfaces import tls_certificates

import actions
import configuration
import controllers
import relations
import status
import workload
from configuration import METRICS_PORT, PORT, STATE_DIR, Inputs
from status import Problem
from workload import CommandError, Workload

CONTAINER = "juju-mcp"
# What a certificate can name: no address, and no characters that need an encoding.
HOST_NAME = re.compile(r"[A-Za-z0-9.-]*[A-Za-z][A-Za-z0-9-]*")
# Events that change nothing for the workload, or come after the container is gone.
IGNORED_EVENTS = frozenset({"collect_app_status", "collect_unit_status", "collect_metrics", "install", "stop", "remove"})


class JujuMcpCharm(ops.CharmBase):
    """Runs juju-mcp in a container."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        self.workload = Workload(self.unit.get_container(CONTAINER))
        self.problems: list[Problem] = []
        self.topology = relations.topology(self.model.name, self.model.uuid, self.app.name, self.unit.name, self.meta.name)
        self.service_name = f"{self.app.name}.{self.model.name}.svc.cluster.local"
        self.tls = bool(self._relation("certificates"))
        self.public_url = self._public_url()
        self.host_names = sorted({self.service_name, self.public_url.split("://")[-1].split("/")[0].split(":")[0]})
        names = frozenset(filter(HOST_NAME.fullmatch, self.host_names))
        self.certificate_request = tls_certificates.CertificateRequestAttributes(common_name=self.app.name[:64], sans_dns=names)
        self.certificates = tls_certificates.TLSCertificatesRequiresV4(
            self, "certificates", [self.certificate_request], key_algorithm=tls_certificates.KeyAlgorithm.ECDSA
        )
        self.tracing = ops_tracing.Tracing(self, "charm-tracing", ca_relation_name="receive-ca-cert")
        for name, event in self.on.events().items():
            if name not in IGNORED_EVENTS:
                framework.observe(event, self._on_action if name.endswith("_action") else self._reconcile)

    def _reconcile(self, _: ops.EventBase):
        self.unit.set_ports(PORT)
        self._publish()
        if not self.workload.container.can_connect():
            self.unit.status = ops.WaitingStatus("waiting for the container")
            return
        inputs = self._inputs()
        files, found = configuration.files(inputs)
        problems = self.problems + found
        provider, tokens, certificate = bool(inputs.provider), bool(inputs.tokens), configuration.TLS_KEY in files
        complete = certificate == self.tls
        if not problems and complete:
            problems = self.workload.activate(files)
        if (problems or not complete) and not provider and not tokens:
            self.workload.stop()  # what cannot be applied must not keep access open that was removed
        else:
            problems = self.workload.start(self._log_endpoints(), self.topology) or problems
        related = [endpoint for endpoint in self.meta.relations if self._relation(endpoint)]
        problems += status.problems(self.app.name, self.app.planned_units(), related, provider, tokens, certificate)
        self.unit.status = status.unit_status(problems or self.workload.health_problems())

    def _inputs(self) -> Inputs:
        contents = {}
        extra = str(self.config["extra-controllers"]).replace(",", " ").split()
        uris = [str(self.config.get("controller-credentials") or ""), *extra]
        for source, uri in zip(["controller-credentials", *["extra-controllers"] * len(extra)], uris, strict=True):
            if not uri:
                remedy = f"run `juju grant-secret NAME {self.app.name}`, then set the option `{source}` to the secret"
                self.problems.append(Problem(f"no controller: {remedy}"))
            elif (content := self._secret(uri, f"the option `{source}`")) is not None:
                contents[f"`{source}`" if source == "controller-credentials" else uri] = content
        token_secret = str(self.config.get("static-tokens") or "")
        tokens = self._secret(token_secret, "the option `static-tokens`") if token_secret else None
        provider = self._provider()
        if self._relation("oauth") and not provider:
            tokens = None  # while the provider is not ready, no other way in is open
        token_sections, token_files = controllers.static_tokens(tokens or {})
        sections, controller_files, found = controllers.from_secrets(contents)
        self.problems += found
        peers = self._relations("receive-ca-cert")
        transferred = [relations.ca_certificates(peer.data[peer.app], [peer.data[unit] for unit in peer.units]) for peer in peers]
        files, tracing = {**controller_files, **token_files, **self._certificate()}, relations.otlp_receiver(self._remote("tracing"))
        prompts = {peer.app.name: text for peer in self._relations("mcp") if (text := peer.data[peer.app].get("mcp_definitions"))}
        hosts, certificates = self.host_names, sorted(set().union(*transferred))
        return Inputs(self.config, sections, token_sections, files, provider, certificates, self.public_url, hosts, tracing, prompts)

    def _secret(self, uri: str, source: str) -> dict[str, str] | None:
        """The newest content of a secret. Real controllers report a missing grant as ModelError."""
        try:
            return self.model.get_secret(id=uri).get_content(refresh=True)
        except (ops.SecretNotFoundError, ops.ModelError):
            self.problems.append(Problem(f"cannot read the secret of {source}: run `juju grant-secret NAME {self.app.name}`"))
            return None

    def _provider(self) -> dict[str, Any] | None:
        databag = self._remote("oauth")
        if not all(databag.get(key) for key in ("issuer_url", "introspection_endpoint", "client_id", "client_secret_id")):
            return None
        content = self._secret(databag["client_secret_id"], "the relation `oauth`")
        return relations.oauth_provider(databag, content["secret"]) if content else None

    def _public_url(self) -> str:
        if configured := str(self.config["public-url"]).strip().rstrip("/"):
            return configured
        ingress = relations.ingress_url(self._remote("ingress")) or relations.istio_ingress(self._remote("istio-ingress-route"))[0]
        return ingress or f"{'https' if self.tls else 'http'}://{self.service_name}:{PORT}"

    def _certificate(self) -> dict[str, str]:
        """The files of the signed certificate; none before the provider has signed it."""
        if not self.tls:
            return {}
        self.certificates.sync()
        signed, key = self.certificates.get_assigned_certificate(self.certificate_request)
        if not signed or not key:
            return {}
        chain = dict.fromkeys(certificate.raw.strip() for certificate in (signed.certificate, *signed.chain))
        texts = ("\n".join(chain), key.raw.strip(), signed.ca.raw.strip())
        names = (configuration.TLS_CERTIFICATE, configuration.TLS_KEY, configuration.TLS_CA)
        return {name: text + "\n" for name, text in zip(names, texts, strict=True)}

    def _publish(self):
        """Writes our side of all relations."""
        binding = self.model.get_binding("juju-info")
        address = binding and binding.network.bind_address
        values: dict[str, Any] = {
            **self.topology,
            **relations.observability(self.topology),
            "public_url": self.public_url,
            "port": PORT,
            "metrics_port": METRICS_PORT,
            "scheme": "https" if self.tls else None,
            "istio_port": relations.istio_ingress(self._remote("istio-ingress-route"))[1],
            "fqdn": socket.getfqdn(),
            "address": str(address) if address else None,
        }
        sides = {"unit": self.unit, "app": self.app} if self.unit.is_leader() else {"unit": self.unit}
        for endpoint in relations.DATABAGS:
            for relation in self._relations(endpoint):
                for side, entity in sides.items():
                    relation.data[entity].update(relations.databag(endpoint, side, values))

    def _log_endpoints(self) -> dict[str, str]:
        units = [(unit, relation.data[unit]) for relation in self._relations("logging") for unit in relation.units]
        return {unit.name: url for unit, databag in units if (url := relations.loki_url(databag))}

    def _relations(self, endpoint: str) -> list[ops.Relation]:
        """Relations of an endpoint, without one that is being removed."""
        return [relation for relation in self.model.relations[endpoint] if relation.active and relation.app]

    def _relation(self, endpoint: str) -> ops.Relation | None:
        return next(iter(self._relations(endpoint)), None)

    def _remote(self, endpoint: str) -> Mapping[str, str]:
        """The application databag of the peer; empty without a relation."""
        relation = self._relation(endpoint)
        return relation.data[relation.app] if relation else {}

    def _on_action(self, event: ops.ActionEvent):
        name = event.handle.kind.removesuffix("_action").replace("_", "-")
        own = {"get-url": self._get_url, "get-oauth-client": self._get_oauth_client, "reconcile": self._reconcile_now}
        try:
            event.set_results(own[name](event) if name in own else self._run_program(name, event.params))
        except (CommandError, ops.pebble.Error, OSError) as error:
            event.fail(str(error))

    def _get_url(self, _: ops.ActionEvent) -> dict[str, str]:
        return {"url": f"{self.public_url}/mcp", "console": f"{self.public_url}/console"}

    def _get_oauth_client(self, event: ops.ActionEvent) -> dict[str, str]:
        provider = self._provider()
        if not provider:
            self._fail("no identity provider has registered a client: integrate `oauth`")
        shown = ["client_id", "issuer_url", "authorization_endpoint", "token_endpoint"]
        shown += ["client_secret"] if event.params.get("reveal-secret") else []
        return {"audience": f"{self.public_url}/mcp", **{key.replace("_", "-"): provider.get(key, "") for key in shown}}

    def _fail(self, message: str) -> NoReturn:
        """Fails an action with the reason why a secret could not be read, else with this message."""
        raise CommandError(self.problems[0].message if self.problems else message)

    def _reconcile_now(self, event: ops.ActionEvent) -> dict[str, str]:
        self._reconcile(event)
        return {"status": self.unit.status.name, "message": self.unit.status.message}

    def _run_program(self, name: str, parameters: Mapping[str, Any]) -> dict[str, str]:
        command = actions.COMMANDS[name]
        with contextlib.ExitStack() as stack:
            options = self._server_options(stack, parameters) if command.get("calls") else {}
            upload = stack.enter_context(open(parameters["file"], "rb")) if command.get("upload") else None
            file = stack.enter_context(self.workload.temporary(upload))
            if upload:
                stack.callback(self.workload.container.start, workload.SERVICE)
                self.workload.container.stop(workload.SERVICE)
            output = self.workload.run(*actions.arguments(name, parameters, {"state_dir": STATE_DIR, "file": file}, options))
            if not (download := command.get("download")):
                return {"output": output}
            local = pathlib.Path(tempfile.mkdtemp(prefix="juju-mcp-")) / download
            with local.open("wb") as copy:
                shutil.copyfileobj(self.workload.container.pull(file, encoding=None), copy)
            return {"output": output, "file": str(local), "command": f"juju scp {self.unit.name}:{local} ."}

    def _server_options(self, stack: contextlib.ExitStack, parameters: Mapping[str, Any]) -> dict[str, str]:
        """Options for a command that calls the running server, with a token of an approver in a file."""
        uri = str(parameters.get("token-secret") or self.config.get("static-tokens") or "")
        tokens = (self._secret(uri, "the token") if uri else None) or {}
        token = tokens.get("token" if "token-secret" in parameters else "approver")
        if not token:
            self._fail(actions.REMEDY_WITHOUT_APPROVER)
        file = stack.enter_context(self.workload.temporary(token))
        if not self.tls:
            return {"url": f"http://127.0.0.1:{PORT}", "token-file": file}
        return {"url": f"https://{self.service_name}:{PORT}", "token-file": file, "ca-certificate-file": configuration.TLS_CA}


if __name__ == "__main__":
    ops.main(JujuMcpCharm)
