"""Chances of success: whether a small open model fails here, and how a model's task score moves that chance."""

from __future__ import annotations

from math import exp, log
from typing import Final

from signalbox.routing.signals.model import TextScores
from signalbox.schema.signals import Complexity, TaskSignal

_HARD: Final = 0.06
_MIDDLE: Final = 5.0
"""Log-odds per point of complexity above the middle: a tie-break, for complexity alone hardly predicts failure."""
WEAK_SCORE: Final = 50.0
"""The task score of the model that `weak_failure` speaks of."""
_PER_POINT: Final = 0.045
"""Log-odds per point of task score: the slope between a 47B mixture and a frontier model on MMLU."""


def weak_failure(scores: TextScores, task: TaskSignal, complexity: Complexity) -> float:  # noqa: ARG001
    """Chance that a small open model fails at the request, 0-1."""
    return _chance(_odds(scores.weak_failure) + _HARD * (complexity.total - _MIDDLE))


def predicted_success(score: float, weak_failure: float, *, weak_score: float = WEAK_SCORE) -> float:
    """Chance that a model with this task score (0-100) is right; rises with score, falls with difficulty."""
    return _chance(-_odds(weak_failure) + _PER_POINT * (score - weak_score))


def _odds(chance: float) -> float:
    safe = min(max(chance, 1e-6), 1 - 1e-6)
    return log(safe / (1 - safe))


def _chance(odds: float) -> float:
    return 1 / (1 + exp(-min(max(odds, -30.0), 30.0)))
