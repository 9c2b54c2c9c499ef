"""Hints are untrusted: understood in any spelling, obeyed within bounds, and never a way to lose a privacy rule."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.routing.hints import UNREADABLE_CLASS, read_hints
from signalbox.schema.facts import Hints


def from_metadata(**values: Any) -> Hints:
    return read_hints("auto", {}, {"signalbox": values})


def test_headers_are_read_in_any_case() -> None:
    hints = read_hints("auto", {"X-Signalbox-TASK": "code", "x-SIGNALBOX-max-cost": "$0.05"}, None)

    assert (hints.task, hints.max_cost_micros) == ("code", 50_000)


def test_a_header_wins_over_metadata_and_metadata_over_the_models_name() -> None:
    inside = {"signalbox": {"task": "math", "lane": "general"}}

    assert read_hints("task/sums", {"x-signalbox-task": "code"}, inside).task == "code"
    assert read_hints("task/sums", {}, inside).task == "math"
    assert read_hints("task/sums", {}, None).task == "sums"


@pytest.mark.parametrize(
    ("requested", "field", "value"),
    [
        ("auto", "model", None),
        ("lane/coder", "lane", "coder"),
        ("task/code_python", "task", "code_python"),
        ("tier/fast", "tier", "fast"),
        ("coder", "model", "coder"),
        ("openai/gpt-4o", "model", "openai/gpt-4o"),
        ("lane/a/b", "lane", "a/b"),
    ],
)
def test_the_models_name_may_be_auto_a_lane_a_task_a_tier_or_a_group(requested: str, field: str, value: object) -> None:
    hints = read_hints(requested, {}, None)

    assert getattr(hints, field) == value
    assert (hints.model is None) == (field != "model" or value is None)


@pytest.mark.parametrize("key", ["data_class", "data-class", "dataClass", "Data-Class", "DATACLASS"])
def test_no_spelling_of_the_data_class_is_overlooked(key: str) -> None:
    assert read_hints("auto", {}, {"signalbox": {key: "phi"}}).data_class == "phi"
    assert read_hints("auto", {f"x-signalbox-{key}": "phi"}, None).data_class == "phi"


@pytest.mark.parametrize("value", ["", " ", "\u2003", "a\nb", "x" * 201, 7, False, [], {"a": 1}, "a\ud800"], ids=repr)
def test_a_data_class_that_cannot_be_read_becomes_one_that_no_strategy_knows(value: object) -> None:
    assert from_metadata(data_class=value).data_class == UNREADABLE_CLASS


def test_two_data_classes_that_differ_become_one_that_no_strategy_knows() -> None:
    inside = {"signalbox": {"data_class": "phi"}}

    assert read_hints("auto", {"x-signalbox-data-class": "public"}, inside).data_class == UNREADABLE_CLASS
    assert read_hints("auto", {"x-signalbox-data-class": "phi"}, inside).data_class == "phi"
    assert from_metadata(**{"data_class": "phi", "data-class": "public"}).data_class == UNREADABLE_CLASS


def test_an_absent_or_null_data_class_is_none() -> None:
    assert from_metadata(data_class=None).data_class is None
    assert (
        read_hints("auto", {"x-signalbox-data-class": "phi"}, {"signalbox": {"data_class": None}}).data_class == "phi"
    )


def test_more_keys_than_anyone_means_cannot_hide_a_data_class() -> None:
    crowd = {f"k{at}": at for at in range(10_000)}

    hints = from_metadata(**crowd, data_class="phi")

    assert hints.data_class == UNREADABLE_CLASS
    assert hints.ignored


@pytest.mark.parametrize("inside", ["phi", 7, ["data_class"], True])
def test_a_block_of_hints_of_the_wrong_type_is_said_to_be_ignored(inside: object) -> None:
    assert "metadata.signalbox" in read_hints("auto", {}, {"signalbox": inside}).ignored[0]


@pytest.mark.parametrize("metadata", [None, "x", 7, [], {}, {"signalbox": None}, {"other": {"task": "x"}}])
def test_metadata_without_hints_gives_none(metadata: object) -> None:
    assert read_hints("auto", {}, metadata) == Hints()


@pytest.mark.parametrize(
    "value", ["five", -1, "nan", float("nan"), float("inf"), 1e308, 10**400, [], True, "1e3"], ids=str
)
def test_an_amount_that_is_none_is_ignored_and_said(value: object) -> None:
    hints = from_metadata(max_cost=value)

    assert hints.max_cost_micros is None
    assert hints.ignored == ("max_cost: not an amount such as 0.05",)


@pytest.mark.parametrize(("value", "micros"), [(0, 0), ("0", 0), (0.05, 50_000), ("$0.05", 50_000), (10**6, 10**12)])
def test_an_amount_is_read_as_dollars(value: object, micros: int) -> None:
    assert from_metadata(max_cost=value).max_cost_micros == micros


@pytest.mark.parametrize("value", ["soon", -1, 0, "nan", "inf", 10**400, [], {}])
def test_a_latency_that_is_none_is_ignored_and_said(value: object) -> None:
    hints = from_metadata(max_latency_ms=value)

    assert hints.max_latency_ms is None
    assert hints.ignored


@pytest.mark.parametrize(
    ("value", "ignored"),
    [(True, True), ("true", True), ("1", True), ("no", False), (0, False), ([], False), ({}, False)],
)
def test_a_persona_is_ignored_only_on_a_plain_yes(value: object, ignored: bool) -> None:
    assert from_metadata(ignore_persona=value).ignore_persona is ignored


@given(
    st.text(max_size=30),
    st.dictionaries(st.text(max_size=20).map("x-signalbox-".__add__), st.text(max_size=300)),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=250),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["signalbox", "task", "data_class", "max_cost"]), inner)
        ),
    ),
)
def test_any_hints_at_all_are_read_without_harm_and_stay_short(
    requested: str, headers: dict[str, str], metadata: object
) -> None:
    hints = read_hints(requested, headers, metadata)

    named = (hints.lane, hints.task, hints.tier, hints.persona, hints.data_class, hints.session)
    assert all(value is None or len(value) <= 200 for value in named)
    assert hints.max_cost_micros is None or hints.max_cost_micros >= 0
