"""Override, data class and persona: who says what, and whose word counts."""

from __future__ import annotations

from typing import Any

import pytest

from signalbox.errors import AccessRefusal, BudgetRefusal, ModelNotAvailable, NoModelFits, PrivacyRefusal
from signalbox.routing.decide import decide
from signalbox.schema.budget import BudgetState
from signalbox.schema.decision import Decision
from signalbox.schema.facts import Caller, Hints
from signalbox.schema.persona import Persona
from signalbox.schema.plan import Plan
from tests.kit.plans import case, down, model, plan

HOME = model("home", tier="fast")
CLOUD = model("cloud", tier="quality", local=False, input_price=1_000_000, output_price=1_000_000)


def mixed(**changes: Any) -> Plan:
    return plan(HOME, CLOUD, data_classes={"phi": "local_only", "open": "cloud_allowed"}, **changes)


def line(decision: Decision, stage: str) -> str:
    return next(found.note for found in decision.trace if found.stage == stage)


def test_a_model_that_the_client_names_is_used_whatever_the_tier() -> None:
    decision = decide(case(mixed(), complexity=1, hints=Hints(model="cloud")))

    assert (decision.model, decision.reason) == ("cloud", "override")


def test_a_lock_wins_over_the_clients_model() -> None:
    decision = decide(case(mixed(lock="home"), complexity=9, hints=Hints(model="cloud")))

    assert (decision.model, decision.reason) == ("home", "lock")


def test_a_lock_gives_way_to_privacy() -> None:
    decision = decide(case(mixed(lock="cloud"), hints=Hints(data_class="phi")))

    assert decision.model == "home"


def test_a_lane_that_the_client_names_is_used_whatever_the_task() -> None:
    made = plan(HOME, CLOUD, lanes={"general": ["home"], "coder": ["cloud"]})

    decision = decide(case(made, hints=Hints(lane="coder")))

    assert (decision.model, decision.lane, decision.reason) == ("cloud", "coder", "override")


def test_a_task_that_the_client_names_is_certain() -> None:
    made = plan(HOME, CLOUD, lanes={"general": ["home"], "coder": ["cloud"]}, tasks={"code": "coder"})

    decision = decide(case(made, hints=Hints(task="code_python"), source="abstain"))

    assert (decision.lane, decision.task.name, decision.task.source) == ("coder", "code_python", "client")
    assert decision.task.confidence == 1


@pytest.mark.parametrize("field", ["model", "lane", "task", "tier", "persona"])
def test_a_name_that_nobody_knows_is_said_and_passed_over(field: str) -> None:
    decision = decide(case(mixed(), hints=Hints(**{field: "nonsense"})))

    told = " ".join(found.note for found in decision.trace)
    assert field == "model" or f"unknown {field} 'nonsense' ignored" in told
    assert decision.reason == "default_lane"


def test_what_could_not_be_read_in_the_hints_is_said() -> None:
    decision = decide(case(mixed(), hints=Hints(ignored=("max_cost: not an amount",))))

    assert "ignored max_cost: not an amount" in line(decision, "override")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"hints": Hints(model="cloud", data_class="phi")}, PrivacyRefusal),
        ({"hints": Hints(model="cloud"), "images": 1}, NoModelFits),
        ({"hints": Hints(model="cloud"), "prompt_tokens": 40_000}, NoModelFits),
        ({"hints": Hints(model="cloud"), "caller": Caller(allowed=frozenset({"home"}))}, AccessRefusal),
        ({"hints": Hints(model="cloud", max_cost_micros=1)}, BudgetRefusal),
        ({"hints": Hints(model="cloud"), "budget": BudgetState(1, 99.0)}, BudgetRefusal),
    ],
    ids=["privacy", "vision", "context", "access", "max cost", "spent"],
)
def test_a_named_model_that_breaks_a_rule_is_refused_with_that_rule_and_its_name_in_the_chain(
    changes: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal) as refused:
        decide(case(mixed(), **changes))

    assert [name for name, _ in refused.value.chain][:1] == ["cloud"]  # type: ignore[attr-defined]


def test_a_named_model_that_is_down_is_replaced_by_its_lanes_fallback() -> None:
    made = plan(HOME, CLOUD, lanes={"general": (["cloud"], ["home"])})

    decision = decide(case(made, hints=Hints(model="cloud"), fleet=down("cloud-1")))

    assert (decision.model, decision.reason) == ("home", "lane_fallback")


def test_a_named_model_that_is_down_with_nothing_beside_it_is_not_available() -> None:
    with pytest.raises(ModelNotAvailable, match="is not set"):
        decide(case(plan(CLOUD), hints=Hints(model="cloud"), fleet=down("cloud-1")))


@pytest.mark.parametrize(
    ("key", "request_", "local_only"),
    [
        (None, None, False),
        (None, "phi", True),
        ("phi", None, True),
        ("phi", "open", True),
        ("open", "phi", True),
        ("open", "open", False),
        (None, "unheard_of", True),
        ("unheard_of", "open", True),
    ],
)
def test_the_strictest_data_class_holds_and_an_unknown_one_is_strict(
    key: str | None, request_: str | None, local_only: bool
) -> None:
    decision = decide(case(mixed(), complexity=9, caller=Caller(data_class=key), hints=Hints(data_class=request_)))

    assert decision.local_only is local_only
    assert decision.model == ("home" if local_only else "cloud")


def test_a_strategy_that_is_local_only_holds_whatever_class_is_named() -> None:
    decision = decide(case(mixed(privacy="local_only"), complexity=9, hints=Hints(data_class="open")))

    assert (decision.model, decision.local_only, decision.fallbacks) == ("home", True, ())
    assert [gone.reason for gone in decision.excluded] == ["strategy tested is local_only"]


def test_under_a_data_class_every_model_outside_is_said_to_be_excluded() -> None:
    decision = decide(case(mixed(), hints=Hints(data_class="phi")))

    assert [(gone.model, gone.reason) for gone in decision.excluded] == [("cloud", "data class phi is local_only")]


def test_private_text_without_a_local_model_is_refused_and_not_sent_elsewhere() -> None:
    with pytest.raises(PrivacyRefusal, match="may not leave the building"):
        decide(case(plan(CLOUD, privacy="local_only")))


PERSONAS = {"researcher": Persona(tier="quality"), "casual": Persona(tier="fast")}


@pytest.mark.parametrize(
    ("caller", "hints", "persona"),
    [
        (Caller(persona="casual"), Hints(persona="researcher"), "casual"),
        (Caller(), Hints(persona="researcher"), "researcher"),
        (Caller(persona="nobody"), Hints(persona="researcher"), "researcher"),
        (Caller(), Hints(), "casual"),
        (Caller(), Hints(persona="nobody"), "casual"),
        (Caller(persona="casual"), Hints(persona="researcher", ignore_persona=True), None),
    ],
)
def test_the_keys_persona_comes_before_the_requests_and_that_before_the_strategys(
    caller: Caller, hints: Hints, persona: str | None
) -> None:
    made = plan(personas=PERSONAS, default_persona="casual")

    assert decide(case(made, caller=caller, hints=hints)).persona == persona


def test_a_persona_that_needs_room_gets_the_larger_window_where_there_is_one() -> None:
    made = plan(
        model("narrow", context_window=8_192),
        model("wide", context_window=131_072, tier="quality"),
        personas={"reader": Persona(min_context_window=32_768)},
    )

    assert decide(case(made)).model == "narrow"
    assert decide(case(made, hints=Hints(persona="reader"))).model == "wide"
