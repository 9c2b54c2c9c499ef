"""Match, experiment, budget and fallbacks: which model, and which after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from signalbox.errors import AccessRefusal, BudgetRefusal, ModelNotAvailable
from signalbox.routing.decide import decide
from signalbox.schema.budget import BudgetState
from signalbox.schema.facts import Caller, Hints
from signalbox.schema.fleet import DeploymentState, FleetSnapshot
from signalbox.schema.plan import Plan
from signalbox.schema.strategy import Behaviour, Budget, Experiment
from signalbox.units import Usd
from tests.kit.plans import case, down, model, plan, resting, saturated


def paid(name: str, dollars_per_million: float, **changes: Any) -> Any:
    price = round(dollars_per_million * 1_000_000)
    return model(name, local=False, input_price=price, output_price=price, **changes)


def test_the_wanted_tier_comes_first_then_the_ones_above_then_those_below() -> None:
    small, middle, large = model("small", tier="fast"), model("middle"), model("large", tier="quality")

    assert decide(case(plan(small, middle, large))).model == "middle"
    assert decide(case(plan(small, large))).model == "large"
    assert decide(case(plan(small, middle), complexity=9)).model == "middle"
    assert decide(case(plan(middle, large), complexity=1)).model == "middle"


def test_within_a_tier_the_specialist_comes_before_the_better_score() -> None:
    made = plan(model("wise", scores={"code": 90.0}), model("maker", specialities=("code_generation",)))

    assert decide(case(made, task="code_python")).model == "maker"
    assert decide(case(made, task="math")).model == "wise"


def test_a_specialist_of_another_tier_wins_only_where_the_route_prefers_specialists() -> None:
    models = (model("wise"), model("maker", tier="fast", specialities=("code_generation",)))

    assert decide(case(plan(*models), task="code")).model == "wise"
    preferring = plan(*models, tasks={"code": {"lane": "general", "prefer_specialised": True}})
    assert decide(case(preferring, task="code")).model == "maker"


def test_between_equals_the_local_model_wins_if_that_is_preferred_else_the_score() -> None:
    models = (model("home", scores={"code": 10.0}), model("away", local=False, scores={"code": 90.0}))

    assert decide(case(plan(*models), task="code")).model == "home"
    assert decide(case(plan(*models, behaviour=Behaviour(prefer_local=False)), task="code")).model == "away"


def test_a_score_is_asked_of_the_parents_and_then_of_general_questions() -> None:
    made = plan(model("a", scores={"general_qa": 60.0}), model("b", scores={"code": 70.0}))

    assert decide(case(made, task="code_python")).model == "b"
    assert decide(case(made, task="summarisation")).model == "a"


def test_ties_end_at_the_order_of_the_lane() -> None:
    twins = (model("zeta"), model("alpha"))

    assert decide(case(plan(*twins))).model == "zeta"
    assert decide(case(plan(*twins, lanes={"general": ["alpha", "zeta"]}))).model == "alpha"


def test_what_a_route_prefers_for_the_tier_wins_even_if_its_own_tier_is_another() -> None:
    prefer = {"quality": ("middle", "small"), "fast": ("gone", "large")}
    made = plan(tasks={"code": {"lane": "general", "prefer": prefer}})

    assert decide(case(made, task="code", complexity=9)).model == "middle"
    assert decide(case(made, task="code", complexity=5)).model == "middle"
    assert decide(case(made, task="code", complexity=1)).model == "large"


@pytest.mark.parametrize("strained", [resting, saturated])
def test_a_strained_model_comes_last_but_is_never_excluded(strained: Callable[..., FleetSnapshot]) -> None:
    made = plan(model("small", tier="fast"), model("middle"))

    decision = decide(case(made, fleet=strained("middle-1")))
    assert (decision.model, decision.fallbacks) == ("small", ("middle",))
    assert decide(case(plan(model("only")), fleet=strained("only-1"))).model == "only"


@pytest.mark.parametrize("left", [DeploymentState(resting=True), DeploymentState("ready", waiting=9)])
def test_a_deployment_that_is_down_does_not_make_its_group_look_free(left: DeploymentState) -> None:
    made = plan(model("small", tier="fast"), model("middle", deployments=2))
    fleet = FleetSnapshot({"middle-1": DeploymentState("down"), "middle-2": left})

    assert decide(case(made, fleet=fleet)).model == "small"


def test_a_model_with_one_deployment_awake_does_not_rest() -> None:
    made = plan(model("small", tier="fast"), model("middle", deployments=2))

    assert decide(case(made, fleet=resting("middle-1"))).model == "middle"
    assert decide(case(made, fleet=resting("middle-1", "middle-2"))).model == "small"


@pytest.mark.parametrize("state", ["down", "loading", "sleeping", "draining"])
def test_a_model_that_is_known_not_to_take_requests_is_passed_over_with_its_reason(state: Any) -> None:
    fleet = FleetSnapshot({"middle-1": DeploymentState(state, "as seen")})

    decision = decide(case(plan(), fleet=fleet))

    assert decision.model == "large"
    assert [(gone.model, gone.reason) for gone in decision.excluded] == [("middle", "as seen")]


def chained(**changes: Any) -> Plan:
    return plan(
        *(model(name) for name in ("general", "spare", "coder", "helper", "stray")),
        lanes={"general": (["general"], ["spare"]), "coder": (["coder"], ["helper"])},
        tasks={"code": "coder"},
        **changes,
    )


@pytest.mark.parametrize(
    ("gone", "chosen", "reason"),
    [
        ((), "coder", "task_lane"),
        (("coder",), "helper", "lane_fallback"),
        (("coder", "helper"), "general", "default_lane"),
        (("coder", "helper", "general"), "spare", "default_lane"),
        (("coder", "helper", "general", "spare"), "stray", "capability"),
    ],
)
def test_an_empty_lane_hands_on_to_its_fallbacks_the_default_lane_and_then_to_whoever_can(
    gone: tuple[str, ...], chosen: str, reason: str
) -> None:
    decision = decide(case(chained(), task="code", fleet=down(*(f"{name}-1" for name in gone))))

    assert (decision.model, decision.reason) == (chosen, reason)


@pytest.mark.parametrize("names", [("alpha", "zeta"), ("zeta", "alpha")])
def test_outside_every_lane_ties_end_at_the_name_and_not_at_the_order_of_the_plan(names: tuple[str, ...]) -> None:
    made = plan(model("general"), *(model(name) for name in names), lanes={"general": ["general"]})

    assert decide(case(made, fleet=down("general-1"))).model == "alpha"


def test_with_every_model_down_the_refusal_names_each_with_its_reason() -> None:
    names = ("general", "spare", "coder", "helper", "stray")

    with pytest.raises(ModelNotAvailable) as refused:
        decide(case(chained(), task="code", fleet=down(*(f"{name}-1" for name in names))))

    assert dict(refused.value.chain) == dict.fromkeys(names, "KEY is not set")
    assert refused.value.lane == "coder"


def test_a_key_without_any_model_is_refused_access() -> None:
    with pytest.raises(AccessRefusal):
        decide(case(chained(), caller=Caller(allowed=frozenset())))


def test_embeddings_never_change_the_model_unless_the_strategy_says_so() -> None:
    one, two = (model(name, tier=None, capabilities=("embeddings",)) for name in ("one", "two"))
    lanes: dict[str, Any] = {"general": ["chat", "two"], "vectors": ["one"]}
    made = plan(model("chat"), one, two, lanes=lanes, tasks={"embeddings": "vectors"})
    asked: dict[str, Any] = {"task": "embeddings", "endpoint": "embedding"}

    decision = decide(case(made, **asked))
    assert (decision.model, decision.fallbacks) == ("one", ())
    with pytest.raises(ModelNotAvailable):
        decide(case(made, fleet=down("one-1"), **asked))
    allowed = made.model_copy(
        update={"lanes": {**made.lanes, "vectors": made.lanes["vectors"].model_copy(update={"fallbacks": ("two",)})}}
    )
    assert decide(case(allowed, fleet=down("one-1"), **asked)).model == "two"


TRIAL = {"trial": Experiment(lane="general", model="b", share=0.3)}


def tried(**changes: Any) -> str:
    return decide(case(plan(model("a"), model("b"), lanes={"general": ["a"]}, experiments=TRIAL), **changes)).model


def test_about_the_wanted_share_of_sessions_is_in_the_experiment() -> None:
    counts = Counter(tried(hints=Hints(session=f"s{at}")) for at in range(1_000))

    assert 240 <= counts["b"] <= 360


def test_a_session_stays_in_its_variant_and_a_request_without_one_is_its_own() -> None:
    sessions = [f"s{at}" for at in range(50)]

    def variants(number: int) -> list[str]:
        return [tried(hints=Hints(session=session), id=f"{session}-{number}") for session in sessions]

    assert variants(1) == variants(2) == variants(3)
    assert {tried(id=f"request-{at}") for at in range(50)} == {"a", "b"}


def test_a_variant_that_may_not_serve_or_rests_is_not_tried() -> None:
    inside = next(f"s{at}" for at in range(100) if tried(hints=Hints(session=f"s{at}")) == "b")
    same = Hints(session=inside)

    assert tried(hints=same, caller=Caller(allowed=frozenset({"a"}))) == "a"
    assert tried(hints=same, fleet=down("b-1")) == "a"
    assert tried(hints=same, fleet=resting("b-1")) == "a"
    assert tried(hints=same, fleet=resting("a-1", "b-1")) == "b"
    assert tried(hints=Hints(session=inside, model="a")) == "a"


def spending(**budget: Any) -> Plan:
    return plan(
        paid("dear", 100, scores={"math": 90.0}),
        paid("cheap", 1, tier="fast", scores={"math": 50.0}),
        paid("fair", 10, tier="fast", scores={"math": 70.0}),
        model("home", tier="fast", scores={"math": 20.0}),
        lanes={"general": ["dear"]},
        budget=Budget(**budget),
    )


def test_the_estimate_is_the_whole_prompt_and_the_whole_output_at_the_models_prices() -> None:
    decision = decide(case(spending(), prompt_tokens=1000, max_output_tokens=1000))

    assert decision.estimated_cost_micros == 200_000
    assert decision.as_json()["estimated_cost_usd"] == pytest.approx(0.2)


@pytest.mark.parametrize(("when_spent", "chosen"), [("local", "home"), ("cheapest", "home")])
def test_what_does_not_fit_walks_down_to_what_does(when_spent: str, chosen: str) -> None:
    decision = decide(case(spending(when_spent=when_spent), task="math", budget=BudgetState(50_000, 99.0)))

    assert (decision.model, decision.reason) == (chosen, "budget")
    assert decision.reserve_micros <= 50_000


def test_without_a_local_model_walking_down_takes_the_best_affordable_or_the_cheapest() -> None:
    def chosen(when_spent: str) -> str:
        made = spending(when_spent=when_spent)
        allowed = Caller(allowed=frozenset({"dear", "cheap", "fair"}))
        return decide(case(made, task="math", caller=allowed, budget=BudgetState(50_000))).model

    assert chosen("local") == "fair"
    assert chosen("cheapest") == "cheap"


def test_what_is_not_in_the_lane_but_rests_is_taken_last_when_walking_down() -> None:
    made = spending(when_spent="cheapest")

    assert decide(case(made, budget=BudgetState(50_000), fleet=resting("home-1"))).model == "cheap"


def test_a_strategy_that_refuses_when_spent_says_when_the_limit_starts_anew() -> None:
    with pytest.raises(BudgetRefusal) as refused:
        decide(case(spending(when_spent="refuse"), budget=BudgetState(50_000, 1234.0)))

    assert refused.value.resets_at == pytest.approx(1234.0)
    assert ("dear", "costs up to $0.1124, left to spend: $0.05") in refused.value.chain


def test_an_overspent_purse_still_serves_what_costs_nothing() -> None:
    decision = decide(case(spending(), budget=BudgetState(-1_000_000)))

    assert (decision.model, decision.reserve_micros, decision.fallbacks) == ("home", 0, ())


def test_a_purse_that_is_overspent_serves_nothing_that_costs() -> None:
    with pytest.raises(BudgetRefusal):
        decide(case(plan(paid("dear", 100)), budget=BudgetState(0)))


@pytest.mark.parametrize(
    ("budget", "hints", "named"),
    [
        ({"per_request": Usd(10_000)}, Hints(), "a request may cost $0.01"),
        ({}, Hints(max_cost_micros=10_000), "the client allows $0.01"),
        ({"per_request": Usd(10_000)}, Hints(max_cost_micros=99_000_000), "a request may cost $0.01"),
        ({"per_request": Usd(99_000_000)}, Hints(max_cost_micros=10_000), "the client allows $0.01"),
    ],
)
def test_the_tightest_limit_binds_and_is_named(budget: dict[str, Any], hints: Hints, named: str) -> None:
    decision = decide(case(spending(**budget), hints=hints))

    assert named in next(line.note for line in decision.trace if line.stage == "budget")
    assert decision.reserve_micros <= 10_000


def test_under_a_limit_a_model_without_a_known_price_is_no_cheap_one() -> None:
    unpriced = paid("mystery", 0, priced=False)

    assert decide(case(plan(unpriced))).model == "mystery"
    with pytest.raises(BudgetRefusal, match="no known price"):
        decide(case(plan(unpriced), budget=BudgetState(10**9)))


def test_fallbacks_too_dear_for_the_purse_are_dropped_with_their_price() -> None:
    made = plan(model("home"), paid("dear", 100, tier="balanced"), budget=Budget(per_request=Usd(10_000)))

    decision = decide(case(made))

    assert decision.fallbacks == ()
    assert [gone.model for gone in decision.excluded] == ["dear"]


LADDER = plan(
    model("top", tier="quality", parameters_b=70.0, scores={"code": 90.0}),
    model("peer", tier="quality", parameters_b=70.0, scores={"code": 80.0}),
    model("giant", tier="quality", parameters_b=400.0, scores={"code": 85.0}),
    model("maker", specialities=("code_generation",), scores={"code": 60.0}),
    model("middle", scores={"code": 65.0}),
    model("small", tier="fast", scores={"code": 40.0}),
    model("tiny", tier="fast", scores={"code": 30.0}),
    model("spare", tier="quality", scores={"code": 1.0}),
    lanes={"general": (["top"], ["spare"]), "coder": (["top"], ["tiny"])},
    tasks={"code": "coder"},
)


def test_fallbacks_are_a_peer_then_a_smaller_specialist_then_a_smaller_generalist_then_the_lanes_own_chain() -> None:
    decision = decide(case(LADDER, task="code", complexity=9))

    assert decision.model == "top"
    assert decision.fallbacks == ("peer", "maker", "middle", "tiny", "spare")


@pytest.mark.parametrize(
    ("retries", "generated"), [(0, ()), (1, ("peer",)), (2, ("peer", "maker")), (10, ("peer", "maker", "middle"))]
)
def test_at_most_three_fallbacks_are_generated_and_no_more_than_the_strategy_says(
    retries: int, generated: tuple[str, ...]
) -> None:
    made = LADDER.model_copy(update={"behaviour": Behaviour(retries=retries)})

    assert decide(case(made, task="code", complexity=9)).fallbacks == (*generated, "tiny", "spare")


def test_generated_fallbacks_are_never_of_a_better_tier_than_the_choice() -> None:
    decision = decide(case(LADDER, task="code", complexity=9, hints=Hints(model="middle")))

    assert decision.model == "middle"
    assert decision.fallbacks[:1] == ("small",)


def test_resting_fallbacks_are_kept_for_last() -> None:
    decision = decide(case(LADDER, task="code", complexity=9, fleet=resting("peer-1")))

    assert decision.fallbacks == ("maker", "middle", "tiny", "spare", "peer")


def test_context_fallbacks_are_the_fallbacks_with_more_room() -> None:
    made = plan(model("a", context_window=8_192), model("b", context_window=8_192), model("c", context_window=131_072))

    decision = decide(case(made))

    assert decision.context_fallbacks == ("c",)
