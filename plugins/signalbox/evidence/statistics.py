"""The numeric core of the evaluation: rank statistics with ties, class figures, and the bootstrap around them.

Every statistic takes weights of shape (resamples, n): how often each row stands in each resample. All resamples are
computed at once, and a row that was drawn twice counts exactly as two equal rows would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from signalbox.evidence.figures import Figure

Floats = NDArray[np.float64]
Indexes = NDArray[np.intp]

RESAMPLES: Final = 1_000
LEVEL: Final = 0.95
_AT_ONCE: Final = 1_000_000
"""Numbers of one chunk of resamples: bounds the memory for any count of rows."""


def auc(scores: Floats, positive: Floats, weights: Floats) -> Floats:
    """Chance that a positive row scores above a negative one (equal scores count half); NaN where a kind is missing."""
    order, starts, _ = _groups(scores)
    drawn, truth = weights[:, order], positive[order]
    hits = np.add.reduceat(drawn * truth, starts, axis=1)
    misses = np.add.reduceat(drawn * (1 - truth), starts, axis=1)
    below = np.cumsum(misses, axis=1) - misses / 2
    return _ratio((hits * below).sum(axis=1), hits.sum(axis=1) * misses.sum(axis=1))


def spearman(left: Floats, right: Floats, weights: Floats) -> Floats:
    """Pearson's correlation of midranks; NaN where one side is constant."""
    first, second = midranks(left, weights), midranks(right, weights)
    middle = (weights.sum(axis=1, keepdims=True) + 1) / 2
    first -= middle
    second -= middle
    together, one, other = (
        (weights * a * b).sum(axis=1) for a, b in ((first, second), (first, first), (second, second))
    )
    return _ratio(together, np.sqrt(one * other))


def midranks(values: Floats, weights: Floats) -> Floats:
    """The rank of each row from 1 on within each resample; equal values share the mean of their ranks."""
    order, starts, group = _groups(values)
    counts = np.add.reduceat(weights[:, order], starts, axis=1)
    ranks: Floats = (np.cumsum(counts, axis=1) - counts + (counts + 1) / 2)[:, group]
    return ranks


def _groups(values: Floats) -> tuple[Indexes, Indexes, Indexes]:
    """(ascending order, where each run of equal values starts in it, the run of each row)."""
    order = np.argsort(values, kind="stable")
    new = np.concatenate(([True], np.diff(values[order]) != 0))
    group = np.empty(len(values), dtype=np.intp)
    group[order] = np.cumsum(new) - 1
    return order, np.flatnonzero(new), group


class ClassCounts(NamedTuple):
    """Rows by class, each of shape (resamples, classes)."""

    right: Floats
    wanted: Floats
    answered: Floats

    @classmethod
    def of(cls, wanted: Indexes, answered: Indexes, weights: Floats, classes: int) -> Self:
        """From kinds of rows: the class of each, the class that was answered (from `classes` on: none of them)."""
        known, hit = answered < classes, answered == wanted
        return cls(
            _summed(wanted[hit], weights[:, hit], classes),
            _summed(wanted, weights, classes),
            _summed(answered[known], weights[:, known], classes),
        )

    @property
    def recall(self) -> Floats:
        """The share of the rows of a class that were answered so."""
        return _ratio(self.right, self.wanted)

    @property
    def precision(self) -> Floats:
        """The share of the answers with its name that were right."""
        return _ratio(self.right, self.answered)

    @property
    def mean_recall(self) -> Floats:
        """Over the classes that have rows: (resamples,)."""
        return self._mean(self.recall)

    @property
    def macro_f1(self) -> Floats:
        """The harmonic mean of precision and recall, over the classes that have rows: (resamples,)."""
        return self._mean(_ratio(2 * self.right, self.wanted + self.answered))

    def _mean(self, scores: Floats) -> Floats:
        there = self.wanted > 0
        return _ratio(np.where(there, scores, 0).sum(axis=1), there.sum(axis=1))


def _summed(group: Indexes, weights: Floats, groups: int) -> Floats:
    found = np.zeros((groups, len(weights)))
    np.add.at(found, group, weights.T)
    return found.T


def mean(values: Floats, weights: Floats) -> Floats:
    """The mean of a value per row."""
    return _ratio(weights @ values, weights.sum(axis=1))


def bootstrap(statistic: Callable[[Floats], Floats], counts: Floats, *, seed: int) -> list[Figure]:
    """The columns of a statistic (shape (resamples, k) or (resamples,)) with percentile intervals.

    `counts`: how often each row (or each kind of row) was seen. NaN of a resample is left out of the interval.
    """
    seen = _columns(statistic(counts[None, :]))[0]
    drawn = np.concatenate([_columns(statistic(chunk)) for chunk in _resamples(counts, seed)])
    return [_figure(value, column) for value, column in zip(seen, drawn.T, strict=True)]


def row_bootstrap(statistic: Callable[[Floats], Floats], rows: int, *, seed: int) -> list[Figure]:
    """`bootstrap` over rows that were seen once each."""
    return bootstrap(statistic, np.ones(rows), seed=seed)


def mean_figure(values: Floats, *, seed: int) -> Figure:
    """The mean of a value per row, with its interval. Rows of the same value are drawn together."""
    kinds, counts = np.unique(values, return_counts=True)
    return bootstrap(lambda weights: mean(kinds, weights), counts.astype(np.float64), seed=seed)[0]


def _resamples(counts: Floats, seed: int) -> Iterator[Floats]:
    """Weights of all resamples, in chunks."""
    random = np.random.default_rng(seed)
    kinds, total = len(counts), int(counts.sum())
    once = total == kinds and bool((counts == 1).all())
    chunk = max(1, _AT_ONCE // kinds)
    for start in range(0, RESAMPLES, chunk):
        size = min(chunk, RESAMPLES - start)
        if once:
            drawn = random.integers(0, kinds, (size, kinds)) + kinds * np.arange(size)[:, None]
            found = np.bincount(drawn.ravel(), minlength=size * kinds).reshape(size, kinds)
        else:
            found = random.multinomial(total, counts / total, size)
        yield found.astype(np.float64)


def _figure(value: float, drawn: Floats) -> Figure:
    known = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or not len(known):
        return Figure(None, None, None)
    low, high = np.quantile(known, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Figure(float(value), float(low), float(high))


def _columns(found: Floats) -> Floats:
    return found[:, None] if found.ndim == 1 else found


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Quotients; NaN where there is nothing to divide by."""
    found: Floats = np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)
    return found
