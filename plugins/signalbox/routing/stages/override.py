"""An explicit model, lane, tier or task of the client; a system-wide lock wins over it."""

from signalbox.routing.case import Case, Draft
from signalbox.routing.index import RANK
from signalbox.schema.plan import PlanLane
from signalbox.schema.signals import TaskSignal


def override(case: Case, draft: Draft) -> str:
    """Takes what was named, if the plan knows it; what it does not know is said and passed over."""
    hints, plan = case.facts.hints, case.index.plan
    notes = [f"ignored {problem}" for problem in hints.ignored]
    if hints.task is not None:
        if hints.task in plan.taxonomy.kinds or hints.task in plan.tasks:
            draft.task = TaskSignal(hints.task, 1.0, "client")
            draft.standing = case.index.standing(draft.task)
            notes.append(f"task {hints.task} by the client")
        else:
            notes.append(f"unknown task '{hints.task}' ignored")
    if hints.tier is not None:
        tier = next((tier for tier in RANK if tier == hints.tier), None)
        if tier:
            draft.tier, draft.tier_given = tier, True
            notes.append(f"tier {tier} by the client")
        else:
            notes.append(f"unknown tier '{hints.tier}' ignored")
    if hints.lane is not None:
        if hints.lane in plan.lanes:
            draft.lane, draft.reason = plan.lanes[hints.lane], "override"
            notes.append(f"lane {hints.lane} by the client")
        else:
            notes.append(f"unknown lane '{hints.lane}' ignored")
    named = case.index.deployments.get(hints.model or "", hints.model)
    only = plan.lock or (named if named in plan.models else None)
    if only is not None:
        draft.only, draft.reason = only, "lock" if plan.lock else "override"
        draft.lane = _lane_of(case, only)
        notes.append(f"model {only} by the {'strategy (lock)' if plan.lock else 'client'}")
    return "; ".join(notes) or "none"


def _lane_of(case: Case, model: str) -> PlanLane:
    """The first lane that lists the model among its candidates, by name; else the default lane."""
    lanes = case.index.plan.lanes
    return next((lanes[name] for name in sorted(lanes) if model in lanes[name].models), case.index.default)
