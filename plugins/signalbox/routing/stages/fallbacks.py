"""What is tried when the choice fails: progressively smaller models, then the strategy's own chain."""

from __future__ import annotations

from typing import Final

from signalbox.routing.case import Case, Draft
from signalbox.routing.costs import upper_bound
from signalbox.routing.index import RANK
from signalbox.routing.stages.match import embeds, rests
from signalbox.schema.plan import PlanModel

MOST_GENERATED: Final = 3


def fallbacks(case: Case, draft: Draft) -> str:
    """Same tier and similar; one tier down, same speciality; one down, general; two down; then lane and default lane."""
    choice = draft.ranking[0]
    generated = _generated(choice, case, draft)[: min(MOST_GENERATED, case.index.plan.behaviour.retries)]
    default = case.index.lane(case.index.plan.default_lane)
    own = (
        *draft.lane.models,
        *draft.lane.fallbacks,
        *(() if embeds(draft) else (*default.models, *default.fallbacks)),
    )
    chain = dict.fromkeys([*generated, *(name for name in own if name in draft.eligible)])
    chain.pop(choice.name, None)
    draft.fallbacks = tuple(sorted(chain, key=lambda name: rests(draft.eligible[name], case)))
    possible = (choice, *(draft.eligible[name] for name in draft.fallbacks))
    draft.reserve_micros = max(upper_bound(model, case.facts, draft.needs) for model in possible)
    return ", ".join(draft.fallbacks) or "none: no other model may serve this request"


def _generated(choice: PlanModel, case: Case, draft: Draft) -> list[str]:
    if embeds(draft):
        return []
    index, task = case.index, draft.task.name
    level, specialised = RANK[choice.tier or "balanced"], index.specialised(choice, task)
    largest = choice.parameters_b or float("inf")
    ranked = sorted(
        (model for model in draft.eligible.values() if model.tier and model is not choice),
        key=lambda model: (-index.score(model, task), model.name),
    )
    steps = ((0, specialised), (1, True), (1, False), (2, None))
    found: dict[str, None] = {}
    for down, special in steps:
        for model in ranked:
            if (
                RANK[model.tier or "balanced"] == level - down
                and (special is None or index.specialised(model, task) is special)
                and (down or (model.parameters_b or 0) <= largest)
            ):
                found[model.name] = None
                break
    return list(found)
