"""What is tried when the choice fails: progressively smaller models, then the strategy's own chain."""

from __future__ import annotations

from typing import Final

from signalbox.routing.case import Case, Draft
from signalbox.routing.costs import upper_bound
from signalbox.routing.index import RANK
from signalbox.routing.stages.match import embeds, strained
from signalbox.schema.plan import PlanModel

MOST_GENERATED: Final = 3


def fallbacks(case: Case, draft: Draft) -> str:
    """Same tier and similar; one tier down, same speciality; one down, general; two down; then lane and default lane."""
    choice = draft.ranking[0]
    generated = _generated(choice, draft)[: min(MOST_GENERATED, case.index.plan.behaviour.retries)]
    default = case.index.default
    own = (
        *draft.lane.models,
        *draft.lane.fallbacks,
        *(() if embeds(draft) else (*default.models, *default.fallbacks)),
    )
    chain = dict.fromkeys([*generated, *[name for name in own if name in draft.eligible]])
    chain.pop(choice.name, None)
    draft.fallbacks = tuple(sorted(chain, key=lambda name: strained(draft.eligible[name], case)))
    costs = [upper_bound(draft.eligible[name], case.facts, draft.needs) for name in draft.fallbacks]
    draft.reserve_micros = max([draft.cost_micros, *costs])
    return ", ".join(draft.fallbacks) or "none: no other model may serve this request"


def _generated(choice: PlanModel, draft: Draft) -> list[str]:
    if embeds(draft):
        return []
    specialists, best = draft.standing.specialists, draft.standing.best
    level, specialised = RANK[choice.tier or "balanced"], choice.name in specialists
    largest = choice.parameters_b or float("inf")
    steps = ((0, specialised), (1, True), (1, False), (2, None))
    found: dict[str, None] = {}
    for down, special in steps:
        for model in best.get(level - down, ()):
            if (
                model.name in draft.eligible
                and model is not choice
                and (special is None or (model.name in specialists) is special)
                and (down or (model.parameters_b or 0) <= largest)
            ):
                found[model.name] = None
                break
    return list(found)
