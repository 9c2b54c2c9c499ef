"""JSON schemas of the files that people write: with them an editor completes keys and underlines mistakes as they type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from signalbox.schema.catalogue import Catalogue
from signalbox.schema.persona import Personas
from signalbox.schema.strategy import Strategy
from signalbox.schema.taxonomy import Taxonomy

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_FILES: Final[tuple[tuple[str, type[BaseModel]], ...]] = (
    ("strategy", Strategy),
    ("catalogue", Catalogue),
    ("taxonomy", Taxonomy),
    ("personas", Personas),
)


def schemas() -> dict[str, str]:
    """File name -> the schema as text: sorted keys, a newline at its end. The same bytes every time."""
    return {f"{name}.json": _text(name, model) for name, model in _FILES}


def write(folder: Path) -> None:
    """Writes every schema below `folder`, which is made where it is missing. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


def _text(name: str, model: type[BaseModel]) -> str:
    schema = {**model.model_json_schema(by_alias=True), "$schema": DIALECT, "title": f"Signalbox {name}"}
    if model is Strategy:
        _allow_bare_lanes(schema["properties"]["tasks"]["patternProperties"])
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _allow_bare_lanes(tasks: dict[str, object]) -> None:
    """`task: lane` is short for `task: {lane: lane}`. The type reads both, but its own schema knows only the long form."""
    for pattern, rule in tasks.items():
        tasks[pattern] = {"anyOf": [{"type": "string", "description": "the lane (or model)"}, rule]}
