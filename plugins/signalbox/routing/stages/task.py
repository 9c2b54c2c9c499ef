"""Which lane the task goes to: its own route, its parent's, or the general lane."""

from signalbox.routing.case import Case, Draft
from signalbox.routing.signals.needs import with_output_limit
from signalbox.schema.signals import SECOND_OPINION


def task(case: Case, draft: Draft) -> str:
    """Climbs the taxonomy to the nearest route. An uncertain task goes to the general lane, and says so."""
    index, signal = case.index, draft.task
    abstained = signal.source == "abstain"
    draft.route = index.plan.tasks["*"] if abstained else draft.standing.route
    draft.needs = with_output_limit(draft.needs, case.facts, draft.route.max_tokens)
    draft.prefer_specialised = draft.route.prefer_specialised
    source = f"{signal.source}, {SECOND_OPINION}" if signal.note == SECOND_OPINION else signal.source
    found = f"{signal.name} {signal.confidence:.2f} ({source})" + (f", {signal.doing}" if signal.doing else "")
    if draft.reason in {"override", "lock"}:
        return f"{found}; lane {draft.lane.name} is given"
    draft.lane = index.lane(draft.route.lane)
    if abstained:
        draft.reason = "abstain"
        return f"{found}: not certain enough, general lane {draft.lane.name}"
    if draft.route.name in {signal.name, signal.doing}:
        return f"{found} -> lane {draft.lane.name}"
    draft.reason = "default_lane" if draft.route.name == "*" else "parent_lane"
    return f"{found}: no route of its own, '{draft.route.name}' -> lane {draft.lane.name}"
