from hypothesis import given
from hypothesis import strategies as st

from signalbox.compiler.scores import task_scores
from signalbox.schema.catalogue import Card
from signalbox.schema.taxonomy import Kind, Taxonomy

TAXONOMY = Taxonomy(
    kinds={
        "code": Kind(description="", benchmarks=("HumanEval", "MBPP")),
        "code_python": Kind(description="", parent="code"),
        "math": Kind(description="", benchmarks=("GSM8K",)),
    }
)
WEIGHTS = {"HumanEval": 1.0, "MBPP": 0.8}


def card(**values: object) -> Card:
    return Card.model_validate({"source": "made up", "context_window": 1000, **values})


def test_a_score_is_the_base_plus_half_the_weighted_mean_times_confidence() -> None:
    model = card(scores={"code": 40}, benchmarks={"HumanEval": 90, "MBPP": 72}, confidence=0.5)

    scores = task_scores(model, taxonomy=TAXONOMY, weights=WEIGHTS)

    mean = (90 * 1.0 + 72 * 0.8) / 1.8
    assert scores == {"code": round(40 + mean / 100 * 50 * 0.5, 2)}


def test_only_benchmarks_that_the_card_has_count() -> None:
    scores = task_scores(card(benchmarks={"MBPP": 50}, confidence=1), taxonomy=TAXONOMY, weights=WEIGHTS)

    assert scores == {"code": 25.0}


def test_a_benchmark_without_a_weight_weighs_one() -> None:
    scores = task_scores(card(benchmarks={"GSM8K": 80}, confidence=1), taxonomy=TAXONOMY, weights={})

    assert scores == {"math": 40.0}


def test_a_child_with_its_own_base_still_counts_its_parents_benchmarks() -> None:
    model = card(scores={"code": 20, "code_python": 30}, benchmarks={"HumanEval": 80}, confidence=1)

    assert task_scores(model, taxonomy=TAXONOMY, weights=WEIGHTS) == {"code": 60.0, "code_python": 70.0}


def test_a_child_without_a_figure_of_its_own_is_left_to_its_parent() -> None:
    assert "code_python" not in task_scores(card(scores={"code": 20}), taxonomy=TAXONOMY, weights=WEIGHTS)


@given(
    st.dictionaries(st.sampled_from(["code", "code_python", "math"]), st.floats(-1e6, 1e6)),
    st.dictionaries(st.sampled_from(["HumanEval", "MBPP", "GSM8K"]), st.floats(-1e6, 1e6)),
    st.dictionaries(st.sampled_from(["HumanEval", "MBPP", "GSM8K"]), st.floats(0, 1e6)),
)
def test_scores_stay_between_0_and_100(
    base: dict[str, float], benchmarks: dict[str, float], weights: dict[str, float]
) -> None:
    scores = task_scores(card(scores=base, benchmarks=benchmarks), taxonomy=TAXONOMY, weights=weights)

    assert all(0 <= score <= 100 for score in scores.values())
