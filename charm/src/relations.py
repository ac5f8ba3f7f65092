"""The databags of the relations: pure functions from and to their content."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OAUTH_SCOPES = "openid profile email offline_access juju:read juju:write juju:sensitive juju:approve"


@dataclass(frozen=True)
class Topology:
    """Where this unit is, in the terms of Juju."""

    model: str
    model_uuid: str
    application: str
    unit: str
    charm_name: str

    def as_json(self) -> str:
        """The form that scrape and log relations use."""
        return json.dumps(vars(self))

    def labels(self) -> dict[str, str]:
        """Labels of metrics, alerts and log lines of this application."""
        return {
            "juju_model": self.model,
            "juju_model_uuid": self.model_uuid,
            "juju_application": self.application,
            "juju_charm": self.charm_name,
        }


@dataclass(frozen=True)
class OauthProvider:
    """The identity provider, with the client that it registered for this application."""

    issuer_url: str
    introspection_endpoint: str
    client_id: str
    client_secret: str
    groups: str = ""
    ca_chain: list[str] = field(default_factory=list)


def oauth_requirer(public_url: str) -> dict[str, str]:
    """`oauth`: the client to register. One redirect URI, because older providers fail on a list."""
    return {
        "redirect_uri": f"{public_url}/console/callback",
        "scope": OAUTH_SCOPES,
        "grant_types": json.dumps(["authorization_code", "refresh_token"]),
        "audience": json.dumps([f"{public_url}/mcp"]),
        "token_endpoint_auth_method": "client_secret_basic",
    }


def oauth_provider(databag: Mapping[str, str], client_secret: str) -> OauthProvider:
    """`oauth`: the provider, once the databag names client and secret."""
    return OauthProvider(
        issuer_url=databag["issuer_url"],
        introspection_endpoint=databag["introspection_endpoint"],
        client_id=databag["client_id"],
        client_secret=client_secret,
        groups=databag.get("groups", ""),
        ca_chain=_json(databag.get("ca_chain"), list),
    )


def ingress_app(model: str, app: str, port: int) -> dict[str, str]:
    """`ingress` v2, application databag. The ingress removes the path prefix that it adds."""
    values = {"model": model, "name": app, "port": port, "is_port_open": True, "strip-prefix": True}
    return {key: json.dumps(value) for key, value in values.items()}


def ingress_unit(host: str, ip: str | None) -> dict[str, str]:
    """`ingress` v2, unit databag."""
    return {"host": json.dumps(host), "ip": json.dumps(ip)}


def ingress_url(databag: Mapping[str, str]) -> str | None:
    """`ingress` v2: the URL that the provider assigned, without a final slash."""
    url = _json(databag.get("ingress"), dict).get("url")
    return url.rstrip("/") if isinstance(url, str) else None


def ca_certificates(app: Mapping[str, str], units: list[Mapping[str, str]]) -> list[str]:
    """`certificate_transfer`: version 1 in the application databag, version 0 in the unit databags."""
    found = [*_json(app.get("certificates"), list)]
    for unit in units:
        found += [text for text in (unit.get("ca"), unit.get("certificate"), *_json(unit.get("chain"), list)) if text]
    return sorted(set(found))


def scrape_app(topology: Topology, port: int, rules: list[dict[str, Any]]) -> dict[str, str]:
    """`prometheus_scrape`, application databag."""
    jobs = [{"metrics_path": "/metrics", "static_configs": [{"targets": [f"*:{port}"]}]}]
    return {
        "scrape_metadata": topology.as_json(),
        "scrape_jobs": json.dumps(jobs),
        "alert_rules": json.dumps({"groups": alert_groups(topology, rules)}),
    }


def scrape_unit(unit: str, address: str, fqdn: str) -> dict[str, str]:
    """`prometheus_scrape`, unit databag: plain strings."""
    return {
        "prometheus_scrape_unit_address": address,
        "prometheus_scrape_unit_name": unit,
        "prometheus_scrape_unit_fqdn": fqdn,
    }


def alert_groups(topology: Topology, rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Alert rules, limited to this application. `%%juju_topology%%` in an expression becomes its label matchers."""
    if not rules:
        return []
    matchers = ", ".join(f'{name}="{value}"' for name, value in topology.labels().items())
    limited = [
        {**rule, "expr": rule["expr"].replace("%%juju_topology%%", matchers), "labels": {**rule.get("labels", {}), **topology.labels()}}
        for rule in rules
    ]
    prefix = f"{topology.model}_{topology.model_uuid[:8]}_{topology.application}".replace("-", "_")
    return [{"name": f"{prefix}_server_rules", "rules": limited}]


def log_targets(topology: Topology, endpoints: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Pebble's log targets for the Loki endpoints by unit. Pebble cannot remove a target, so one without URL selects no service."""
    identifier = f"{topology.model}_{topology.model_uuid[:8]}_{topology.application}"
    labels = {
        "product": "Juju",
        "charm": topology.charm_name,
        "juju_model": topology.model,
        "juju_model_uuid": topology.model_uuid,
        "juju_application": topology.application,
        "juju_unit": topology.unit,
        "job": f"juju_{identifier}",
    }
    return {
        unit: {"override": "replace", "type": "loki", "location": url, "services": ["all"], "labels": labels}
        if url
        else {"override": "replace", "type": "loki", "location": "http://removed.invalid", "services": ["-all"]}
        for unit, url in endpoints.items()
    }


def loki_url(databag: Mapping[str, str]) -> str | None:
    """`loki_push_api`: the push URL of one unit."""
    return _json(databag.get("endpoint"), dict).get("url")


def _json(text: str | None, kind: type) -> Any:
    """A JSON value of the expected kind; an empty one if a peer wrote anything else."""
    try:
        value = json.loads(text) if text else None
    except ValueError:
        value = None
    return value if isinstance(value, kind) else kind()
