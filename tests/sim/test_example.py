"""The simplest value for a schema satisfies the schema."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.sim.example import example

SCALARS = st.one_of(
    st.builds(
        lambda low, high: {"type": "string", "minLength": low, "maxLength": low + high},
        st.integers(0, 20),
        st.integers(0, 20),
    ),
    st.builds(
        lambda low, high: {"type": "integer", "minimum": low, "maximum": low + high},
        st.integers(-50, 50),
        st.integers(0, 9),
    ),
    st.builds(lambda low: {"type": "number", "exclusiveMinimum": low}, st.integers(-50, 50)),
    st.builds(lambda high: {"type": "integer", "exclusiveMaximum": high}, st.integers(-50, 50)),
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.lists(st.one_of(st.text(max_size=5), st.integers(), st.none()), min_size=1, max_size=4).map(
        lambda found: {"enum": found}
    ),
    st.sampled_from(["date", "date-time", "email", "uuid"]).map(lambda form: {"type": "string", "format": form}),
)


def _nested(children: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    named = st.dictionaries(st.text(max_size=4), children, max_size=3)
    return st.one_of(
        named.map(lambda found: {"type": "object", "properties": found, "required": list(found)}),
        named.map(lambda found: {"type": "object", "properties": found, "additionalProperties": False}),
        st.builds(lambda item, low: {"type": "array", "items": item, "minItems": low}, children, st.integers(0, 3)),
        st.lists(children, min_size=1, max_size=3).map(lambda found: {"anyOf": found}),
        children.map(lambda found: {"$defs": {"one": found}, "allOf": [found]}),
    )


@given(st.recursive(SCALARS, _nested, max_leaves=8))
def test_the_example_validates_against_its_schema(schema: dict[str, Any]) -> None:
    jsonschema.validate(example(schema), schema)


def test_local_references_are_followed() -> None:
    schema = {
        "$defs": {"item": {"type": "string"}},
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/item"}},
        "required": ["a"],
    }

    assert example(schema) == {"a": "example"}


def test_a_schema_that_requires_itself_ends() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"self": {"$ref": "#"}}, "required": ["self"]}

    assert "self" in example(schema)


@pytest.mark.parametrize(
    "schema", [None, 3, "x", [], {"type": 7}, {"required": 3}, {"anyOf": []}, {"$ref": "#/no/where"}, {"allOf": [3]}]
)
def test_nonsense_never_raises(schema: object) -> None:
    example(schema)
