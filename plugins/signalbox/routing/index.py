"""A plan made quick to ask: who serves what, where a task goes, what a model scores. Built once per plan, then read only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from signalbox.schema.base import TIERS, Capability, Tier
from signalbox.schema.plan import Plan, PlanLane, PlanModel, PlanTask
from signalbox.schema.signals import TaskSignal

RANK: dict[Tier, int] = {tier: rank for rank, tier in enumerate(TIERS)}


@dataclass(frozen=True, slots=True)
class Standing:
    """One task in a plan: where it goes, and how well each model does it."""

    chain: tuple[str, ...]
    """Whose preferences count, nearest first: the task, what is done in it where it is a language, its parent, ..."""
    route: PlanTask
    """The nearest route up the taxonomy, then "*"."""
    scores: Mapping[str, float]
    """Model -> 0-100; a kind without a score asks its parent, then general_qa, then 0."""
    specialists: frozenset[str]
    """Models whose card names a speciality that counts for the task or an ancestor."""
    claims: Mapping[str, tuple[object, ...]]
    """Model -> what ranks it within its tier, least first: room, speciality, local before cloud, score."""
    best: Mapping[int, tuple[PlanModel, ...]]
    """Rank of a tier -> its models, by score, then by name."""

    @classmethod
    def of(cls, chain: tuple[str, ...], plan: Plan) -> Standing:
        """How the plan stands to the first of a chain."""
        kinds = [plan.taxonomy.kinds[kind] for kind in chain if kind in plan.taxonomy.kinds]
        counting = {*chain, *(word for kind in kinds for word in kind.specialities)} if kinds else set()
        asked = (*chain, "general_qa")
        scores = {
            name: next((model.scores[kind] for kind in asked if kind in model.scores), 0.0)
            for name, model in plan.models.items()
        }
        special = frozenset(name for name, model in plan.models.items() if not counting.isdisjoint(model.specialities))
        room = next((kind.min_context for kind in kinds if kind.min_context), 0)
        abroad = {name: plan.behaviour.prefer_local and not model.local for name, model in plan.models.items()}
        ranked = sorted(plan.models.values(), key=lambda model: (-scores[model.name], model.name))
        return cls(
            chain=chain,
            route=next((plan.tasks[name] for name in chain if name in plan.tasks), plan.tasks["*"]),
            scores=scores,
            specialists=special,
            claims={
                name: (model.context_window < room, name not in special, abroad[name], -scores[name])
                for name, model in plan.models.items()
            },
            best={rank: tuple(model for model in ranked if model.tier == tier) for tier, rank in RANK.items()},
        )


@dataclass(frozen=True, slots=True)
class Index:
    """A plan and what is derived from it."""

    plan: Plan
    default: PlanLane
    standings: dict[tuple[str, str | None], Standing]
    """Every kind of the taxonomy, and every language with what is done in it."""
    everything: tuple[PlanModel, ...]
    """All models, by name: the order of a mapping never shows in a decision."""
    capabilities: dict[str, frozenset[Capability]]
    """Model -> what it offers."""
    places: dict[str, tuple[str, ...]]
    """Model -> the ids of its deployments."""
    deployments: dict[str, str]
    """Deployment id -> its model: a client that names one means the model."""
    local: frozenset[str]
    data_classes: frozenset[str]
    """Data classes that are local_only."""

    @classmethod
    def of(cls, plan: Plan) -> Index:
        """Raises nothing: a Plan has been checked."""
        return cls(
            plan=plan,
            default=plan.lanes[plan.default_lane],
            standings={
                (name, doing): Standing.of(
                    (name, *((doing,) if doing else ()), *plan.taxonomy.ancestry(name)[1:]), plan
                )
                for name in plan.taxonomy.kinds
                for doing in (None, *plan.taxonomy.doings(name))
            },
            everything=tuple(model for _, model in sorted(plan.models.items())),
            capabilities={name: frozenset(model.capabilities) for name, model in plan.models.items()},
            places={
                name: tuple(deployment.id for deployment in model.deployments) for name, model in plan.models.items()
            },
            deployments={
                deployment.id: name for name, model in plan.models.items() for deployment in model.deployments
            },
            local=frozenset(name for name, model in plan.models.items() if model.local),
            data_classes=frozenset(name for name, rule in plan.data_classes.items() if rule == "local_only"),
        )

    def standing(self, task: TaskSignal) -> Standing:
        """How the plan stands to a task; one that is not of the taxonomy has no more than a route."""
        return self.standings.get((task.name, task.doing)) or Standing.of((task.name,), self.plan)

    def lane(self, name: str) -> PlanLane:
        """A lane by name; the default lane for a name that the plan does not have."""
        return self.plan.lanes.get(name, self.default)
