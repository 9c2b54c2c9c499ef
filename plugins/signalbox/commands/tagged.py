"""The proof for tagged requests: every task, tier and kind of call, decided under the data class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from signalbox.errors import Refusal
from signalbox.routing.case import Case
from signalbox.routing.decide import decide
from signalbox.routing.index import Index
from signalbox.routing.signals.needs import needs_signal
from signalbox.schema.base import TIERS
from signalbox.schema.facts import EndpointKind, Facts, Hints
from signalbox.schema.plan import Plan
from signalbox.schema.signals import Complexity, Signals, TaskSignal

_KINDS_OF_CALL: tuple[EndpointKind, ...] = ("chat", "embedding")


@dataclass(frozen=True, slots=True)
class TaggedProof:
    """What requests of one data class can reach."""

    data_class: str
    cases: int
    leaving: tuple[str, ...]
    """Decisions with a model or fallback that is not local; empty in every plan that decides by its rules."""
    refused: tuple[str, ...]
    """Tasks for which there is no local model at all, so that requests are refused."""


def prove_tagged(plan: Plan) -> tuple[TaggedProof, ...]:
    """One proof per data class that is local_only, by deciding every case there is: a finite number."""
    index = Index.of(plan)
    strict = sorted(name for name, rule in plan.data_classes.items() if rule == "local_only")
    return tuple(_prove(name, index) for name in strict)


def _prove(data_class: str, index: Index) -> TaggedProof:
    leaving: list[str] = []
    refused: dict[str, None] = {}
    count = 0
    for task, case in _cases(data_class, index):
        count += 1
        try:
            decision = decide(case)
        except Refusal:
            refused[task] = None
            continue
        reached = {decision.model, *decision.fallbacks, *decision.context_fallbacks}
        leaving += [f"{task}: {name}" for name in sorted(reached - index.local)]
    return TaggedProof(data_class, count, tuple(dict.fromkeys(leaving)), tuple(refused))


def _cases(data_class: str, index: Index) -> Iterator[tuple[str, Case]]:
    """Every task by every tier, and every lane and model by name."""
    plan = index.plan
    named = [Hints(task=task, tier=tier) for task in sorted(plan.taxonomy.kinds) for tier in TIERS]
    named += [Hints(lane=lane) for lane in sorted(plan.lanes)] + [Hints(model=model) for model in sorted(plan.models)]
    for hints in named:
        label = hints.task or (f"lane {hints.lane}" if hints.lane else f"model {hints.model}")
        for endpoint in _KINDS_OF_CALL:
            if (endpoint == "embedding") != _embeds(hints, index):
                continue
            facts = Facts(
                endpoint=endpoint,
                hints=Hints(hints.model, hints.lane, hints.task, hints.tier, data_class=data_class),
            )
            task = TaskSignal(hints.task or "general_qa", 1.0, "client")
            yield label, Case(label, index, facts, Signals(task, Complexity(), needs_signal(facts, plan.behaviour)))


def _embeds(hints: Hints, index: Index) -> bool:
    """Whether a hint makes sense for embeddings: the task of that name, or a lane or model of embedding models."""
    models = index.plan.models
    if hints.task is not None:
        return hints.task == "embeddings"
    names = index.plan.lanes[hints.lane].models if hints.lane else (hints.model or "",)
    return all("embeddings" in models[name].capabilities for name in names)
