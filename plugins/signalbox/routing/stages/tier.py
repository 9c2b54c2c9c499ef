"""Complexity becomes a tier; persona, its rules, and the task's limits move it."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Final

from signalbox.routing.case import Case, Draft
from signalbox.routing.index import RANK
from signalbox.schema.base import TIERS, Tier
from signalbox.schema.persona import Persona, Rule

_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}


def tier(case: Case, draft: Draft) -> str:
    """Sets the tier. One that the client names stands."""
    total = _total(case)
    if draft.tier_given:
        return f"{draft.tier} by the client (complexity {total:.1f})"
    limits = case.index.plan.tiers
    draft.tier = "fast" if total < limits.fast_below else "quality" if total >= limits.quality_from else "balanced"
    notes = [f"complexity {total:.1f} -> {draft.tier}", *case.signals.complexity.notes]
    if draft.persona:
        notes += _personal(case.index.plan.personas[draft.persona], case, draft)
    for limit, beyond in ((draft.route.min_tier, operator.lt), (draft.route.max_tier, operator.gt)):
        if limit and beyond(RANK[draft.tier], RANK[limit]):
            draft.tier = limit
            notes.append(f"task {draft.route.name} limits it to {limit}")
    return "; ".join(notes)


def _total(case: Case) -> float:
    """Complexity as thresholds mean it: 7.0 that adds up to 6.999999 from five dimensions is 7.0."""
    return round(case.signals.complexity.total, 6)


def _personal(persona: Persona, case: Case, draft: Draft) -> list[str]:
    notes: list[str] = []
    if persona.tier and (moved := _preferred(persona, _total(case), draft.tier)) != draft.tier:
        draft.tier = moved
        notes.append(f"{draft.persona} -> {moved}")
    wish = next((persona.tasks[name] for name in draft.standing.chain if name in persona.tasks), None)
    if wish:
        draft.prefer_specialised |= wish.prefer_specialised
        draft.wanted = wish.model
        if wish.tier and wish.tier != draft.tier:
            draft.tier = wish.tier
            notes.append(f"{draft.persona} for {draft.task.name} -> {wish.tier}")
    for rule in persona.rules:
        if _holds(rule, case, draft):
            before = draft.tier
            draft.tier = rule.tier or _moved(draft.tier, rule.move)
            draft.wanted = rule.model or draft.wanted
            notes.append(f"rule '{rule.when}': {before} -> {draft.tier}" + (f", {rule.model}" if rule.model else ""))
    return notes


def _preferred(persona: Persona, total: float, found: Tier) -> Tier:
    """The preferred tier, unless complexity passes the persona's own threshold for leaving it."""
    wanted = persona.tier or found
    if RANK[found] < RANK[wanted]:
        return found if persona.downgrade_below is not None and total < persona.downgrade_below else wanted
    if RANK[found] > RANK[wanted]:
        return found if persona.upgrade_from is None or total >= persona.upgrade_from else wanted
    return wanted


def _moved(tier: Tier, move: str | None) -> Tier:
    step = {"up": 1, "down": -1, None: 0}[move]
    return TIERS[min(max(RANK[tier] + step, 0), len(TIERS) - 1)]


def _holds(rule: Rule, case: Case, draft: Draft) -> bool:
    subject, comparison, value = rule.parts()
    if subject == "complexity":
        return _COMPARE[comparison](_total(case), float(value))
    found = {"task": draft.standing.chain, "lane": (draft.lane.name,), "tier": (draft.tier,)}[subject]
    return (value in found) == (comparison == "==")
