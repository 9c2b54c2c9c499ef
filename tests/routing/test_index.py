"""What a plan says about a task, before any request."""

from signalbox.routing.index import Index
from signalbox.schema.signals import TaskSignal
from tests.kit.plans import model, plan

MADE = plan(
    model("small", tier="fast", scores={"code": 40.0, "general_qa": 50.0}),
    model("coder", scores={"code_python": 80.0}, specialities=("code_generation",)),
    model("cloud", local=False, scores={"code": 80.0}),
    tasks={"code": "general"},
)


def test_a_kind_has_the_route_the_scores_and_the_specialists_of_its_parents() -> None:
    found = Index.of(MADE).standing(TaskSignal("code_python", 1.0, "signal"))

    assert found.route.name == "code"
    assert found.scores == {"small": 40, "coder": 80, "cloud": 80}
    assert found.specialists == {"coder"}


def test_models_of_a_tier_stand_by_score_then_by_name() -> None:
    found = Index.of(MADE).standing(TaskSignal("code_python", 1.0, "signal"))

    assert [each.name for each in found.best[1]] == ["cloud", "coder"]
    assert [each.name for each in found.best[0]] == ["small"]
    assert min(found.claims, key=found.claims.__getitem__) == "coder"


def test_a_task_that_the_taxonomy_lacks_goes_the_general_way() -> None:
    found = Index.of(MADE).standing(TaskSignal("unheard_of", 1.0, "client"))

    assert found.route.name == "*"
    assert found.scores == {"small": 50, "coder": 0, "cloud": 0}
    assert found.specialists == frozenset()
