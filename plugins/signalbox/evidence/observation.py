"""One evaluated request: what was wanted and what routing said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from signalbox.schema.base import Tier


@dataclass(frozen=True, slots=True)
class Observation:
    """Numbers and names only: a hundred thousand of these fit in memory, and no text is among them."""

    predicted: str
    confidence: float
    complexity: float
    tier: Tier
    """By complexity and the plan's thresholds alone."""
    wanted: str | None = None
    also: tuple[str, ...] = ()
    abstained: bool = False
    wanted_tier: Tier | None = None
    difficulty: float | None = None
    scale: str = ""
    correct: tuple[tuple[str, bool], ...] = ()
    weak_failure: float = 0.5
    benefit: float = 0.0
    """What the stronger model is predicted to add to the chance of a right answer, -1 to 1: requests are sent to it by this."""
    chosen: str = ""
    """The model that the plan gives it to."""
    source: str = ""
    chars: int = 0
    """Characters of the whole request."""


OTHERS: Final = "(others)"
FEWEST: Final = 20
"""Rows of a source below which its own figures would be noise."""


def pooled(sources: Sequence[str]) -> tuple[str, ...]:
    """The sources, with the small ones under one name."""
    counts = Counter(sources)
    return tuple(source if counts[source] >= FEWEST else OTHERS for source in sources)
