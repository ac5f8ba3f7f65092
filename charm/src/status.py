"""Problems, and the status of the unit that follows from them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import ops

import templates

PROBLEMS: dict[str, dict[str, Any]] = templates.read("problems.yaml")
MAX_MESSAGE = 240


@dataclass(frozen=True)
class Problem:
    """One problem. `blocked`: the operator has to act; otherwise it passes without help."""

    message: str
    blocked: bool = True
    consequence: str = ""

    def text(self) -> str:
        """The message, shortened if necessary, and its consequence."""
        limit = MAX_MESSAGE - len(self.consequence)
        return (self.message if len(self.message) <= limit else self.message[: limit - 3] + "...") + self.consequence


def problems(app: str, units: int, related: Collection[str], provider: bool, tokens: bool, certificate: bool) -> list[Problem]:
    """What is wrong with a deployment, apart from what options, secrets and the program report."""
    holds = {
        "several_units": units > 1,
        "two_ingresses": {"ingress", "istio-ingress-route"} <= set(related),
        "no_access": not ("oauth" in related or provider or tokens),
        "no_client": "oauth" in related and not provider,
        "no_certificate": "certificates" in related and not certificate,
    }
    found = [templates.fill(row, {"app": app, "units": units}) for name, row in PROBLEMS.items() if holds[name]]
    return [Problem(row["message"], blocked=not row.get("waits")) for row in found]


def unit_status(problems: Sequence[Problem]) -> ops.StatusBase:
    """The first problem, blocking ones first, and how many more there are; without problems: active."""
    ordered = sorted(problems, key=lambda problem: not problem.blocked)
    if not ordered:
        return ops.ActiveStatus()
    first, more = ordered[0], len(ordered) - 1
    message = first.text()
    if more:
        message += f" (and {more} more problem{'s' if more > 1 else ''})"
    return ops.BlockedStatus(message) if first.blocked else ops.WaitingStatus(message)
