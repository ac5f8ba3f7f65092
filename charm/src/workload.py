"""The container of the server: its files, the checks of a new configuration, and the Pebble layer."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

import ops

from configuration import PORT, changes_controllers, needs_restart
from status import Problem, checks_down

SERVICE = LAYER = "juju-mcp"
PROGRAM = "/usr/bin/juju-mcp"
ROOT = "/etc/juju-mcp"
ACTIVE, CANDIDATE = f"{ROOT}/active", f"{ROOT}/candidate"
# File beside the active ones. A new value in the layer restarts the server; it has no relation to the content of a secret.
GENERATION = "generation"
CHECK_TIMEOUT = 30.0
PROBE_TIMEOUT = 60.0


def layer(generation: str, log_level: str, log_targets: Mapping[str, Any]) -> ops.pebble.Layer:
    """The Pebble layer. It contains no secret and nothing derived from one."""
    url = f"http://127.0.0.1:{PORT}"
    document: Any = {
        "summary": "MCP server for Juju",
        "services": {
            SERVICE: {
                "override": "replace",
                "summary": "MCP server for Juju",
                "command": f"{PROGRAM} serve --config config.yaml",
                "working-dir": ACTIVE,
                "startup": "enabled",
                "environment": {"JUJU_MCP_LOG": log_level, "JUJU_MCP_GENERATION": generation},
                "on-check-failure": {"alive": "restart"},
                "kill-delay": "30s",
            }
        },
        "checks": {
            "alive": _check("alive", f"{url}/healthz", "3s"),
            "ready": _check("ready", f"{url}/readyz", "6s"),
        },
    }
    if log_targets:
        document["log-targets"] = dict(log_targets)
    return ops.pebble.Layer(document)


def _check(level: str, url: str, timeout: str) -> dict[str, Any]:
    return {
        "override": "replace",
        "level": level,
        "startup": "enabled",
        "period": "10s",
        "timeout": timeout,
        "threshold": 3,
        "http": {"url": url},
    }


class Workload:
    """The container with the server."""

    def __init__(self, container: ops.Container):
        self.container = container

    def activate(self, files: Mapping[str, str]) -> list[Problem]:
        """Checks new files and makes them the active ones. If a check fails, the previous files stay active.

        Without previous files, unreachable controllers are no reason to wait: the
        server starts, and reports them, as soon as one of them can be reached.
        """
        active = self._read(ACTIVE)
        generation = active.pop(GENERATION, None)
        if active == files:
            return []
        self._write(CANDIDATE, files)
        try:
            problems = self._check(CANDIDATE, "config check", CHECK_TIMEOUT, "config", "check", "config.yaml")
            if problems:
                return _with_consequence(problems, bool(active))
            if changes_controllers(active, files):
                problems = self._check(CANDIDATE, "login", PROBE_TIMEOUT, "config", "check", "--connect", "config.yaml")
                if problems and active:
                    return _with_consequence(problems, True)
        finally:
            self.container.remove_path(CANDIDATE, recursive=True)
        if generation is None or needs_restart(active, files):
            # first, so that an interruption between here and the layer still ends with a restart
            self._write(ACTIVE, {GENERATION: secrets.token_hex(4)})
        self._write(ACTIVE, files)
        for name in active.keys() - files.keys():
            self.container.remove_path(f"{ACTIVE}/{name}")
        return problems

    def start(self, log_level: str, log_targets: Mapping[str, Any]) -> list[Problem]:
        """Applies the layer; Pebble restarts the server if the layer changed. Without active files nothing is started."""
        generation = self._read(ACTIVE).get(GENERATION)
        if generation is None:
            return []
        self.container.add_layer(LAYER, layer(generation, log_level, log_targets), combine=True)
        try:
            self.container.replan()
        except ops.pebble.ChangeError as error:
            return [Problem("the server does not start: " + program_message(str(error)))]
        return []

    def previous_log_targets(self) -> set[str]:
        """Names of the log targets in the plan."""
        return set(self.container.get_plan().log_targets)

    def health_problems(self) -> list[Problem]:
        """What the program reports about its controllers if a health check fails, else the names of the failing checks."""
        checks = self.container.get_checks()
        down = [name for name, info in checks.items() if info.status == ops.pebble.CheckStatus.DOWN]
        found = self._check(ACTIVE, "login", PROBE_TIMEOUT, "config", "check", "--connect", "config.yaml") if down else []
        return [Problem(problem.message, blocked=False) for problem in found] or checks_down(down)

    def _check(self, folder: str, purpose: str, timeout: float, *arguments: str) -> list[Problem]:
        try:
            self.container.exec([PROGRAM, *arguments], working_dir=folder, timeout=timeout).wait_output()
        except ops.pebble.ExecError as error:
            return [Problem(program_message(str(error.stderr or error.stdout or f"{purpose}: exit code {error.exit_code}")))]
        except (ops.pebble.ChangeError, ops.pebble.TimeoutError, TimeoutError):
            return [Problem(f"{purpose}: no result within {timeout:.0f} seconds")]
        return []

    def _read(self, folder: str) -> dict[str, str]:
        if not self.container.isdir(folder):
            return {}
        return {file.name: self.container.pull(file.path).read() for file in self.container.list_files(folder)}

    def _write(self, folder: str, files: Mapping[str, str]) -> None:
        """Writes files that only the server can read; the configuration last, because it names the others."""
        if not self.container.isdir(folder):
            self.container.make_dir(folder, make_parents=True, permissions=0o700)
        for name in sorted(files, key=lambda name: name == "config.yaml"):
            self.container.push(f"{folder}/{name}", files[name], permissions=0o600)


def program_message(text: str) -> str:
    """The message of the program, without log lines and its own name, in one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    start = next((at for at, line in enumerate(lines) if line.startswith("juju-mcp: ")), 0)
    return re.sub(r"\s+", " ", "; ".join(lines[start:])).removeprefix("juju-mcp: ")


def _with_consequence(problems: list[Problem], has_previous: bool) -> list[Problem]:
    suffix = "; the previous configuration stays active" if has_previous else ""
    return [Problem(problem.message + suffix, problem.blocked) for problem in problems]
