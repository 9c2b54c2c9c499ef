"""What is known of the deployments now: the outcomes of our own calls, and keys that are not set.

Written by the proxy's event handlers, on one event loop; read as immutable snapshots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from signalbox.schema.fleet import DeploymentState, FleetSnapshot
from signalbox.schema.plan import Plan


@dataclass(slots=True)
class _Record:
    rests_until: float = 0.0
    failures: int = 0
    """In a row."""
    served: int = 0
    failed: int = 0
    last_error: str = ""
    latency_ms: float | None = None
    """Moving average over about ten calls."""


@dataclass(frozen=True, slots=True)
class Tally:
    """A deployment's calls since the start, for people."""

    served: int
    failed: int
    last_error: str


class Board:
    """A deployment that fails rests for `cooldown` seconds, doubling with each further failure, at most `longest`."""

    def __init__(self, plan: Plan, environ: Mapping[str, str], *, cooldown: float, longest: float = 300.0) -> None:
        self._cooldown, self._longest = cooldown, longest
        self._records: dict[str, _Record] = {}
        self._base = _without_keys(plan, environ)
        self._snapshot = FleetSnapshot(self._base)
        self._next_change = float("inf")

    def served(self, deployment: str, now: float, *, latency_ms: float | None = None) -> None:
        """A call succeeded: the deployment is fine again. A latency shows in snapshots within a second."""
        record = self._records.setdefault(deployment, _Record())
        record.served += 1
        if latency_ms is not None:
            known = record.latency_ms
            record.latency_ms = latency_ms if known is None else known + (latency_ms - known) / 10
            self._next_change = min(self._next_change, now + 1)
        if record.failures:
            record.failures, record.rests_until = 0, 0.0
            self._publish(now)

    def failed(self, deployment: str, error: str, now: float, *, retry_after: float | None = None) -> None:
        """A call failed in a way that says something about the deployment. `now` in seconds of one monotonic clock."""
        record = self._records.setdefault(deployment, _Record())
        record.failed += 1
        record.failures += 1
        record.last_error = error
        rest = self._cooldown * 2 ** min(record.failures - 1, 8) if retry_after is None else retry_after
        record.rests_until = now + min(rest, self._longest)
        self._publish(now)

    def snapshot(self, now: float) -> FleetSnapshot:
        """The state of all deployments; the same object until something changes."""
        if now >= self._next_change:
            self._publish(now)
        return self._snapshot

    def tallies(self) -> Mapping[str, Tally]:
        """Calls by deployment id."""
        return {name: Tally(record.served, record.failed, record.last_error) for name, record in self._records.items()}

    def _publish(self, now: float) -> None:
        states = dict(self._base)
        wakes = [record.rests_until for record in self._records.values() if record.rests_until > now]
        for name, record in self._records.items():
            known = states.get(name, DeploymentState())
            if record.latency_ms is not None:
                states[name] = known = replace(known, latency_ms=record.latency_ms)
            if record.rests_until > now:
                states[name] = replace(known, resting=True, reason=known.reason or record.last_error)
        self._snapshot = FleetSnapshot(MappingProxyType(states))
        self._next_change = min(wakes, default=float("inf"))


def _without_keys(plan: Plan, environ: Mapping[str, str]) -> Mapping[str, DeploymentState]:
    """Cloud deployments whose API key is not set: down until the proxy starts with the key."""
    return MappingProxyType(
        {
            deployment.id: DeploymentState("down", f"{deployment.key} is not set")
            for model in plan.models.values()
            for deployment in model.deployments
            if deployment.key and not environ.get(deployment.key)
        }
    )
