"""The numeric core agrees with the plain definitions."""

from __future__ import annotations

from itertools import product
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalbox.evidence.statistics import (
    RESAMPLES,
    ClassCounts,
    auc,
    bootstrap,
    mean,
    mean_figure,
    midranks,
    row_bootstrap,
    spearman,
)

FEW_VALUES = st.integers(0, 4).map(float)
"""Few, so that ties are the rule."""
TABLES = st.integers(1, 4).flatmap(
    lambda classes: st.lists(
        st.lists(st.integers(0, 5), min_size=classes + 1, max_size=classes + 1), min_size=classes, max_size=classes
    )
)


def pairs(*kinds: st.SearchStrategy[float]) -> st.SearchStrategy[list[tuple[float, ...]]]:
    """Rows of the given columns, and how often each row was drawn as the last."""
    return st.lists(st.tuples(*kinds, st.integers(0, 3)), min_size=1, max_size=12)


def drawn(rows: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Each row as often as it was drawn, without that number."""
    return [row[:-1] for row in rows for _ in range(int(row[-1]))]


def columns(rows: list[tuple[float, ...]]) -> list[np.ndarray]:
    return [np.array(column, dtype=np.float64) for column in zip(*rows, strict=True)]


@given(pairs(FEW_VALUES, st.sampled_from((0.0, 1.0))))
def test_auc_is_the_share_of_pairs_in_the_right_order(rows: list[tuple[float, ...]]) -> None:
    scores, positive, counts = columns(rows)
    seen = drawn(rows)
    hits, misses = ([score for score, truth in seen if truth == kind] for kind in (1, 0))
    points = [1.0 if hit > miss else 0.5 if hit == miss else 0.0 for hit, miss in product(hits, misses)]

    found = auc(scores, positive, counts[None, :])[0]

    if points:
        assert found == pytest.approx(sum(points) / len(points))
    else:
        assert np.isnan(found)


@given(pairs(FEW_VALUES))
def test_a_midrank_is_the_mean_of_the_places_that_equal_values_take(rows: list[tuple[float, ...]]) -> None:
    values, counts = columns(rows)
    ordered = sorted(value for (value,) in drawn(rows))

    found = midranks(values, counts[None, :])[0]

    for value, count, rank in zip(values, counts, found, strict=True):
        if count:
            places = [at for at, other in enumerate(ordered, 1) if other == value]
            assert rank == pytest.approx(sum(places) / len(places))


@given(pairs(FEW_VALUES, FEW_VALUES))
def test_spearman_is_the_correlation_of_midranks_of_the_drawn_rows(rows: list[tuple[float, ...]]) -> None:
    left, right, counts = columns(rows)
    seen = drawn(rows)
    expected = naive_spearman(seen)

    found = spearman(left, right, counts[None, :])[0]

    if expected is None:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(expected)


def naive_spearman(rows: list[tuple[float, ...]]) -> float | None:
    if not rows:
        return None
    ranked = []
    for side in zip(*rows, strict=True):
        ordered = sorted(side)
        ranks = [ordered.index(value) + 1 + (ordered.count(value) - 1) / 2 for value in side]
        middle = sum(ranks) / len(ranks)
        ranked.append([rank - middle for rank in ranks])
    one, other = ranked
    spread = sqrt(sum(a * a for a in one) * sum(b * b for b in other))
    return sum(a * b for a, b in zip(one, other, strict=True)) / spread if spread else None


@given(TABLES)
def test_class_figures_agree_with_their_definitions(table: list[list[int]]) -> None:
    places = [(wanted, answer) for wanted in range(len(table)) for answer in range(len(table) + 1)]
    wanted, answered = (np.array(side) for side in zip(*places, strict=True))
    counts = np.array([[table[row][column] for row, column in places]], dtype=np.float64)
    classes = range(len(table))
    row = [sum(table[at]) for at in classes]
    column = [sum(each[at] for each in table) for at in classes]
    recalled = [table[at][at] / row[at] for at in classes if row[at]]
    f1 = [2 * table[at][at] / (row[at] + column[at]) for at in classes if row[at]]

    counted = ClassCounts.of(wanted, answered, counts, len(table))
    recall, precision, macro = counted.recall[0], counted.precision[0], counted.macro_f1[0]

    for at in classes:
        assert np.isnan(recall[at]) if not row[at] else recall[at] == pytest.approx(table[at][at] / row[at])
        assert np.isnan(precision[at]) if not column[at] else precision[at] == pytest.approx(table[at][at] / column[at])
    for found, each in ((macro, f1), (counted.mean_recall[0], recalled)):
        assert np.isnan(found) if not each else found == pytest.approx(sum(each) / len(each))


@given(st.lists(st.sampled_from((-1.0, 0.0, 1.0)), min_size=1, max_size=40))
@settings(deadline=None, max_examples=30)
def test_an_interval_holds_the_value_and_stays_within_the_values(values: list[float]) -> None:
    found = mean_figure(np.array(values), seed=0)

    assert found.value == pytest.approx(sum(values) / len(values))
    assert min(values) - 1e-9 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= max(values) + 1e-9


def test_a_mean_has_the_interval_of_the_normal_approximation() -> None:
    values = np.array([1.0] * 300 + [0.0] * 700)
    spread = 1.96 * sqrt(0.3 * 0.7 / 1000)

    by_kind = mean_figure(values, seed=0)
    by_row = row_bootstrap(lambda weights: mean(values, weights), len(values), seed=0)[0]

    for found in (by_kind, by_row):
        assert found.low == pytest.approx(0.3 - spread, abs=0.006)
        assert found.high == pytest.approx(0.3 + spread, abs=0.006)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    values = np.random.default_rng(1).normal(size=200)

    first, again, other = (mean_figure(values, seed=seed) for seed in (3, 3, 4))

    assert first == again
    assert first.low != other.low


def test_each_resample_draws_as_many_rows_as_there_are() -> None:
    totals: list[np.ndarray] = []

    def note(weights: np.ndarray) -> np.ndarray:
        totals.append(weights.sum(axis=1))
        return weights.sum(axis=1)

    row_bootstrap(note, 3_000, seed=0)
    bootstrap(note, np.array([2_000.0, 1_000.0]), seed=0)

    once, drawn_ = totals[0], np.concatenate(totals[1:])
    assert once.tolist() == [3_000.0]
    assert len(drawn_) == 2 * RESAMPLES + 1
    assert set(drawn_.tolist()) == {3_000.0}


def test_a_figure_that_cannot_be_told_is_unknown_not_zero() -> None:
    found = row_bootstrap(lambda weights: auc(np.zeros(3), np.ones(3), weights), 3, seed=0)[0]

    assert found == (None, None, None)
    assert str(found) == "unknown"
