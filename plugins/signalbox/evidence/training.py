"""Learns the signals' weights from labelled prompts: kinds, difficulty, and where a weak model fails. numpy only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signalbox.evidence.examples import BOOST, Example, Row, known_kinds, outcomes, parent_columns, prepare
from signalbox.evidence.failures import learn_failures
from signalbox.evidence.lexicon import fold, lexicon
from signalbox.routing.signals.features import NAMES
from signalbox.routing.signals.items import Steps
from signalbox.routing.signals.model import chance
from signalbox.routing.signals.text import SLOTS
from signalbox.schema.taxonomy import Taxonomy

_Floats = NDArray[np.float32]
_Slots = NDArray[np.int32]

KEPT: Final = 250_000
"""Features whose weights are kept."""
EPOCHS: Final = 8
RATE: Final = 3.0
DECAY: Final = 2e-6
DROP: Final = 0.15
STEADY: Final = 0.075
"""How much slower difficulty is learned than the kinds: its labels are noisier."""
_FIFTH: Final = 5
"""One in so many sources is held out for calibration."""
_GRADES: Final = tuple(round(0.4 + 0.1 * step, 1) for step in range(27))
TRAPS: Final = ("UncommonRoute author tier",)
"""Difficulty labels that follow the prompt's length: never learned from."""


@dataclass(frozen=True, slots=True)
class Trained:
    """Weights in full precision, as `TextModel` reads them once saved."""

    kinds: tuple[str, ...]
    parents: _Slots
    """The column of each kind's root; its own column for a root."""
    table: _Floats
    dense: _Floats
    sharpness: float
    steps: Steps

    def save(self, path: Path) -> None:
        """Writes the weights of the features that say most: int8 with one scale per column, compressed."""
        scale = np.maximum(np.abs(self.table).max(axis=0), 1e-6) / 127
        kept = self._loudest(KEPT)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            path,
            allow_pickle=False,
            kinds=np.array(self.kinds),
            roots=self.parents,
            slots=kept.astype(np.int32),
            table=np.rint(self.table[kept] / scale).astype(np.int8),
            scale=scale.astype(np.float32),
            dense=self.dense.astype(np.float32),
            sharpness=np.float32(self.sharpness),
            base=self.steps.base,
            step_feature=self.steps.feature,
            step_cut=self.steps.cut,
            step_odds=self.steps.odds,
        )

    def _loudest(self, count: int) -> NDArray[np.intp]:
        """The features that say most, in their order; each column has as much of a say as any other."""
        say = np.square(self.table)
        say /= np.maximum(say.mean(axis=0), 1e-12)
        said: _Floats = say.sum(axis=1)
        loudest: NDArray[np.intp] = np.sort(np.argsort(-said, kind="stable")[:count])
        return loudest[said[loudest] > 0]


def train(
    rows: Iterable[Row],
    *,
    taxonomy: Taxonomy,
    seed: int = 0,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> Trained:
    """Learns weights; the same rows, taxonomy and seed give the same weights."""
    known = list(rows)
    kinds = known_kinds(known, taxonomy)
    parents = parent_columns(kinds, taxonomy)
    examples = prepare(known, kinds, taxonomy)
    progress("prepare", 1.0)
    failures, steps = learn_failures(
        outcomes(known, examples), seed=seed, progress=lambda share: progress("failures", share)
    )
    sharpness = calibrate(known, examples, parents, seed=seed, progress=progress)
    table, dense = descend(examples, parents, seed=seed, progress=lambda share: progress("learn", share))
    return Trained(kinds, parents, np.hstack((table, failures)), dense, sharpness, steps)


def calibrate(
    rows: Sequence[Row],
    examples: Sequence[Example],
    parents: _Slots,
    *,
    seed: int,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> float:
    """What logits must be multiplied with to be honest about sources never seen.

    Held out are whole sources, a fifth of them (of fewer than five: every fifth row), and of their rows those whose labels
    were made for this taxonomy; where there are none, all.
    """
    own = any(row.task and not row.mapped for row in rows)
    fit = [bool(row.task) and not (own and row.mapped) for row in rows]
    sources = sorted({row.source for row, fits in zip(rows, fit, strict=True) if fits})
    apart = frozenset(sources[::_FIFTH]) if len(sources) >= _FIFTH else frozenset()
    held = [
        fits and (row.source in apart if apart else at % _FIFTH == 0)
        for at, (row, fits) in enumerate(zip(rows, fit, strict=True))
    ]
    seen = [one for one, out in zip(examples, held, strict=True) if not out]
    table, dense = descend(seen, parents, seed=seed, progress=lambda share: progress("calibrate", share))
    roots = np.unique(parents)
    unseen = [
        (_logits(one, table, dense)[roots], np.searchsorted(roots, one.roots))
        for one, out in zip(examples, held, strict=True)
        if out and one.roots
    ]
    losses = {grade: sum(_loss(grade * logits, right) for logits, right in unseen) for grade in _GRADES}
    return min(losses, key=losses.__getitem__)


def _logits(one: Example, table: _Floats, dense: _Floats) -> _Floats:
    """What saved weights would say: without the groups of words, which are folded into the table."""
    own = one.slots < SLOTS
    logits: _Floats = one.weights[own] @ table[one.slots[own]] + one.dense @ dense
    return logits


def _loss(logits: _Floats, right: NDArray[np.intp]) -> float:
    powers = np.exp(logits - logits.max())
    return -float(np.log(max(powers[right].sum() / powers.sum(), 1e-9)))


def descend(
    examples: Sequence[Example],
    parents: _Slots,
    *,
    seed: int,
    epochs: int = EPOCHS,
    rate: float = RATE,
    decay: float = DECAY,
    drop: float = DROP,
    progress: Callable[[float], None] = lambda _share: None,
) -> tuple[_Floats, _Floats]:
    """(table, dense) of kinds and difficulty by stochastic gradient descent; groups of words are folded into the table."""
    kinds, families = len(parents), _families(parents)
    columns = kinds + 1
    table = np.zeros((SLOTS + lexicon().size, columns), dtype=np.float32)
    dense = np.zeros((len(NAMES), columns), dtype=np.float32)
    order = np.random.default_rng(seed)
    step, steps = 0, epochs * len(examples)
    for epoch in range(epochs):
        for at in order.permutation(len(examples)):
            one = examples[at]
            pace = rate * (1 - step / steps)
            step += 1
            slots, weights = _thinned(one, order, drop)
            rows = table[slots]
            wrong = _gradient(one, weights @ rows + one.dense @ dense, parents, families)
            wrong[:kinds] *= one.trust
            wrong[kinds] *= STEADY
            wrong *= pace
            rows *= 1 - pace * decay * 50
            rows -= weights[:, None] * wrong
            table[slots] = rows
            dense -= (0.1 * one.dense)[:, None] * wrong
        progress((epoch + 1) / epochs)
    return fold(table, BOOST), dense


def _thinned(one: Example, order: np.random.Generator, drop: float) -> tuple[_Slots, _Floats]:
    """An example that lost some of its hashed features, at random: none of them may become indispensable."""
    kept = order.random(len(one.slots), dtype=np.float32) >= drop
    kept |= one.slots >= SLOTS
    weights = np.where(one.slots < SLOTS, one.weights / (1 - drop), one.weights)
    return one.slots[kept], weights[kept]


def _families(parents: _Slots) -> dict[int, NDArray[np.intp]]:
    """The columns of the children of each root that has any."""
    columns = np.arange(len(parents))
    return {
        int(root): found for root in np.unique(parents) if len(found := columns[(parents == root) & (columns != root)])
    }


def _gradient(one: Example, logits: _Floats, parents: _Slots, families: Mapping[int, NDArray[np.intp]]) -> _Floats:
    """What is wrong with the logits: a choice among the roots, then one among the root itself (0) and its children."""
    kinds = len(parents)
    wrong = np.zeros_like(logits)
    if one.roots:
        roots = np.unique(parents)
        chances = _softmax(logits[roots])
        right = np.searchsorted(roots, one.roots)
        wrong[roots] = chances
        wrong[list(one.roots)] -= chances[right] / max(float(chances[right].sum()), 1e-9)
    if one.child is not None and (children := families.get(int(parents[one.child]))) is not None:
        wrong[children] = _softmax(np.append(logits[children], 0.0))[:-1]
        if one.child in children:
            wrong[one.child] -= 1
    wrong[kinds] = np.nan_to_num(chance(logits[kinds]) - one.difficulty)
    return wrong


def _softmax(logits: _Floats) -> _Floats:
    powers: _Floats = np.exp(logits - logits.max())
    powers /= powers.sum()
    return powers
