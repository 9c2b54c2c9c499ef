"""Task, tier and needs: which lane, how good a model, and what it must offer."""

from __future__ import annotations

from typing import Any

import pytest

from signalbox.errors import NoModelFits
from signalbox.routing.decide import decide
from signalbox.schema.base import Tier
from signalbox.schema.facts import Hints
from signalbox.schema.persona import Persona
from signalbox.schema.plan import Plan
from signalbox.schema.strategy import Tiers
from tests.kit.plans import case, model, plan

LANED = plan(
    model("general"),
    model("coder", specialities=("code_generation",)),
    lanes={"general": ["general"], "coder": ["coder"]},
    tasks={"code": {"lane": "coder", "max_tokens": 4096, "temperature": 0.2}},
)


@pytest.mark.parametrize(
    ("task", "lane", "reason"),
    [
        ("code", "coder", "task_lane"),
        ("code_python", "coder", "parent_lane"),
        ("math", "general", "default_lane"),
        ("unheard_of", "general", "default_lane"),
    ],
)
def test_a_task_goes_to_its_own_lane_or_its_nearest_parents_or_the_general_one(
    task: str, lane: str, reason: str
) -> None:
    decision = decide(case(LANED, task=task))

    assert (decision.lane, decision.reason) == (lane, reason)


def test_an_uncertain_task_goes_to_the_general_lane_and_says_so() -> None:
    decision = decide(case(LANED, task="code", source="abstain", confidence=0.2))

    assert (decision.lane, decision.reason) == ("general", "abstain")
    assert "not certain enough" in next(line.note for line in decision.trace if line.stage == "task")


def test_a_route_brings_its_output_limit_and_temperature() -> None:
    decision = decide(case(LANED, task="code"))

    assert (decision.max_tokens, decision.temperature) == (4096, 0.2)


def test_a_routes_output_limit_counts_into_the_context_unless_the_client_names_one() -> None:
    tight = plan(model("only", context_window=4_150), tasks={"*": {"lane": "general", "max_tokens": 4_096}})

    with pytest.raises(NoModelFits, match="4,196 tokens"):
        decide(case(tight))
    assert decide(case(tight, max_output_tokens=10)).model == "only"


@pytest.mark.parametrize(
    ("complexity", "tier"),
    [(0, "fast"), (3.4, "fast"), (3.5, "balanced"), (6.9, "balanced"), (7, "quality"), (10, "quality")],
)
def test_complexity_becomes_a_tier_at_the_strategys_borders(complexity: float, tier: Tier) -> None:
    decision = decide(case(plan(), complexity=complexity))

    assert decision.tier == tier
    assert decision.model == {"fast": "small", "balanced": "middle", "quality": "large"}[tier]


def test_the_borders_between_tiers_are_the_strategys_own() -> None:
    assert decide(case(plan(tiers=Tiers(fast_below=9, quality_from=9.5)), complexity=8)).tier == "fast"


RESEARCHER = Persona.model_validate(
    {
        "tier": "quality",
        "downgrade_below": 2,
        "min_context_window": 32_768,
        "tasks": {"code": {"tier": "balanced"}, "summarisation": {"tier": "quality"}},
    }
)
DEVELOPER = Persona.model_validate(
    {"tier": "balanced", "downgrade_below": 3, "tasks": {"code": {"tier": "quality", "prefer_specialised": True}}}
)
CASUAL = Persona.model_validate({"tier": "fast", "upgrade_from": 8, "tasks": {"code": {"tier": "balanced"}}})
PEOPLE = plan(personas={"researcher": RESEARCHER, "developer": DEVELOPER, "casual": CASUAL})


@pytest.mark.parametrize(
    ("persona", "complexity", "task", "tier"),
    [
        ("researcher", 5, "general_qa", "quality"),
        ("researcher", 2, "general_qa", "quality"),
        ("researcher", 1.9, "general_qa", "fast"),
        ("researcher", 9, "code_python", "balanced"),
        ("researcher", 1, "summarisation", "quality"),
        ("developer", 5, "general_qa", "balanced"),
        ("developer", 3, "general_qa", "balanced"),
        ("developer", 2.9, "general_qa", "fast"),
        ("developer", 1, "code", "quality"),
        ("developer", 9, "general_qa", "quality"),
        ("casual", 5, "general_qa", "fast"),
        ("casual", 7.9, "general_qa", "fast"),
        ("casual", 8, "general_qa", "quality"),
        ("casual", 1, "code", "balanced"),
    ],
)
def test_a_persona_moves_the_tier_by_its_thresholds_and_tasks(
    persona: str, complexity: float, task: str, tier: Tier
) -> None:
    assert decide(case(PEOPLE, complexity=complexity, task=task, hints=Hints(persona=persona))).tier == tier


@pytest.mark.parametrize(
    ("rule", "complexity", "task", "tier"),
    [
        ({"when": "complexity < 3", "tier": "quality"}, 2, "math", "quality"),
        ({"when": "complexity < 3", "tier": "quality"}, 3, "math", "fast"),
        ({"when": "complexity >= 3", "move": "up"}, 3, "math", "balanced"),
        ({"when": "complexity == 3", "move": "up"}, 3, "math", "balanced"),
        ({"when": "complexity >= 9", "move": "up"}, 9, "math", "quality"),
        ({"when": "complexity <= 1", "move": "down"}, 1, "math", "fast"),
        ({"when": "task == 'code'", "tier": "quality"}, 1, "code_python", "quality"),
        ({"when": "task == 'code'", "tier": "quality"}, 1, "math", "fast"),
        ({"when": "task != code", "tier": "quality"}, 1, "math", "quality"),
        ({"when": "task != code", "tier": "quality"}, 1, "code_python", "fast"),
        ({"when": "lane == general", "tier": "balanced"}, 1, "math", "balanced"),
        ({"when": "tier == fast", "move": "up"}, 1, "math", "balanced"),
    ],
)
def test_a_personas_rules_move_the_tier(rule: dict[str, str], complexity: float, task: str, tier: Tier) -> None:
    made = plan(personas={"mine": Persona.model_validate({"rules": [rule]})}, default_persona="mine")

    assert decide(case(made, complexity=complexity, task=task)).tier == tier


def test_a_rule_or_a_task_of_the_persona_may_name_the_model_itself() -> None:
    by_rule = Persona.model_validate({"rules": [{"when": "complexity > 1", "model": "large"}]})
    by_task = Persona.model_validate({"tasks": {"code": {"model": "small"}}})

    assert decide(case(plan(personas={"x": by_rule}, default_persona="x"))).model == "large"
    assert decide(case(plan(personas={"x": by_task}, default_persona="x"), task="code_python")).model == "small"


@pytest.mark.parametrize(
    ("route", "complexity", "tier"),
    [
        ({"max_tier": "fast"}, 9, "fast"),
        ({"min_tier": "quality"}, 1, "quality"),
        ({"min_tier": "balanced", "max_tier": "balanced"}, 9, "balanced"),
        ({"max_tier": "quality"}, 1, "fast"),
    ],
)
def test_a_tasks_limits_hold_over_complexity_and_persona(route: dict[str, str], complexity: float, tier: Tier) -> None:
    eager = {"eager": Persona(tier="quality", downgrade_below=2)}
    made = plan(tasks={"*": {"lane": "general", **route}}, personas=eager, default_persona="eager")

    assert decide(case(made, complexity=complexity)).tier == tier


def test_a_tier_that_the_client_names_stands_against_persona_and_task() -> None:
    made = plan(tasks={"*": {"lane": "general", "max_tier": "fast"}}, personas={"c": CASUAL}, default_persona="c")

    assert decide(case(made, complexity=1, hints=Hints(tier="quality"))).tier == "quality"


SKILLED = plan(
    model("plain", capabilities=("chat",), context_window=8_192),
    model("eyes", capabilities=("chat", "vision"), tier="quality"),
    model("hands", capabilities=("chat", "tools", "json_schema"), tier="quality"),
    model("vectors", capabilities=("embeddings",), tier=None, context_window=512),
)


@pytest.mark.parametrize(
    ("changes", "chosen"),
    [
        ({}, "plain"),
        ({"images": 1}, "eyes"),
        ({"tools": 1}, "hands"),
        ({"tools": 1, "tool_choice_none": True}, "plain"),
        ({"tool_results": 1}, "hands"),
        ({"json_schema": True}, "hands"),
        ({"json_mode": True}, "plain"),
        ({"prompt_tokens": 8_000}, "eyes"),
        ({"max_output_tokens": 9_000}, "eyes"),
        ({"endpoint": "embedding"}, "vectors"),
        ({"endpoint": "embedding", "prompt_tokens": 900_000}, "vectors"),
    ],
    ids=repr,
)
def test_a_request_gets_a_model_that_can_take_it(changes: dict[str, Any], chosen: str) -> None:
    assert decide(case(SKILLED, complexity=5, **changes)).model == chosen


@pytest.mark.parametrize("changes", [{"audio": 1}, {"images": 1, "tools": 1}, {"prompt_tokens": 50_000}], ids=repr)
def test_what_no_model_offers_is_refused_with_what_each_one_lacks(changes: dict[str, Any]) -> None:
    with pytest.raises(NoModelFits) as refused:
        decide(case(SKILLED, **changes))

    assert {"plain", "eyes", "hands"} <= {name for name, _ in refused.value.chain}


def reading(**changes: Any) -> Plan:
    return plan(
        model("middle", context_window=2_000_000),
        model("reader", context_window=4_000_000),
        lanes={"general": ["middle"], "super_reader": ["reader"]},
        **changes,
    )


@pytest.mark.parametrize(
    "changes", [{"prompt_tokens": 1_000_001}, {"file_bytes": 50_000_001}, {"repository": True}], ids=repr
)
def test_what_is_too_large_for_the_others_goes_to_the_super_reader(changes: dict[str, Any]) -> None:
    decision = decide(case(reading(), **changes))

    assert (decision.lane, decision.model, decision.reason) == ("super_reader", "reader", "deep_ingest")


@pytest.mark.parametrize("changes", [{"prompt_tokens": 1_000_000}, {"file_bytes": 50_000_000}], ids=repr)
def test_what_lies_on_the_border_is_no_deep_ingest(changes: dict[str, Any]) -> None:
    assert decide(case(reading(), **changes)).lane == "general"


def test_a_model_that_the_client_names_is_not_taken_away_for_size() -> None:
    assert decide(case(reading(), repository=True, hints=Hints(model="middle"))).model == "middle"


def test_a_deep_ingest_without_a_super_reader_stays_in_its_lane_and_says_why() -> None:
    decision = decide(case(plan(), repository=True))

    assert decision.lane == "general"
    assert "deep ingest: a whole repository" in next(line.note for line in decision.trace if line.stage == "needs")
