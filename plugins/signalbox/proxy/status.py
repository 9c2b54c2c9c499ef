"""What `/signalbox/status` and `signalbox status` show."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from signalbox.fleet.board import Tally
from signalbox.proxy.runtime import Runtime
from signalbox.schema.fleet import DeploymentState, FleetSnapshot
from signalbox.schema.plan import PlanDeployment

_NO_CALLS = Tally(0, 0, "")


def status(runtime: Runtime, *, with_addresses: bool) -> dict[str, Any]:
    """Strategy, totals of this worker, and every deployment."""
    plan, board = runtime.active.plan, runtime.active.board
    snapshot, tallies = board.snapshot(time.monotonic()), board.tallies()
    return {
        "strategy": plan.strategy,
        "privacy": plan.privacy,
        "digest": plan.digest,
        "started_at": runtime.started_at,
        "uptime_s": round(time.time() - runtime.started_at, 1),
        **runtime.metrics.totals(),
        "log_lines_dropped": runtime.log.dropped if runtime.log else 0,
        "models": [
            {
                "name": name,
                "tier": model.tier,
                "local": model.local,
                "deployments": [
                    _deployment(found, snapshot, tallies, board.in_flight.get(found.id, 0), with_address=with_addresses)
                    for found in model.deployments
                ],
            }
            for name, model in plan.models.items()
        ],
    }


def _word(state: DeploymentState) -> str:
    """One word for people: what matters most about a deployment now."""
    if not state.usable:
        return state.state
    return "resting" if state.resting else "saturated" if state.saturated else "cold" if state.cold else state.state


def _deployment(
    deployment: PlanDeployment,
    snapshot: FleetSnapshot,
    tallies: Mapping[str, Tally],
    in_flight: int,
    *,
    with_address: bool,
) -> dict[str, Any]:
    state, tally = snapshot.of(deployment.id), tallies.get(deployment.id, _NO_CALLS)
    return {
        "id": deployment.id,
        "url": deployment.url if with_address else None,
        "state": _word(state),
        "reason": state.reason,
        "in_flight": in_flight,
        "running": state.running,
        "waiting": state.waiting,
        "cache_used": state.cache_used,
        "latency_ms": None if state.latency_ms is None else round(state.latency_ms, 1),
        "served": tally.served,
        "failed": tally.failed,
    }
