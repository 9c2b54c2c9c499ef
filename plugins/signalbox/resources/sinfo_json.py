"""`sinfo --json` (21.08 and later) to partitions; also the node and partition lists of slurmrestd and scontrol."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from signalbox.resources.gres import NodeRow, free_gpus, merge, parse_gres, usable
from signalbox.schema.resources import Partition


def parse_json(text: str) -> tuple[Partition, ...] | None:
    """Partitions, or None where the text is not what SLURM writes (an older one answers with plain text)."""
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not any(isinstance(_get(document, key), list) for key in ("sinfo", "nodes", "partitions")):
        return None
    rows = [row for entry in _list(_get(document, "sinfo")) for row in _sinfo_row(entry)]
    rows += [row for entry in _list(_get(document, "nodes")) for row in _node_rows(entry)]
    return merge(_with_limits(rows, _list(_get(document, "partitions"))))


def _sinfo_row(entry: object) -> Iterator[NodeRow]:
    """A row of `sinfo --json`: nodes of one kind, counted under `nodes`."""
    partition = _get(entry, "partition")
    name = _text(_get(partition, "name"))
    count = _number(_get(entry, "nodes", "total"))
    if not name or count is None:
        return
    gpus = parse_gres(_text(_get(entry, "gres", "total")))
    yield NodeRow(
        partition=name,
        count=count,
        gpus=gpus,
        free=_free(entry, count, gpus),
        up=_up(partition),
        time_limit_minutes=_limit(partition),
    )


def _free(entry: object, count: int, gpus: dict[str, int]) -> dict[str, int] | None:
    if not usable(_states(_get(entry, "node", "state"))):
        return {}
    used = parse_gres(_text(_get(entry, "gres", "used")))
    if count == 1 or not any(used.values()):
        return {kind: number * count for kind, number in free_gpus(gpus, used).items()}
    return None  # several nodes share the row, and `used` does not say of which


def _node_rows(entry: object) -> Iterator[NodeRow]:
    """One node, once for each of its partitions."""
    gpus = parse_gres(_text(_get(entry, "gres")))
    free = free_gpus(gpus, parse_gres(_text(_get(entry, "gres_used"))))
    states = [*_states(_get(entry, "state")), *_states(_get(entry, "state_flags"))]
    for name in _list(_get(entry, "partitions")):
        if isinstance(name, str) and name:
            yield NodeRow(partition=name, count=1, gpus=gpus, free=free if usable(states) else {})


def _with_limits(rows: Iterable[NodeRow], partitions: list[object]) -> list[NodeRow]:
    """Rows of nodes know neither state nor time limit of their partition; partitions without nodes get a row."""
    known = {_text(_get(partition, "name")): partition for partition in partitions}
    limited = [
        replace(row, up=_up(known[row.partition]), time_limit_minutes=_limit(known[row.partition]))
        if row.partition in known
        else row
        for row in rows
    ]
    empty = [name for name in known if name and name not in {row.partition for row in limited}]
    return limited + [
        NodeRow(name, 0, {}, {}, up=_up(known[name]), time_limit_minutes=_limit(known[name])) for name in empty
    ]


def _up(partition: object) -> bool | None:
    states = _states(_get(partition, "partition", "state"))
    return "UP" in states if states else None


def _limit(partition: object) -> int | None:
    return _number(_get(partition, "maximums", "time"))


def _number(value: object) -> int | None:
    """An integer, plain or as {"set": true, "infinite": false, "number": 120}; None when unset or infinite."""
    if isinstance(value, dict):
        if not value.get("set", False) or value.get("infinite", False):
            return None
        value = value.get("number")
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _states(value: object) -> list[str]:
    """A list of words; older releases write one word."""
    values = [value] if isinstance(value, str) else _list(value)
    return [state.upper() for state in values if isinstance(state, str) and state]


def _get(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
