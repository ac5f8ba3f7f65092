"""Actions that run the program: from the name and the parameters of an action to arguments of a command. Pure functions."""

from collections.abc import Mapping
from typing import Any

import templates

COMMANDS: dict[str, dict[str, Any]] = templates.read("actions.yaml")
REMEDY_WITHOUT_APPROVER = "give `token-secret`, a secret with an approver's `token`, or set `static-tokens` to one with the key `approver`"


def arguments(name: str, parameters: Mapping[str, Any], values: Mapping[str, Any], options: Mapping[str, str]) -> list[str]:
    """The arguments of the program. `--name=value` and `--` prevent that a parameter becomes another option."""
    own = {key: value for key, value in parameters.items() if key not in ("id", "file", "token-secret")}
    last = ["--", str(parameters["id"])] if "id" in parameters else []
    return [*templates.fill(COMMANDS[name]["run"], values), *(f"--{key}={value}" for key, value in {**options, **own}.items()), *last]
