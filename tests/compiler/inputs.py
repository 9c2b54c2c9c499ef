"""The inputs of a small ward, as plain data to change, and how to compile them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from signalbox.compiler.compile import Compiled, Sources, compile_strategy
from signalbox.compiler.prices import PriceBook
from signalbox.load import parse, read_yaml
from signalbox.schema.catalogue import Catalogue
from signalbox.schema.persona import Personas
from signalbox.schema.resources import Resources
from signalbox.schema.strategy import Strategy
from signalbox.schema.taxonomy import Taxonomy

FILES = Path(__file__).parent / "files"
SOURCES = Sources(
    strategy="strategies/ward.yaml",
    catalogue="strategies/catalogue.yaml",
    taxonomy="strategies/taxonomy.yaml",
    personas="strategies/personas.yaml",
)
PRICES = PriceBook.from_mapping(
    {
        "deepseek/deepseek-chat": {
            "litellm_provider": "deepseek",
            "input_cost_per_token": 2.8e-07,
            "output_cost_per_token": 4.2e-07,
            "max_output_tokens": 8192,
        }
    },
    "a table for tests",
)


def read(name: str) -> dict[str, Any]:
    """One of the files as plain data."""
    return dict(deepcopy(read_yaml(FILES / f"{name}.yaml")))


def compile_ward(
    strategy: Mapping[str, object] | None = None,
    *,
    catalogue: Mapping[str, object] | None = None,
    taxonomy: Mapping[str, object] | None = None,
    personas: Mapping[str, object] | None = None,
    resources: Resources | None = None,
    prices: PriceBook = PRICES,
) -> Compiled:
    """The ward, with any of its inputs replaced."""
    return compile_strategy(
        parse(Strategy, strategy or read("strategy"), "strategies/ward.yaml"),
        catalogue=parse(Catalogue, catalogue or read("catalogue"), "catalogue.yaml"),
        taxonomy=parse(Taxonomy, taxonomy or read("taxonomy"), "taxonomy.yaml"),
        personas=parse(Personas, personas or read("personas"), "personas.yaml"),
        resources=resources,
        prices=prices,
        sources=SOURCES,
        command="signalbox compile --strategy ward",
    )


def config_of(compiled: Compiled) -> dict[str, Any]:
    """The emitted config as LiteLLM reads it."""
    config = yaml.safe_load(compiled.config)
    assert isinstance(config, dict)
    return config
