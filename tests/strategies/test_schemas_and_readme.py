"""The generated JSON schemas are current and know the shipped files; the example of the README works."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from signalbox.commands.schemas import schemas, write
from signalbox.compiler.checks import check_references
from signalbox.load import load_strategy
from tests.strategies.shipped import CATALOGUE, FOLDER, NAMES, PERSONAS, REPOSITORY, SHARED, TAXONOMY


def validator(name: str) -> Any:
    schema = json.loads(schemas()[f"{name}.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_schemas_of_the_docs_are_what_the_code_says() -> None:
    found = {path.name: path.read_text(encoding="utf-8") for path in (REPOSITORY / "docs/schema").glob("*.json")}

    assert found == schemas()


def test_write_makes_the_folder_and_the_files(tmp_path: Path) -> None:
    write(tmp_path / "docs" / "schema")

    assert {path.name for path in (tmp_path / "docs" / "schema").iterdir()} == set(schemas())


@pytest.mark.parametrize("name", [*NAMES, *SHARED])
def test_a_shipped_file_passes_its_json_schema(name: str) -> None:
    content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))

    mistakes = [error.message for error in validator(name if name in SHARED else "strategy").iter_errors(content)]

    assert mistakes == []


def test_the_json_schema_refuses_an_unknown_key_and_a_task_without_a_lane() -> None:
    content = {"name": "x", "models": {"a": {"card": "c", "served_by": "vllm"}}, "tasks": {"*": {}}, "mdels": {}}

    assert len(list(validator("strategy").iter_errors(content))) == 2


def test_the_example_of_the_readme_loads_and_names_only_what_exists(tmp_path: Path) -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    assert len(examples) == 1
    (tmp_path / "my_team.yaml").write_text(examples[0], encoding="utf-8")

    found = load_strategy(tmp_path / "my_team.yaml")

    assert found.name == "my_team"
    check_references(found, "my_team.yaml", catalogue=CATALOGUE, taxonomy=TAXONOMY, personas=PERSONAS)


def test_the_readme_names_every_strategy() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert all(f"`{name}`" in readme for name in NAMES)
