"""Learns the signals' weights from labelled prompts: kinds, difficulty, and where a weak model fails. numpy only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signalbox.evidence.failures import Outcome, learn_failures
from signalbox.evidence.lexicon import fold, lexicon
from signalbox.routing.signals.features import NAMES, shape
from signalbox.routing.signals.items import Steps, item
from signalbox.routing.signals.model import chance
from signalbox.routing.signals.text import SLOTS, grams, turn_text
from signalbox.schema.facts import Facts
from signalbox.schema.taxonomy import Taxonomy

_Floats = NDArray[np.float32]
_Slots = NDArray[np.int32]

KEPT: Final = 150_000
"""Features whose weights are kept."""
EPOCHS: Final = 8
RATE: Final = 1.5
DECAY: Final = 2e-6
DROP: Final = 0.15
STEADY: Final = 0.15
"""How much slower difficulty is learned than the kinds: its labels are noisier."""
BOOST: Final = 2.0
"""How much louder a group of words speaks than a single one of its words."""
_SMALL: Final = 0.02
"""A source with at most this share of the rows is held out for calibration."""
_GRADES: Final = tuple(round(0.4 + 0.1 * step, 1) for step in range(27))
MAPPED: Final = 0.3
"""What a label of another scheme counts beside one that was made for the taxonomy."""
TRAPS: Final = ("UncommonRoute author tier",)
"""Difficulty labels that follow the prompt's length: never learned from."""


@dataclass(frozen=True, slots=True)
class Row:
    """A request with what is known about it; None: not known."""

    facts: Facts
    task: str | None = None
    also: tuple[str, ...] = ()
    """Other kinds that are right too."""
    mapped: bool = False
    """The label comes from another scheme: it names a family of kinds rather than one."""
    difficulty: float | None = None
    weak_right: bool | None = None
    strong_right: bool | None = None
    source: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A row as numbers: what is seen, what is wanted (NaN: unknown), how much it counts."""

    slots: _Slots
    weights: _Floats
    dense: _Floats
    roots: tuple[int, ...]
    """Columns of the root kinds that are right; empty: unknown."""
    child: int | None
    """Column of the kind itself within its root; None: unknown."""
    difficulty: float
    """As a share of 10."""
    trust: float


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
        said: _Floats = (say / np.maximum(say.mean(axis=0), 1e-12)).sum(axis=1)
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


def known_kinds(rows: Iterable[Row], taxonomy: Taxonomy) -> tuple[str, ...]:
    """The kinds that the rows name, and their roots, in the order of their names."""
    named = {row.task for row in rows if row.task in taxonomy.kinds}
    return tuple(sorted({end for name in named if name for end in (name, taxonomy.ancestry(name)[-1])}))


def parent_columns(kinds: Sequence[str], taxonomy: Taxonomy) -> _Slots:
    """The column of each kind's root."""
    return np.array([kinds.index(taxonomy.ancestry(name)[-1]) for name in kinds], dtype=np.int32)


def calibrate(
    rows: Sequence[Row],
    examples: Sequence[Example],
    parents: _Slots,
    *,
    seed: int,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> float:
    """What logits must be multiplied with to be honest about rows never seen.

    Held out are the small sources and every fifth row of the others, of those rows whose labels were made for this
    taxonomy; where there are none, of all rows.
    """
    sizes = Counter(row.source for row in rows if row.task)
    own = any(row.task and not row.mapped for row in rows)
    held = [
        bool(row.task) and not (own and row.mapped) and (at % 5 == 0 or sizes[row.source] <= _SMALL * sizes.total())
        for at, row in enumerate(rows)
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


def prepare(rows: Sequence[Row], kinds: tuple[str, ...], taxonomy: Taxonomy) -> list[Example]:
    """Rows as examples. Mapped labels count less, and so do big sources: variety teaches, repetition does not."""
    sizes = Counter((row.source, row.task) for row in rows)
    column = {name: at for at, name in enumerate(kinds)}
    trusts = (min(1.0, (60 / sizes[row.source, row.task]) ** 0.5) * (MAPPED if row.mapped else 1.0) for row in rows)
    return [_example(row, column, taxonomy, trust=trust) for row, trust in zip(rows, trusts, strict=True)]


def _example(row: Row, column: Mapping[str, int], taxonomy: Taxonomy, *, trust: float) -> Example:
    turn = turn_text(row.facts)
    found = grams(row.facts, turn)
    slots, places = np.unique(found.slots, return_inverse=True)
    names = right_kinds(row, taxonomy)
    roots = {taxonomy.ancestry(name)[-1] for name in names if name in taxonomy.kinds}
    weights = np.bincount(places, found.weights, minlength=len(slots)).astype(np.float32)
    where, groups = lexicon().find(slots)
    rows, at = np.unique(groups, return_inverse=True)
    return Example(
        slots=np.concatenate((slots, SLOTS + rows)).astype(np.int32),
        weights=np.concatenate((weights, BOOST * np.bincount(at, weights[where], minlength=len(rows)))).astype(
            np.float32
        ),
        dense=np.array(shape(row.facts, turn).vector, dtype=np.float32),
        roots=tuple(sorted(column[name] for name in roots if name in column)),
        child=column.get(row.task) if row.task and not row.mapped else None,
        difficulty=np.nan if row.difficulty is None else row.difficulty / 10,
        trust=trust,
    )


def outcomes(rows: Sequence[Row], examples: Sequence[Example]) -> list[Outcome]:
    """What is known of rows that both models answered: their own words, without the groups that these are of."""
    return [
        Outcome(one.slots[own], one.weights[own], item(row.facts.prompt), (not row.weak_right, not row.strong_right))
        for row, one in zip(rows, examples, strict=True)
        if row.weak_right is not None and row.strong_right is not None
        for own in (one.slots < SLOTS,)
    ]


def right_kinds(row: Row, taxonomy: Taxonomy) -> frozenset[str]:
    """The kinds that are right for a row: its own, the others named, and for mapped labels the whole family."""
    if row.task is None:
        return frozenset()
    right = {row.task, *row.also}
    if row.mapped:
        roots = {taxonomy.ancestry(row.task)[-1]}
        right |= {name for name in taxonomy.kinds if taxonomy.ancestry(name)[-1] in roots}
    return frozenset(right)


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
