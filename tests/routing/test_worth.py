"""Value mode, and when a session keeps its model."""

from signalbox.routing.case import Previous
from signalbox.routing.decide import decide
from signalbox.schema.facts import Hints
from signalbox.schema.fleet import DeploymentState, FleetSnapshot
from signalbox.schema.plan import Plan
from signalbox.schema.strategy import Routing
from signalbox.schema.taxonomy import Kind
from tests.kit.plans import TAXONOMY, case, model, plan, saturated

SMALL = model("small", tier="fast", scores={"general_qa": 60}, input_price=100_000, output_price=400_000, local=False)
LARGE = model(
    "large", tier="quality", scores={"general_qa": 90}, input_price=5_000_000, output_price=15_000_000, local=False
)
NEAR = model(
    "near", tier="balanced", scores={"general_qa": 88}, input_price=1_000_000, output_price=2_000_000, local=False
)


def in_value_mode(quality: float = 0.9) -> Plan:
    return plan(SMALL, NEAR, LARGE, routing=Routing(mode="value", quality=quality))


def test_an_easy_request_goes_to_the_cheapest_model_that_will_do() -> None:
    assert decide(case(in_value_mode(), weak_failure=0.05)).model == "small"


def test_a_hard_request_goes_to_the_cheapest_that_is_nearly_as_good_as_the_best() -> None:
    assert decide(case(in_value_mode(), weak_failure=0.9)).model == "near"


def test_with_full_quality_only_the_best_will_do() -> None:
    assert decide(case(in_value_mode(1.0), weak_failure=0.9)).model == "large"


def test_value_mode_keeps_every_hard_rule() -> None:
    local = model("ours", scores={"general_qa": 10})
    of = plan(SMALL, LARGE, local, routing=Routing(mode="value"), data_classes={"phi": "local_only"})

    assert decide(case(of, weak_failure=0.9, hints=Hints(data_class="phi"))).model == "ours"


def test_a_tool_loop_stays_with_its_model_whatever_else_would_be_better() -> None:
    decision = decide(case(plan(), complexity=9.0, previous=Previous("small", 500), turns=5, in_tool_loop=True))

    assert decision.model == "small"
    assert decision.reason == "session"


def test_a_long_queue_moves_a_session_between_turns_but_not_a_tool_loop() -> None:
    busy, before = saturated("middle-1"), Previous("middle", 500)
    turns = {"complexity": 5.0, "previous": before, "turns": 5, "fleet": busy}

    assert decide(case(plan(), **turns)).model != "middle"
    assert decide(case(plan(), **turns, in_tool_loop=True)).model == "middle"


def test_a_tool_loop_leaves_a_model_that_may_not_serve_it() -> None:
    down = FleetSnapshot({"small-1": DeploymentState("down", "gone")})

    decision = decide(
        case(plan(), complexity=9.0, previous=Previous("small", 500), turns=5, in_tool_loop=True, fleet=down)
    )

    assert decision.model == "large"


def test_the_first_turn_of_a_conversation_owes_nothing_to_an_earlier_one() -> None:
    assert decide(case(plan(), complexity=1.0, previous=Previous("large", 500), turns=1)).model == "small"


def test_a_notably_better_model_takes_over_between_turns() -> None:
    of = plan(SMALL, LARGE)

    decision = decide(case(of, complexity=9.0, weak_failure=0.8, previous=Previous("small", 5_000), turns=5))

    assert decision.model == "large"


def test_an_equally_good_model_does_not_take_over_a_warm_cache() -> None:
    twins = plan(model("one", tier="balanced"), model("two", tier="fast"))

    decision = decide(case(twins, complexity=1.0, previous=Previous("one", 20_000), prompt_tokens=20_000, turns=5))

    assert decision.model == "one"
    assert decision.reason == "session"


def test_a_much_cheaper_model_takes_over_even_though_it_reads_everything_anew() -> None:
    of = plan(SMALL, LARGE)

    decision = decide(
        case(of, complexity=1.0, weak_failure=0.01, previous=Previous("large", 20_000), prompt_tokens=20_000, turns=5)
    )

    assert decision.model == "small"


def test_a_model_that_the_client_names_breaks_the_habit() -> None:
    decision = decide(
        case(plan(), previous=Previous("small", 500), turns=5, in_tool_loop=True, hints=Hints(model="large"))
    )

    assert decision.model == "large"


def test_a_model_known_to_be_slower_than_the_client_waits_comes_last() -> None:
    fleet = FleetSnapshot({"large-1": DeploymentState(latency_ms=9_000), "middle-1": DeploymentState(latency_ms=800)})

    patient = decide(case(plan(), complexity=9.0, fleet=fleet))
    hurried = decide(case(plan(), complexity=9.0, fleet=fleet, hints=Hints(max_latency_ms=1_000)))

    assert patient.model == "large"
    assert hurried.model == "middle"


def test_between_models_of_a_tier_one_with_the_context_that_the_task_likes_comes_first() -> None:
    tree = TAXONOMY.model_copy(update={"kinds": {**TAXONOMY.kinds, "code": Kind(description="c", min_context=16_384)}})
    narrow = model("a-narrow", context_window=8_192, scores={"code": 90})
    wide = model("b-wide", context_window=32_768, scores={"code": 50})
    of = plan(narrow, wide, taxonomy=tree)

    assert decide(case(of, task="code_python")).model == "b-wide"
    assert decide(case(of, task="math")).model == "a-narrow"
