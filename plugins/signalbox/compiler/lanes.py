"""Lanes with everything resolved: lanes named as fallbacks become their models, models left out fall away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from signalbox.compiler.groups import Groups
from signalbox.errors import FileError, UserError
from signalbox.schema.plan import PlanLane, PlanTask
from signalbox.schema.strategy import Lane, Strategy, TaskRule


@dataclass(frozen=True, slots=True)
class Routes:
    """The plan's lanes and tasks."""

    lanes: dict[str, PlanLane]
    tasks: dict[str, PlanTask]
    default_lane: str
    warnings: tuple[str, ...]


def resolve_lanes(strategy: Strategy, groups: Groups, path: str) -> Routes:
    """Raises UserError where nothing is left to serve the default lane, or the model of `lock` is left out."""
    if strategy.lock is not None and strategy.lock not in groups.kept:
        raise FileError(path, f"'{strategy.lock}' cannot run here: {groups.reason(strategy.lock)}.", key="lock")
    wanted = _wanted_lanes(strategy)
    default = strategy.tasks["*"].lane
    base = _default_lane(strategy, default, wanted[default], groups, path)
    lanes = {name: _lane(strategy, name, wanted[name], groups, path, base=base) for name in sorted(wanted)}
    tasks = {name: _task(name, rule, groups, path) for name, rule in sorted(strategy.tasks.items())}
    warnings = [f"{path}: lanes.{name}: {lane.why}" for name, lane in lanes.items() if not _whole(wanted[name], groups)]
    return Routes(lanes, tasks, default, tuple(warnings))


def _wanted_lanes(strategy: Strategy) -> dict[str, Lane]:
    """The strategy's lanes, and a lane of one model for each task that names a model."""
    models = {rule.lane for rule in strategy.tasks.values()} - set(strategy.lanes)
    return {**strategy.lanes, **{name: Lane(models=(name,)) for name in models}}


def _default_lane(strategy: Strategy, name: str, lane: Lane, groups: Groups, path: str) -> PlanLane:
    models, fallbacks = _left(strategy, lane, groups)
    if not models and not fallbacks:
        reasons = "\n".join(f"  {model}: {groups.reason(model)}" for model in sorted({*lane.models}))
        raise UserError(
            f"{path}: lanes.{name}: the lane of all other tasks has no model left:\n{reasons}\n"
            "Give it a model that fits, or a fallback; see what fits: signalbox fit"
        )
    if models:
        return PlanLane(name=name, models=models, fallbacks=fallbacks, why=f"via {path} lanes.{name}")
    why = f"its own models are left out ({_lost(lane, groups)}); its first fallback takes their place"
    return PlanLane(name=name, models=fallbacks[:1], fallbacks=fallbacks[1:], why=why)


def _lane(strategy: Strategy, name: str, lane: Lane, groups: Groups, path: str, *, base: PlanLane) -> PlanLane:
    if name == base.name:
        return base
    models, fallbacks = _left(strategy, lane, groups)
    if models:
        place = f"lanes.{name}" if name in strategy.lanes else f"models.{name}, named by a task"
        return PlanLane(name=name, models=models, fallbacks=fallbacks, why=f"via {path} {place}")
    why = f"its own models are left out ({_lost(lane, groups)}); it uses those of the default lane {base.name}"
    spare = unique([*fallbacks, *base.fallbacks], without=base.models)
    return PlanLane(name=name, models=base.models, fallbacks=spare, why=why)


def _left(strategy: Strategy, lane: Lane, groups: Groups) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(models, fallbacks) of a lane that are in the plan."""
    models = unique(name for name in lane.models if name in groups.kept)
    fallbacks = (name for name in _expand(strategy, lane) if name in groups.kept)
    return models, unique(fallbacks, without=models)


def _expand(strategy: Strategy, lane: Lane) -> Iterator[str]:
    """The models of a chain of fallbacks; a lane in it stands for its models and then its own fallbacks."""
    waiting = list(reversed(lane.fallbacks))
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in strategy.models:
            yield name
        elif name not in seen:
            seen.add(name)
            waiting.extend(reversed((*strategy.lanes[name].models, *strategy.lanes[name].fallbacks)))


def _task(name: str, rule: TaskRule, groups: Groups, path: str) -> PlanTask:
    prefer = {tier: tuple(model for model in models if model in groups.kept) for tier, models in rule.prefer.items()}
    return PlanTask(
        name=name,
        lane=rule.lane,
        max_tokens=rule.max_tokens,
        temperature=rule.temperature,
        min_tier=rule.min_tier,
        max_tier=rule.max_tier,
        prefer_specialised=rule.prefer_specialised,
        prefer={tier: models for tier, models in prefer.items() if models},
        why=f"via {path} tasks.{name}",
    )


def _whole(lane: Lane, groups: Groups) -> bool:
    return any(name in groups.kept for name in lane.models)


def _lost(lane: Lane, groups: Groups) -> str:
    return "; ".join(f"{name}: {groups.reason(name)}" for name in unique(lane.models) if name not in groups.kept)


def unique(names: Iterable[str], without: Iterable[str] = ()) -> tuple[str, ...]:
    """Each name once, in order of first appearance."""
    skipped = set(without)
    return tuple(dict.fromkeys(name for name in names if name not in skipped))
