"""The container of the server: its files, the checks of a new configuration, and the Pebble layer."""

import contextlib
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import ops

import templates
from configuration import CONFIG, PORT, TLS_KEY
from status import Problem

SERVICE = LAYER = "juju-mcp"
PROGRAM = "/usr/bin/juju-mcp"
ROOT = "/etc/juju-mcp"
ACTIVE, CANDIDATE = f"{ROOT}/active", f"{ROOT}/candidate"
# File beside the active ones. A new value in the layer restarts the server; it has no relation to the content of a secret.
GENERATION = "generation"
# File beside the active ones while some of them are new and the server has no signal to read them yet.
UNREAD = "unread"
TEMPLATES: dict[str, Any] = templates.read("layer.yaml")
CHECK_TIMEOUT = 30.0
PROBE_TIMEOUT = 60.0
ACTION_TIMEOUT = 600.0


def layer(generation: str, tls: bool, targets: Mapping[str, Any], names: Mapping[str, Any]) -> ops.pebble.Layer:
    """The Pebble layer. It contains no secret and nothing derived from one."""
    own = {"program": PROGRAM, "folder": ACTIVE, "port": PORT, "generation": generation}
    values = {**own, "log_targets": dict(targets), "resource_attributes": names["resource_attributes"]}
    document = templates.fill(TEMPLATES["layer"], values)
    for name, probe in templates.fill(TEMPLATES["probes"]["https" if tls else "http"], own).items():
        document["checks"][name] |= probe
    return ops.pebble.Layer(document)


def log_targets(names: Mapping[str, Any], endpoints: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Pebble's log targets for the Loki endpoints by unit; the URL of a removed unit is empty."""
    template = {True: TEMPLATES["log_target"], False: TEMPLATES["removed_log_target"]}
    return {unit: templates.fill(template[bool(url)], {**names, "url": url}) for unit, url in endpoints.items()}


class CommandError(Exception):
    """A command of the program failed; the message is for the operator."""


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
        consequence = "; the previous configuration stays active" if active else ""
        generation = active.pop(GENERATION, None)
        if active == files:
            return []
        self._write(CANDIDATE, files)
        try:
            problems = self._check(CANDIDATE, CHECK_TIMEOUT, consequence=consequence)
            if problems:
                return problems
            changes = self._changes() if generation else ["controllers: restart"]
            if any(line.startswith("controllers") for line in changes):
                problems = self._check(CANDIDATE, PROBE_TIMEOUT, "--connect", consequence=consequence)
                if problems and active:
                    return problems
        finally:
            self.container.remove_path(CANDIDATE, recursive=True)
        # without an identity provider and tokens, no reload has to succeed for callers to be rejected
        restart = "reject_all_callers: true" in files[CONFIG] or any(line.endswith(": restart") for line in changes)
        # first, so that an interruption between here and the layer, or the signal, is made good by the next event
        self._write(ACTIVE, {GENERATION: secrets.token_hex(4)} if restart else {UNREAD: ""})
        self._write(ACTIVE, files)
        if not restart:
            with contextlib.suppress(ops.pebble.Error):  # a server that does not run reads everything at its start
                self.container.send_signal("SIGHUP", SERVICE)
        for name in {*active, UNREAD} - files.keys():
            self.container.remove_path(f"{ACTIVE}/{name}", recursive=True)
        return problems

    def start(self, log_endpoints: Mapping[str, str], names: Mapping[str, Any]) -> list[Problem]:
        """Applies the layer; Pebble restarts the server if the layer changed. Without active files nothing is started."""
        active = self._read(ACTIVE)
        if GENERATION not in active:
            return []
        # Pebble cannot remove a target, so those in the plan without an endpoint are disabled
        targets = log_targets(names, {**dict.fromkeys(self.container.get_plan().log_targets, ""), **log_endpoints})
        self.container.add_layer(LAYER, layer(active[GENERATION], TLS_KEY in active, targets, names), combine=True)
        try:
            self.container.replan()
        except ops.pebble.ChangeError as error:
            return [Problem("the server does not start: " + program_message(str(error)))]
        return []

    def stop(self) -> None:
        """Stops the server if it was ever started."""
        if self.container.get_services(SERVICE):
            self.container.stop(SERVICE)

    def health_problems(self) -> list[Problem]:
        """What the program reports about its controllers if a health check fails, else the names of the failing checks."""
        down = [name for name, info in self.container.get_checks().items() if info.status == ops.pebble.CheckStatus.DOWN]
        reported = [problem.message for problem in self._check(ACTIVE, PROBE_TIMEOUT, "--connect")] if down else []
        failed = [f"the health check `{name}` fails; see `juju debug-log` and the log of the container" for name in down]
        return [Problem(message, blocked=False) for message in reported or failed]

    def run(self, *arguments: str, timeout: float = ACTION_TIMEOUT, folder: str | None = None) -> str:
        """The output of a command of the program; `CommandError` if it fails."""
        try:
            process = self.container.exec([PROGRAM, *arguments], working_dir=folder or ACTIVE, timeout=timeout)
            return process.wait_output()[0]
        except ops.pebble.ExecError as error:
            text = str(error.stderr or error.stdout or f"{' '.join(arguments[:2])}: exit code {error.exit_code}")
            raise CommandError(program_message(text)) from error
        except (ops.pebble.ChangeError, ops.pebble.TimeoutError, TimeoutError) as error:
            raise CommandError(f"{' '.join(arguments[:2])}: no result within {timeout:.0f} seconds") from error

    @contextlib.contextmanager
    def temporary(self, content: str | BinaryIO | None) -> Iterator[str]:
        """A path in the container with this content, which only the server can read; the file is removed in the end."""
        path = f"{ROOT}/temporary-{secrets.token_hex(4)}"
        try:
            if content is not None:
                self.container.push(path, content, permissions=0o600)
            yield path
        finally:
            self.container.remove_path(path, recursive=True)

    def _check(self, folder: str, timeout: float, *arguments: str, consequence: str = "") -> list[Problem]:
        try:
            self.run("config", "check", *arguments, CONFIG, timeout=timeout, folder=folder)
        except CommandError as error:
            return [Problem(str(error).replace(f"{folder}/", ""), consequence=consequence)]
        return []

    def _changes(self) -> list[str]:
        """The keys that the candidate changes, and whether a reload or a restart applies each, as the program reports it."""
        try:
            return self.run("config", "diff", f"{ACTIVE}/{CONFIG}", f"{CANDIDATE}/{CONFIG}", timeout=CHECK_TIMEOUT).splitlines()
        except CommandError:
            return ["controllers: restart"]

    def _read(self, folder: str) -> dict[str, str]:
        if not self.container.isdir(folder):
            return {}
        return {file.name: self.container.pull(file.path).read() for file in self.container.list_files(folder)}

    def _write(self, folder: str, files: Mapping[str, str]) -> None:
        """Writes files that only the server can read; the configuration last, because it names the others."""
        if not self.container.isdir(folder):
            self.container.make_dir(folder, make_parents=True, permissions=0o700)
        for name in sorted(files, key=lambda name: name == CONFIG):
            self.container.push(f"{folder}/{name}", files[name], permissions=0o600)


def program_message(text: str) -> str:
    """The message of the program, without log lines and its own name, in one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    start = next((at for at, line in enumerate(lines) if line.startswith("juju-mcp: ")), 0)
    return re.sub(r"\s+", " ", "; ".join(lines[start:])).removeprefix("juju-mcp: ")
