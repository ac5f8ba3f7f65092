"""Controllers, logins and static tokens from Juju secrets: pure functions from a secret's content to configuration and files."""

import re
from collections.abc import Mapping
from typing import Any

from status import Problem

# key of the secret for the identity, key for its proof, key of the configuration for each
LOGINS = (
    ("username", "password", "user", "password_file"),
    ("client-id", "client-secret", "client_id", "client_secret_file"),
)


def from_secrets(secrets: Mapping[str, Mapping[str, str]]) -> tuple[list[dict[str, Any]], dict[str, str], list[Problem]]:
    """The section `controllers`, its files, and what is wrong with the secrets; the keys of `secrets` are names for messages."""
    sections, files, problems = [], {}, []
    for source, content in secrets.items():
        section, own_files, errors = _controller(content)
        if section["name"] in [other["name"] for other in sections]:
            errors.append(f"has the name of another controller, `{section['name']}`: set `controller-name`")
        problems += [Problem(f"the secret of {source} {error}") for error in errors]
        if not errors:
            sections.append(section)
            files |= own_files
    return sections, files, problems


def _controller(content: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    name = content.get("controller-name", "controller")
    files, errors = {}, []
    section: dict[str, Any] = {"name": name, "addresses": re.split(r"[\s,]+", content.get("addresses", "").strip(" \n,"))}
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        return section, files, ["has a `controller-name` with characters other than letters, digits, `.`, `_` and `-`"]
    if not content.get("addresses", "").strip():
        errors.append("lacks the key `addresses`")
    if hostname := content.get("tls-hostname"):
        section["public_hostname"] = hostname
    if certificate := content.get("ca-cert", "").strip():
        section["ca_certificate_file"] = _add(files, f"controller-{name}-ca.pem", certificate)
    elif not hostname:
        errors.append("lacks the key `ca-cert`")
    login = _login(content, "", f"controller-{name}", files)
    if login is None:
        errors.append("needs `username` and `password`, or `client-id` and `client-secret`")
    by_role = {}
    for role in sorted(_roles(content)):
        by_role[role] = _login(content, f"-{role}", f"controller-{name}-role-{role}", files)
        if by_role[role] is None:
            errors.append(f"has an incomplete login for the role `{role}`")
    section |= login or {}
    if by_role:
        section["credentials_by_role"] = by_role
    if if_refused := content.get("act-as-caller", "").strip():
        section["act_as_caller"] = {"if_refused": if_refused}
    return section, files, errors


def _roles(content: Mapping[str, str]) -> set[str]:
    prefixes = [f"{key}-" for login in LOGINS for key in login[:2]]
    return {key.removeprefix(prefix) for key in content for prefix in prefixes if key.startswith(prefix)}


def _login(content: Mapping[str, str], suffix: str, file: str, files: dict[str, str]) -> dict[str, str] | None:
    """The one complete login among the keys with this suffix."""
    present = [login for login in LOGINS if any(content.get(key + suffix) for key in login[:2])]
    if len(present) != 1:
        return None
    identity, proof, identity_key, proof_key = present[0]
    if not content.get(identity + suffix) or not content.get(proof + suffix):
        return None
    return {identity_key: content[identity + suffix], proof_key: _add(files, f"{file}-{proof}", content[proof + suffix])}


def static_tokens(content: Mapping[str, str]) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The section `tokens` of the configuration, and its files, from a secret with a token per role."""
    files: dict[str, str] = {}
    return [{"role": role, "file": _add(files, f"token-{role}", content[role])} for role in sorted(content)], files


def _add(files: dict[str, str], name: str, text: str) -> str:
    files[name] = text.strip() + "\n"
    return name
