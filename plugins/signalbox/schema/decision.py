"""Which model answers, with which fallbacks, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from signalbox.schema.base import Tier
from signalbox.schema.signals import Complexity, TaskSignal


class TraceLine(NamedTuple):
    """One stage's line: what it found, and why."""

    stage: str
    note: str


@dataclass(frozen=True, slots=True)
class Excluded:
    """A candidate that was removed, and by which rule."""

    model: str
    reason: str


class Decision(NamedTuple):
    """The outcome for one request. `as_json` is the one public form: log line, `explain --json`, `/signalbox/explain`."""

    id: str
    strategy: str
    model: str
    fallbacks: tuple[str, ...]
    context_fallbacks: tuple[str, ...]
    """Of `fallbacks`, those with a larger context window than the first choice."""
    lane: str
    task: TaskSignal
    complexity: Complexity
    tier: Tier
    persona: str | None
    data_class: str | None
    local_only: bool
    estimated_cost_micros: int
    reserve_micros: int
    """What to set aside: the dearest of choice and fallbacks."""
    reason: str
    """One word that says which rule chose: task_lane, override, lock, deep_ingest, abstain, budget, ..."""
    excluded: tuple[Excluded, ...]
    trace: tuple[TraceLine, ...]
    max_tokens: int | None = None
    """The output limit for a client that names none: the task's, or what a paid model's cost was reserved for."""
    temperature: float | None = None

    def as_json(self) -> Mapping[str, Any]:
        """The decision document: plain JSON values, no prompt text."""
        complexity = self.complexity
        return {
            "id": self.id,
            "strategy": self.strategy,
            "model": self.model,
            "fallbacks": list(self.fallbacks),
            "lane": self.lane,
            "task": {
                "name": self.task.name,
                "confidence": round(self.task.confidence, 4),
                "source": self.task.source,
                "alternatives": {name: round(chance, 4) for name, chance in self.task.alternatives.items()},
            },
            "complexity": {
                "total": round(complexity.total, 2),
                "structural": round(complexity.structural, 2),
                "reasoning": round(complexity.reasoning, 2),
                "context": round(complexity.context, 2),
                "domain": round(complexity.domain, 2),
                "output": round(complexity.output, 2),
            },
            "tier": self.tier,
            "persona": self.persona,
            "data_class": self.data_class,
            "estimated_cost_usd": self.estimated_cost_micros / 1_000_000,
            "reason": self.reason,
            "excluded": [{"model": gone.model, "reason": gone.reason} for gone in self.excluded],
            "trace": [{"stage": line.stage, "note": line.note} for line in self.trace],
        }
