"""What a name that clients may send means where our hooks are absent or fail: a local group wherever there is one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from signalbox.schema.base import TIERS, Privacy
from signalbox.schema.plan import PlanLane, PlanModel, PlanTask
from signalbox.schema.taxonomy import Taxonomy


def is_chat(model: PlanModel) -> bool:
    """Whether a model answers chats; else it makes embeddings."""
    return "chat" in model.capabilities


def is_restricted(privacy: Privacy, data_classes: Mapping[str, Privacy]) -> bool:
    """Whether some requests may not leave the building."""
    return privacy == "local_only" or "local_only" in data_classes.values()


def choose_safe_model(models: Mapping[str, PlanModel], default: PlanLane) -> str:
    """The first local chat model of the default lane, else any local chat model, else the default lane's first."""
    own = (*default.models, *default.fallbacks)
    local = (name for name in (*own, *sorted(models)) if models[name].local and is_chat(models[name]))
    return next(local, default.models[0])


def make_aliases(
    models: Mapping[str, PlanModel],
    *,
    lanes: Mapping[str, PlanLane],
    tasks: Mapping[str, PlanTask],
    default_lane: str,
    taxonomy: Taxonomy,
    safe_model: str,
    restricted: bool,
) -> dict[str, str]:
    """auto, lane/x, task/x and tier/x -> a model. `restricted`: some requests may not leave, so no
    alias leads out as long as there is a local chat model."""

    def of_lane(name: str) -> str:
        return _safe_of(lanes[name], models, safe_model, restricted)

    def lane_of(task: str) -> str:
        routed = (name for name in taxonomy.ancestry(task) if name in tasks)
        return tasks[next(routed, "*")].lane

    default = lanes[default_lane]
    return {
        "auto": safe_model,
        **{f"lane/{name}": of_lane(name) for name in sorted(lanes)},
        **{f"task/{name}": of_lane(lane_of(name)) for name in sorted({*taxonomy.kinds, *tasks} - {"*"})},
        **{f"tier/{tier}": _of_tier(tier, models, (*default.models, *default.fallbacks), safe_model) for tier in TIERS},
    }


def _safe_of(lane: PlanLane, models: Mapping[str, PlanModel], safe_model: str, restricted: bool) -> str:
    first = models[lane.models[0]]
    candidates = [models[name] for name in (*lane.models, *lane.fallbacks) if is_chat(models[name]) == is_chat(first)]
    local = next((model.name for model in candidates if model.local), None)
    if local is not None:
        return local
    return safe_model if is_chat(first) or restricted else first.name


def _of_tier(tier: str, models: Mapping[str, PlanModel], default: Iterable[str], safe_model: str) -> str:
    local = (name for name in (*default, *sorted(models)) if models[name].local and is_chat(models[name]))
    return next((name for name in local if models[name].tier == tier), safe_model)
