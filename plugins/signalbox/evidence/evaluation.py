"""What the product's own path says about labelled requests, and how often that is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from signalbox.errors import Refusal, UserError
from signalbox.evidence.evaluation_outcome import outcome_figures
from signalbox.evidence.evaluation_task import task_figures
from signalbox.evidence.evaluation_tier import tier_figures
from signalbox.evidence.figures import Json
from signalbox.evidence.observation import Observation
from signalbox.evidence.rows import Labelled
from signalbox.routing.case import Case
from signalbox.routing.decide import decide
from signalbox.routing.pipeline import Pipeline
from signalbox.schema.base import Tier
from signalbox.schema.strategy import Tiers

Labels = Literal["task", "tier", "outcome"]
LABELS: Final[tuple[Labels, ...]] = get_args(Labels)
_KEYS: Final[Mapping[Labels, str]] = {
    "task": "'task'",
    "tier": "'suggested_tier' or 'difficulty_0_10'",
    "outcome": "'correct' with two models",
}


@dataclass(frozen=True, slots=True)
class Observer:
    """Runs requests through facts -> signals -> decide of one plan."""

    pipeline: Pipeline

    def __call__(self, row: Labelled) -> Observation:
        """One row: its labels beside what routing says. No text is kept."""
        facts = row.facts
        signals = self.pipeline.extract_signals(facts)
        total = signals.complexity.total
        try:
            chosen = decide(Case("evaluation", self.pipeline.index, facts, signals)).model
        except Refusal as refusal:
            chosen = f"(refused: {refusal.code})"
        return Observation(
            wanted=row.task,
            also=row.also,
            predicted=signals.task.name,
            abstained=signals.task.source == "abstain",
            confidence=signals.task.confidence,
            complexity=total,
            tier=tier_of(total, self.pipeline.plan.tiers),
            wanted_tier=row.tier,
            difficulty=row.difficulty,
            scale=row.scale,
            correct=row.correct,
            weak_failure=signals.weak_failure,
            benefit=signals.benefit,
            chosen=chosen,
            source=row.source,
            chars=facts.text_chars,
        )


def tier_of(complexity: float, limits: Tiers) -> Tier:
    """The tier that complexity alone gives."""
    if complexity < limits.fast_below:
        return "fast"
    return "quality" if complexity >= limits.quality_from else "balanced"


def evaluate(
    observed: Iterable[Observation], pipeline: Pipeline, *, labels: Labels | None = None, seed: int = 0
) -> Json:
    """The document of `eval --json`: a part for each kind of label that the rows have, or only for the one asked for.

    Raises UserError where no row has such a label.
    """
    rows = tuple(observed)
    taxonomy = pipeline.plan.taxonomy
    parts = {
        "task": lambda: task_figures(rows, taxonomy, seed=seed),
        "tier": lambda: tier_figures(rows, seed=seed),
        "outcome": lambda: outcome_figures(rows, seed=seed),
    }
    document: Json = {"rows": len(rows), "strategy": pipeline.plan.strategy, "models": _shares(rows)}
    for name in (labels,) if labels else LABELS:
        if (part := parts[name]()) is not None:
            document[name] = part
    if not any(name in document for name in LABELS):
        keys = _KEYS[labels] if labels else ", ".join(_KEYS.values())
        raise UserError(
            f"none of the {len(rows)} rows has {keys}, so there is nothing to compare with. Add such labels."
        )
    return document


def _shares(rows: Sequence[Observation]) -> dict[str, int]:
    """How many rows each model would have got."""
    return dict(Counter(row.chosen for row in rows).most_common())
