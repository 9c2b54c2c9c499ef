"""Which of a group's deployments take a request: from live load where there is any, else all of them.

Without a single live figure the list stays whole, and LiteLLM chooses as it would without us.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from math import ceil
from typing import Final

from signalbox.schema.fleet import DeploymentState, FleetSnapshot

BOUND: Final = 1.25
"""How far above the mean the load of a conversation's own deployment may lie: the usual bound of consistent hashing with
bounded loads."""


def candidates(ids: Sequence[str], fleet: FleetSnapshot, in_flight: Mapping[str, int], conversation: str) -> list[str]:
    """A non-empty part of `ids`: those that take requests, failed not just now, have room, have the model loaded.

    Where a server tells its load, one: the conversation's own, whose cache knows its beginning, unless that one has more
    than its share to do.
    """
    kept = list(ids)
    for better in _BETTER:
        kept = [name for name in kept if better(fleet.of(name))] or kept
    loads = {name: _load(fleet.of(name), in_flight.get(name, 0)) for name in kept}
    if len(kept) < 2 or all(fleet.of(name).running is None for name in kept):
        return kept
    most = ceil(BOUND * (sum(loads.values()) + 1) / len(kept))
    order = sorted(kept, key=lambda name: blake2b(f"{conversation}\0{name}".encode(), digest_size=8).digest())
    return [next(name for name in order if loads[name] < most)]


_BETTER: Final[tuple[Callable[[DeploymentState], bool], ...]] = (
    lambda state: state.usable,
    lambda state: not state.resting,
    lambda state: not state.saturated,
    lambda state: not state.cold,
)


def _load(state: DeploymentState, in_flight: int) -> int:
    """Requests there now: what the server said last, or what we have sent since, whichever is more."""
    return max((state.running or 0) + (state.waiting or 0), in_flight)
