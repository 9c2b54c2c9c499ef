"""What the decision log says: success, fallbacks, latency and cost, over all and by task and model."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from signalbox.evidence.decision_log import FILE_NAME


@dataclass(frozen=True, slots=True)
class Entry:
    """One logged request."""

    at: float
    task: str
    model: str
    success: bool
    depth: int
    latency_ms: float
    cost_usd: float
    error: str | None
    refused: bool


@dataclass(slots=True)
class _Group:
    latencies: list[float] = field(default_factory=list)
    requests: int = 0
    errors: int = 0
    fallbacks: int = 0
    cost_usd: float = 0.0

    def add(self, entry: Entry) -> None:
        self.requests += 1
        self.errors += not entry.success
        self.fallbacks += entry.depth > 0
        self.cost_usd += entry.cost_usd
        if entry.success:
            self.latencies.append(entry.latency_ms)

    def as_json(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "errors": self.errors,
            "error_rate": _share(self.errors, self.requests),
            "fallback_rate": _share(self.fallbacks, self.requests),
            "latency_p50_ms": percentile(self.latencies, 50),
            "latency_p95_ms": percentile(self.latencies, 95),
            "cost_usd": round(self.cost_usd, 6),
        }


def read_log(folder: Path) -> Iterator[Entry]:
    """The entries of a run folder's log files, oldest file first; torn or foreign lines are passed over."""
    numbered = {int(path.suffix[1:]): path for path in folder.glob(f"{FILE_NAME}.*") if path.suffix[1:].isdecimal()}
    rotated = [numbered[number] for number in sorted(numbered, reverse=True)]
    for path in (*rotated, folder / FILE_NAME):
        if path.is_file():
            with path.open(encoding="utf-8", errors="replace") as lines:
                yield from filter(None, map(_entry, lines))


def analyse(entries: Iterable[Entry], *, since: float) -> dict[str, Any]:
    """Figures of the entries from `since` (epoch seconds) on. Latencies are those of successful requests."""
    whole = _Group()
    tasks: defaultdict[str, _Group] = defaultdict(_Group)
    models: defaultdict[str, _Group] = defaultdict(_Group)
    errors: defaultdict[str, int] = defaultdict(int)
    depths: defaultdict[str, int] = defaultdict(int)
    for entry in entries:
        if entry.at < since:
            continue
        for group in (whole, tasks[entry.task], models[entry.model]):
            group.add(entry)
        depths[str(entry.depth)] += not entry.refused
        if entry.error:
            errors[entry.error] += 1
    return {
        **whole.as_json(),
        "fallback_depths": dict(sorted(depths.items())),
        "by_task": {name: group.as_json() for name, group in sorted(tasks.items())},
        "by_model": {name: group.as_json() for name, group in sorted(models.items())},
        "errors_by_kind": dict(sorted(errors.items())),
    }


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Nearest-rank percentile; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    rank = max(0, -(-len(ordered) * percent // 100) - 1)
    return round(ordered[int(rank)], 2)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _entry(line: str) -> Entry | None:
    try:
        read = json.loads(line)
        outcome = read["outcome"]
        task = read.get("task")
        return Entry(
            at=_number(read["at"]),
            task=str(task["name"]) if isinstance(task, Mapping) else "(refused)",
            model=str(outcome.get("model_used") or read.get("model") or "(none)"),
            success=outcome["success"] is True,
            depth=int(outcome.get("fallback_depth") or 0),
            latency_ms=_number(outcome.get("latency_ms") or 0),
            cost_usd=_number(outcome.get("cost_usd") or 0),
            error=str(outcome["error"]) if outcome.get("error") else None,
            refused=read.get("model") is None,
        )
    except (ValueError, OverflowError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _number(value: Any) -> float:
    number = float(value)
    if not isfinite(number):
        raise ValueError("not a number")
    return number
