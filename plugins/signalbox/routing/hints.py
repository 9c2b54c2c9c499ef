"""Hints of the client: headers `x-signalbox-*`, `metadata.signalbox`, and the model's name. Untrusted, bounded."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from signalbox.schema.facts import Hints
from signalbox.units import Usd

PREFIX: Final = "x-signalbox-"
AUTO: Final = "auto"
_NAMES: Final = ("task", "tier", "lane", "persona", "data_class", "session")
_KEYS: Final = {name.replace("_", ""): name for name in (*_NAMES, "max_cost", "max_latency_ms", "ignore_persona")}
"""Names as they are compared: `Data-Class`, `dataClass` and `data_class` are one, so that no spelling loses a rule."""
_MOST_KEYS: Final = 100
_LONGEST: Final = 200
_LONGEST_JSON: Final = 10_000
_NONE: Final = Hints()
_TRUE: Final = ("1", "true", "yes", "on", "True")
UNREADABLE_CLASS: Final = "unreadable"
"""The data class of a request whose data-class hint makes no sense; no strategy knows it, so it is local only."""


def read_hints(requested: str, headers: Mapping[str, str], metadata: object) -> Hints:
    """Header before metadata before model name. What cannot be understood is listed in `ignored`, never obeyed."""
    ignored: list[str] = []
    given = _given(headers, metadata, ignored)
    if not given and not ignored and requested == AUTO:
        return _NONE
    values: dict[str, str | None] = {name: _text(name, given, ignored) for name in _NAMES}
    if given.get("data_class") is not None and values["data_class"] is None:
        values["data_class"] = UNREADABLE_CLASS
    kind, _, name = requested.partition("/")
    by_name = name if kind in {"lane", "task", "tier"} and name else None
    for target in ("lane", "task", "tier"):
        if by_name and kind == target and values[target] is None:
            values[target] = by_name[:_LONGEST]
    return Hints(
        model=None if requested == AUTO or by_name else requested,
        lane=values["lane"],
        task=values["task"],
        tier=values["tier"],
        persona=values["persona"],
        data_class=values["data_class"],
        session=values["session"],
        max_cost_micros=_money(given.get("max_cost"), ignored),
        max_latency_ms=_positive(given.get("max_latency_ms"), ignored),
        ignore_persona=given.get("ignore_persona") in (True, *_TRUE),
        ignored=tuple(ignored),
    )


def _given(headers: Mapping[str, str], metadata: object, ignored: list[str]) -> dict[str, object]:
    """Hints by name. Two data classes that differ are unreadable, hence local only: naming a second one loosens nothing."""
    given: dict[str, object] = {}
    for key, value in (*_inside(metadata, ignored), *_headers(headers)):
        name = _KEYS.get(same_name(key))
        if name == "data_class" and value is not None and given.get(name, value) != value:
            ignored.append("data_class: two that differ")
            value = UNREADABLE_CLASS  # noqa: PLW2901
        if name and not (name == "data_class" and value is None):
            given[name] = value
    return given


def same_name(key: str) -> str:
    """The spelling that all spellings of a hint share."""
    return key.lower().replace("-", "").replace("_", "")


def _headers(headers: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    return ((key[len(PREFIX) :], value) for key, value in headers.items() if key[: len(PREFIX)].lower() == PREFIX)


def _inside(metadata: object, ignored: list[str]) -> Iterable[tuple[str, object]]:
    """The hints within metadata. One that is there and cannot be read may have been a data class, so it counts as one."""
    if not metadata:
        return ()
    outside = _parsed(metadata)
    inside = _parsed(outside.get("signalbox")) if isinstance(outside, Mapping) else None
    if isinstance(inside, Mapping) and len(inside) <= _MOST_KEYS:
        return ((str(key)[:40], value) for key, value in inside.items())
    if inside is None:
        return ()
    ignored.append(f"metadata.signalbox: not a mapping of at most {_MOST_KEYS} keys")
    return (("data_class", UNREADABLE_CLASS),)


def _parsed(value: object) -> object:
    """JSON in a string is what it says: OpenAI's metadata takes strings alone."""
    if not isinstance(value, str) or not value:
        return value or None
    try:
        return json.loads(value) if len(value) <= _LONGEST_JSON else value
    except (ValueError, RecursionError):
        return value


def _text(name: str, given: Mapping[str, object], ignored: list[str]) -> str | None:
    value = given.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable() or not value.strip():
        ignored.append(f"{name}: not a name of at most {_LONGEST} printable characters")
        return None
    return value


def _money(value: object, ignored: list[str]) -> int | None:
    if value is None or value == "":
        return None
    try:
        return Usd.parse(value)
    except ValueError:
        ignored.append("max_cost: not an amount such as 0.05")
        return None


def _positive(value: object, ignored: list[str]) -> float | None:
    if value is None or value == "":
        return None
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not 0 < number < math.inf:
        ignored.append("max_latency_ms: not a positive number")
        return None
    return number
