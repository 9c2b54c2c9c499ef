"""The hard rules. First choice and every fallback pass the same ones, in the same order."""

from __future__ import annotations

from enum import IntEnum

from signalbox.routing.case import Case, Draft
from signalbox.schema.plan import PlanModel


class Rule(IntEnum):
    """In the order in which they are asked; a refusal is named after the furthest rule that a candidate reached."""

    PRIVACY = 0
    ACCESS = 1
    NEEDS = 2
    STATE = 3
    BUDGET = 4


def broken_rule(model: PlanModel, case: Case, draft: Draft) -> tuple[Rule, str] | None:
    """The first hard rule that the model breaks for this request, and how; None if it may serve."""
    if draft.local_only and not model.local:
        plan = case.index.plan
        why = f"strategy {plan.strategy}" if plan.privacy == "local_only" else f"data class {draft.data_class}"
        return Rule.PRIVACY, f"{why} is local_only"
    allowed = case.facts.caller.allowed
    if allowed is not None and model.name not in allowed:
        return Rule.ACCESS, "the key may not use it"
    missing = draft.needs.capabilities.difference(model.capabilities)
    if missing:
        return Rule.NEEDS, f"no {', '.join(sorted(missing))}"
    if draft.needs.context_tokens > model.context_window:
        return Rule.NEEDS, f"{draft.needs.context_tokens:,} tokens of context, it has {model.context_window:,}"
    if case.fleet.deployments and not any(case.fleet.usable(deployment.id) for deployment in model.deployments):
        states = (case.fleet.of(deployment.id) for deployment in model.deployments)
        return Rule.STATE, "; ".join(dict.fromkeys(state.reason or state.state for state in states)) or "no deployment"
    return None
