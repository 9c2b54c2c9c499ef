"""Whose preferences hold: the key's persona, else the request's, else the strategy's default."""

from signalbox.routing.case import Case, Draft


def persona(case: Case, draft: Draft) -> str:
    """Names the persona; its preferences are used where the tier is set."""
    hints, plan = case.facts.hints, case.index.plan
    if hints.ignore_persona:
        return "ignored by the client"
    for name, source in (
        (case.facts.caller.persona, "key"),
        (hints.persona, "request"),
        (plan.default_persona, "strategy"),
    ):
        if name in plan.personas:
            draft.persona = name
            draft.min_context = plan.personas[name].min_context_window or 0
            return f"{name} ({source})"
    return f"unknown persona '{hints.persona}' ignored" if hints.persona else "none"
