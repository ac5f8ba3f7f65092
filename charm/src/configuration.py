"""The files of the server from options, secrets and relations: pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from controllers import Controllers
from relations import OauthProvider
from status import Problem

PORT = 8080
METRICS_PORT = 9091
STATE_DIR = "/var/lib/juju-mcp"
CONFIG, POLICY = "config.yaml", "policy.yaml"
# Keys of the configuration file that the charm sets, so `configuration` may not contain them.
OWN_KEYS = frozenset({"listen", "metrics_listen", "state_dir", "juju_data_dir", "controllers", "tokens", "policy", "reject_all_callers"})


@dataclass(frozen=True)
class Inputs:
    """All that the files depend on."""

    options: Mapping[str, Any]
    controllers: Controllers
    tokens: list[dict[str, str]]
    token_files: dict[str, str]
    provider: OauthProvider | None
    ca_certificates: list[str]
    public_url: str
    host_names: list[str]


@dataclass(frozen=True)
class Files:
    """The files by name, and what is wrong with the options."""

    content: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def files(inputs: Inputs) -> Files:
    """All files of the server. With problems, the files must not be used."""
    result = Files(problems=list(inputs.controllers.problems))
    documents = {name: _yaml(inputs.options, name, kind, result.problems) for name, kind in _YAML_OPTIONS.items()}
    own = documents["configuration"]
    for key in sorted(own.keys() & OWN_KEYS):
        result.problems.append(Problem(f"the option `configuration` contains `{key}`, which the charm sets: remove it"))
    result.content.update(inputs.controllers.files)
    result.content.update(inputs.token_files)
    result.content[POLICY] = _dump(_policy(documents))
    result.content[CONFIG] = _dump(merge(_oauth(inputs, result.content), own, _options(inputs)))
    return result


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


def _policy(documents: Mapping[str, Any]) -> dict[str, Any]:
    sections = {"roles": "roles", "role-bindings": "role_bindings", "rules": "rules"}
    return {key: documents[option] for option, key in sections.items() if documents[option]}


def _options(inputs: Inputs) -> dict[str, Any]:
    """Keys that options and secrets set; they take precedence over `configuration`."""
    options = inputs.options
    config: dict[str, Any] = {
        "listen": f"0.0.0.0:{PORT}",
        "metrics_listen": f"0.0.0.0:{METRICS_PORT}",
        "state_dir": STATE_DIR,
        "controllers": inputs.controllers.sections,
        "policy": {"builtin_rules": options["builtin-rules"], "files": [POLICY]},
        "limits": {"calls_per_minute": options["calls-per-minute"]},
    }
    if inputs.tokens:
        config["tokens"] = inputs.tokens
    if not inputs.tokens and not inputs.provider:
        config["reject_all_callers"] = True
    if days := options["ledger-retention-days"]:
        config["ledger"] = {"retention_days": days}
    if inputs.provider:
        config["oauth"] = {"issuer": inputs.provider.issuer_url, "public_url": inputs.public_url}
        if clients := options["clients-without-audience"].split():
            config["oauth"]["clients_without_audience"] = clients
    return config


def _oauth(inputs: Inputs, content: dict[str, str]) -> dict[str, Any]:
    """Defaults that `configuration` may replace; adds the files of the identity provider."""
    config: dict[str, Any] = {"allowed_hosts": inputs.host_names, "approvals": {"public_url": inputs.public_url}}
    provider = inputs.provider
    if not provider:
        return config
    client = {"client_id": provider.client_id, "client_secret_file": "oauth-client-secret"}
    content["oauth-client-secret"] = provider.client_secret + "\n"
    config["console"] = dict(client)
    config["oauth"] = {"introspection": {"url": provider.introspection_endpoint, **client}}
    if provider.groups:
        config["oauth"]["groups_claim"] = provider.groups
    if certificates := [*provider.ca_chain, *inputs.ca_certificates]:
        config["oauth"]["ca_certificate_file"] = "oauth-ca.pem"
        content["oauth-ca.pem"] = "".join(certificate.strip() + "\n" for certificate in dict.fromkeys(certificates))
    return config


def merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings merged key by key; a later layer takes precedence."""
    result: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
            result[key] = merge(result[key], value) if both else value
    return result


def needs_restart(old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    """Whether anything changes that the running server does not reload by itself."""
    return _without(old, "policy") != _without(new, "policy")


def changes_controllers(old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    """Whether a controller or a login for one changes."""

    def selected(files: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
        logins = {name: text for name, text in files.items() if name.startswith("controller-")}
        return (yaml.safe_load(files.get(CONFIG, "")) or {}).get("controllers"), logins

    return selected(old) != selected(new)


def _without(files: Mapping[str, str], section: str) -> tuple[Any, dict[str, str]]:
    config = yaml.safe_load(files.get(CONFIG, "")) or {}
    rest = {name: text for name, text in files.items() if name not in (CONFIG, POLICY)}
    return {key: value for key, value in config.items() if key != section}, rest


def _dump(document: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True)
