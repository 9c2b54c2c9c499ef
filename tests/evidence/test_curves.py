"""The cost-quality curve and the baselines by length."""

from __future__ import annotations

from itertools import combinations_with_replacement, pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.evidence.baselines import length_steps, majority, nearest_length
from signalbox.evidence.curves import Curve

BITS = st.sampled_from((0.0, 1.0))
ROWS = st.lists(st.tuples(st.integers(0, 3).map(float), BITS, BITS), min_size=2, max_size=6)


def curve(rows: list[tuple[float, ...]]) -> tuple[Curve, list[np.ndarray]]:
    hardness, weak, strong = (np.array(column) for column in zip(*rows, strict=True))
    once = np.ones((1, len(rows)))
    made = [Curve.of(hardness, weak, strong, once), Curve.random(weak, strong, once), Curve.oracle(weak, strong, once)]
    return made[0], [each.at(np.linspace(0, 1, len(rows) + 1))[0] for each in made]


@given(ROWS)
def test_a_curve_is_the_mean_over_all_orders_of_equally_hard_rows(rows: list[tuple[float, ...]]) -> None:
    orders = [
        [rows[at] for at in order]
        for order in permutations(range(len(rows)))
        if all(rows[one][0] >= rows[two][0] for one, two in pairwise(order))
    ]
    expected = [
        sum(sum(row[2] for row in order[:sent]) + sum(row[1] for row in order[sent:]) for order in orders)
        / len(orders)
        / len(rows)
        for sent in range(len(rows) + 1)
    ]

    _, (found, _, _) = curve(rows)

    assert found.tolist() == pytest.approx(expected)


@given(ROWS)
def test_no_curve_is_above_the_oracle_and_all_meet_at_both_ends(rows: list[tuple[float, ...]]) -> None:
    weak, strong = (sum(row[at] for row in rows) / len(rows) for at in (1, 2))

    _, curves = curve(rows)
    routed, random, oracle = curves

    assert (routed <= oracle + 1e-9).all()
    assert (random <= oracle + 1e-9).all()
    for each in curves:
        assert (each[0], each[-1]) == pytest.approx((weak, strong))


def test_who_sends_only_failures_to_the_strong_model_saves_the_other_calls() -> None:
    rows = [(1.0, 0.0, 1.0)] * 2 + [(0.0, 1.0, 1.0)] * 8

    found, _ = curve(rows)

    assert found.gain_at_half()[0] == pytest.approx(0.1)
    assert found.calls_saved()[0] == pytest.approx(0.81)  # 19 % reach 0.99, one point below always-strong


def test_chance_gains_nothing() -> None:
    rows = [(0.0, 0.0, 1.0), (0.0, 1.0, 1.0), (0.0, 0.0, 0.0)]

    found, _ = curve(rows)

    assert found.gain_at_half()[0] == pytest.approx(0)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 6)), min_size=1, max_size=10))
def test_length_steps_are_as_right_as_the_best_pair_of_lengths(rows: list[tuple[int, int]]) -> None:
    wanted, lengths = np.array([row[0] for row in rows]), np.array([float(row[1]) for row in rows])
    best = max(
        sum(int((length >= low) + (length >= high)) == tier for tier, length in rows)
        for low, high in combinations_with_replacement(range(8), 2)
    )

    found = length_steps(wanted, lengths)

    assert int((found == wanted).sum()) == best
    assert (np.diff(found[np.argsort(lengths, kind="stable")]) >= 0).all()


def test_nearest_length_takes_the_class_whose_texts_are_about_as_long() -> None:
    names, lengths = ["short", "short", "long", "long"], np.array([10.0, 12.0, 900.0, 11.0])

    assert nearest_length(names, lengths) == ["short", "short", "long", "short"]


def test_the_majority_is_the_commonest_name_and_ties_end_at_the_alphabet() -> None:
    assert majority(["b", "a", "b"]) == "b"
    assert majority(["b", "a"]) == "a"
