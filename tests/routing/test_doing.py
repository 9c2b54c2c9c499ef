"""A request in a named language is of two kinds: the language, and what is done in it. Both count."""

from __future__ import annotations

import pytest

from signalbox.routing.decide import decide
from signalbox.schema.persona import Persona
from signalbox.schema.taxonomy import Taxonomy
from tests.kit.plans import case, model, plan
from tests.routing.signals.reading import task

TAXONOMY = Taxonomy.model_validate(
    {
        "kinds": {
            "general_qa": {"description": "questions"},
            "code": {"description": "programs"},
            "code_generation": {"description": "new code", "parent": "code"},
            "code_validation": {"description": "reviews", "parent": "code"},
            "code_python": {"description": "Python", "parent": "code", "facet": "language"},
        }
    }
)
PLAN = plan(
    model("small", tier="fast"),
    model("coder"),
    model("checker"),
    model("large", tier="quality"),
    lanes={"general": ["small", "large"], "coder": ["coder", "large"], "checker": ["checker"]},
    tasks={"code": "coder", "code_validation": "checker"},
    taxonomy=TAXONOMY,
    personas={"developer": Persona.model_validate({"tasks": {"code_generation": {"tier": "quality"}}})},
    default_persona="developer",
)


def test_what_is_done_chooses_the_lane() -> None:
    decision = decide(case(PLAN, task="code_python", doing="code_validation"))

    assert (decision.lane, decision.model, decision.reason) == ("checker", "checker", "task_lane")
    assert "code_python 0.90 (signal), code_validation -> lane checker" in {line.note for line in decision.trace}


def test_what_is_done_moves_the_tier_of_a_persona() -> None:
    assert decide(case(PLAN, task="code_python", doing="code_generation")).model == "large"
    assert decide(case(PLAN, task="code_python")).model == "coder"


def test_what_is_done_and_its_language_share_the_lane_of_their_parent() -> None:
    decision = decide(case(PLAN, task="code_python", doing="code_generation"))

    assert (decision.lane, decision.reason) == ("coder", "parent_lane")


@pytest.mark.parametrize(
    ("prompt", "doing"),
    [
        ("Write a Python function to validate email addresses", "code_generation"),
        ("Please review this python code and tell me why it fails: def f(x): return x.y", "code_validation"),
        ("What does this python code do? print([i for i in range(3)])", "code_explanation"),
    ],
)
def test_the_shipped_weights_say_what_is_done(prompt: str, doing: str) -> None:
    found = task(prompt)

    assert doing in {found.name, found.doing}


def test_a_kind_that_is_no_language_has_nothing_beside_it() -> None:
    assert task("Prove that the square root of 2 is irrational.").doing is None
