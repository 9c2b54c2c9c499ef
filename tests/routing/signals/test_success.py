"""Chances of success move the right way."""

from hypothesis import given
from hypothesis import strategies as st

from signalbox.routing.signals.success import predicted_success, weak_failure
from tests.routing.signals.reading import complexity, scores, task

SCORE = st.floats(0, 100)
CHANCE = st.floats(0.001, 0.999)


def failing(prompt: str) -> float:
    return weak_failure(scores(prompt), task(prompt), complexity(prompt))


def test_a_weak_model_fails_more_often_where_it_is_hard() -> None:
    easy, hard = (
        failing("What is the capital of Spain?\nA. Rome\nB. Madrid\nC. Paris\nD. Lisbon\nAnswer:"),
        failing("Find the index of <p> in S_5 for p = (1, 2, 5, 4)(2, 3).\nA. 8\nB. 2\nC. 24\nD. 120\nAnswer:"),
    )

    assert hard > easy + 0.1


@given(st.text(st.characters(), max_size=300))
def test_it_is_a_chance_for_any_text(prompt: str) -> None:
    assert 0 <= failing(prompt) <= 1


@given(low=SCORE, high=SCORE, failure=CHANCE)
def test_success_rises_with_the_score(low: float, high: float, failure: float) -> None:
    low, high = min(low, high), max(low, high)

    assert predicted_success(low, failure) <= predicted_success(high, failure)


@given(score=SCORE, easy=CHANCE, hard=CHANCE)
def test_success_falls_with_difficulty(score: float, easy: float, hard: float) -> None:
    easy, hard = min(easy, hard), max(easy, hard)

    assert predicted_success(score, easy) >= predicted_success(score, hard)


def test_the_reference_model_fails_as_often_as_is_said() -> None:
    assert predicted_success(50.0, 0.3) == 0.7
