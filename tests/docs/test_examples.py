"""Examples in the documentation are what the program reads and writes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from signalbox.compiler.checks import check_references
from signalbox.load import load_strategy, parse, read_yaml
from signalbox.routing.decide import decide
from signalbox.schema.catalogue import Card
from signalbox.schema.persona import Personas
from signalbox.schema.strategy import Strategy
from signalbox.schema.taxonomy import Taxonomy
from tests.docs.pages import Block, blocks
from tests.kit.plans import case, plan
from tests.strategies.shipped import CATALOGUE, PERSONAS, TAXONOMY

YAML = blocks("yaml")
JSON = blocks("json")
LEAST: Mapping[str, Any] = {
    "name": "fragment",
    "models": {"small": {"card": "qwen2.5:7b", "served_by": "ollama", "at": ["http://127.0.0.1:11434"]}},
    "tasks": {"*": "small"},
}
"""What a fragment of a strategy is put into."""


def content(block: Block) -> dict[str, Any]:
    found = yaml.safe_load(block.text)
    assert isinstance(found, dict), f"{block}: no mapping"
    return found


def is_strategy(found: Mapping[str, Any]) -> bool:
    return {"name", "models", "tasks"} <= set(found)


def is_fragment(found: Mapping[str, Any]) -> bool:
    keys = {field.alias or name for name, field in Strategy.model_fields.items()}
    return set(found) <= keys and not is_strategy(found) and not is_cards(found)


def is_cards(found: Mapping[str, Any]) -> bool:
    return set(found) == {"models"} and all("source" in model for model in found["models"].values())


@pytest.mark.parametrize("block", YAML, ids=str)
def test_a_yaml_block_is_read_as_what_it_shows(block: Block, tmp_path: Path) -> None:
    found = content(block)

    if is_strategy(found):
        path = tmp_path / f"{found['name']}.yaml"
        path.write_text(block.text, encoding="utf-8")
        strategy = load_strategy(path)
        check_references(strategy, str(block), catalogue=CATALOGUE, taxonomy=TAXONOMY, personas=PERSONAS)
    elif is_cards(found):
        for name, card in found["models"].items():
            parse(Card, card, f"{block}: models.{name}")
    elif set(found) == {"kinds"}:
        shipped = TAXONOMY.model_dump(mode="json")["kinds"]
        parse(Taxonomy, {"kinds": {**shipped, **found["kinds"]}}, block)
    elif isinstance(found.get("personas"), dict):
        parse(Personas, found, block)
    elif is_fragment(found):
        parse(Strategy, {**LEAST, **found}, block)
    else:
        assert set(found) & {"model_list", "scrape_configs"}, f"{block}: neither ours nor LiteLLM's nor Prometheus'"


def test_the_pages_show_strategies_fragments_cards_and_kinds() -> None:
    found = [content(block) for block in YAML]

    assert sum(map(is_strategy, found)) >= 3
    assert any(map(is_fragment, found))
    assert any(map(is_cards, found))
    assert any(set(entry) == {"kinds"} for entry in found)


def test_a_complete_strategy_is_named_like_the_file_that_the_text_tells_to_write() -> None:
    names = {content(block)["name"] for block in YAML if is_strategy(content(block))}

    assert names == {"my_team"}


@pytest.mark.parametrize("block", JSON, ids=str)
def test_a_decision_has_the_keys_that_decisions_have(block: Block) -> None:
    found = json.loads(block.text)
    decision = decide(case(plan())).as_json()

    if "trace" in found:
        assert set(found) == set(decision)
        assert set(found["task"]) == set(decision["task"])
        assert set(found["complexity"]) == set(decision["complexity"])
    else:
        assert set(found) == {"error"}, f"{block}: neither a decision nor an error"


def test_the_compose_files_that_the_text_names_are_yaml() -> None:
    compose = Path(__file__).parents[2] / "compose"

    assert all(read_yaml(path)["services"] for path in compose.glob("docker-compose*.yml"))
