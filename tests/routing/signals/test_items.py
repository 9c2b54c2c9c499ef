"""Multiple-choice items as numbers, and steps over them."""

from math import log1p

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.routing.signals.items import Item, Steps, item

SMALL = "Which city, by area, is the Largest?\nA. Rome\nB) the city of 12 hills\nC. 42\nAnswer:"
STEPS = Steps(
    base=np.array([-1.0, -2.0]),
    feature=np.array([Item._fields.index("options"), Item._fields.index("log_longest")]),
    cut=np.array([0.0, 4.0]),
    odds=np.array([[0.5, 0.0], [1.0, 0.25]]),
)


def test_a_small_item_is_measured() -> None:
    found = item(SMALL)

    assert found is not None
    assert (found.options, found.numeric, found.commas) == (3, 1, 2)
    assert found.log_shortest == log1p(len("42"))
    assert found.log_longest == log1p(len("the city of 12 hills"))
    assert found.log_options == log1p(len("Rome" + "the city of 12 hills" + "42"))
    assert found.option_digits == pytest.approx(4 / 27)
    assert found.digits == found.overlap == 0
    assert found.capitals == pytest.approx(2 / 7)


def test_options_that_share_words_overlap() -> None:
    found = item("Which?\nA. red apples\nB. the red apples\nC. red pears")

    assert found is not None
    assert found.overlap == pytest.approx((1 + 1 / 3 + 1 / 3) / 3)  # "the" does not count


@pytest.mark.parametrize(
    "prompt",
    ["", "A. one\nB. two", "Pick A or B.", "Dear all,\nApril is near.\nBest,\nAnn", "Which?\nA. one\nbut B. two"],
)
def test_what_has_no_two_lettered_lines_is_no_item(prompt: str) -> None:
    assert item(prompt) is None


def test_an_item_is_found_behind_a_long_question() -> None:
    found = item("long " * 5_000 + SMALL)

    assert found is not None
    assert found.options == 3


@given(st.text(st.characters(), max_size=50), st.lists(st.text(st.characters(), max_size=20), max_size=8))
def test_any_item_gives_finite_numbers(question: str, options: list[str]) -> None:
    found = item(
        question + "".join(f"\n{letter}. {option}" for letter, option in zip("ABCDEFGH", options, strict=False))
    )

    assert found is None or np.isfinite(found).all()


def test_steps_move_the_log_odds_of_items_only() -> None:
    short, long = item(SMALL), item(SMALL.replace("hills", "hills " * 20))

    assert STEPS.of(None).tolist() == [-1.0, -2.0]
    assert STEPS.of(short).tolist() == [-0.5, -2.0]
    assert STEPS.of(long).tolist() == [0.5, -1.75]


def test_steps_that_look_at_no_known_number_do_not_fit() -> None:
    assert STEPS.fits
    assert not Steps(STEPS.base, np.array([0, len(Item._fields)]), STEPS.cut, STEPS.odds).fits
    assert not Steps(STEPS.base, STEPS.feature, STEPS.cut, STEPS.odds[:1]).fits
    assert not Steps(STEPS.base[:1], STEPS.feature, STEPS.cut, STEPS.odds).fits
