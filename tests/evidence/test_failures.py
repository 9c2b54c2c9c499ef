"""Where models fail, learned from made-up items: the form of an item first, then its words."""

import numpy as np

from signalbox.evidence.failures import LEAST, Outcome, learn_failures, learn_steps
from signalbox.routing.signals.items import item


def asked(longest: int, number: int) -> str:
    return f"Which is number {number}?\nA. yes\nB. {'x' * longest}"


def outcome(prompt: str, *failed: bool, slot: int = 0) -> Outcome:
    return Outcome(np.array([slot], dtype=np.int32), np.ones(1, dtype=np.float32), item(prompt), failed)


def lessons() -> list[Outcome]:
    """The weak model fails at long options, the strong one at half of all."""
    return [outcome(asked(5 + 60 * (at % 2), at), at % 2 == 1, at % 4 > 1) for at in range(6 * LEAST)]


def test_steps_move_the_chance_the_right_way() -> None:
    seen = lessons()
    steps = learn_steps([one.item for one in seen], np.array([one.failed for one in seen], dtype=float), seed=1)

    short, long = steps.of(item(asked(5, 1))), steps.of(item(asked(65, 1)))

    assert long[0] > 1 > -1 > short[0]
    assert abs(long[1] - short[1]) < 0.2
    assert abs(steps.of(None)[0]) < 0.1


def test_few_items_make_no_steps() -> None:
    seen = lessons()[: 2 * LEAST - 1]

    assert learn_failures(seen, seed=1)[1].cut.size == 0


def test_words_speak_where_nothing_is_an_item() -> None:
    seen = [outcome("any", at % 2 == 1, False, slot=at % 2) for at in range(100)]

    table, steps = learn_failures(seen, seed=1)

    assert table[1, 0] > 0.3 > -0.3 > table[0, 0]
    assert steps.of(None)[1] < -3


def test_nothing_known_is_even_odds() -> None:
    table, steps = learn_failures([], seed=1)

    assert not table.any()
    assert steps.of(None).tolist() == [0.0, 0.0]


def test_the_same_outcomes_and_seed_give_the_same() -> None:
    (first, one), (second, other) = learn_failures(lessons(), seed=4), learn_failures(lessons(), seed=4)

    assert np.array_equal(first, second)
    assert np.array_equal(one.odds, other.odds)
    assert np.array_equal(one.cut, other.cut)
