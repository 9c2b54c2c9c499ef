"""Which of a group's deployments take a request: from live load where there is any, else all of them.

Without a single live figure the list stays whole, and LiteLLM chooses as it would without us.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from math import ceil
from typing import Final

from signalbox.schema.fleet import DeploymentState, FleetSnapshot

BOUND: Final = 1.25
"""How far above the mean the load of a conversation's own deployment may lie: the usual bound of consistent hashing with
bounded loads."""
WARM_ENOUGH: Final = 4
"""With so many of our requests on its way to each server that has the model loaded, one that must load it is welcome."""


def candidates(ids: Sequence[str], fleet: FleetSnapshot, in_flight: Mapping[str, int], conversation: str) -> list[str]:
    """A non-empty part of `ids`: those that take requests, failed not just now, have room, have the model loaded.

    Where a server tells its load, one: the conversation's own, whose cache knows its beginning, unless that one has more
    than its share to do.
    """
    kept = list(ids)
    for better in (_usable, _awake, _with_room):
        kept = [name for name in kept if better(fleet.of(name))] or kept
    warm = [name for name in kept if not fleet.of(name).cold]
    if any(in_flight.get(name, 0) < WARM_ENOUGH for name in warm):
        kept = warm
    told = {name: load for name in kept if (load := _load(fleet.of(name))) is not None}
    if len(kept) < 2 or not told:
        return kept
    usual = round(sum(told.values()) / len(told))
    loads = {name: max(told.get(name, usual), in_flight.get(name, 0)) for name in kept}
    most = ceil(BOUND * (sum(loads.values()) + 1) / len(kept))
    order = sorted(kept, key=lambda name: blake2b(f"{conversation}\0{name}".encode(), digest_size=8).digest())
    return [next(name for name in order if loads[name] < most)]


def _usable(state: DeploymentState) -> bool:
    return state.usable


def _awake(state: DeploymentState) -> bool:
    return not state.resting


def _with_room(state: DeploymentState) -> bool:
    return not state.saturated


def _load(state: DeploymentState) -> int | None:
    """Requests there now, as the server said last. One that does not say is taken to be as busy as the others."""
    return None if state.running is None else state.running + (state.waiting or 0)
