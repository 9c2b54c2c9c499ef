"""The shape of a request: counts and layout."""

from hypothesis import given
from hypothesis import strategies as st

from signalbox.routing.signals.features import NAMES, Shape, shape
from signalbox.routing.signals.text import turn_text
from tests.routing.signals.reading import facts


def look(prompt: str, **more: object) -> Shape:
    found = facts(prompt, **more)
    return shape(found, turn_text(found))


def seen(prompt: str, **more: object) -> dict[str, float]:
    return dict(zip(NAMES, look(prompt, **more).vector, strict=True))


def test_code_and_traces_are_seen() -> None:
    found = seen("```python\ndef f():\n    return 1\n```\nTraceback (most recent call last): KeyError")

    assert found["code"] == found["much_code"] == found["trace"] == 1


def test_questions_count_in_any_script() -> None:
    assert seen("这是什么？")["asks_last"] == seen("ما هذا؟")["asks"] == seen("why?")["asks_last"] == 1


def test_what_the_request_carries_is_seen() -> None:
    found = seen("go", tools=2, tool_results=1, images=1, documents=3, json_schema=True, system="be brief")

    assert all(found[name] == 1 for name in ("tools", "tool_results", "images", "documents", "schema", "system"))


def test_a_given_text_is_measured_from_its_colon() -> None:
    assert look("Shorten this: " + "x" * 500).body == 501


@given(st.text(st.characters(), max_size=2_000))
def test_any_text_has_a_shape_of_modest_numbers(prompt: str) -> None:
    found = look(prompt)

    assert len(found.vector) == len(NAMES)
    assert all(0 <= value <= 2 for value in found.vector)
