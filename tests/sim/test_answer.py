"""Answers are a function of the request, and streams lose nothing."""

from hypothesis import given
from hypothesis import strategies as st

from signalbox.sim import SimModel
from signalbox.sim.answer import answer, pieces, tokens
from signalbox.sim.ask import Ask


@given(st.text())
def test_the_pieces_of_a_stream_add_up_to_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text


@given(st.text(), st.one_of(st.none(), st.integers(1, 100)))
def test_the_same_question_gets_the_same_answer_within_its_limit(question: str, limit: int | None) -> None:
    ask = Ask("m", question, len(question), max_tokens=limit)

    first, second = (answer(ask, SimModel("m"), "here") for _ in range(2))

    assert (first.text, first.finish, first.prompt_tokens) == (second.text, second.finish, second.prompt_tokens)
    assert first.completion_tokens == tokens(first.text)
    assert limit is None or first.completion_tokens <= limit
    assert (first.finish == "length") == (first.text[-2:] != '".')
