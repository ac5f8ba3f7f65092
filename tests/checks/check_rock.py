#!/usr/bin/env python3
"""check_rock FILE...: validates rockcraft.yaml with packages from PyPI, because rockcraft itself is not published there.

The model follows rockcraft 1.20. craft-parts validates the parts, the `rust` plugin included, and ops the Pebble layer.
"""
import re
import sys
from typing import Any, Literal

import craft_parts
import pydantic
import yaml
from craft_application.models import Project
from ops import pebble

SERVICE_KEYS = {
    "override", "summary", "description", "startup", "command", "after", "before", "requires", "environment", "user", "user-id", "group",
    "group-id", "working-dir", "on-success", "on-failure", "on-check-failure", "backoff-delay", "backoff-factor", "backoff-limit", "kill-delay",
}
CHECK_KEYS = {"override", "level", "startup", "period", "timeout", "initial-delay", "threshold", "http", "tcp", "exec"}
SLICE = re.compile(r"^[a-z0-9][a-z0-9+.-]+_[a-z0-9-]+$")


class Rock(Project):
    """The keys of rockcraft.yaml; unknown ones are errors."""

    base: Literal["bare", "ubuntu@22.04", "ubuntu@24.04", "ubuntu@26.04"]
    build_base: Literal["ubuntu@22.04", "ubuntu@24.04", "ubuntu@26.04"] | None = None
    summary: str
    description: str
    run_user: Literal["_daemon_"] | None = None
    environment: dict[str, str] | None = None
    services: dict[str, dict[str, Any]] = {}
    checks: dict[str, dict[str, Any]] = {}
    entrypoint_service: str | None = None

    @classmethod
    def _providers_base(cls, base):
        return None

    @pydantic.model_validator(mode="after")
    def _check_bare(self):
        """A bare base has no package manager: only chisel slices can be staged."""
        if self.base != "bare":
            return self
        if not self.build_base:
            raise ValueError("base bare needs build-base")
        for name, part in self.parts.items():
            for package in part.get("stage-packages", []):
                if not SLICE.match(package):
                    raise ValueError(f"part {name}: {package} is a deb, not a chisel slice")
            if any(key.startswith("overlay") for key in part):
                raise ValueError(f"part {name}: overlays need a base")
        return self

    @pydantic.model_validator(mode="after")
    def _check_layer(self):
        """Pebble accepts the services and checks."""
        for name, service in self.services.items():
            if unknown := set(service) - SERVICE_KEYS:
                raise ValueError(f"service {name}: unknown keys {unknown}")
            if not {"override", "command"} <= set(service):
                raise ValueError(f"service {name}: override and command are required")
        for name, check in self.checks.items():
            if unknown := set(check) - CHECK_KEYS:
                raise ValueError(f"check {name}: unknown keys {unknown}")
            if len(set(check) & {"http", "tcp", "exec"}) != 1:
                raise ValueError(f"check {name}: exactly one of http, tcp, exec")
        pebble.Layer({"services": self.services, "checks": self.checks})
        return self


def check(path):
    """The validated rock; raises an exception for the first error."""
    with open(path) as file:
        data = yaml.safe_load(file)
    for part in data["parts"].values():
        craft_parts.validate_part(part)
    return Rock.unmarshal(data)


def main():
    """Prints a line per file; exit code 1 if one is invalid."""
    failed = 0
    for path in sys.argv[1:]:
        try:
            rock = check(path)
            print(f"ok   {path}: base {rock.base}, user {rock.run_user}, {', '.join(rock.platforms)}")
        except Exception as error:  # any exception means that the file is invalid
            failed += 1
            print(f"FAIL {path}: {type(error).__name__}: {str(error)[:700]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
