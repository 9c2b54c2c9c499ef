"""What a candidate is worth for a request: its chance to be right, and what it costs to stay or to switch."""

from __future__ import annotations

from typing import Final

from signalbox.routing.case import Case, Draft
from signalbox.routing.costs import upper_bound
from signalbox.routing.signals.success import predicted_success
from signalbox.schema.facts import Facts
from signalbox.schema.plan import PlanModel

CACHED_SHARE: Final = 0.1
"""Price of a cached prompt token as a share of a fresh one: what the large providers ask."""
NOTABLE: Final = 0.05
"""A difference in predicted success that is worth a lost prompt cache."""


def success(model: PlanModel, case: Case, draft: Draft) -> float:
    """The chance, 0-1, that the model gets this request right."""
    return predicted_success(draft.standing.scores[model.name], case.signals.weak_failure)


def by_value(pool: list[PlanModel], case: Case, draft: Draft) -> list[PlanModel]:
    """The cheapest model whose predicted success is close enough to the best comes first; the rest by success."""
    chances = {model.name: success(model, case, draft) for model in pool}
    enough = case.index.plan.routing.quality * max(chances.values())
    return sorted(
        pool,
        key=lambda model: (
            chances[model.name] < enough,
            not model.priced,
            upper_bound(model, case.facts, draft.needs) if chances[model.name] >= enough else 0,
            (model.parameters_b or 0) if chances[model.name] >= enough and model.local else 0,
            -chances[model.name],
            model.name,
        ),
    )


def kept_in_session(ranking: list[PlanModel], case: Case, draft: Draft) -> tuple[PlanModel, str] | None:
    """The model that the session used last and should keep, and why; None where the best candidate may take over.

    In the middle of a tool loop it stays, whatever else would be better. Between turns the best takes over if it is
    notably better, or cheaper even though it must read the whole prompt anew.
    """
    facts, previous = case.facts, case.previous
    if previous is None or draft.only is not None or draft.tier_given or not _continues(facts):
        return None
    last = draft.eligible.get(previous.model)
    if last is None or case.fleet.rests(case.index.places[last.name]):
        return None
    if facts.in_tool_loop:
        return last, "in the middle of a tool loop"
    best = ranking[0]
    if last not in ranking or last is best or case.fleet.strained(case.index.places[last.name]):
        return None
    gain = success(best, case, draft) - success(last, case, draft)
    cached = min(previous.prompt_tokens, facts.prompt_tokens)
    staying = upper_bound(last, facts, draft.needs) - cached * last.input_price * (1 - CACHED_SHARE) / 1_000_000
    switching = upper_bound(best, facts, draft.needs)
    if gain > NOTABLE or (gain > -NOTABLE and switching < staying):
        return None
    return last, f"its prompt cache is worth more than {best.name}'s gain of {gain:+.2f}"


def _continues(facts: Facts) -> bool:
    return facts.turns > 1 or facts.hints.session is not None
