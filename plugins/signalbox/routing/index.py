"""A plan made quick to ask: who serves what, where a task goes, what a model scores. Built once per plan, then read only."""

from __future__ import annotations

from dataclasses import dataclass, field

from signalbox.schema.base import TIERS, Tier
from signalbox.schema.plan import Plan, PlanLane, PlanModel, PlanTask

RANK: dict[Tier, int] = {tier: rank for rank, tier in enumerate(TIERS)}


@dataclass(frozen=True, slots=True)
class Index:
    """A plan and what is derived from it."""

    plan: Plan
    ancestry: dict[str, tuple[str, ...]]
    """Every kind of the taxonomy: itself, its parent, ..."""
    specialities: dict[str, frozenset[str]]
    """Every kind: the words that count as a speciality for it (its ancestors' too)."""
    min_context: dict[str, int]
    """Every kind: the context window that it would like, in tokens (its own or its nearest ancestor's)."""
    everything: tuple[PlanModel, ...]
    """All models, by name: the order of a mapping never shows in a decision."""
    deployments: dict[str, str]
    """Deployment id -> its model: a client that names one means the model."""
    local: frozenset[str]
    data_classes: frozenset[str]
    """Data classes that are local_only."""
    _scores: dict[tuple[str, str], float] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan) -> Index:
        """Raises nothing: a Plan has been checked."""
        kinds = plan.taxonomy.kinds
        ancestry = {name: plan.taxonomy.ancestry(name) for name in kinds}
        return cls(
            plan=plan,
            ancestry=ancestry,
            specialities={
                name: frozenset(chain) | {word for kind in chain for word in kinds[kind].specialities}
                for name, chain in ancestry.items()
            },
            min_context={
                name: next((wish for kind in chain if (wish := kinds[kind].min_context)), 0)
                for name, chain in ancestry.items()
            },
            everything=tuple(model for _, model in sorted(plan.models.items())),
            deployments={
                deployment.id: name for name, model in plan.models.items() for deployment in model.deployments
            },
            local=frozenset(name for name, model in plan.models.items() if model.local),
            data_classes=frozenset(name for name, rule in plan.data_classes.items() if rule == "local_only"),
        )

    def parents(self, task: str) -> tuple[str, ...]:
        """The task and its ancestors; an unknown task stands alone."""
        return self.ancestry.get(task, (task,))

    def route(self, task: str) -> PlanTask:
        """The nearest route up the taxonomy, then "*"."""
        tasks = self.plan.tasks
        return next((tasks[name] for name in self.parents(task) if name in tasks), tasks["*"])

    def lane(self, name: str) -> PlanLane:
        """A lane by name; the default lane for a name that the plan does not have."""
        return self.plan.lanes.get(name) or self.plan.lanes[self.plan.default_lane]

    def models(self, names: tuple[str, ...]) -> tuple[PlanModel, ...]:
        """Models by name, in that order; names that left the plan are passed over."""
        return tuple(self.plan.models[name] for name in names if name in self.plan.models)

    def score(self, model: PlanModel, task: str) -> float:
        """0-100 for the task; a kind without a score asks its parent, then general_qa, then 0."""
        key = (model.name, task)
        known = self._scores.get(key)
        if known is None:
            chain = (*self.parents(task), "general_qa")
            known = next((model.scores[kind] for kind in chain if kind in model.scores), 0.0)
            if len(self._scores) < 10_000 and task in self.ancestry:
                self._scores[key] = known
        return known

    def specialised(self, model: PlanModel, task: str) -> bool:
        """Whether the model's card names a speciality that counts for the task."""
        return not self.specialities.get(task, frozenset()).isdisjoint(model.specialities)
