"""The only YAML reader: every error names file and key path; unknown keys get "did you mean"; size and depth are limited."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from signalbox.errors import FileError, FileErrors, did_you_mean
from signalbox.schema.catalogue import Catalogue
from signalbox.schema.persona import Personas
from signalbox.schema.plan import Plan
from signalbox.schema.strategy import Strategy
from signalbox.schema.taxonomy import Taxonomy

LARGEST_FILE = 2 * 1024 * 1024
DEEPEST = 20

Model = TypeVar("Model", bound=BaseModel)


class _Loader(yaml.SafeLoader):
    """Safe YAML without duplicate keys, aliases (which blow up), tags (whose parsers raise anything) or endless depth."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise self._refusal("aliases (*name) are not supported; write the value out")
        if getattr(self.peek_event(), "tag", None) not in {None, "!"}:  # type: ignore[no-untyped-call]
            raise self._refusal("tags (!name) are not supported; write the plain value")
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._refusal(f"nested deeper than {DEEPEST} levels")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _refusal(self, problem: str) -> yaml.composer.ComposerError:
        return yaml.composer.ComposerError(None, None, problem, self.peek_event().start_mark)  # type: ignore[no-untyped-call]

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = key_node.value
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a plain word", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key}' stands here twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


# A YAML 1.1 reader turns 60:30 into base-60 numbers and 2026-01-01 into dates: neither is ever meant in these files.
_NUMBERS = {
    "tag:yaml.org,2002:int": re.compile(r"[-+]?(?:0|[1-9][0-9_]*|0x[0-9a-fA-F]+)\Z"),
    "tag:yaml.org,2002:float": re.compile(
        r"[-+]?(?:[0-9][0-9_]*\.[0-9]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF))\Z|\.(?:nan|NaN|NAN)\Z"
    ),
}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, _NUMBERS.get(tag, pattern)) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_text(path: Path) -> str:
    """The text of a file of at most 2 MiB. Raises FileError."""
    try:
        with path.open("rb") as file:  # what a device or pipe holds is not told by its size
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise FileError(path, f"is larger than {LARGEST_FILE >> 20} MiB.", remedy="Split or shorten it")
        return content.decode("utf-8")
    except FileNotFoundError:
        raise FileError(path, "no such file.", remedy="List what there is: signalbox strategies") from None
    except UnicodeDecodeError as error:
        raise FileError(path, f"is not UTF-8 text (byte {error.start}).", remedy="Save it as UTF-8") from None
    except (OSError, ValueError) as error:
        raise FileError(path, f"cannot be read: {getattr(error, 'strerror', None) or error}.") from None


def read_yaml(path: Path) -> Mapping[str, object]:
    """A YAML file whose top is a mapping. Raises FileError with line and column."""
    try:
        value = yaml.load(read_text(path), _Loader)  # noqa: S506 - a SafeLoader, made stricter
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise FileError(path, f"{place}{error.problem or error.context or 'is not YAML'}.") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise FileError(
            path, f"is not YAML: {str(error).splitlines()[0] if str(error) else 'nested too deeply'}."
        ) from None
    if not isinstance(value, dict):
        found = "empty" if value is None else f"a {type(value).__name__}"
        raise FileError(path, f"is {found}, not a mapping of keys.", remedy="See strategies/README.md for a template")
    return value


def parse(kind: type[Model], value: object, path: object) -> Model:
    """`value` as a `kind`. Raises FileError (several mistakes: FileErrors), each with its key path."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        mistakes = tuple(_mistake(kind, found, path) for found in error.errors(include_url=False))
        raise (mistakes[0] if len(mistakes) == 1 else FileErrors(mistakes)) from None


def load_strategy(path: Path) -> Strategy:
    """A strategy; its own references are checked too. Raises FileError."""
    strategy = parse(Strategy, read_yaml(path), path)
    problems = tuple(FileError(path, problem, key=key) for key, problem in _dangling(strategy))
    if problems:
        raise problems[0] if len(problems) == 1 else FileErrors(problems)
    return strategy


def load_catalogue(path: Path) -> Catalogue:
    """The catalogue. Raises FileError."""
    return parse(Catalogue, read_yaml(path), path)


def load_taxonomy(path: Path) -> Taxonomy:
    """The taxonomy. Raises FileError."""
    return parse(Taxonomy, read_yaml(path), path)


def load_personas(path: Path) -> Personas:
    """The personas. Raises FileError."""
    return parse(Personas, read_yaml(path), path)


def load_plan(path: Path) -> Plan:
    """A compiled plan. Raises FileError."""
    try:
        return Plan.model_validate_json(read_text(path))
    except ValidationError as error:
        found = _mistake(Plan, error.errors(include_url=False)[0], path)
        found.remedy = "It is generated: make it anew with signalbox compile"
        raise found from None


def _dangling(strategy: Strategy) -> Iterable[tuple[str, str]]:
    """References of a strategy to models, lanes and data classes that it does not have."""
    models, lanes = set(strategy.models), set(strategy.lanes)

    def unknown(key: str, name: str, choices: set[str], what: str) -> Iterable[tuple[str, str]]:
        if name not in choices:
            yield key, f"'{name}' is no {what} of this strategy. {did_you_mean(name, choices)}"

    for lane_name, lane in strategy.lanes.items():
        for index, name in enumerate(lane.models):
            yield from unknown(f"lanes.{lane_name}.models[{index}]", name, models, "model")
        for index, name in enumerate(lane.fallbacks):
            yield from unknown(f"lanes.{lane_name}.fallbacks[{index}]", name, models | lanes, "model or lane")
    for task_name, task in strategy.tasks.items():
        yield from unknown(f"tasks.{task_name}.lane", task.lane, models | lanes, "lane or model")
        for tier, names in task.prefer.items():
            for index, name in enumerate(names):
                yield from unknown(f"tasks.{task_name}.prefer.{tier}[{index}]", name, models, "model")
    for name, trial in strategy.experiments.items():
        yield from unknown(f"experiments.{name}.lane", trial.lane, models | lanes, "lane or model")
        yield from unknown(f"experiments.{name}.model", trial.model, models, "model")
    if strategy.lock is not None:
        yield from unknown("lock", strategy.lock, models, "model")
    if "*" not in strategy.tasks:
        yield "tasks", "has no '*' entry, so other tasks have nowhere to go; add  \"*\": <lane>"
    if strategy.default_persona is not None:
        yield from unknown("default_persona", strategy.default_persona, set(strategy.personas), "persona")


def _mistake(kind: type[BaseModel], error: ErrorDetails, path: object) -> FileError:
    """One pydantic error in our words."""
    where = tuple(part for part in error["loc"] if part != "[key]")
    key = ""
    for part in where:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else str(part)
    if error["type"] == "extra_forbidden":
        parent = _at(kind, where[:-1])
        name = str(where[-1])
        return FileError(path, f"'{name}' is no key here.", key=key, remedy=did_you_mean(name, _keys(parent)))
    if error["type"] == "missing":
        return FileError(path, "is missing.", key=key, remedy="Add it; docs/strategy.md says what it means")
    message = error["msg"].removeprefix("Value error, ")
    return FileError(path, message[:1].lower() + message[1:] + ".", key=key)


def _keys(kind: type[BaseModel] | None) -> list[str]:
    return [field.alias or name for name, field in kind.model_fields.items()] if kind else []


def _at(annotation: Any, where: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model class that stands at a key path below an annotation; None where there is none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not where:
            return annotation
        fields = annotation.model_fields.items()
        field = next((field for name, field in fields if where[0] in {name, field.alias}), None)
        return _at(field.annotation, where[1:]) if field else None
    container = get_origin(annotation) in {dict, tuple}
    inside = where[1:] if container else where
    found = (_at(part, inside) for part in get_args(annotation) if where or not container)
    return next((kind for kind in found if kind), None)
