"""The one object that outlives a request: the active plan, what is known of the fleet, the trips, the log."""

from __future__ import annotations

import asyncio
import os
import time
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from signalbox.errors import FileError, Refusal, StalePlan
from signalbox.evidence.decision_log import DecisionLog, installation_salt
from signalbox.evidence.record import Outcome, log_line, refusal_line
from signalbox.fleet.board import Board
from signalbox.fleet.watch import Watch
from signalbox.ledger.store import Ledger, open_ledger
from signalbox.load import load_plan, read_yaml
from signalbox.proxy.metrics import Metrics
from signalbox.proxy.second_opinion import Adviser, open_adviser
from signalbox.proxy.trip import Trip, Trips
from signalbox.routing.case import Previous
from signalbox.routing.pipeline import Pipeline, load_model
from signalbox.schema.decision import Decision
from signalbox.schema.facts import Facts
from signalbox.schema.plan import Plan
from signalbox.schema.signals import TaskSignal

PLAN_VARIABLE: Final = "SIGNALBOX_PLAN"
RUN_VARIABLE: Final = "SIGNALBOX_RUN"
ABANDONED: Final = "Abandoned"
"""The error of a request of which no event told the end."""
_SESSIONS: Final = 10_000
_SESSION_SECONDS: Final = 600.0
"""About as long as providers and servers keep a prompt cache warm."""


@dataclass(frozen=True, slots=True)
class Active:
    """What one plan needs to decide and to be told outcomes; a switch replaces it whole."""

    pipeline: Pipeline
    board: Board
    adviser: Adviser | None = None

    @property
    def plan(self) -> Plan:
        """The plan in force."""
        return self.pipeline.plan


class Runtime:
    """Owned by the plugin instance, one per worker process."""

    def __init__(self, plan: Plan, run_folder: Path, *, environ: Mapping[str, str]) -> None:
        model = load_model(environ)
        board = Board(plan, environ, cooldown=plan.behaviour.cooldown)
        self.started_at = time.time()
        self.trips = Trips()
        self.recent: deque[str] = deque(maxlen=2_000)
        self.metrics = Metrics()
        self.ledger: Ledger = open_ledger(plan.budget, run_folder)
        self.active = Active(Pipeline(plan, model), board, open_adviser(plan, self.ledger, self._embedding_trip))
        self.log = DecisionLog(run_folder) if plan.behaviour.decision_log else None
        self._ids = Random(os.urandom(16))  # noqa: S311 - ids name decisions; they guard nothing
        self._salt = installation_salt(run_folder)
        self._sessions: OrderedDict[str, tuple[Previous, float]] = OrderedDict()
        self._watch = Watch(plan, board, environ)
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    def start(cls, config: Path | None, environ: Mapping[str, str] = os.environ) -> Runtime:
        """Loads the plan beside the config. Raises FileError or StalePlan if the pair is missing or does not match."""
        named = environ.get(PLAN_VARIABLE)
        path = Path(named) if named else (config or Path("litellm_config.yaml")).with_name("routing_plan.json")
        plan = load_plan(path)
        if config is not None and config.exists():
            refuse_mismatch(plan, path, config)
        run = Path(environ[RUN_VARIABLE]) if environ.get(RUN_VARIABLE) else path.parent.resolve() / "run"
        try:
            return cls(plan, run, environ=environ)
        except OSError as error:
            raise FileError(
                run, f"cannot be used: {error.strerror or error}.", remedy=f"Name another run folder in {RUN_VARIABLE}"
            ) from error

    def watch(self) -> None:
        """Begins to ask the servers how they are, on the running event loop."""
        self._watching = asyncio.create_task(self._watch.run())

    async def second_opinion(self, facts: Facts) -> TaskSignal | None:
        """What embeddings say of the task, where the strategy wants that and the fast model is unsure."""
        adviser = self.active.adviser
        return await adviser.advise(self.active.pipeline, facts, time.monotonic()) if adviser else None

    def decide(self, facts: Facts, second_opinion: TaskSignal | None = None) -> Trip:
        """Decides a request by one plan, and remembers its trip. Raises a Refusal, which is logged."""
        active, now, at = self.active, time.monotonic(), time.time()
        id = self._new_id()  # noqa: A001 - the decision's own field
        try:
            decision = self._affordable(active, facts, second_opinion, id=id, now=now, at=at)
        except Refusal as refusal:
            self.refused(refusal, facts, id=id, at=at)
            raise
        trip = Trip(id, facts, decision, decision.local_only, at, now)
        self.trips.add(trip)
        self.metrics.decided(time.monotonic() - now)
        return trip

    def _affordable(
        self,
        active: Active,
        facts: Facts,
        second_opinion: TaskSignal | None,
        *,
        id: str,  # noqa: A002
        now: float,
        at: float,
    ) -> Decision:
        """A decision whose upper-bound cost is reserved. Another worker may take the last money in between: decide anew."""
        while True:
            decision = self._decided(active, facts, second_opinion, id=id, now=now, at=at)
            if self.ledger.reserve(id, decision.reserve_micros, at):
                return decision

    def _decided(
        self,
        active: Active,
        facts: Facts,
        second_opinion: TaskSignal | None = None,
        *,
        id: str,  # noqa: A002
        now: float,
        at: float,
    ) -> Decision:
        return active.pipeline.decide(
            facts,
            id=id,
            fleet=active.board.snapshot(now),
            budget=self.ledger.state(at),
            previous=self.previous(facts, now),
            second_opinion=second_opinion,
        )

    def explain(self, facts: Facts) -> dict[str, Any]:
        """The decision that a request would get now. Nothing is called, reserved or remembered."""
        decision = self._decided(self.active, facts, id=self._new_id(), now=time.monotonic(), at=time.time())
        return dict(decision.as_json())

    def guarded(self, facts: Facts, *, local_only: bool) -> Trip:
        """The trip of a request that is not routed, only held to the privacy rules."""
        trip = Trip(self._new_id(), facts, None, local_only, time.time(), time.monotonic())
        self.trips.add(trip)
        return trip

    @contextmanager
    def _embedding_trip(self, local_only: bool) -> Iterator[str]:
        """A call of our own. LiteLLM tells nobody of one that is cut off, so it ends here."""
        trip = self.guarded(Facts(endpoint="embedding"), local_only=local_only)
        try:
            yield trip.id
        finally:
            self.returned(trip)

    def sent(self, trip: Trip, deployment: str) -> None:
        """A request goes to a deployment; if it was under way to another, it is no more."""
        self.returned(trip)
        trip.deployment = deployment
        if not trip.ended:
            trip.under_way = deployment
            self.active.board.sent(deployment)

    def returned(self, trip: Trip) -> None:
        """The deployment that it was sent to has done with it."""
        if trip.under_way is not None:
            self.active.board.returned(trip.under_way)
            trip.under_way = None

    def ended(self, trip: Trip, outcome: Outcome) -> None:
        """A request ended: settle, count, log. The first end counts."""
        if trip.ended:
            return
        trip.ended = True
        self.returned(trip)
        self.ledger.settle(trip.id, _spent(trip, outcome), time.time())
        prompt, trip.facts = trip.facts.prompt, trip.facts.without_text()
        if trip.decision is None:
            return
        if outcome.success:
            self._remember(trip, outcome)
        self.metrics.ended(trip.decision, outcome)
        may_log_text = self.active.plan.behaviour.log_prompts and not trip.local_only
        self._write(
            log_line(
                trip.decision,
                trip.facts,
                outcome,
                at=trip.at,
                salt=self._salt,
                prompt=prompt if may_log_text else None,
            )
        )

    def failed(self, trip: Trip, error: str) -> None:
        """A request ended badly; `error` is the class of what went wrong."""
        latency = (time.monotonic() - trip.started) * 1000
        self.ended(
            trip,
            Outcome(
                success=False,
                model_used=trip.answered,
                deployment=trip.deployment,
                fallback_depth=trip.depth,
                latency_ms=latency,
                error=error,
            ),
        )

    def abandoned(self, trip: Trip) -> None:
        """A request is over and no event told how. What was sent to a deployment is taken as paid."""
        if not trip.ended:
            self.failed(trip, ABANDONED)

    def refused(self, refusal: Refusal, facts: Facts, *, id: str, at: float) -> None:  # noqa: A002
        """A request was refused: counted and logged like any other end."""
        self.metrics.refused(refusal.code)
        self._write(refusal_line(refusal, facts, id=id, strategy=self.active.plan.strategy, at=at, salt=self._salt))

    def _new_id(self) -> str:
        return f"{self._ids.getrandbits(64):016x}"

    def previous(self, facts: Facts, now: float) -> Previous | None:
        """What this session used last, if that is recent."""
        known = self._sessions.get(session_of(facts))
        return known[0] if known and now - known[1] < _SESSION_SECONDS else None

    async def stop(self) -> None:
        """Writes what waits and closes what is open."""
        if self._watching:
            self._watching.cancel()
        if self.active.adviser:
            self.active.adviser.close()
        if self.log:
            self.log.close()
        self.ledger.close()

    def _remember(self, trip: Trip, outcome: Outcome) -> None:
        session = session_of(trip.facts)
        self._sessions[session] = (
            Previous(outcome.model_used or trip.answered, trip.facts.prompt_tokens),
            time.monotonic(),
        )
        self._sessions.move_to_end(session)
        while len(self._sessions) > _SESSIONS:
            self._sessions.popitem(last=False)

    def _write(self, line: str) -> None:
        self.recent.append(line)
        if self.log:
            self.log.write(line)


def refuse_mismatch(plan: Plan, plan_path: Path, config: Path) -> None:
    """Raises StalePlan if the config carries another digest than the plan. A config without our mark passes."""
    try:
        mark = read_yaml(config).get("signalbox")
    except FileError:
        return
    digest = mark.get("digest") if isinstance(mark, Mapping) else None
    if digest is not None and digest != plan.digest:
        raise StalePlan(
            f"{config} (digest {str(digest)[:12]}) and {plan_path} (digest {plan.digest[:12]}) were not compiled together. "
            f"Make both anew: signalbox compile --strategy {plan.strategy} --out {config.parent}"
        )


def session_of(facts: Facts) -> str:
    """The session that the client names, else the conversation's own prefix; each key has its own."""
    return f"{facts.caller.identity}:{facts.hints.session or facts.conversation}"


def _spent(trip: Trip, outcome: Outcome) -> int:
    """Micro-dollars to book. A call that was answered but not priced, that broke while it streamed, or of which nobody told
    the end, cost its estimate."""
    if outcome.success and outcome.cost_usd is not None:
        return round(outcome.cost_usd * 1_000_000)
    answered = outcome.success or trip.streaming or (outcome.error == ABANDONED and trip.deployment is not None)
    return trip.decision.estimated_cost_micros if answered and trip.decision else 0
