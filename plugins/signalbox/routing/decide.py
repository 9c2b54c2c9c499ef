"""The decision: ten stages, in this order. Pure: values in, a value out."""

from __future__ import annotations

from typing import Final

from signalbox.routing.case import Case, Draft, NamedStage
from signalbox.routing.stages.budget import budget
from signalbox.routing.stages.data_class import data_class
from signalbox.routing.stages.experiment import experiment
from signalbox.routing.stages.fallbacks import fallbacks
from signalbox.routing.stages.match import match
from signalbox.routing.stages.needs import needs
from signalbox.routing.stages.override import override
from signalbox.routing.stages.persona import persona
from signalbox.routing.stages.task import task
from signalbox.routing.stages.tier import tier
from signalbox.schema.decision import Decision, TraceLine

STAGES: Final[tuple[NamedStage, ...]] = (
    ("override", override),
    ("data_class", data_class),
    ("persona", persona),
    ("task", task),
    ("tier", tier),
    ("needs", needs),
    ("match", match),
    ("experiment", experiment),
    ("budget", budget),
    ("fallbacks", fallbacks),
)


def decide(case: Case) -> Decision:
    """The decision for a case. Raises a Refusal (with the chain that was tried) where no model may serve."""
    index = case.index
    draft = Draft(
        task=case.signals.task,
        standing=index.standing(case.signals.task),
        needs=case.signals.needs,
        route=index.plan.tasks["*"],
        lane=index.default,
    )
    trace = tuple([TraceLine(name, stage(case, draft)) for name, stage in STAGES])
    choice = draft.ranking[0]
    return Decision(
        id=case.id,
        strategy=index.plan.strategy,
        model=choice.name,
        fallbacks=draft.fallbacks,
        context_fallbacks=tuple(
            [name for name in draft.fallbacks if draft.eligible[name].context_window > choice.context_window]
        ),
        lane=draft.lane.name,
        task=draft.task,
        complexity=case.signals.complexity,
        tier=draft.tier,
        persona=draft.persona,
        data_class=draft.data_class,
        local_only=draft.local_only,
        estimated_cost_micros=draft.cost_micros,
        reserve_micros=draft.reserve_micros,
        reason=draft.reason,
        excluded=tuple(draft.excluded),
        trace=trace,
        max_tokens=draft.needs.output_tokens if draft.reserve_micros else draft.route.max_tokens,
        temperature=draft.route.temperature,
    )
