"""The files of the server from options, secrets and relations: pure functions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

import templates
from status import Problem

PORT = 8080
METRICS_PORT = 9091
STATE_DIR = "/var/lib/juju-mcp"
CONFIG, POLICY, CA, PROMPTS = "config.yaml", "policy.yaml", "ca.pem", "prompts.json"
TLS_CERTIFICATE, TLS_KEY, TLS_CA = "tls-certificate.pem", "tls-key.pem", "tls-ca.pem"
TEMPLATE: dict[str, Any] = templates.read("configuration_template.yaml")


@dataclass(frozen=True)
class Inputs:
    """All that the files depend on. The names are those of the template."""

    options: Mapping[str, Any]
    controllers: list[dict[str, Any]]
    tokens: list[dict[str, str]]
    secret_files: Mapping[str, str]
    provider: Mapping[str, Any] | None
    ca_certificates: list[str]
    public_url: str
    host_names: list[str]
    tracing: Mapping[str, Any] | None = None
    prompts: Mapping[str, str] | None = None


def files(inputs: Inputs) -> tuple[dict[str, str], list[Problem]]:
    """All files of the server by name, and what is wrong with the options. With problems, the files must not be used."""
    problems: list[Problem] = []
    documents = {name: _yaml(inputs.options, name, kind, problems) for name, kind in _YAML_OPTIONS.items()}
    own = documents.pop("configuration")
    for key in sorted(own.keys() & set(TEMPLATE["own_keys"])):
        problems.append(Problem(f"the option `configuration` contains `{key}`, which the charm sets: remove it"))
    values = _values(inputs)
    documents["rules"] += [templates.fill(rule, values) for name, rule in TEMPLATE["rules"].items() if values[name]]
    content = dict(inputs.secret_files)
    content[POLICY] = _dump({name.replace("-", "_"): document for name, document in documents.items() if document})
    related: dict[str, Any] = {name: vars(inputs)[name] for name in ("provider", "tracing", "prompts") if vars(inputs)[name]}
    certificates = [*related.get("provider", {}).get("ca_chain", []), *inputs.ca_certificates]
    if certificates:
        content[CA] = "".join(certificate.strip() + "\n" for certificate in dict.fromkeys(certificates))
    if inputs.prompts:
        content[PROMPTS] = json.dumps(inputs.prompts, sort_keys=True)
    if inputs.provider:
        content["oauth-client-secret"] = inputs.provider["client_secret"] + "\n"
    values = merge(values, inputs.provider or {}, inputs.tracing or {}, {"ca_certificate_file": CA if certificates else None})
    parts = [TEMPLATE, *(TEMPLATE[name] for name in related)]
    defaults, overrides = ([_present(templates.fill(part.get(kind, {}), values)) for part in parts] for kind in ("defaults", "overrides"))
    content[CONFIG] = _dump(merge(*defaults, own, *overrides))
    return content, problems


_YAML_OPTIONS: dict[str, type] = {"configuration": dict, "roles": dict, "role-bindings": list, "rules": list}


def _yaml(options: Mapping[str, Any], name: str, kind: type, problems: list[Problem]) -> Any:
    """The value of an option with YAML; an empty one if the option is empty or invalid."""
    try:
        value = yaml.safe_load(options.get(name) or "") or kind()
    except yaml.YAMLError as error:
        problems.append(Problem(f"the option `{name}` is not valid YAML: {' '.join(str(error).split())}"))
        return kind()
    if not isinstance(value, kind):
        problems.append(Problem(f"the option `{name}` must be a YAML {'list' if kind is list else 'mapping'}"))
        return kind()
    return value


def _values(inputs: Inputs) -> dict[str, Any]:
    """Values for the template."""
    options = {name.replace("-", "_"): value for name, value in inputs.options.items()}
    return {
        **options,
        **vars(inputs),
        "port": PORT,
        "metrics_port": METRICS_PORT,
        "state_dir": STATE_DIR,
        "tls": {"certificate": TLS_CERTIFICATE, "key": TLS_KEY} if TLS_KEY in inputs.secret_files else None,
        "reject_all_callers": True if not inputs.tokens and not inputs.provider else None,
        "ledger_retention_days": options["ledger_retention_days"] or None,
        "clients_without_audience": options["clients_without_audience"].split(),
        "prompt_roles": options["prompt_roles"].split(),
        "toolsets": options["toolsets"].split(),
    }


def _present(value: Any) -> Any:
    """The mapping without keys that have no value or an empty one, at every level."""
    if not isinstance(value, dict):
        return value
    rest = {key: _present(inner) for key, inner in value.items()}
    return {key: inner for key, inner in rest.items() if inner not in (None, "", [], {})}


def merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings merged key by key; a later layer takes precedence."""
    result: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
            result[key] = merge(result[key], value) if both else value
    return result


def _dump(document: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True)
