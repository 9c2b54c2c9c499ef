"""Facts to decision in one go, as proxy, explain, eval and replay run it."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalbox.routing.facts import read_facts
from signalbox.routing.pipeline import Pipeline
from signalbox.routing.signals.model import TextModel
from signalbox.schema.facts import Caller, Facts, Hints
from tests.kit.plans import model, plan

PLAN = plan(model("home"), model("cloud", local=False), data_classes={"phi": "local_only", "open": "cloud_allowed"})


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(PLAN, TextModel.load())


def test_a_request_is_decided_from_its_body_alone(pipeline: Pipeline) -> None:
    facts = read_facts({"model": "auto", "messages": [{"role": "user", "content": "Prove that 2 is prime."}]})

    decision = pipeline.decide(facts, id="x")

    assert (decision.id, decision.model) == ("x", "home")
    assert decision == pipeline.decide(facts, id="x")


def test_no_word_of_a_prompt_stands_in_the_decision(pipeline: Pipeline) -> None:
    mark = uuid4().hex
    body = {"system": f"s{mark}", "messages": [{"role": "user", "content": f"Summarise u{mark}: patient {mark}"}]}

    decision = pipeline.decide(read_facts(body), id="x")

    assert mark not in json.dumps(decision.as_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("caller", "hint", "private"),
    [
        (None, None, False),
        ("open", "open", False),
        ("phi", None, True),
        ("open", "phi", True),
        ("phi", "open", True),
        (None, "unreadable", True),
    ],
)
def test_a_request_that_is_only_guarded_is_private_under_the_same_rules(
    pipeline: Pipeline, caller: str | None, hint: str | None, private: bool
) -> None:
    facts = Facts(caller=Caller(data_class=caller), hints=Hints(data_class=hint))

    assert pipeline.is_private(facts) is private
    assert pipeline.decide(facts, id="x").local_only is private


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_any_text_at_all_is_decided(pipeline: Pipeline, text: str) -> None:
    decision = pipeline.decide(read_facts({"messages": [{"role": "user", "content": text}]}), id="x")

    assert decision.model == "home"
    assert json.dumps(decision.as_json(), allow_nan=False)
