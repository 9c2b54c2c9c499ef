import pytest

from signalbox.errors import UserError
from tests.compiler.inputs import compile_ward, read


def test_a_lane_named_as_fallback_becomes_its_models_and_then_its_own_fallbacks() -> None:
    lane = compile_ward().plan.lanes["coder"]

    assert (lane.models, lane.fallbacks) == (("coder",), ("generalist", "cloud"))


def test_a_model_stands_once_in_a_lane() -> None:
    strategy = read("strategy")
    strategy["lanes"]["coder"] = {"models": ["coder", "coder"], "fallbacks": ["coder", "general", "cloud", "general"]}

    lane = compile_ward(strategy).plan.lanes["coder"]

    assert (lane.models, lane.fallbacks) == (("coder",), ("generalist", "cloud"))


def test_a_task_that_names_a_model_gets_a_lane_of_that_name() -> None:
    plan = compile_ward().plan

    assert plan.tasks["math"].lane == "generalist"
    assert plan.lanes["generalist"].models == ("generalist",)
    assert plan.aliases["lane/generalist"] == "generalist"


def test_where_a_lane_and_a_model_share_a_name_a_task_means_the_lane_and_a_fallback_the_model() -> None:
    strategy = read("strategy")
    strategy["lanes"]["orchestrator"]["fallbacks"] = ["coder"]

    plan = compile_ward(strategy).plan

    assert plan.lanes[plan.tasks["code"].lane].fallbacks == ("generalist", "cloud")
    assert plan.lanes["orchestrator"].fallbacks == ("coder",)


def test_lanes_in_a_circle_are_an_error_that_names_the_circle_once() -> None:
    strategy = read("strategy")
    strategy["lanes"]["general"]["fallbacks"] = ["orchestrator"]

    with pytest.raises(UserError) as caught:
        compile_ward(strategy)

    assert str(caught.value) == (
        "strategies/ward.yaml: lanes.general.fallbacks: the lanes run in a circle (general > orchestrator > general). "
        "Take one of these fallbacks out"
    )


def test_a_lane_that_falls_back_to_itself_is_a_circle() -> None:
    strategy = read("strategy")
    strategy["lanes"]["general"]["fallbacks"] = ["general"]

    with pytest.raises(UserError, match=r"\(general > general\)"):
        compile_ward(strategy)


def test_a_thousand_lanes_in_a_row_are_resolved() -> None:
    strategy = read("strategy")
    strategy["lanes"] |= {
        f"l{number}": {"models": ["coder"], "fallbacks": [f"l{number + 1}", f"l{min(number + 2, 1000)}"]}
        for number in range(1000)
    }
    strategy["lanes"]["l1000"] = {"models": ["generalist"]}

    assert compile_ward(strategy).plan.lanes["l0"].fallbacks == ("generalist",)
