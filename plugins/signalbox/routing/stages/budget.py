"""The upper-bound cost must fit; if it does not, walk down the ranking as the strategy says."""

from __future__ import annotations

from signalbox.errors import BudgetRefusal
from signalbox.routing.case import Case, Draft
from signalbox.routing.costs import upper_bound
from signalbox.routing.stages.match import embeds, strained
from signalbox.schema.decision import Excluded
from signalbox.schema.plan import PlanModel
from signalbox.units import Usd


def budget(case: Case, draft: Draft) -> str:
    """Sets the estimated cost; removes what does not fit from choice and fallbacks. Raises BudgetRefusal."""
    limit, what = _limit(case)
    first = draft.ranking[0]
    draft.cost_micros = upper_bound(first, case.facts, draft.needs)
    if limit is None:
        return f"at most {Usd(draft.cost_micros)}; no limit"
    dear = {name: why for name, model in draft.eligible.items() if (why := _too_dear(model, limit, what, case, draft))}
    for name, why in dear.items():
        del draft.eligible[name]
        draft.excluded.append(Excluded(name, why))
    if first.name not in dear:
        draft.ranking = [model for model in draft.ranking if model.name not in dear]
        return f"at most {Usd(draft.cost_micros)}; {what} {Usd(limit)}"
    draft.ranking = _walk_down(case, draft)
    if not draft.ranking:
        chain = tuple((gone.model, gone.reason) for gone in draft.excluded)
        raise BudgetRefusal(
            f"{first.name} {dear[first.name]}, and nothing cheaper is allowed.",
            chain=chain,
            lane=draft.lane.name,
            resets_at=case.budget.resets_at,
        )
    draft.reason = "budget"
    draft.cost_micros = upper_bound(draft.ranking[0], case.facts, draft.needs)
    return f"{first.name} {dear[first.name]}: {draft.ranking[0].name} instead"


def _too_dear(model: PlanModel, limit: int, what: str, case: Case, draft: Draft) -> str | None:
    """Why a model may not serve under the limit; None if it may. An unknown price is not a low one.

    A limit that was overshot (`left` below 0: a call cost more than its bound) still lets through what costs nothing.
    """
    if not model.priced:
        return f"has no known price, and {what} {Usd(limit)}"
    cost = upper_bound(model, case.facts, draft.needs)
    return f"costs up to {Usd(cost)}, {what} {Usd(limit)}" if cost > max(limit, 0) else None


def _limit(case: Case) -> tuple[int | None, str]:
    """The tightest limit in micro-dollars, and what to call it."""
    limits = (
        (case.index.plan.budget.per_request, "a request may cost"),
        (case.facts.hints.max_cost_micros, "the client allows"),
        (case.budget.left, "left to spend:"),
    )
    return min([(int(limit), what) for limit, what in limits if limit is not None], default=(None, ""))


def _walk_down(case: Case, draft: Draft) -> list[PlanModel]:
    """What is affordable instead, best first: the lane's own, then by `when_spent`."""
    when_spent = case.index.plan.budget.when_spent
    if when_spent == "refuse" or draft.only is not None:
        return []
    lane = [model for model in draft.ranking if model.name in draft.eligible]
    rest = [
        model
        for model in draft.eligible.values()
        if model not in lane and (not embeds(draft) or model.name in draft.lane.fallbacks)
    ]
    rest.sort(
        key=lambda model: (
            strained(model, case),
            when_spent == "local" and not model.local,
            upper_bound(model, case.facts, draft.needs) if when_spent == "cheapest" else 0,
            -draft.standing.scores[model.name],
            model.name,
        )
    )
    found = lane + rest
    return [model for model in found if model.local] or found if when_spent == "local" else found
