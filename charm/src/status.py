"""Problems, and the status of the unit that follows from them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import ops

MAX_MESSAGE = 240


@dataclass(frozen=True)
class Problem:
    """One problem. `blocked`: the operator has to act; otherwise it passes without help."""

    message: str
    blocked: bool = True


def problems(app: str, units: int, related: Collection[str], provider: bool, tokens: bool, certificate: bool) -> list[Problem]:
    """What is wrong with a deployment, apart from what options, secrets and the program report."""
    oauth, ingresses = "oauth" in related, {"ingress", "istio-ingress-route"}
    table = [
        (units > 1, Problem(f"one unit is supported, {units} are planned: run `juju scale-application {app} 1`")),
        (ingresses <= set(related), Problem("`ingress` and `istio-ingress-route` are both integrated: remove one")),
        (
            not (oauth or provider or tokens),
            Problem("every caller is rejected: integrate an identity provider (`oauth`), or set `static-tokens`"),
        ),
        (oauth and not provider, Problem("waiting for the identity provider to register the client", blocked=False)),
        (
            "certificates" in related and not certificate,
            Problem("waiting for the provider of `certificates` to sign the certificate", blocked=False),
        ),
    ]
    return [problem for applies, problem in table if applies]


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
