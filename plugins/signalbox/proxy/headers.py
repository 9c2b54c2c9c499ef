"""The response headers, in one place: name, meaning, example. The docs table is made from this."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from signalbox.schema.decision import Decision

_UNPRINTABLE: Final = re.compile(r"[^\x20-\x7e]")
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Header:
    """One response header."""

    name: str
    meaning: str
    example: str


HEADERS: Final = (
    Header("x-signalbox-decision-id", "names the decision in log, explain and dashboard", "5f0c2a9be1d84c6f"),
    Header("x-signalbox-strategy", "the strategy that decided", "t4_hybrid"),
    Header("x-signalbox-model", "the model group that answered (after fallbacks)", "coder"),
    Header("x-signalbox-lane", "the lane of the decision", "coder"),
    Header("x-signalbox-task", "the task that was recognised or named", "code_python"),
    Header("x-signalbox-tier", "fast, balanced or quality", "balanced"),
    Header("x-signalbox-reason", "which rule chose", "task_lane"),
    Header("x-signalbox-fallback-depth", "0 = the first choice answered", "0"),
    Header("x-signalbox-cost", "US dollars; the upper bound estimated before the call", "0.000310"),
)


def header_values(decision: Decision, *, answered: str, depth: int) -> dict[str, str]:
    """The headers of a response: printable ASCII, bounded."""
    values = (
        decision.id,
        decision.strategy,
        answered,
        decision.lane,
        decision.task.name,
        decision.tier,
        decision.reason,
        str(depth),
        f"{decision.estimated_cost_micros / 1_000_000:.6f}",
    )
    return {header.name: clean(value) for header, value in zip(HEADERS, values, strict=True)}


def clean(value: str) -> str:
    """A value that cannot break a response: LiteLLM drops the connection on control characters."""
    return _UNPRINTABLE.sub("?", value)[:_LONGEST]
