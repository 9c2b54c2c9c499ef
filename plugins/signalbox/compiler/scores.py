"""How well a model does a kind of task, 0-100: base score 0-50, plus benchmarks scaled to 0-50 times their confidence.

Each part that a kind lacks is taken from the nearest parent that has it, so a child with its own base score still
counts its parent's benchmarks. Only kinds with a figure of their own are stored; readers climb to the parent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from signalbox.schema.catalogue import Card
from signalbox.schema.taxonomy import Taxonomy

BENCHMARK_SHARE = 50.0


def task_scores(card: Card, *, taxonomy: Taxonomy, weights: Mapping[str, float]) -> dict[str, float]:
    """Scores by taxonomy kind, two decimals. A benchmark without a weight weighs 1."""

    def benchmark(kind: str) -> float | None:
        return _weighted_mean(card, taxonomy.kinds[kind].benchmarks, weights)

    def climb(kind: str, figure: Callable[[str], float | None]) -> float:
        return next((found for name in taxonomy.ancestry(kind) if (found := figure(name)) is not None), 0.0)

    scores = {}
    for kind in sorted(taxonomy.kinds):
        if kind in card.scores or benchmark(kind) is not None:
            total = climb(kind, card.scores.get) + climb(kind, benchmark) / 100 * BENCHMARK_SHARE * card.confidence
            scores[kind] = round(min(max(total, 0.0), 100.0), 2)
    return scores


def _weighted_mean(card: Card, benchmarks: tuple[str, ...], weights: Mapping[str, float]) -> float | None:
    """Percent, over the named benchmarks that the card has; None where there is none."""
    known = [(card.benchmarks[name], weights.get(name, 1.0)) for name in benchmarks if name in card.benchmarks]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total > 0 else None
