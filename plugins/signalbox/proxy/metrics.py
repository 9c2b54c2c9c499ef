"""Prometheus metrics, in one place: name, meaning, labels. Labels take their values from the plan, so they are few."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from signalbox.evidence.record import Outcome
from signalbox.schema.decision import Decision
from signalbox.schema.fleet import FleetSnapshot

_FAST = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.1)


class Metrics:
    """One registry per worker process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "signalbox_requests",
            "requests that ended, by lane, task, model that answered and success",
            ("lane", "task", "model", "success"),
            registry=self.registry,
        )
        self.refusals = Counter("signalbox_refusals", "requests refused, by code", ("code",), registry=self.registry)
        self.depth = Counter(
            "signalbox_fallback_depth",
            "requests by fallback depth (0 = first choice)",
            ("depth",),
            registry=self.registry,
        )
        self.cost = Counter("signalbox_cost_usd", "dollars spent, by model", ("model",), registry=self.registry)
        self.seconds = Histogram(
            "signalbox_request_seconds", "time to the last byte, by lane", ("lane",), registry=self.registry
        )
        self.deciding = Histogram(
            "signalbox_decision_seconds", "time that a decision took", buckets=_FAST, registry=self.registry
        )
        self.up = Gauge("signalbox_up", "1 while the plugin runs", registry=self.registry)
        self.up.set(1)
        self.usable, self.running, self.waiting = (
            Gauge(f"signalbox_deployment_{name}", f"{meaning}, by deployment", ("deployment",), registry=self.registry)
            for name, meaning in (
                ("usable", "0 where it is known not to take requests, else 1"),
                ("running", "requests that its server works on"),
                ("waiting", "requests in its server's queue"),
            )
        )
        self._requests = self._errors = self._fallbacks = 0
        self._cost = 0.0

    def decided(self, seconds: float) -> None:
        """A decision was made."""
        self.deciding.observe(seconds)

    def ended(self, decision: Decision, outcome: Outcome) -> None:
        """A routed request ended."""
        model = outcome.model_used or decision.model
        self.requests.labels(decision.lane, decision.task.name, model, str(outcome.success).lower()).inc()
        self.depth.labels(str(min(outcome.fallback_depth, 9))).inc()
        self.seconds.labels(decision.lane).observe(outcome.latency_ms / 1000)
        if outcome.cost_usd:
            self.cost.labels(model).inc(outcome.cost_usd)
            self._cost += outcome.cost_usd
        self._requests += 1
        self._errors += not outcome.success
        self._fallbacks += outcome.fallback_depth > 0

    def refused(self, code: str) -> None:
        """A request was refused."""
        self.refusals.labels(code).inc()
        self._requests += 1
        self._errors += 1

    def totals(self) -> dict[str, Any]:
        """The figures of the session summary."""
        return {
            "requests": self._requests,
            "errors": self._errors,
            "fallbacks": self._fallbacks,
            "cost_usd": round(self._cost, 6),
        }

    def page(self, fleet: FleetSnapshot) -> bytes:
        """The exposition text, with the deployments as they are now. What a server does not say is left out."""
        for gauge in (self.usable, self.running, self.waiting):
            gauge.clear()
        for name, state in fleet.deployments.items():
            self.usable.labels(name).set(state.usable)
            if state.running is not None:
                self.running.labels(name).set(state.running)
            if state.waiting is not None:
                self.waiting.labels(name).set(state.waiting)
        return generate_latest(self.registry)
