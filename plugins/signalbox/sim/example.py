"""The simplest JSON value that satisfies a JSON schema."""

from collections.abc import Mapping
from typing import Any

MAX_DEPTH = 24  # a schema that requires itself has no finite value
FORMATS = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "email": "user@example.com",
    "uri": "https://example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "127.0.0.1",
}


def example(schema: object, *, root: Mapping[str, Any] | None = None, depth: int = 0) -> Any:
    """A value for `schema`: required properties only, "example", 1, true, the first of an enum, [] and {}.

    `pattern` and `not` are beyond it. Gives None for what it cannot satisfy; never raises.
    """
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return {} if schema is True else None
    whole = root if root is not None else schema
    for given in (schema.get("enum"), [schema[key] for key in ("const", "default") if key in schema]):
        if isinstance(given, list) and given:
            return given[0]
    elsewhere = _elsewhere(schema, whole)
    if elsewhere is not None:
        return example(elsewhere, root=whole, depth=depth + 1)
    return _of_type(_type(schema), schema, whole, depth)


def _elsewhere(schema: Mapping[str, Any], root: Mapping[str, Any]) -> object:
    """The schema that this one only points to: a reference, the first alternative, or the sum of all; else None."""
    if isinstance(schema.get("$ref"), str):
        return _referred(schema["$ref"], root)
    for key in ("anyOf", "oneOf"):
        if isinstance(schema.get(key), list) and schema[key]:
            return schema[key][0]
    return _merged(schema, root) if isinstance(schema.get("allOf"), list) else None


def _type(schema: Mapping[str, Any]) -> str:
    found = schema.get("type")
    if isinstance(found, list) and found:
        found = found[0]
    if isinstance(found, str):
        return found
    return "array" if "items" in schema else "object"


def _of_type(kind: str, schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Any:
    match kind:
        case "string":
            return _string(schema)
        case "integer" | "number":
            return _number(schema, whole=kind == "integer")
        case "boolean":
            return True
        case "array":
            return [example(schema.get("items", {}), root=root, depth=depth + 1)] * min(
                int(_num(schema, "minItems") or 0), 64
            )
        case "object":
            properties = schema.get("properties")
            known = properties if isinstance(properties, Mapping) else {}
            required = schema.get("required")
            names = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
            return {name: example(known.get(name, {}), root=root, depth=depth + 1) for name in names}
        case _:
            return None


def _string(schema: Mapping[str, Any]) -> str:
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    longest = _num(schema, "maxLength")
    text = "example".ljust(min(int(_num(schema, "minLength") or 0), 100_000), "e")
    return text if longest is None else text[: int(longest)]


def _number(schema: Mapping[str, Any], *, whole: bool) -> float:
    step = _num(schema, "multipleOf") or 1
    low, above = _num(schema, "minimum"), _num(schema, "exclusiveMinimum")
    high, below = _num(schema, "maximum"), _num(schema, "exclusiveMaximum")
    value: float = step
    floor = max((bound for bound in (low, above) if bound is not None), default=None)
    if floor is not None and (value < floor or value == above):
        value = -(-floor // step) * step
        value = value + step if value == above else value
    ceiling = min((bound for bound in (high, below) if bound is not None), default=None)
    if ceiling is not None and (value > ceiling or value == below):
        value = ceiling // step * step
        value = value - step if value == below else value
    return int(value) if whole or value == int(value) else value


def _num(schema: Mapping[str, Any], key: str) -> float | None:
    found = schema.get(key)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def _referred(reference: str, root: Mapping[str, Any]) -> object:
    """The part of `root` that a local reference such as `#/$defs/Item` names; None if there is none."""
    found: object = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        if step:
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
    return found


def _merged(schema: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """`allOf` folded into one schema: properties and required names add up, the rest is taken from the last."""
    merged: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
    for given in schema["allOf"]:
        part = (
            _referred(given["$ref"], root)
            if isinstance(given, Mapping) and isinstance(given.get("$ref"), str)
            else given
        )
        if not isinstance(part, Mapping):
            continue
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        required = [*merged.get("required", []), *part.get("required", [])]
        merged |= part
        merged |= {"properties": properties, "required": required}
    return merged
