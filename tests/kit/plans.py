"""Small valid plans, signals and cases: name only what a test is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from signalbox.routing.case import Case, Previous
from signalbox.routing.index import Index
from signalbox.routing.signals.needs import needs_signal
from signalbox.schema.base import Tier
from signalbox.schema.budget import BudgetState
from signalbox.schema.facts import Caller, Facts, Hints
from signalbox.schema.fleet import DeploymentState, FleetSnapshot
from signalbox.schema.plan import Plan, PlanDeployment, PlanLane, PlanModel, PlanTask
from signalbox.schema.signals import Complexity, Signals, TaskSignal, TaskSource
from signalbox.schema.strategy import Behaviour, Budget, Routing, Tiers
from signalbox.schema.taxonomy import Taxonomy

TAXONOMY = Taxonomy.model_validate(
    {
        "kinds": {
            "general_qa": {"description": "questions"},
            "code": {"description": "programs", "specialities": ["code_generation"]},
            "code_python": {"description": "Python", "parent": "code"},
            "math": {"description": "sums", "specialities": ["mathematical_reasoning"]},
            "summarisation": {"description": "shorter"},
            "embeddings": {"description": "vectors"},
        }
    }
)

LaneSpec = str | Sequence[str] | tuple[Sequence[str], Sequence[str]]


def model(name: str, *, tier: Tier | None = "balanced", local: bool = True, **changes: Any) -> PlanModel:
    """A model group with one deployment, `<name>-1`; `deployments=n` gives more."""
    count = changes.pop("deployments", 1)
    places = tuple(
        PlanDeployment(
            id=f"{name}-{number}",
            url=f"http://{name}-{number}:8000" if local else None,
            server="vllm" if local else None,
            provider="hosted_vllm" if local else "openai",
            local=local,
        )
        for number in range(1, count + 1)
    )
    values: dict[str, Any] = {
        "card": name,
        "context_window": 32_768,
        "capabilities": ("chat", "tools", "json_schema"),
        **changes,
    }
    return PlanModel(name=name, tier=tier, local=local, deployments=places, **values)


def plan(
    *models: PlanModel,
    lanes: Mapping[str, tuple[Sequence[str], Sequence[str]] | Sequence[str]] | None = None,
    tasks: Mapping[str, str | dict[str, Any]] | None = None,
    **changes: Any,
) -> Plan:
    """A plan of these models; without lanes all stand in `general`. A lane is [models] or ([models], [fallbacks])."""
    if not models:
        models = (model("small", tier="fast"), model("middle"), model("large", tier="quality"))
    names = [found.name for found in models]
    given = {"general": names} if lanes is None else lanes
    routes = {"*": next(iter(given)), **(tasks or {})}
    values: dict[str, Any] = {
        "digest": "0" * 64,
        "strategy": "tested",
        "privacy": "cloud_allowed",
        "models": {found.name: found for found in models},
        "lanes": {name: _lane(name, spec) for name, spec in given.items()},
        "tasks": {name: _task(name, spec) for name, spec in routes.items()},
        "default_lane": next(iter(given)),
        "safe_model": names[0],
        "tiers": Tiers(),
        "taxonomy": TAXONOMY,
        "behaviour": Behaviour(),
        "routing": Routing(),
        "budget": Budget(),
        **changes,
    }
    return Plan(**values)


def _lane(name: str, spec: tuple[Sequence[str], Sequence[str]] | Sequence[str]) -> PlanLane:
    chosen, fallbacks = spec if isinstance(spec, tuple) else (spec, ())
    return PlanLane(name=name, models=tuple(chosen), fallbacks=tuple(fallbacks))  # type: ignore[arg-type]


def _task(name: str, spec: str | dict[str, Any]) -> PlanTask:
    return PlanTask(name=name, **({"lane": spec} if isinstance(spec, str) else spec))


def facts(prompt: str = "hello", *, hints: Hints | None = None, caller: Caller | None = None, **changes: Any) -> Facts:
    """Facts of a short chat request."""
    values: dict[str, Any] = {"prompt": prompt, "prompt_chars": len(prompt), "prompt_tokens": 100, **changes}
    return Facts(hints=hints or Hints(), caller=caller or Caller(), **values)


def case(
    of: Plan,
    *,
    task: str = "general_qa",
    complexity: float = 5.0,
    source: TaskSource = "signal",
    confidence: float = 0.9,
    id: str = "case-1",  # noqa: A002
    fleet: FleetSnapshot | None = None,
    budget: BudgetState | None = None,
    previous: Previous | None = None,
    request: Facts | None = None,
    weak_failure: float = 0.5,
    doing: str | None = None,
    **changes: Any,
) -> Case:
    """A case with its signals given; further keywords are `Facts` fields."""
    said = request if request is not None else facts(**changes)
    signals = Signals(
        TaskSignal(task, confidence, source, doing=doing),
        spread(complexity),
        needs_signal(said, of.behaviour),
        weak_failure,
    )
    return Case(id, Index.of(of), said, signals, fleet or FleetSnapshot(), budget or BudgetState(), previous)


def spread(total: float) -> Complexity:
    """A complexity of this total."""
    share = total / 10
    return Complexity(2 * share, 3 * share, 2 * share, 2 * share, 1 * share)


def resting(*deployments: str) -> FleetSnapshot:
    """A fleet in which these deployments failed a moment ago."""
    return FleetSnapshot({name: DeploymentState(resting=True, reason="Timeout 504") for name in deployments})


def saturated(*deployments: str) -> FleetSnapshot:
    """A fleet in which these deployments have long queues."""
    return FleetSnapshot({name: DeploymentState("ready", running=9, waiting=9) for name in deployments})


def down(*deployments: str) -> FleetSnapshot:
    """A fleet in which these deployments are known to be down."""
    return FleetSnapshot({name: DeploymentState("down", "KEY is not set") for name in deployments})
