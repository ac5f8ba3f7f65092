#!/usr/bin/env python3
"""check_charm FILE...: validates charmcraft.yaml with charmcraft from PyPI, and what charmcraft's model does not check."""
import sys

import craft_parts
import yaml
from charmcraft.models.project import PlatformCharm
from charmcraft.parts.plugins import UvPlugin

PARAMETER_TYPES = {"string", "integer", "number", "boolean", "array", "object"}
OPTION_TYPES = {"string", "int", "float", "boolean", "secret"}


def own_errors(data):
    """Errors in the parts of the file that charmcraft accepts unread."""
    for name, option in data.get("config", {}).get("options", {}).items():
        if option.get("type") not in OPTION_TYPES:
            yield f"option {name}: unknown type {option.get('type')}"
        if not option.get("description"):
            yield f"option {name}: no description"
        if "default" in option and option["type"] == "secret":
            yield f"option {name}: a secret has no default"
    for name, action in data.get("actions", {}).items():
        parameters = action.get("params", {})
        for key in [*action.get("required", []), *([] if action.get("additionalProperties") is False else ["additionalProperties"])]:
            if key not in parameters:
                yield f"action {name}: {key} is not declared"
        for key, parameter in parameters.items():
            if parameter.get("type") not in PARAMETER_TYPES or not parameter.get("description"):
                yield f"action {name}: {key} needs a type of JSON Schema and a description"
    resources, storage = data.get("resources", {}), data.get("storage", {})
    used = {container.get("resource") for container in data.get("containers", {}).values()}
    for resource in used ^ {name for name, value in resources.items() if value.get("type") == "oci-image"}:
        yield f"resource {resource}: a container and an oci-image resource must name each other"
    for name, container in data.get("containers", {}).items():
        for mount in container.get("mounts", []):
            if mount["storage"] not in storage:
                yield f"container {name}: unknown storage {mount['storage']}"
        if not container.get("uid") or not container.get("gid"):
            yield f"container {name}: runs as root"


def check(path):
    """The validated charm; raises an exception for the first error."""
    with open(path) as file:
        data = yaml.safe_load(file)
    if errors := list(own_errors(data)):
        raise ValueError("; ".join(errors))
    return PlatformCharm.unmarshal(data)


def main():
    """Prints a line per file; exit code 1 if one is invalid."""
    craft_parts.plugins.register({"uv": UvPlugin})
    failed = 0
    for path in sys.argv[1:]:
        try:
            charm = check(path)
            print(f"ok   {path}: {charm.name}, {charm.charm_user}, {', '.join(charm.platforms)}")
        except Exception as error:  # any exception means that the file is invalid
            failed += 1
            print(f"FAIL {path}: {type(error).__name__}: {str(error)[:700]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
