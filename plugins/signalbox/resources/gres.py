"""GRES strings to GPU counts, and partitions summed up from rows of nodes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from signalbox.resources.gpu_class import gpu_class
from signalbox.schema.resources import Partition

# fmt: off
_UNUSABLE = frozenset({
    "DOWN", "DRAIN", "DRAINED", "DRAINING", "FAIL", "FAILING", "NOT_RESPONDING", "POWERED_DOWN", "POWERING_DOWN",
    "POWERING_UP", "POWER_DOWN", "POWERED_OFF", "MAINTENANCE", "MAINT", "RESERVED", "RESV", "INVALID",
    "INVALID_REG", "FUTURE", "UNKNOWN", "ERROR", "BLOCKED",
})
# fmt: on


@dataclass(frozen=True, slots=True)
class NodeRow:
    """`count` equal nodes of a partition. `free` None: some of their GPUs are in use, untold how many."""

    partition: str
    count: int
    gpus: Mapping[str, int]
    free: Mapping[str, int] | None
    up: bool | None = None
    time_limit_minutes: int | None = None


def parse_gres(text: str | None) -> dict[str, int]:
    """`gpu:tesla_t4:2(S:0-1),nvme:3500` -> {"tesla_t4": 2}; GPUs without a type count under "". Never raises."""
    gpus: dict[str, int] = {}
    for entry in re.split(r",(?![^(]*\))", (text or "")[:10_000]):  # a comma inside (IDX:0,2-3) does not split
        kind, *rest = re.sub(r"\([^)]*\)", "", entry).strip().split(":")
        if kind != "gpu" or len(rest) > 2:
            continue
        if len(rest) == 1 and not rest[0][:1].isdecimal():
            rest = [rest[0], "1"]
        name, number = ("", *(rest or ["1"])) if len(rest) < 2 else (rest[0].lower(), rest[1])
        count = re.match(r"\d{1,6}", number)
        if count is not None and count[0].isascii():
            gpus[name] = gpus.get(name, 0) + int(count[0])
    return gpus


def usable(states: Iterable[str]) -> bool:
    """Whether a node takes new work: none of its state words says otherwise."""
    words = {state.upper() for state in states}
    return bool(words) and not any(word in _UNUSABLE or word.startswith("REBOOT") for word in words)


def free_gpus(total: Mapping[str, int], used: Mapping[str, int]) -> dict[str, int]:
    """What is not in use; GPUs in use without a type are taken off whichever type there is."""
    left = {kind: max(0, count - used.get(kind, 0)) for kind, count in total.items()}
    untyped = used.get("", 0) if "" not in total else 0
    for kind, count in left.items():
        taken = min(untyped, count)
        left[kind] = count - taken
        untyped -= taken
    return left


def merge(rows: Iterable[NodeRow]) -> tuple[Partition, ...]:
    """Partitions in order of their first row; GPU types become classes (`tesla_t4` -> `t4`)."""
    grouped: dict[str, list[NodeRow]] = {}
    for row in rows:
        grouped.setdefault(row.partition, []).append(row)
    return tuple(_partition(name, group) for name, group in grouped.items())


def _partition(name: str, rows: list[NodeRow]) -> Partition:
    ups = [row.up for row in rows if row.up is not None]
    limits = [row.time_limit_minutes for row in rows if row.time_limit_minutes is not None]
    free = [row.free for row in rows if row.gpus]
    return Partition(
        name=name,
        up=any(ups) if ups else None,
        gpus_total=_by_class((row.gpus, row.count) for row in rows),
        gpus_free=None if None in free else _by_class((some, 1) for some in free if some is not None),
        time_limit_minutes=max(limits, default=None),
    )


def _by_class(counts: Iterable[tuple[Mapping[str, int], int]]) -> dict[str, int]:
    classes: dict[str, int] = {}
    for gpus, times in counts:
        for kind, count in gpus.items():
            name = gpu_class(kind) if kind else "unknown:gpu"
            classes[name] = classes.get(name, 0) + count * times
    return classes
