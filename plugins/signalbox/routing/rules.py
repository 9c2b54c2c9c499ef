"""The hard rules. First choice and every fallback pass the same ones, in the same order."""

from __future__ import annotations

from enum import IntEnum

from signalbox.routing.case import Case, Draft
from signalbox.schema.fleet import FleetSnapshot
from signalbox.schema.plan import PlanModel


class Rule(IntEnum):
    """In the order in which they are asked; a refusal is named after the furthest rule that a candidate reached."""

    PRIVACY = 0
    ACCESS = 1
    NEEDS = 2
    STATE = 3
    BUDGET = 4


def sift(case: Case, draft: Draft) -> tuple[dict[str, PlanModel], dict[str, tuple[Rule, str]]]:
    """The models that may serve this request; and for all others the first hard rule that each one breaks, and how."""
    index, allowed, fleet = case.index, case.facts.caller.allowed, case.fleet
    local_only, needed, tokens = draft.local_only, draft.needs.capabilities, draft.needs.context_tokens
    eligible: dict[str, PlanModel] = {}
    broken: dict[str, tuple[Rule, str]] = {}
    for model in index.everything:
        name = model.name
        if local_only and not model.local:
            broken[name] = Rule.PRIVACY, f"{_strictest(case, draft)} is local_only"
        elif allowed is not None and name not in allowed:
            broken[name] = Rule.ACCESS, "the key may not use it"
        elif not needed <= index.capabilities[name]:
            broken[name] = Rule.NEEDS, f"no {', '.join(sorted(needed - index.capabilities[name]))}"
        elif tokens > model.context_window:
            broken[name] = Rule.NEEDS, f"{tokens:,} tokens of context, it has {model.context_window:,}"
        elif fleet.closed and fleet.closed.issuperset(index.places[name]):
            broken[name] = Rule.STATE, _states(index.places[name], fleet)
        else:
            eligible[name] = model
    return eligible, broken


def _strictest(case: Case, draft: Draft) -> str:
    plan = case.index.plan
    return f"strategy {plan.strategy}" if plan.privacy == "local_only" else f"data class {draft.data_class}"


def _states(places: tuple[str, ...], fleet: FleetSnapshot) -> str:
    return "; ".join(dict.fromkeys(state.reason or state.state for state in map(fleet.of, places))) or "no deployment"
