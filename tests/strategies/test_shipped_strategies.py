"""Every shipped strategy holds together: it names only what exists, and it can run what it names."""

import pytest

from signalbox.compiler.compile import Compiled, Sources, compile_strategy
from signalbox.compiler.fit import fit
from signalbox.compiler.groups import is_local_server, served_id
from signalbox.compiler.locality import is_local_url
from signalbox.compiler.prices import litellm_prices
from signalbox.schema.strategy import Strategy, StrategyModel
from signalbox.units import Seconds
from tests.strategies.shipped import CATALOGUE, FOLDER, NAMES, PERSONAS, SHARED, TAXONOMY, all_models, strategy

MODELS = [pytest.param(model, id=f"{where}-{name}") for where, name, model in all_models()]
ON_GPUS = [pytest.param(model, id=f"{where}-{name}") for where, name, model in all_models() if model.gpu]


def compiled(name: str) -> Compiled:
    return compile_strategy(
        strategy(name),
        catalogue=CATALOGUE,
        taxonomy=TAXONOMY,
        personas=PERSONAS,
        resources=None,
        prices=litellm_prices(),
        sources=Sources(f"strategies/{name}.yaml", "catalogue.yaml", "taxonomy.yaml", "personas.yaml"),
        command="test",
    )


def chain(found: Strategy, lane: str) -> set[str]:
    """The models that a lane can end at."""
    models, fallbacks = found.lanes[lane].models, found.lanes[lane].fallbacks
    return {*models}.union(*({name} if name in found.models else chain(found, name) for name in fallbacks))


def test_the_folder_holds_these_strategies_and_no_other() -> None:
    found = {path.stem for path in FOLDER.glob("*.yaml")}

    assert found == {*NAMES, *SHARED}


@pytest.mark.parametrize("name", NAMES)
def test_a_strategy_has_its_file_s_name_and_names_its_schema_in_the_first_line(name: str) -> None:
    first = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]

    assert strategy(name).name == name
    assert first == "# yaml-language-server: $schema=../docs/schema/strategy.json"


@pytest.mark.parametrize("name", NAMES)
def test_a_strategy_compiles_with_every_model_in_the_plan_and_every_price_known(name: str) -> None:
    result = compiled(name)

    assert set(result.plan.models) == set(strategy(name).models)
    assert [warning for warning in result.warnings if "data_classes.phi" not in warning] == []


@pytest.mark.parametrize("model", MODELS)
def test_a_model_has_a_card_and_an_id_at_its_server(model: StrategyModel) -> None:
    card = CATALOGUE.models[model.card]

    assert served_id(model, card)
    assert model.served_by in card.ids or model.serves or model.served_by == "simulated"


@pytest.mark.parametrize("model", ON_GPUS)
def test_a_model_fits_the_gpu_with_the_whole_context_that_the_strategy_promises(model: StrategyModel) -> None:
    card = CATALOGUE.models[model.card]

    found = fit(
        card,
        server=model.served_by,
        gpu=model.gpu,
        gpus=model.gpus,
        context=model.context_window or card.context_window,
    )

    assert found.verdict in {"fits", "tight", "unknown"}, found.reason
    assert found.verdict != "unknown" or model.gpu == "strix-halo", found.reason


@pytest.mark.parametrize("name", NAMES)
def test_every_task_is_a_kind_of_the_taxonomy_and_every_persona_exists(name: str) -> None:
    found = strategy(name)

    assert set(found.tasks) - {"*"} <= set(TAXONOMY.kinds)
    assert set(found.personas) == set(PERSONAS.personas)


@pytest.mark.parametrize("name", NAMES)
def test_embeddings_go_to_embedding_models_and_everything_else_to_chat_models(name: str) -> None:
    found = strategy(name)
    embeds = {key for key, model in found.models.items() if "embeddings" in CATALOGUE.models[model.card].capabilities}

    assert chain(found, found.tasks["embeddings"].lane) <= embeds
    for task, rule in found.tasks.items():
        assert task == "embeddings" or not chain(found, rule.lane) & embeds, task


@pytest.mark.parametrize("name", NAMES)
def test_every_model_stands_in_a_lane(name: str) -> None:
    found = strategy(name)

    assert set().union(*(chain(found, lane) for lane in found.lanes)) == set(found.models)


@pytest.mark.parametrize("name", [name for name in NAMES if strategy(name).privacy == "local_only"])
def test_a_local_only_strategy_names_only_local_servers_and_asks_for_no_key(name: str) -> None:
    found = strategy(name)

    assert all(is_local_server(model.served_by) for model in found.models.values())
    assert all(is_local_url(url) for model in found.models.values() for url in model.at)
    assert not found.requires.keys
    assert not found.requires.any_key


def test_every_strategy_without_a_cloud_model_is_local_only_but_the_simulated_one() -> None:
    without_cloud = {
        name for name in NAMES if all(is_local_server(model.served_by) for model in strategy(name).models.values())
    }
    local_only = {name for name in NAMES if strategy(name).privacy == "local_only"}

    assert without_cloud - local_only == {"development"}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "cloud_only"])
def test_a_request_that_may_not_leave_finds_a_local_model_in_every_lane(name: str) -> None:
    found = strategy(name)

    for lane in found.lanes:
        assert any(is_local_server(found.models[model].served_by) for model in chain(found, lane)), lane


def test_the_models_of_the_h100_fit_it_together() -> None:
    models = strategy("h100_local").models.values()
    found = [
        fit(CATALOGUE.models[model.card], server=model.served_by, gpu=model.gpu, context=model.context_window)
        for model in models
    ]

    assert sum(one.need or 0 for one in found) <= (found[0].have or 0)


def test_every_lane_of_development_can_fall_back_to_another_server() -> None:
    found = strategy("development")

    for name, lane in found.lanes.items():
        servers = {found.models[model].at for model in lane.models}
        assert {found.models[model].at for model in chain(found, name)} - servers, name


def test_development_serves_five_simulated_models_of_every_tier_and_needs_nothing() -> None:
    found = strategy("development")
    cards = {model.card for model in found.models.values()}

    assert cards == {"sim-small", "sim-coder", "sim-large", "sim-reader", "sim-embed"}
    assert {CATALOGUE.models[card].tier for card in cards} == {"fast", "balanced", "quality", None}
    assert {model.served_by for model in found.models.values()} == {"simulated"}
    assert found.requires == type(found.requires)()
    roots = {kind for kind, value in TAXONOMY.kinds.items() if value.parent is None}
    assert set(found.tasks) == roots | {"*"}


def test_the_strix_halo_has_the_five_lanes_at_their_two_servers() -> None:
    found = strategy("strix_halo")

    assert found.tasks["*"].lane == "orchestrator"
    lanes = {lane: (found.models[lane].served_by, found.models[lane].at[0]) for lane in found.lanes}
    assert lanes.items() >= {
        ("orchestrator", ("vllm", "http://127.0.0.1:8000")),
        ("coder", ("vllm", "http://127.0.0.1:8000")),
        ("fast_rag", ("vllm", "http://127.0.0.1:8000")),
        ("super_reader", ("llamacpp", "http://127.0.0.1:8080")),
        ("governance", ("llamacpp", "http://127.0.0.1:8080")),
    }


def test_the_workstation_never_rewrites_a_query_above_the_fast_tier() -> None:
    assert strategy("workstation").tasks["query_rewriting"].max_tier == "fast"


def test_the_cloud_budget_is_a_dollar_a_request_and_200_a_month_then_the_cheapest() -> None:
    found = strategy("cloud_only")

    assert found.budget.model_dump() == {"per_request": 1.0, "daily": None, "monthly": 200.0, "when_spent": "cheapest"}
    assert (found.behaviour.retries, found.behaviour.timeout) == (3, Seconds(120))
