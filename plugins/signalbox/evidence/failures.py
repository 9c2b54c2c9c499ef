"""Learns where a weak and where a strong model fails: steps over the form of multiple-choice items, then words on top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signalbox.routing.signals.items import FAILURES, Item, Steps
from signalbox.routing.signals.text import SLOTS

_Floats = NDArray[np.float32]
_Doubles = NDArray[np.float64]

ROUNDS: Final = 100
SHRINK: Final = 0.05
"""What share of its best size a step takes."""
RIDGE: Final = 10.0
CUTS: Final = 31
"""Quantiles of a feature that are tried as cuts."""
LEAST: Final = 40
"""Items that must lie on either side of a cut."""
SIGHT: Final = 0.3
"""Share of the features that a round may choose from."""
EPOCHS: Final = 8
RATE: Final = 0.1
DECAY: Final = 1e-3
DROP: Final = 0.6


@dataclass(frozen=True, slots=True)
class Outcome:
    """A request as numbers, and which of the two models failed at it."""

    slots: NDArray[np.int32]
    weights: _Floats
    item: Item | None
    failed: tuple[bool, ...]
    """In the order of FAILURES."""


def learn_failures(
    outcomes: Sequence[Outcome], *, seed: int, progress: Callable[[float], None] = lambda _share: None
) -> tuple[_Floats, Steps]:
    """(table, steps) for the heads of FAILURES; the same outcomes and seed give the same. Even odds where there are none."""
    failed = np.array([one.failed for one in outcomes], dtype=np.float64).reshape(-1, len(FAILURES))
    steps = learn_steps([one.item for one in outcomes], failed, seed=seed)
    odds = [steps.of(one.item) for one in outcomes]
    table = np.zeros((SLOTS, len(FAILURES)), dtype=np.float32)
    order = np.random.default_rng(seed)
    step, last = 0, EPOCHS * len(outcomes)
    for epoch in range(EPOCHS):
        for at in order.permutation(len(outcomes)):
            pace = 1 - step / last
            step += 1
            one = outcomes[at]
            kept = order.random(len(one.slots), dtype=np.float32) >= DROP
            slots, weights = one.slots[kept], one.weights[kept] / (1 - DROP)
            rows = table[slots]
            wrong = pace * RATE * (_chances(weights @ rows + odds[at]) - failed[at])
            rows *= 1 - pace * DECAY
            rows -= weights[:, None] * wrong.astype(np.float32)
            table[slots] = rows
        progress((epoch + 1) / EPOCHS)
    return table, steps


def learn_steps(items: Sequence[Item | None], failed: _Doubles, *, seed: int) -> Steps:
    """Boosted stumps over the items, merged. The first step is that something is an item at all; too few items: none."""
    base = _odds(failed)
    at = [place for place, seen in enumerate(items) if seen is not None]
    if len(at) < 2 * LEAST:
        none = np.zeros(0)
        return Steps(base, none.astype(np.intp), none, np.zeros((0, len(FAILURES))))
    seen, failed = np.array([items[place] for place in at]), failed[at]
    feature, cut = _cuts(seen)
    above = (seen[:, feature] > cut).astype(np.float64)
    own, order = _odds(failed), np.random.default_rng(seed)
    odds = np.column_stack([_boosted(above, feature, *head, order) for head in zip(failed.T, own, strict=True)])
    odds[0] += own - base
    used = odds.any(axis=1)
    return Steps(base, feature[used], cut[used], odds[used])


def _boosted(
    above: _Doubles, feature: NDArray[np.intp], failed: _Doubles, start: float, order: np.random.Generator
) -> _Doubles:
    """What each step adds to the log-odds of one head; the first takes what stumps add below their cuts."""
    odds = np.zeros(len(feature))
    logits = np.full(len(failed), start)
    for _ in range(ROUNDS):
        sighted = (order.random(len(Item._fields)) < SIGHT)[feature]
        sighted[0] = False
        chances = _chances(logits)
        pull, weight = failed - chances, chances * (1 - chances)
        pulls, weights = pull @ above, weight @ above
        high, low = pulls / (weights + RIDGE), (pull.sum() - pulls) / (weight.sum() - weights + RIDGE)
        worth = pulls * high + (pull.sum() - pulls) * low
        best = int(np.where(sighted, worth, -1.0).argmax())
        if sighted[best]:
            shift, rise = SHRINK * low[best], SHRINK * (high[best] - low[best])
            odds[0] += shift
            odds[best] += rise
            logits += shift + rise * above[:, best]
    return odds


def _cuts(seen: _Doubles) -> tuple[NDArray[np.intp], _Doubles]:
    """(feature, cut) of the steps to try; the first is below all items."""
    shares = np.linspace(0, 1, CUTS + 2)[1:-1]
    pairs = [(at, cut) for at, values in enumerate(seen.T) for cut in np.unique(np.quantile(values, shares))]
    kept = [(at, cut) for at, cut in pairs if LEAST <= (seen[:, at] > cut).sum() <= len(seen) - LEAST]
    feature, cut = zip((Item._fields.index("options"), 0.0), *kept, strict=True)
    return np.array(feature, dtype=np.intp), np.array(cut, dtype=np.float64)


def _chances(logits: _Doubles) -> _Doubles:
    found: _Doubles = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return found


def _odds(failed: _Doubles) -> _Doubles:
    """Log-odds per head, as if one more had failed and one more had not."""
    found: _Doubles = np.log((failed.sum(axis=0) + 1) / ((1 - failed).sum(axis=0) + 1))
    return found
