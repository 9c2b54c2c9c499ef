"""The T4 fleet does the ten tasks with the models that were planned for it, at fitting builds."""

import pytest

from signalbox.units import Seconds
from tests.strategies.shipped import CATALOGUE, strategy

HYBRID = strategy("t4_hybrid")
LOCAL = strategy("t4_local_only")
ROWS = [
    ("intent_parsing", "llama3.2-3b", "deepseek"),
    ("code_generation", "qwen2.5-coder-7b-awq", "deepseek"),
    ("code_validation", "qwen2.5-coder-1.5b", "deepseek"),
    ("data_analysis", "phi-3.5-mini", "deepseek"),
    ("math_statistics", "qwen2.5-math-7b-int8", "deepseek"),
    ("biomedical", "biomistral-7b-awq", "anthropic"),
    ("documentation", "gemma-2-9b-q6k", "anthropic"),
    ("embeddings", "bge-m3", "openai"),
    ("safety", "llama-guard-3-1b", "anthropic"),
]


@pytest.mark.parametrize(("task", "card", "provider"), ROWS)
def test_hybrid_row(task: str, card: str, provider: str) -> None:
    lane = HYBRID.lanes[HYBRID.tasks[task].lane]

    assert [HYBRID.models[name].card for name in lane.models] == [card]
    assert HYBRID.models[lane.fallbacks[0]].served_by == provider


@pytest.mark.parametrize(("task", "card", "_provider"), ROWS)
def test_local_row(task: str, card: str, _provider: str) -> None:
    lane = LOCAL.lanes[LOCAL.tasks[task].lane]

    assert [LOCAL.models[name].card for name in lane.models] == [card]


def test_orchestration_is_cloud_only_unless_nothing_may_leave() -> None:
    lane = HYBRID.lanes[HYBRID.tasks["orchestration"].lane]

    assert [HYBRID.models[name].served_by for name in lane.models] == ["deepseek"]
    assert LOCAL.tasks["orchestration"].lane == "generalist"


def test_everything_else_goes_to_the_generalist() -> None:
    for found in (HYBRID, LOCAL):
        assert found.models[found.lanes[found.tasks["*"].lane].models[0]].card == "qwen2.5-7b-awq"


def test_every_chat_lane_ends_at_a_local_generalist() -> None:
    generalists = {"generalist", "intent", "writer"}

    for found in (HYBRID, LOCAL):
        for name, lane in found.lanes.items():
            assert name == "embeddings" or lane.fallbacks[-1] in generalists, name


def test_the_ports_of_the_first_four_servers_are_8001_to_8004() -> None:
    first = {
        name: HYBRID.models[name].at[0].rpartition(":")[2] for name in ("generalist", "coder", "math", "embeddings")
    }

    assert first == {"generalist": "8001", "coder": "8002", "math": "8003", "embeddings": "8004"}


def test_guard_and_embeddings_share_a_gpu() -> None:
    hosts = {HYBRID.models[name].at[0].rpartition(":")[0] for name in ("guard", "embeddings")}

    assert len(hosts) == 1


def test_gemma_is_served_by_llama_cpp_because_a_t4_has_no_bf16() -> None:
    assert HYBRID.models["writer"].served_by == "llamacpp"
    assert CATALOGUE.models["gemma-2-9b"].needs.bf16


def test_both_fleets_run_the_same_local_models() -> None:
    local = {name: model for name, model in HYBRID.models.items() if model.gpu == "t4"}

    assert local == LOCAL.models


def test_the_hybrid_s_requirements_budget_and_behaviour_are_the_planned_ones() -> None:
    needed = HYBRID.requires
    assert needed.gpus is not None
    assert (needed.gpus.classes, needed.gpus.count, needed.slurm) == (("t4",), 4, True)
    assert needed.keys == ("DEEPSEEK_API_KEY",)
    assert HYBRID.data_classes == LOCAL.data_classes == {"phi": "local_only"}
    assert (HYBRID.privacy, LOCAL.privacy) == ("cloud_allowed", "local_only")
    assert HYBRID.budget.model_dump() == {"per_request": 0.1, "daily": None, "monthly": 50.0, "when_spent": "local"}
    assert (HYBRID.behaviour.retries, HYBRID.behaviour.timeout, HYBRID.behaviour.cache) == (2, Seconds(60), True)
