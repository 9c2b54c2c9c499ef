"""The shipped files, found from this folder and loaded as the program loads them."""

from collections.abc import Iterator
from pathlib import Path

from signalbox.load import load_catalogue, load_personas, load_strategy, load_taxonomy
from signalbox.schema.strategy import Strategy, StrategyModel

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "strategies"
SHARED = ("catalogue", "taxonomy", "personas")
NAMES = (
    "cloud_only",
    "development",
    "h100_local",
    "l4_t4_combined",
    "strix_halo",
    "t4_hybrid",
    "t4_local_only",
    "workstation",
)

CATALOGUE = load_catalogue(FOLDER / "catalogue.yaml")
TAXONOMY = load_taxonomy(FOLDER / "taxonomy.yaml")
PERSONAS = load_personas(FOLDER / "personas.yaml")


def strategy(name: str) -> Strategy:
    """A shipped strategy."""
    return load_strategy(FOLDER / f"{name}.yaml")


def all_models() -> Iterator[tuple[str, str, StrategyModel]]:
    """(strategy, model name, model) of every shipped strategy."""
    for name in NAMES:
        for model_name, model in strategy(name).models.items():
            yield name, model_name, model
