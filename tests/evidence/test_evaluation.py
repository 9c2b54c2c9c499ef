"""Labels against what routing says: what counts as right, the figures of each part, and plain verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.errors import UserError
from signalbox.evidence.evaluation import Observer, evaluate, tier_of
from signalbox.evidence.evaluation_outcome import weak_and_strong
from signalbox.evidence.evaluation_task import same_task
from signalbox.evidence.observation import FEWEST, OTHERS, Observation, pooled
from signalbox.evidence.rows import Labelled
from signalbox.load import load_taxonomy
from signalbox.routing.pipeline import Pipeline
from signalbox.routing.signals.model import TextModel
from signalbox.schema.strategy import Tiers
from tests.kit.plans import TAXONOMY, facts, model, plan

PIPELINE = Pipeline(plan(), TextModel.load())
NAMES = st.sampled_from([*TAXONOMY.kinds, "unheard_of"])


def seen(predicted: str = "math", **changes: Any) -> Observation:
    values: dict[str, Any] = {"confidence": 0.9, "complexity": 5.0, "tier": "balanced", "chosen": "small", **changes}
    return Observation(predicted, **values)


def answers(weak: bool, strong: bool, failure: float, **changes: Any) -> Observation:
    return seen(correct=(("little", weak), ("big", strong)), weak_failure=failure, benefit=failure, **changes)


@pytest.mark.parametrize(
    ("predicted", "wanted", "also", "right"),
    [
        ("math", "math", (), True),
        ("code_python", "code", (), True),
        ("code", "code_python", (), True),
        ("math", "code", (), False),
        ("math", "code", ("summarisation", "math"), True),
        ("code_python", "unheard_of", (), False),
        ("code_python", "unheard_of", ("code",), True),
    ],
)
def test_a_task_is_right_when_it_is_a_label_or_above_or_below_one(
    predicted: str, wanted: str, also: tuple[str, ...], right: bool
) -> None:
    assert same_task(predicted, wanted, also, TAXONOMY) is right


def test_what_is_done_and_the_language_it_is_done_in_agree_but_two_things_done_do_not() -> None:
    tree = load_taxonomy(Path(__file__).parents[2] / "strategies" / "taxonomy.yaml")

    assert same_task("code_python", "code_generation", (), tree)
    assert not same_task("code_validation", "code_generation", (), tree)
    assert not same_task("code_python", "code_rust", (), tree)
    assert not same_task("math_algebra", "math_calculus", (), tree)


@given(NAMES, NAMES)
def test_being_the_same_task_has_no_direction(one: str, other: str) -> None:
    assert same_task(one, other, (), TAXONOMY) == same_task(other, one, (), TAXONOMY)
    assert same_task(one, one, (), TAXONOMY)


def test_the_task_part_counts_what_is_right_by_class() -> None:
    rows = [
        *[seen("math", wanted="math")] * 3,
        seen("summarisation", wanted="math"),
        *[seen("code_python", wanted="code")] * 2,
        seen("math", wanted="code", also=("math",)),
        seen("general_qa", wanted="unheard_of", abstained=True),
    ]

    part = evaluate(rows, PIPELINE)["task"]

    assert part["accuracy"] == 0.75
    assert part["accuracy_ci"][0] < 0.75 < part["accuracy_ci"][1]
    assert part["per_class"]["math"] | {"recall_ci": 0, "precision_ci": 0} == {
        "n": 4, "recall": 0.75, "precision": 1.0, "recall_ci": 0, "precision_ci": 0,
    }  # fmt: skip
    assert part["per_class"]["unheard_of"]["recall"] == 0
    assert part["per_class"]["unheard_of"]["precision"] is None
    assert part["confusion"] == {
        "code": {"code": 3},
        "math": {"math": 3, "summarisation": 1},
        "unheard_of": {"general_qa": 1},
    }
    assert part["macro_f1"] == pytest.approx((1 + 6 / 7 + 0) / 3, abs=1e-4)
    assert (part["abstained"], part["coverage"], part["answered_accuracy"]) == (1, 0.875, 0.8571)
    assert part["baselines"]["always_majority"]["accuracy"] == pytest.approx(5 / 8, abs=1e-4)


def test_a_wrong_child_stands_in_the_confusion_under_the_class_that_the_rows_have() -> None:
    rows = [seen("code_python", wanted="math"), seen("code", wanted="code"), seen("math", wanted="math")]

    part = evaluate(rows, PIPELINE)["task"]

    assert part["confusion"]["math"] == {"code": 1, "math": 1}
    assert part["per_class"]["code"]["precision"] == 0.5


def test_calibration_sets_confidence_beside_accuracy() -> None:
    rows = [seen(wanted="math", confidence=0.85)] * 3 + [seen(wanted="code", confidence=0.85)]
    rows += [seen(wanted="code", confidence=0.2, abstained=True)]

    found = evaluate(rows, PIPELINE)["task"]["calibration"]

    assert [(each["from"], each["n"], each["confidence"], each["accuracy"]) for each in found["bins"]] == [
        (0.8, 4, 0.85, 0.75)
    ]
    assert found["ece"] == pytest.approx(0.1)


def test_the_verdict_is_plain_about_what_routing_beats_and_what_not() -> None:
    good = evaluate([seen(name, wanted=name, chars=50) for name in ("math", "code") * 30], PIPELINE)["task"]
    bad = evaluate([seen("math", wanted="code", chars=9)] * 20 + [seen("math", wanted="math", chars=9)] * 20, PIPELINE)

    assert good["baselines"]["always_majority"]["beaten"] is True
    assert "beats always majority" in good["verdict"][0]
    assert bad["task"]["baselines"]["always_majority"]["beaten"] is False
    assert "does NOT beat always majority" in bad["task"]["verdict"][0]


def test_tiers_are_set_against_each_fixed_tier_and_against_length() -> None:
    rows = [
        *[seen(tier="fast", wanted_tier="fast", chars=10)] * 4,
        *[seen(tier="balanced", wanted_tier="quality", chars=1_000)] * 2,
        *[seen(tier="quality", wanted_tier="quality", chars=1_000)] * 2,
    ]

    part = evaluate(rows, PIPELINE)["tier"]

    assert (part["accuracy"], part["macro"]) == (0.75, 0.75)
    assert part["confusion"] == {"fast": {"fast": 4}, "quality": {"balanced": 2, "quality": 2}}
    assert part["baselines"]["always_fast"]["accuracy"] == 0.5
    assert part["baselines"]["always_balanced"]["macro"] == 0
    assert part["baselines"]["length_steps_fitted_here"]["accuracy"] == 1
    assert "spearman" not in part


def test_difficulty_is_compared_within_each_scale_only() -> None:
    rows = [seen(complexity=float(at), difficulty=float(at), scale="up", chars=100 - at) for at in range(10)]
    rows += [seen(complexity=float(-at), difficulty=float(at), scale="down", chars=at) for at in range(10)]
    rows += [seen(difficulty=4.0, scale="constant")] * 5

    part = evaluate(rows, PIPELINE)["tier"]

    assert part["spearman"] == {"constant": None, "down": -1.0, "up": 1.0}
    assert part["spearman_ci"]["up"] == [1.0, 1.0]
    assert part["spearman_mean"] == 0
    assert part["baselines"]["length_only"]["spearman"] == {"down": 1.0, "up": -1.0}
    assert "accuracy" not in part


def test_the_weak_model_is_the_one_with_fewer_right_answers() -> None:
    assert weak_and_strong([(("a", True), ("b", False)), (("a", True), ("b", True))]) == ("b", "a")
    assert weak_and_strong([(("a", True),)]) is None


def test_outcomes_tell_what_sending_the_predicted_half_to_the_strong_model_is_worth() -> None:
    rows = [answers(False, True, 0.9, chars=at) for at in range(50)]
    rows += [answers(True, True, 0.1, chars=at) for at in range(50)]

    part = evaluate(rows, PIPELINE)["outcome"]

    assert (part["weak_model"], part["strong_model"]) == ("little", "big")
    assert (part["auc"], part["gain_at_half"]) == (1.0, 0.25)
    assert part["calls_saved"] == 0.51
    assert part["baselines"]["length_only"]["auc"] == 0.5
    assert part["baselines"]["random"]["calls_saved"] == 0.02
    assert part["baselines"]["oracle"]["gain_at_half"] == 0.25
    assert [part["curve"][at]["quality"] for at in (0, 10, 20)] == [0.5, 1.0, 1.0]
    assert part["curve"][5] | {"quality_ci": 0} == {
        "share": 0.25, "calls_saved": 0.75, "quality": 0.75, "quality_ci": 0, "random": 0.625, "oracle": 0.75,
        "length": 0.625,
    }  # fmt: skip
    assert any("beats random" in sentence for sentence in part["verdict"])
    assert part["by_source"] == {}


def test_sources_of_outcomes_are_also_judged_alone_and_small_ones_together() -> None:
    rows = [answers(at % 2 == 0, True, 0.5, source="one") for at in range(FEWEST)]
    rows += [answers(at % 2 == 0, True, 0.5, source=f"small {at}") for at in range(3)]

    part = evaluate(rows, PIPELINE)["outcome"]

    assert {name: found["n"] for name, found in part["by_source"].items()} == {"one": FEWEST, OTHERS: 3}
    assert pooled(["a"] * FEWEST + ["b"]) == ("a",) * FEWEST + (OTHERS,)


def test_only_parts_with_labels_appear_and_only_the_one_asked_for() -> None:
    rows = [seen(wanted="math", wanted_tier="fast")] * 2

    whole, one = evaluate(rows, PIPELINE), evaluate(rows, PIPELINE, labels="tier")

    assert {"task", "tier", "outcome"} & whole.keys() == {"task", "tier"}
    assert {"task", "tier", "outcome"} & one.keys() == {"tier"}
    with pytest.raises(UserError, match="none of the 2 rows has 'correct' with two models"):
        evaluate(rows, PIPELINE, labels="outcome")


def test_the_same_rows_give_the_same_document() -> None:
    rows = [seen(name, wanted="math", difficulty=float(at), scale="s") for at, name in enumerate(("math", "code") * 9)]

    assert evaluate(rows, PIPELINE) == evaluate(rows, PIPELINE)


def test_the_observer_runs_the_products_own_path() -> None:
    request = facts("Write a Python function that sorts a list.")
    signals = PIPELINE.extract_signals(request)

    found = Observer(PIPELINE)(Labelled(request, task="code", correct=(("a", True), ("b", False))))

    assert (found.predicted, found.confidence) == (signals.task.name, signals.task.confidence)
    assert found.complexity == signals.complexity.total
    assert (found.weak_failure, found.benefit) == (signals.weak_failure, signals.benefit)
    assert found.chosen == PIPELINE.decide(request, id="x").model


def test_a_refused_request_is_counted_as_such_and_still_evaluated() -> None:
    narrow = Pipeline(plan(model("small", context_window=512)), TextModel.load())

    found = Observer(narrow)(Labelled(facts("hello", prompt_tokens=100_000), task="general_qa"))

    assert found.chosen == "(refused: signalbox_no_model_fits)"


def test_a_tier_is_that_of_the_plans_thresholds() -> None:
    limits = Tiers(fast_below=2, quality_from=6)

    assert [tier_of(total, limits) for total in (1.9, 2.0, 5.9, 6.0)] == ["fast", "balanced", "balanced", "quality"]
