"""The databags of the relations: pure functions from and to their content."""

import base64
import contextlib
import hashlib
import json
import lzma
import pathlib
from collections.abc import Mapping
from typing import Any

import templates

DATABAGS: dict[str, dict[str, Any]] = templates.read("databags.yaml")
ALERT_RULES: list[dict[str, Any]] = templates.read("prometheus_alert_rules.yaml")
DASHBOARD = pathlib.Path(__file__).parent / "grafana_dashboard.json"


def topology(model: str, model_uuid: str, application: str, unit: str, charm_name: str) -> dict[str, Any]:
    """Where this unit is, in the terms of Juju: values for templates."""
    names = {"model": model, "model_uuid": model_uuid, "application": application, "unit": unit, "charm_name": charm_name}
    labels = {f"juju_{name}": names[name] for name in ("model", "model_uuid", "application")} | {"juju_charm": charm_name}
    attributes = ",".join(f"{name}={value}" for name, value in {**labels, "juju_unit": unit}.items())
    return {**names, "topology": names, "labels": labels, "resource_attributes": attributes, "model_short_uuid": model_uuid[:8]}


def databag(endpoint: str, side: str, values: Mapping[str, Any]) -> dict[str, str]:
    """What we write into one databag, `app` or `unit`. An empty text removes its key."""
    template = DATABAGS[endpoint]
    as_json = template.get("json", False)

    def encode(value: Any) -> str:
        return "" if value is None else value if isinstance(value, str) and not as_json else json.dumps(value)

    return {key: encode(value) for key, value in templates.fill(template.get(side, {}), values).items()}


def observability(names: Mapping[str, Any]) -> dict[str, Any]:
    """Alert rules and dashboard: values for templates."""
    return {
        "alert_groups": alert_groups(names, ALERT_RULES),
        "dashboard": base64.b64encode(lzma.compress(DASHBOARD.read_bytes())).decode(),
        "dashboard_uid": hashlib.shake_256(f"{names['charm_name']}-file:juju-mcp".encode()).hexdigest(8),
    }


def alert_groups(names: Mapping[str, Any], rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Alert rules, limited to this application. `%%juju_topology%%` in an expression becomes its label matchers."""
    matchers = ", ".join(f'{name}="{value}"' for name, value in names["labels"].items())
    limited = [
        {**rule, "expr": rule["expr"].replace("%%juju_topology%%", matchers), "labels": {**rule.get("labels", {}), **names["labels"]}}
        for rule in rules
    ]
    prefix = "{model}_{model_short_uuid}_{application}".format(**names).replace("-", "_")
    return [{"name": f"{prefix}_server_rules", "rules": limited}]


def oauth_provider(databag: Mapping[str, str], client_secret: str) -> dict[str, Any]:
    """`oauth`: the provider with the client that it registered, once the databag names client and secret."""
    return {"groups": None, **databag, "client_secret": client_secret, "ca_chain": _json(databag.get("ca_chain"), list)}


def ingress_url(databag: Mapping[str, str]) -> str | None:
    """`ingress` v2: the URL that the provider assigned, without a final slash."""
    url = _json(databag.get("ingress"), dict).get("url")
    return url.rstrip("/") if isinstance(url, str) else None


def istio_ingress(databag: Mapping[str, str]) -> tuple[str | None, int]:
    """`istio_ingress_route`: the URL once the provider has a host, and the port of its listener."""
    tls, host = databag.get("tls_enabled") == "True", databag.get("external_host")
    return (f"{'https' if tls else 'http'}://{host}" if host else None), (443 if tls else 80)


def ca_certificates(app: Mapping[str, str], units: list[Mapping[str, str]]) -> list[str]:
    """`certificate_transfer`: version 1 in the application databag, version 0 in the unit databags."""
    found = [*_json(app.get("certificates"), list)]
    for unit in units:
        found += [text for text in (unit.get("ca"), unit.get("certificate"), *_json(unit.get("chain"), list)) if text]
    return sorted(set(found))


def loki_url(databag: Mapping[str, str]) -> str | None:
    """`loki_push_api`: the push URL of one unit."""
    return _json(databag.get("endpoint"), dict).get("url")


def otlp_receiver(databag: Mapping[str, str]) -> dict[str, str] | None:
    """`tracing`: the receiver for OTLP over HTTP: values for templates."""
    for receiver in _json(databag.get("receivers"), list):
        with contextlib.suppress(TypeError, KeyError):
            if receiver["protocol"]["name"] == "otlp_http":
                return {"otlp_endpoint": str(receiver["url"])}
    return None


def _json(text: str | None, kind: type) -> Any:
    """A JSON value of the expected kind; an empty one if a peer wrote anything else."""
    try:
        value = json.loads(text) if text else None
    except ValueError:
        value = None
    return value if isinstance(value, kind) else kind()
