"""Problems, and the status of the unit that follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass

import ops

MAX_MESSAGE = 240


@dataclass(frozen=True)
class Problem:
    """One problem. `blocked`: the operator has to act; otherwise it passes without help."""

    message: str
    blocked: bool = True


def unit_status(problems: Sequence[Problem]) -> ops.StatusBase:
    """The first problem, blocking ones first, and how many more there are; without problems: active."""
    ordered = sorted(problems, key=lambda problem: not problem.blocked)
    if not ordered:
        return ops.ActiveStatus()
    first, more = ordered[0], len(ordered) - 1
    message = first.message if len(first.message) <= MAX_MESSAGE else first.message[: MAX_MESSAGE - 3] + "..."
    if more:
        message += f" (and {more} more problem{'s' if more > 1 else ''})"
    return ops.BlockedStatus(message) if first.blocked else ops.WaitingStatus(message)


def too_many_units(planned: int, app: str) -> list[Problem]:
    """More than one unit: each would have its own ledger and its own approval requests."""
    message = f"one unit is supported, {planned} are planned: run `juju scale-application {app} 1`"
    return [Problem(message)] if planned > 1 else []


def no_authentication(has_oauth_relation: bool, has_provider: bool, has_tokens: bool) -> list[Problem]:
    """No way to authenticate: the server rejects every caller."""
    if has_provider or (has_tokens and not has_oauth_relation):
        return []
    if has_oauth_relation:
        return [Problem("waiting for the identity provider to register the client", blocked=False)]
    return [Problem("every caller is rejected: integrate an identity provider (`oauth`), or set `static-tokens`")]


def checks_down(down: Sequence[str]) -> list[Problem]:
    """Pebble's health checks that fail."""
    return [Problem(f"the health check `{name}` fails; see `juju debug-log` and the log of the container", blocked=False) for name in down]
