"""What a decision is made from (`Case`), what it makes on the way (`Draft`), and what a stage is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from signalbox.routing.index import Index, Standing
from signalbox.schema.base import Tier
from signalbox.schema.budget import BudgetState
from signalbox.schema.decision import Excluded
from signalbox.schema.facts import Facts
from signalbox.schema.fleet import FleetSnapshot
from signalbox.schema.plan import PlanLane, PlanModel, PlanTask
from signalbox.schema.signals import Needs, Signals, TaskSignal


@dataclass(frozen=True, slots=True)
class Previous:
    """What this session used last, for as long as its prompt cache is likely warm."""

    model: str
    prompt_tokens: int


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a decision depends on. Values only: deciding twice gives the same answer."""

    id: str
    index: Index
    facts: Facts
    signals: Signals
    fleet: FleetSnapshot = FleetSnapshot()
    budget: BudgetState = BudgetState()
    previous: Previous | None = None


@dataclass(slots=True)
class Draft:
    """A decision in the making. It lives for one call of `decide`, and nobody else sees it."""

    task: TaskSignal
    standing: Standing
    """The plan's view of `task`."""
    needs: Needs
    route: PlanTask
    lane: PlanLane
    tier: Tier = "balanced"
    reason: str = "task_lane"
    only: str | None = None
    """The one model that the client (or the lock) names."""
    local_only: bool = False
    data_class: str | None = None
    persona: str | None = None
    tier_given: bool = False
    prefer_specialised: bool = False
    wanted: str | None = None
    """A model that the persona prefers."""
    min_context: int = 0
    eligible: dict[str, PlanModel] = field(default_factory=dict)
    """Models of the whole plan that pass every hard rule; fallbacks come from here."""
    ranking: list[PlanModel] = field(default_factory=list)
    """Candidates of the lane, best first; the first one is the choice."""
    excluded: list[Excluded] = field(default_factory=list)
    fallbacks: tuple[str, ...] = ()
    cost_micros: int = 0
    reserve_micros: int = 0


class Stage(Protocol):
    """One step of a decision: changes the draft, returns its line of the trace."""

    def __call__(self, case: Case, draft: Draft) -> str: ...


NamedStage = tuple[str, Stage]
