"""`sinfo -h -o` to partitions. One partition stands on several lines, one for each state and kind of node."""

from __future__ import annotations

import re

from signalbox.resources.gres import NodeRow, merge, parse_gres
from signalbox.schema.resources import Partition

TEXT_FORMAT = "%P|%a|%l|%D|%t|%c|%m|%G|%f"

_STATE = re.compile(r"([a-z]+)([*~#!%$@^+-]*)\Z")
_TIME = re.compile(r"(?:(\d{1,5})-)?(\d{1,6})(?::(\d{1,2}))?(?::(\d{1,2}))?\Z")


def parse_text(text: str) -> tuple[Partition, ...]:
    """Partitions of all readable lines; other lines are left out."""
    return merge(row for line in text.splitlines() if (row := _row(line)) is not None)


def _row(line: str) -> NodeRow | None:
    fields = [field.strip() for field in line.split("|")]
    if len(fields) < 8 or not fields[0] or not fields[3].isdecimal():
        return None
    name, available, limit, count, state, _, _, gres = fields[:8]
    gpus = parse_gres(gres)
    return NodeRow(
        partition=name.removesuffix("*"),
        count=int(count),
        gpus=gpus,
        free=_free(gpus, int(count), state),
        up=available == "up",
        time_limit_minutes=minutes(limit),
    )


def _free(gpus: dict[str, int], count: int, state: str) -> dict[str, int] | None:
    """Idle nodes have all GPUs free; mixed nodes some, but the text does not tell how many; others none."""
    match = _STATE.match(state)
    if match is None or match[2] not in ("", "-"):
        return {}
    if match[1] in ("mix", "mixed"):
        return None
    return {kind: number * count for kind, number in gpus.items()} if match[1] == "idle" else {}


def minutes(limit: str) -> int | None:
    """`1-12:00:00`, `2:00:00`, `15:00` (minutes and seconds) or `30` (minutes) -> minutes; else (infinite) None."""
    match = _TIME.match(limit.strip())
    if match is None or not limit.isascii():
        return None
    days = int(match[1] or 0)
    parts = [int(part) for part in match.groups()[1:] if part is not None]
    if match[1] is not None:  # D-HH[:MM[:SS]]
        hours, mins = (*parts, 0)[:2]
        return days * 1440 + hours * 60 + mins
    return parts[0] * 60 + parts[1] if len(parts) == 3 else parts[0]
