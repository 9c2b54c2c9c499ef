"""A number with its interval, and what is said when two of them are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Json = dict[str, Any]
"""A part of the document that `eval --json` prints."""


class Figure(NamedTuple):
    """A value and its 95 % interval; None: it cannot be told from these rows."""

    value: float | None
    low: float | None
    high: float | None

    @property
    def above_zero(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low is not None and self.low > 0

    def __str__(self) -> str:
        if self.value is None or self.low is None or self.high is None:
            return "unknown"
        return f"{_three(self.value)} [{_three(self.low)}, {_three(self.high)}]"


def put(document: Json, **figures: Figure) -> Json:
    """The document with each figure as `name` and `name_ci`."""
    for name, figure in figures.items():
        document[name] = rounded(figure.value)
        document[f"{name}_ci"] = interval(figure)
    return document


def interval(figure: Figure) -> list[float | None] | None:
    """[low, high]; None where there is none."""
    return None if figure.low is None else [rounded(figure.low), rounded(figure.high)]


def rounded(value: float | None) -> float | None:
    """Four places; -0 becomes 0."""
    return None if value is None else round(value, 4) + 0.0


def read(document: Mapping[str, Any], name: str) -> Figure:
    """The figure that `put` wrote."""
    low, high = document.get(f"{name}_ci") or (None, None)
    return Figure(document.get(name), low, high)


class Comparison(NamedTuple):
    """Ours against a baseline, on the same rows and resamples."""

    measure: str
    baseline: str
    ours: Figure
    theirs: Figure
    difference: Figure

    def as_json(self, **more: Any) -> Json:
        """The baseline's entry: its figure, the difference, whether it is beaten."""
        document = put({**more}, **{self.measure: self.theirs, "difference": self.difference})
        document["beaten"] = self.difference.above_zero
        return document

    def sentence(self) -> str:
        """The verdict in words; plain when there is nothing to be proud of."""
        measure, name = self.measure.replace("_", " "), self.baseline.replace("_", " ")
        if self.difference.value is None:
            return f"{measure}: cannot be compared with {name} on these rows"
        if self.difference.above_zero:
            return f"{measure}: beats {name} ({_short(self.theirs)}) by {self.difference}"
        if self.difference.high is not None and self.difference.high < 0:
            return f"{measure}: WORSE than {name} ({_short(self.theirs)}), by {self.difference}"
        return f"{measure}: does NOT beat {name} ({_short(self.theirs)}); the difference {self.difference} includes 0"


def _short(figure: Figure) -> str:
    return "unknown" if figure.value is None else _three(figure.value)


def _three(value: float) -> str:
    """Three places of the four that a document keeps, so that both ways of printing agree."""
    return f"{round(value, 4) + 0.0:.3f}"
