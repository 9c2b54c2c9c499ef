"""What is known of the deployments now: the outcomes of our own calls, what their servers say, keys that are not set.

Written by the proxy's event handlers and the watch, on one event loop; read as immutable snapshots.
"""

from __future__ import annotations

from collections import Counter
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
    seen: DeploymentState | None = None
    """What its server said last."""
    seen_until: float = 0.0


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
        self._in_flight: Counter[str] = Counter()
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
        doubted = record.seen is not None and not record.seen.usable
        if record.failures or doubted:
            record.failures, record.rests_until = 0, 0.0
            record.seen = None if doubted else record.seen
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

    def seen(self, deployment: str, state: DeploymentState, now: float, *, holds: float) -> None:
        """What its server says, which holds until it is asked again, at most for so many seconds."""
        record = self._records.setdefault(deployment, _Record())
        changed = record.seen != state or now >= record.seen_until
        record.seen, record.seen_until = state, now + holds
        if changed:
            self._publish(now)

    def sent(self, deployment: str) -> None:
        """A call is on its way."""
        self._in_flight[deployment] += 1

    def returned(self, deployment: str) -> None:
        """A call that was sent is over."""
        self._in_flight[deployment] = max(0, self._in_flight[deployment] - 1)

    @property
    def in_flight(self) -> Mapping[str, int]:
        """Our own calls on their way, by deployment id."""
        return self._in_flight

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
        for name, record in self._records.items():
            known = states.get(name) or DeploymentState()
            if known.usable and record.seen is not None and now < record.seen_until:
                known = record.seen
            if record.latency_ms is not None:
                known = replace(known, latency_ms=record.latency_ms)
            if record.rests_until > now:
                known = replace(known, resting=True, reason=known.reason or record.last_error)
            states[name] = known
        self._snapshot = FleetSnapshot(MappingProxyType(states))
        changes = (time for record in self._records.values() for time in (record.rests_until, record.seen_until))
        self._next_change = min((time for time in changes if time > now), default=float("inf"))


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
