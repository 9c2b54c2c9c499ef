import json

import pytest

from signalbox.compiler.compile import Compiled
from signalbox.compiler.prices import PriceBook
from signalbox.errors import FileErrors, UserError
from signalbox.schema.plan import Plan
from signalbox.schema.resources import Gpu, Host, Resources
from signalbox.units import Bytes
from tests.compiler.inputs import compile_ward, config_of, read


def deployment(compiled: Compiled, number: str) -> dict[str, dict[str, object]]:
    entries: list[dict[str, dict[str, object]]] = config_of(compiled)["model_list"]
    return next(entry for entry in entries if entry["model_info"]["id"] == number)


def test_a_local_deployment_is_an_openai_compatible_server_that_costs_nothing() -> None:
    params = deployment(compile_ward(), "coder-2")["litellm_params"]

    assert params == {
        "model": "hosted_vllm/org/small-coder-awq",
        "api_base": "http://node-05:8002/v1",
        "api_key": "none",
        "timeout": 45,
        "input_cost_per_token": 0,
        "output_cost_per_token": 0,
    }


def test_a_cloud_deployment_has_the_key_by_name_only() -> None:
    params = deployment(compile_ward(), "cloud-1")["litellm_params"]

    assert params == {
        "model": "deepseek/deepseek-chat",
        "api_key": "os.environ/DEEPSEEK_API_KEY",
        "timeout": 45,
    }


def test_an_embedding_model_says_so_and_a_named_key_stays_a_name() -> None:
    entry = deployment(compile_ward(), "embedder-1")

    assert entry["model_info"]["mode"] == "embedding"
    assert entry["litellm_params"]["api_key"] == "os.environ/EMBEDDER_KEY"


def test_the_config_and_the_plan_carry_the_same_digest() -> None:
    compiled = compile_ward()

    assert config_of(compiled)["signalbox"] == {"digest": compiled.plan.digest, "plan": "routing_plan.json"}
    assert json.loads(compiled.plan_json)["digest"] == compiled.plan.digest


def test_the_plan_reads_back_as_the_same_plan() -> None:
    compiled = compile_ward()

    assert Plan.model_validate_json(compiled.plan_json) == compiled.plan


def test_the_plan_holds_price_scores_and_the_served_window() -> None:
    models = compile_ward().plan.models

    assert (models["cloud"].input_price, models["cloud"].output_price) == (280_000, 420_000)
    assert models["cloud"].max_output_tokens == 8192
    assert models["coder"].scores == {"code": 60.0, "reasoning": 20.0}
    assert models["generalist"].context_window == 16384
    assert [found.url for found in models["coder"].deployments] == ["http://node-02:8002", "http://node-05:8002"]


def test_every_task_of_the_taxonomy_has_an_alias_that_stays_local() -> None:
    plan = compile_ward().plan

    assert {name for name in plan.aliases if name.startswith("task/")} == {f"task/{k}" for k in plan.taxonomy.kinds}
    assert plan.aliases["auto"] == plan.safe_model == "generalist"
    assert plan.aliases["task/code_python"] == "coder"
    assert plan.aliases["lane/orchestrator"] == "generalist"
    assert plan.aliases["task/embeddings"] == "embedder"
    assert all(plan.models[name].local for name in plan.aliases.values())


def test_a_cloud_only_strategy_has_its_first_model_as_safe_model() -> None:
    strategy = read("strategy") | {
        "models": {"cloud": {"card": "big-chat", "served_by": "deepseek"}},
        "lanes": {},
        "tasks": {"*": "cloud"},
        "data_classes": {},
    }

    plan = compile_ward(strategy).plan

    assert plan.safe_model == "cloud"
    assert set(plan.aliases.values()) == {"cloud"}


def test_with_a_local_only_data_class_no_configured_fallback_leaves() -> None:
    config = config_of(compile_ward())

    assert config["router_settings"]["fallbacks"] == [{"cloud": ["generalist"]}, {"coder": ["generalist"]}]


def test_without_one_the_lanes_own_fallbacks_stand_and_the_larger_windows_are_known() -> None:
    router = config_of(compile_ward(read("strategy") | {"data_classes": {}}))["router_settings"]

    assert router["fallbacks"] == [
        {"cloud": ["generalist"]},
        {"coder": ["generalist", "cloud"]},
        {"generalist": ["cloud"]},
    ]
    assert router["context_window_fallbacks"] == [{"coder": ["cloud"]}, {"generalist": ["cloud"]}]


def test_litellm_rests_nothing_since_the_plugin_does() -> None:
    router = config_of(compile_ward())["router_settings"]

    assert router["disable_cooldowns"] is True
    assert router["num_retries"] == 0


def test_a_strategy_without_cache_gets_none() -> None:
    strategy = read("strategy")
    strategy["behaviour"]["cache"] = False

    assert config_of(compile_ward())["litellm_settings"]["cache"] is True
    assert "cache" not in config_of(compile_ward(strategy))["litellm_settings"]


def test_a_model_that_does_not_fit_is_left_out_and_its_lane_uses_the_default_lane() -> None:
    strategy = read("strategy")
    strategy["models"]["coder"]["card"] = "giant"

    compiled = compile_ward(strategy)

    plan = compiled.plan
    assert [left.model for left in plan.left_out] == ["coder"]
    assert "coder" not in {entry["model_name"] for entry in config_of(compiled)["model_list"]}
    assert plan.lanes["coder"].models == ("generalist",)
    assert plan.lanes["coder"].fallbacks == ("cloud",)
    assert "uses those of the default lane general" in plan.lanes["coder"].why
    assert plan.tasks["code"].prefer == {}
    assert any("lanes.coder" in warning for warning in compiled.warnings)
    assert "# left out: coder: " in compiled.config


def test_a_card_without_an_id_for_its_server_is_left_out() -> None:
    strategy = read("strategy")
    strategy["models"]["coder"]["served_by"] = "ollama"

    (left,) = compile_ward(strategy).plan.left_out

    assert left.reason == "card small-coder has no id for ollama (it has: vllm); name one with serves"


def test_an_id_in_the_strategy_stands_in_for_the_cards() -> None:
    strategy = read("strategy")
    strategy["models"]["coder"] |= {"served_by": "llamacpp", "serves": "coder.gguf"}

    assert deployment(compile_ward(strategy), "coder-1")["litellm_params"]["model"] == "hosted_vllm/coder.gguf"


def test_a_default_lane_without_any_model_is_an_error_that_says_why() -> None:
    strategy = read("strategy")
    strategy["models"]["generalist"] |= {"card": "giant", "gpu": "t4"}
    strategy["lanes"]["general"] = {"models": ["generalist"]}

    with pytest.raises(UserError, match=r"(?s)lanes.general.*generalist: does not fit.*signalbox fit"):
        compile_ward(strategy)


def test_a_default_lane_that_keeps_a_fallback_uses_it() -> None:
    strategy = read("strategy")
    strategy["models"]["generalist"] |= {"card": "giant", "gpu": "t4"}

    plan = compile_ward(strategy).plan

    assert plan.lanes["general"].models == ("cloud",)


def test_a_locked_model_that_is_left_out_is_an_error() -> None:
    strategy = read("strategy") | {"lock": "coder"}
    strategy["models"]["coder"]["card"] = "giant"

    with pytest.raises(UserError, match=r"strategies/ward.yaml: lock: 'coder' cannot run here"):
        compile_ward(strategy)


def test_what_was_detected_counts_for_this_machines_own_servers_only() -> None:
    small = Gpu(name="made up", gpu_class="t4", vendor="nvidia", memory_total=Bytes.parse("15GiB"))
    here = Resources(host=Host(system="Linux", machine="x86_64"), gpus=(small,))
    strategy = read("strategy")
    strategy["models"]["generalist"]["card"] = "giant"
    del strategy["models"]["coder"]["gpu"]
    strategy["models"]["coder"]["card"] = "giant"

    plan = compile_ward(strategy, resources=here).plan

    assert [left.model for left in plan.left_out] == ["generalist"]
    assert compile_ward(strategy).plan.left_out == ()


def test_detected_hardware_that_no_model_is_measured_against_changes_nothing() -> None:
    gpu = Gpu(name="made up", gpu_class="t4", vendor="nvidia")
    here = Resources(host=Host(system="Linux", machine="x86_64"), gpus=(gpu,), keys=("DEEPSEEK_API_KEY",))
    strategy = read("strategy")
    strategy["models"]["generalist"]["at"] = ["http://node-01:11434"]

    assert compile_ward(strategy, resources=here) == compile_ward(strategy)


def test_an_unknown_price_is_said_and_the_price_table_is_not_named() -> None:
    compiled = compile_ward(prices=PriceBook(version="a table"))

    assert any("the price of deepseek/deepseek-chat is not known" in warning for warning in compiled.warnings)
    assert "a table" not in compiled.config


def test_a_private_data_class_without_a_local_model_is_said() -> None:
    strategy = read("strategy")
    strategy |= {"models": {"cloud": strategy["models"]["cloud"]}, "lanes": {}, "tasks": {"*": "cloud"}}

    assert any("data_classes.phi" in warning for warning in compile_ward(strategy).warnings)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"card": "smal-coder"}, "models.coder.card: 'smal-coder' is no model of the catalogue. Did you mean"),
        ({"served_by": "deepsek"}, "models.coder.served_by: 'deepsek' is no server kind and no provider"),
        ({"at": []}, "models.coder.at: is missing. Say where it is served, for example at: [http://127.0.0.1:8000]"),
        ({"at": ["http://a", "http://a/v1"]}, "models.coder.at[1]: 'http://a/v1' stands here twice. Remove one"),
    ],
)
def test_a_wrong_model_is_named_with_its_key(change: dict[str, object], message: str) -> None:
    strategy = read("strategy")
    strategy["models"]["coder"] |= change

    with pytest.raises(UserError) as caught:
        compile_ward(strategy)

    assert str(caught.value).startswith(f"strategies/ward.yaml: {message}")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("tasks", {"coed": "general", "*": "general"}, "tasks.coed: 'coed' is no task of the taxonomy. Did you mean"),
        ("tasks", {"*": {"lane": "general", "min_tier": "quality", "max_tier": "fast"}}, "tasks.*.min_tier: quality"),
        ("personas", ["reseacher"], "personas[0]: 'reseacher' is no persona of the personas file. Did you mean"),
    ],
)
def test_a_wrong_name_is_named_with_its_key(key: str, value: object, message: str) -> None:
    with pytest.raises(UserError) as caught:
        compile_ward(read("strategy") | {key: value})

    assert str(caught.value).startswith(f"strategies/ward.yaml: {message}")


def test_all_mistakes_are_reported_together() -> None:
    strategy = read("strategy") | {"personas": ["nobody"]}
    strategy["models"]["coder"]["card"] = "nothing"

    with pytest.raises(FileErrors) as caught:
        compile_ward(strategy)

    assert [error.key for error in caught.value.errors] == ["models.coder.card", "personas[0]"]


def test_a_persona_whose_task_does_not_exist_is_an_error() -> None:
    personas = read("personas")
    personas["personas"]["researcher"]["tasks"] = {"coed": {"tier": "fast"}}

    with pytest.raises(UserError, match="persona researcher names 'coed', which is no task"):
        compile_ward(personas=personas)


@pytest.mark.parametrize("name", ["auto", "coder-2"])
def test_a_model_may_not_take_a_name_that_means_something_else(name: str) -> None:
    strategy = read("strategy")
    strategy["models"][name] = strategy["models"]["cloud"]

    with pytest.raises(UserError, match=f"models.{name}: '{name}' is "):
        compile_ward(strategy)


def test_a_local_only_strategy_lists_everything_that_would_leave() -> None:
    strategy = read("strategy") | {"privacy": "local_only"}
    strategy["models"]["coder"]["at"] = ["http://node-1:8000", "http://gpu.example.com:8000"]
    strategy["models"]["generalist"]["serves"] = "gpt-oss:120b-cloud"

    with pytest.raises(FileErrors) as caught:
        compile_ward(strategy)

    keys = [error.key for error in caught.value.errors]
    assert keys == ["models.cloud.served_by", "models.coder.at[1]", "models.generalist.serves"]


def test_a_trusted_host_may_serve_a_local_only_strategy() -> None:
    strategy = read("strategy") | {"privacy": "local_only", "trusted_hosts": ["gpu.example.com"]}
    strategy["models"]["coder"]["at"] = ["http://gpu.example.com:8000"]
    del strategy["models"]["cloud"], strategy["lanes"]["orchestrator"], strategy["tasks"]["tool_use"]
    strategy["lanes"]["general"] = {"models": ["generalist"]}

    compiled = compile_ward(strategy)

    assert all(model.local for model in compiled.plan.models.values())
    assert "cache" not in config_of(compiled)["litellm_settings"]


def test_a_server_at_a_public_address_and_a_cloud_id_are_not_local() -> None:
    strategy = read("strategy")
    strategy["models"]["coder"]["at"] = ["http://node-1:8000", "http://203.0.113.9:8000"]
    strategy["models"]["generalist"]["card"] = "big-chat"

    models = compile_ward(strategy).plan.models

    assert [found.local for found in models["coder"].deployments] == [True, False]
    assert not models["coder"].local
    assert not models["generalist"].local


def test_text_of_the_user_cannot_break_out_of_a_comment() -> None:
    strategy = read("strategy")
    catalogue = read("catalogue")
    catalogue["models"]["giant"]["needs"] = {"servers": ["x\nmodel_list: []\x85"]}
    strategy["models"]["coder"]["card"] = "giant"

    config = config_of(compile_ward(strategy, catalogue=catalogue))

    assert len(config["model_list"]) == 3
