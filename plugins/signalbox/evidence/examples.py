"""Labelled requests as the numbers that weights are learned from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signalbox.evidence.failures import Outcome
from signalbox.evidence.lexicon import lexicon
from signalbox.routing.signals.features import shape
from signalbox.routing.signals.items import item
from signalbox.routing.signals.text import SLOTS, grams, turn_text
from signalbox.schema.facts import Facts
from signalbox.schema.taxonomy import Taxonomy

_Floats = NDArray[np.float32]
_Slots = NDArray[np.int32]

BOOST: Final = 2.0
"""How much louder a group of words speaks than a single one of its words."""
MAPPED: Final = 0.3
"""What a label of another scheme counts beside one that was made for the taxonomy."""
RARE: Final = 3.0
"""What a row of the rarest root counts at most beside one of a root of the usual size."""


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


def known_kinds(rows: Iterable[Row], taxonomy: Taxonomy) -> tuple[str, ...]:
    """The kinds that the rows name, and their roots, in the order of their names."""
    named = {row.task for row in rows if row.task in taxonomy.kinds}
    return tuple(sorted({end for name in named if name for end in (name, taxonomy.ancestry(name)[-1])}))


def parent_columns(kinds: Sequence[str], taxonomy: Taxonomy) -> _Slots:
    """The column of each kind's root."""
    return np.array([kinds.index(taxonomy.ancestry(name)[-1]) for name in kinds], dtype=np.int32)


def prepare(rows: Sequence[Row], kinds: tuple[str, ...], taxonomy: Taxonomy) -> list[Example]:
    """Rows as examples, each with its trust."""
    column = {name: at for at, name in enumerate(kinds)}
    return [
        _example(row, column, taxonomy, trust=trust) for row, trust in zip(rows, _trusts(rows, taxonomy), strict=True)
    ]


def _trusts(rows: Sequence[Row], taxonomy: Taxonomy) -> Iterator[float]:
    """Mapped labels count less, and so do big sources: variety teaches, repetition does not. So do the roots with many
    prompts, within bounds: how many were written says little about how many will be asked."""
    parts = Counter((row.source, row.task) for row in rows)
    tops = [taxonomy.ancestry(row.task)[-1] if row.task in taxonomy.kinds else None for row in rows]
    sizes = Counter(top for top in tops if top is not None)
    usual = sizes.total() / max(1, len(sizes))
    for row, top in zip(rows, tops, strict=True):
        variety = min(1.0, (60 / parts[row.source, row.task]) ** 0.5)
        rarity = 1.0 if top is None else min(RARE, (usual / sizes[top]) ** 0.5)
        yield variety * rarity * (MAPPED if row.mapped else 1.0)


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
