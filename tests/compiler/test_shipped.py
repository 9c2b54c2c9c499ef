"""The strategies that ship compile as they are, on a machine of which nothing is known."""

from pathlib import Path

import pytest

from signalbox.compiler.compile import Compiled, Sources, compile_strategy
from signalbox.compiler.prices import litellm_prices
from signalbox.compiler.privacy import prove_local
from signalbox.load import load_catalogue, load_personas, load_strategy, load_taxonomy
from tests.compiler.inputs import config_of

FOLDER = Path(__file__).parents[2] / "strategies"
SHIPPED = (
    "t4_hybrid",
    "t4_local_only",
    "h100_local",
    "l4_t4_combined",
    "strix_halo",
    "workstation",
    "cloud_only",
    "development",
)


def compile_shipped(name: str) -> Compiled:
    path = FOLDER / f"{name}.yaml"
    shared = ("catalogue", "taxonomy", "personas")
    return compile_strategy(
        load_strategy(path),
        catalogue=load_catalogue(FOLDER / "catalogue.yaml"),
        taxonomy=load_taxonomy(FOLDER / "taxonomy.yaml"),
        personas=load_personas(FOLDER / "personas.yaml"),
        resources=None,
        prices=litellm_prices(),
        sources=Sources(*(f"strategies/{file}.yaml" for file in (name, *shared))),
        command=f"signalbox compile --strategy {name}",
    )


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_strategy_compiles_whole(name: str) -> None:
    compiled = compile_shipped(name)

    config = config_of(compiled)
    assert {entry["model_name"] for entry in config["model_list"]} == set(compiled.plan.models)
    assert compiled.plan.left_out == ()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_strategy_warns_only_that_the_cloud_refuses_private_requests(name: str) -> None:
    compiled = compile_shipped(name)

    expected = "strategies/cloud_only.yaml: data_classes.phi: there is no local chat model"
    assert [warning.startswith(expected) for warning in compiled.warnings] == [True] * (name == "cloud_only")


@pytest.mark.parametrize("name", SHIPPED)
def test_the_proof_holds_for_a_shipped_strategy_exactly_where_it_is_local_only(name: str) -> None:
    compiled = compile_shipped(name)

    proven = prove_local(config_of(compiled), trusted_hosts=load_strategy(FOLDER / f"{name}.yaml").trusted_hosts) == ()

    assert proven == all(model.local for model in compiled.plan.models.values())
    assert proven or compiled.plan.privacy == "cloud_allowed"
