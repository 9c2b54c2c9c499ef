"""The fallbacks of the LiteLLM config: what LiteLLM itself tries where our hooks have not set a request's own chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from signalbox.compiler.aliases import is_chat
from signalbox.compiler.lanes import unique
from signalbox.schema.plan import PlanLane, PlanModel


@dataclass(frozen=True, slots=True)
class Chain:
    """What follows a model, and the lanes that say so."""

    model: str
    fallbacks: tuple[str, ...]
    lanes: tuple[str, ...]


def config_fallbacks(
    models: Mapping[str, PlanModel], lanes: Mapping[str, PlanLane], *, restricted: bool
) -> tuple[Chain, ...]:
    """A chain per model that stands in a lane: the lane's other models, then its fallbacks, of the same sort.

    Where it stands in several lanes, the lane in which it stands first comes first. `restricted`: some requests may not
    leave, and LiteLLM alone cannot tell which, so every chain stays local.
    """
    chains = (_chain(name, models, lanes, restricted) for name in sorted(models))
    return tuple(chain for chain in chains if chain.fallbacks)


def larger_windows(chains: tuple[Chain, ...], models: Mapping[str, PlanModel]) -> tuple[Chain, ...]:
    """The same chains, with only those models that hold a longer prompt than the first."""
    kept = (
        Chain(
            chain.model,
            tuple(n for n in chain.fallbacks if models[n].context_window > models[chain.model].context_window),
            chain.lanes,
        )
        for chain in chains
    )
    return tuple(chain for chain in kept if chain.fallbacks)


def _chain(name: str, models: Mapping[str, PlanModel], lanes: Mapping[str, PlanLane], restricted: bool) -> Chain:
    standing = [lane for _, lane in sorted(lanes.items()) if name in lane.models]
    standing.sort(key=lambda lane: lane.models.index(name))
    names = unique((other for lane in standing for other in (*lane.models, *lane.fallbacks)), without=(name,))
    allowed = tuple(
        other
        for other in names
        if is_chat(models[other]) == is_chat(models[name]) and (models[other].local or not restricted)
    )
    return Chain(name, allowed, tuple(lane.name for lane in standing))
