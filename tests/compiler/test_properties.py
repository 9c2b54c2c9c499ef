"""What holds for every strategy: the same bytes for the same inputs, and nothing leaves a local_only one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signalbox.compiler.compile import Compiled
from signalbox.compiler.locality import is_local_url
from signalbox.compiler.privacy import prove_local
from signalbox.errors import UserError
from tests.compiler.inputs import compile_ward, config_of, read

URLS = st.sampled_from(
    [
        "http://127.0.0.1:8000",
        "http://node-1:8001/v1",
        "http://10.0.0.9:8000",
        "http://gpu.lan:8000",
        "http://8.8.8.8:8000",
        "https://api.example.com/v1",
        "http://169.254.169.254",
        "http://2130706433:80",
    ]
)
LOCAL_MODELS = st.fixed_dictionaries(
    {
        "card": st.sampled_from(["small-coder", "small-chat", "big-chat", "embedder", "giant"]),
        "served_by": st.sampled_from(["vllm", "ollama", "llamacpp", "openai_compatible", "simulated"]),
        "at": st.lists(URLS, min_size=1, max_size=3, unique=True),
    },
    optional={"gpu": st.sampled_from(["t4", "h100", "unheard-of"]), "serves": st.sampled_from(["x:7b", "x:7b-cloud"])},
)
CLOUD_MODELS = st.fixed_dictionaries(
    {"card": st.sampled_from(["big-chat", "small-chat"]), "served_by": st.sampled_from(["deepseek", "openai"])}
)
PRIVACY = st.sampled_from(["cloud_allowed", "local_only"])


@st.composite
def strategies(draw: st.DrawFn, *, privacy: st.SearchStrategy[str] = PRIVACY) -> dict[str, Any]:
    """Strategies whose references within the file hold; their models may be anything."""
    models = draw(st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e"]), LOCAL_MODELS | CLOUD_MODELS, min_size=1))
    names = st.lists(st.sampled_from(sorted(models)), min_size=1, max_size=3)
    lanes: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(["x", "y", "z"]), unique=True)):
        chain = st.lists(st.sampled_from([*sorted(models), *lanes]), max_size=3)
        lanes[name] = {"models": draw(names), "fallbacks": draw(chain)}
    targets = st.sampled_from([*sorted(models), *lanes])
    tasks = draw(st.dictionaries(st.sampled_from(["code", "code_python", "math", "embeddings"]), targets))
    return {
        "name": "drawn",
        "privacy": draw(privacy),
        "data_classes": draw(st.dictionaries(st.sampled_from(["phi", "hr"]), PRIVACY)),
        "trusted_hosts": draw(st.lists(st.just("api.example.com"), max_size=1)),
        "models": models,
        "lanes": lanes,
        "tasks": {**tasks, "*": draw(targets)},
    }


def outcome(strategy: dict[str, Any], **inputs: Any) -> Compiled | str:
    """The pair, or the text of the error."""
    try:
        return compile_ward(strategy, **inputs)
    except UserError as error:
        return str(error)


def shuffled(value: Any, draw: Any) -> Any:
    """The same value with the keys of every mapping in another order."""
    if isinstance(value, dict):
        keys = draw(st.permutations(list(value)))
        return {key: shuffled(value[key], draw) for key in keys}
    return [shuffled(item, draw) for item in value] if isinstance(value, list) else value


@given(strategies())
def test_compiling_twice_gives_the_same_bytes(strategy: dict[str, Any]) -> None:
    assert outcome(strategy) == outcome(strategy)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), strategies() | st.just(read("strategy")))
def test_the_order_of_keys_never_matters(data: st.DataObject, strategy: dict[str, Any]) -> None:
    inputs = {name: read(name) for name in ("catalogue", "taxonomy", "personas")}

    other = outcome(
        shuffled(strategy, data.draw), **{name: shuffled(value, data.draw) for name, value in inputs.items()}
    )

    assert other == outcome(strategy, **inputs)


@given(strategies(privacy=st.just("local_only")))
def test_a_local_only_strategy_compiles_to_local_deployments_only_or_not_at_all(strategy: dict[str, Any]) -> None:
    compiled = outcome(strategy)
    if isinstance(compiled, str):
        return

    trusted = tuple(strategy["trusted_hosts"])
    config = config_of(compiled)
    assert prove_local(config, trusted_hosts=trusted) == ()
    assert all(is_local_url(entry["litellm_params"]["api_base"], trusted) for entry in config["model_list"])
    assert all(found.local for model in compiled.plan.models.values() for found in model.deployments)


@given(strategies(privacy=st.just("cloud_allowed")))
def test_under_a_local_only_data_class_no_configured_fallback_or_alias_leaves(strategy: dict[str, Any]) -> None:
    strategy["data_classes"] = {"phi": "local_only"}
    compiled = outcome(strategy)
    if isinstance(compiled, str):
        return

    local = {name for name, model in compiled.plan.models.items() if model.local}
    router = config_of(compiled)["router_settings"]
    chains = [*router["fallbacks"], *router["context_window_fallbacks"]]
    assert {target for chain in chains for targets in chain.values() for target in targets} <= local
    if compiled.plan.safe_model in local:
        assert set(router["model_group_alias"].values()) <= local


@given(strategies())
def test_everything_that_the_plan_names_is_in_the_plan(strategy: dict[str, Any]) -> None:
    compiled = outcome(strategy)
    if isinstance(compiled, str):
        return

    plan, config = compiled.plan, config_of(compiled)
    groups = {entry["model_name"] for entry in config["model_list"]}
    lanes = plan.lanes.values()
    assert set(plan.models) == groups
    assert {name for lane in lanes for name in (*lane.models, *lane.fallbacks)} <= groups
    assert all(lane.models and not set(lane.models) & set(lane.fallbacks) for lane in lanes)
    assert {task.lane for task in plan.tasks.values()} | {plan.default_lane} <= set(plan.lanes)
    assert set(plan.aliases.values()) | {plan.safe_model} <= groups
    assert config["router_settings"]["model_group_alias"] == plan.aliases
    assert set(plan.models) | {left.model for left in plan.left_out} == set(strategy["models"])


@pytest.mark.parametrize(
    "change",
    [
        {"description": "another"},
        {"trusted_hosts": ["x"]},
        {"personas": []},
        {"personas": ["casual", "researcher"]},
        {"budget": {}},
    ],
)
def test_any_change_of_the_strategy_changes_the_digest(change: dict[str, Any]) -> None:
    changed = compile_ward(read("strategy") | change)

    assert changed.plan.digest != compile_ward().plan.digest


def test_a_card_or_persona_that_is_not_used_does_not_change_the_digest() -> None:
    catalogue, personas = read("catalogue"), read("personas")
    catalogue["models"]["giant"]["context_window"] = 1
    personas["personas"]["casual"]["description"] = "changed"

    assert compile_ward(catalogue=catalogue, personas=personas) == compile_ward()
