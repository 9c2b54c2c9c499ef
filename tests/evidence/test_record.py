"""One log line: the decision, how it went, and no text of the request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from signalbox.errors import NoModelFits
from signalbox.evidence.record import Outcome, log_line, outcome_json, refusal_line, salted
from signalbox.routing.decide import decide
from signalbox.routing.facts import read_facts
from tests.kit.plans import case, plan

SECRET = "Jane Roe, born 1970\nMRN 4711"
FACTS = read_facts(
    {"messages": [{"role": "system", "content": f"about {SECRET}"}, {"role": "user", "content": SECRET}]}
)
DECISION = decide(case(plan(), request=FACTS))


def read(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        log_line(DECISION, FACTS, Outcome(success=True, **changes), at=12.3456, salt=b"s")
    )
    return found


def test_a_line_is_the_decision_document_with_lengths_digest_and_outcome() -> None:
    line = read(latency_ms=1.234, model_used="middle", fallback_depth=1, cost_usd=0.5)

    assert {**DECISION.as_json()}.items() <= line.items()
    assert (line["at"], line["query_chars"], line["digest"]) == (12.346, len(SECRET), salted(FACTS.digest, b"s"))
    assert line["outcome"]["latency_ms"] == pytest.approx(1.23)
    assert (line["outcome"]["model_used"], line["outcome"]["fallback_depth"]) == ("middle", 1)


def test_a_line_is_one_line_of_plain_ascii() -> None:
    line = log_line(DECISION, FACTS, Outcome(success=True), at=1, salt=b"s", prompt="a\nb\u2028ü\ud800")

    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line)["prompt"] == "a\nb\u2028ü\ud800"


def test_no_text_of_the_request_stands_in_a_line_unless_it_is_handed_over() -> None:
    line = log_line(DECISION, FACTS, Outcome(success=True), at=1, salt=b"s")

    assert "Jane" not in line
    assert "4711" not in line
    assert "prompt" not in json.loads(line)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_never_gets_into_the_log(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        log_line(DECISION, FACTS, Outcome(success=True, cost_usd=number), at=1, salt=b"s")


def test_a_refusal_is_logged_with_its_chain_and_without_a_model() -> None:
    refusal = NoModelFits("none.", chain=(("small", "no vision"),), lane="general")

    line = json.loads(refusal_line(refusal, FACTS, id="x", strategy="tested", at=5, salt=b"s"))

    assert (line["model"], line["reason"], line["lane"]) == (None, "signalbox_no_model_fits", "general")
    assert line["excluded"] == [{"model": "small", "reason": "no vision"}]
    assert line["outcome"]["success"] is False
    assert "Jane" not in json.dumps(line)


def test_an_outcome_that_is_unknown_stays_null_and_is_never_zero() -> None:
    outcome = outcome_json(Outcome(success=False, error="Timeout"))

    assert (outcome["cost_usd"], outcome["prompt_tokens"], outcome["error"]) == (None, None, "Timeout")
