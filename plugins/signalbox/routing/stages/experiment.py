"""A share of the traffic of a lane goes to another model, within every hard rule."""

from hashlib import blake2b

from signalbox.routing.case import Case, Draft
from signalbox.routing.stages.match import strained


def experiment(case: Case, draft: Draft) -> str:
    """Puts the variant's model first for its share of sessions (or requests); the same session stays in its variant."""
    if draft.only is not None:
        return "none: the model is given"
    for name, trial in sorted(case.index.plan.experiments.items()):
        if trial.lane != draft.lane.name:
            continue
        unit = case.facts.hints.session or case.facts.conversation or case.id
        place = int.from_bytes(blake2b(f"{name}\0{unit}".encode(), digest_size=4).digest()) / 2**32
        variant = draft.eligible.get(trial.model)
        if place >= trial.share:
            return f"{name}: control"
        if variant is None:
            return f"{name}: {trial.model} may not serve this request"
        if strained(variant, case) and not strained(draft.ranking[0], case):
            return f"{name}: {trial.model} rests or is saturated"
        draft.ranking = [variant, *(model for model in draft.ranking if model is not variant)]
        draft.reason = "experiment"
        return f"{name}: {trial.model}"
    return "none"
