"""How hard a request is: a learned difficulty, laid out over five dimensions by what is seen in the request."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from signalbox.routing.signals.model import TextScores
from signalbox.schema.facts import Facts
from signalbox.schema.signals import Complexity, TaskSignal

CAPS: Final = (2.0, 3.0, 2.0, 2.0, 1.0)
"""The most that structural, reasoning, context, domain and output may give."""
STRETCH: Final = 1.45
SHIFT: Final = -1.0
"""From the learned difficulty (a regression, drawn to its mean) to the scale on which 3.5 and 7 part the tiers."""
_LARGE: Final = (4_000, 16_000, 64_000)
_LARGE_ADD: Final = (0.0, 0.5, 1.0, 1.5)
"""Tokens of the whole request, and what is added to the total below, between and above them."""
_TEXTS: Final = (
    "papers",
    "documents",
    "reports",
    "articles",
    "files",
    "studies",
    "sources",
    "contracts",
    "transcripts",
)
_SEVERAL: Final = re.compile(
    rf"\b(?:\d+|two|three|four|five|several|all|these|recent)\W+(?:\w+\W+)?(?:{'|'.join(_TEXTS)})\b"
)
"""Several texts to be held side by side, even where they are only spoken of."""
_SEVERAL_ADD: Final = 0.8

_REASON: Final = {
    "math": 0.8, "reasoning": 0.9, "code": 0.5, "data_analysis": 0.6, "time_series": 0.6, "tool_use": 0.4,
    "biomedical": 0.5, "general_qa": 0.35,
}  # fmt: skip
_EXPERT: Final = {
    "biomedical": 1.0, "math": 0.7, "code": 0.7, "data_analysis": 0.7, "time_series": 0.8, "safety": 0.4,
}  # fmt: skip
"""How much of a task's difficulty is steps of thought, and how much is knowledge of a field; 0.2 for all others."""
_FAMILIES: Final = {"data_forecasting": "time_series", "data_anomaly": "time_series", "orchestration": "tool_use"}
_WEIGH: Final = ("compar", "trade-off", "step", "prove", "why", "design", "analy", "evaluat")
_EXPANSIVE: Final = ("essay", "report", "detail", "comprehensive", "story", "words")


def complexity_signal(facts: Facts, scores: TextScores, task: TaskSignal) -> Complexity:
    """Complexity whose total is the learned difficulty and what much or manifold context adds."""
    several = _SEVERAL_ADD if _several(scores.shape.text) else 0.0
    large = _LARGE_ADD[bisect_right(_LARGE, facts.prompt_tokens)]
    total = min(max(STRETCH * scores.difficulty + SHIFT, 0.0) + several + large, 10.0)
    shares = _spread(total, _evidence(facts, scores, task, several + large))
    return Complexity(*shares)


def _several(text: str) -> bool:
    return any(map(text.__contains__, _TEXTS)) and _SEVERAL.search(text) is not None


def _evidence(facts: Facts, scores: TextScores, task: TaskSignal, context: float) -> tuple[float, ...]:
    """How much each dimension has to do with the difficulty, 0-1."""
    look, text = scores.shape, scores.shape.text
    family = _FAMILIES.get(task.name) or task.name.split("_")[0]
    family = family if family in _REASON else task.name
    parts = text.count(",") + text.count(" and ") + look.questions + look.lines
    return (
        min(1.0, parts / 8),
        min(1.0, _REASON.get(family, 0.2) + 0.3 * sum(map(text.__contains__, _WEIGH))),
        min(1.0, context + look.body / 4_000 + facts.user_turns / 20 + facts.documents / 5),
        _EXPERT.get(family, 0.2),
        min(1.0, 0.2 + 0.4 * sum(map(text.__contains__, _EXPANSIVE))),
    )


def _spread(total: float, evidence: tuple[float, ...]) -> list[float]:
    """Spreads a total over the dimensions by cap and evidence; what one cannot hold goes to the others."""
    pulls = [cap * (0.1 + weight) for cap, weight in zip(CAPS, evidence, strict=True)]
    shares = [0.0] * len(CAPS)
    left = list(range(len(CAPS)))
    while left:
        scale = total / sum([pulls[at] for at in left])
        full = [at for at in left if pulls[at] * scale >= CAPS[at]]
        if not full:
            for at in left:
                shares[at] = pulls[at] * scale
            break
        for at in full:
            shares[at] = CAPS[at]
            total -= CAPS[at]
        left = [at for at in left if at not in full]
    return shares
