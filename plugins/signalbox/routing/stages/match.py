"""The candidates of the lane, minus those that may not serve, best first."""

from __future__ import annotations

from collections.abc import Sequence

from signalbox.errors import AccessRefusal, ModelNotAvailable, NoModelFits, PrivacyRefusal, Refusal
from signalbox.routing.case import Case, Draft
from signalbox.routing.index import RANK
from signalbox.routing.rules import Rule, broken_rule
from signalbox.routing.worth import by_value, kept_in_session, success
from signalbox.schema.decision import Excluded
from signalbox.schema.plan import PlanModel

_REFUSALS: dict[Rule, tuple[type[Refusal], str]] = {
    Rule.PRIVACY: (PrivacyRefusal, "this request may not leave the building, and no local model can take it."),
    Rule.ACCESS: (AccessRefusal, "this key may use none of the models that could serve; ask for access to one."),
    Rule.NEEDS: (NoModelFits, "no model of the strategy meets what the request needs; shorten it or drop the need."),
    Rule.STATE: (
        ModelNotAvailable,
        "every model that could serve is down; try again shortly, or see /signalbox/status.",
    ),
}


def match(case: Case, draft: Draft) -> str:
    """Fills `eligible` and `ranking`. Raises the Refusal of the furthest rule reached if nothing is left."""
    broken = _sift(case, draft)
    pools = _pools(broken, case, draft)
    for names, reason in pools:
        pool = [model for model in case.index.models(names) if model.name in draft.eligible]
        if pool:
            draft.ranking = _ranked(pool, names, case, draft)
            draft.reason = reason or draft.reason
            kept = kept_in_session(draft.ranking, case, draft)
            if kept:
                draft.ranking = [kept[0], *(model for model in draft.ranking if model is not kept[0])]
                draft.reason = "session"
            best = draft.ranking[0]
            score = case.index.score(best, draft.task.name)
            ranked = ", ".join(model.name for model in draft.ranking)
            note = (
                f"{best.name} ({best.tier or 'no tier'}, score {score:.0f}, success {success(best, case, draft):.2f})"
            )
            return f"{note} of {ranked}" + (f"; kept: {kept[1]}" if kept else "")
    considered = {name for names, _ in pools for name in names} or set(broken)
    kind, message = _REFUSALS[max((broken[name] for name in considered if name in broken), default=Rule.STATE)]
    chain = tuple((gone.model, gone.reason) for gone in draft.excluded if gone.model in considered)
    raise kind(f"lane {draft.lane.name}: {message}", chain=chain, lane=draft.lane.name)


def _sift(case: Case, draft: Draft) -> dict[str, Rule]:
    """Parts the plan's models into eligible and excluded; returns the rule that each excluded one breaks."""
    rules: dict[str, Rule] = {}
    for model in case.index.everything:
        broken = broken_rule(model, case, draft)
        if broken is None:
            draft.eligible[model.name] = model
        else:
            rules[model.name] = broken[0]
            if not _other_kind(model, draft):
                draft.excluded.append(Excluded(model.name, broken[1]))
    return rules


def _other_kind(model: PlanModel, draft: Draft) -> bool:
    """An embedding model beside a chat request, or the reverse: no candidate at all, and not worth a line."""
    return ("embeddings" in draft.needs.capabilities) != ("embeddings" in model.capabilities)


def _pools(broken: dict[str, Rule], case: Case, draft: Draft) -> Sequence[tuple[tuple[str, ...], str]]:
    """Where to look, in order, each with the reason that stands when it is found there."""
    if draft.only is not None and draft.reason == "override":
        substitutes = (*draft.lane.fallbacks, *draft.lane.models)
        return (
            ((draft.only,), ""),
            *(((substitutes, "lane_fallback"),) if broken.get(draft.only) is Rule.STATE else ()),
        )
    default = case.index.lane(case.index.plan.default_lane)
    if embeds(draft) and any("embeddings" in model.capabilities for model in case.index.models(draft.lane.models)):
        return ((draft.lane.models, ""), (draft.lane.fallbacks, "lane_fallback"))
    return (
        ((draft.only,) if draft.only else draft.lane.models, ""),
        (draft.lane.models, "lane_fallback"),
        (draft.lane.fallbacks, "lane_fallback"),
        (default.models, "default_lane"),
        (default.fallbacks, "default_lane"),
        (tuple(model.name for model in case.index.everything), "capability"),
    )


def _ranked(pool: list[PlanModel], order: tuple[str, ...], case: Case, draft: Draft) -> list[PlanModel]:
    """Tier, speciality, local before cloud, score, order in the lane, name.

    Before the tier come what the persona and the route prefer by name, and specialists where those are preferred.
    """
    if case.index.plan.routing.mode == "value" and not draft.tier_given:
        return sorted(by_value(pool, case, draft), key=lambda model: rests(model, case))
    index, task = case.index, draft.task.name
    preferred = draft.route.prefer.get(draft.tier, ())
    prefer_local = index.plan.behaviour.prefer_local

    def rank(model: PlanModel) -> tuple[object, ...]:
        generalist = not index.specialised(model, task)
        return (
            rests(model, case),
            _too_slow(model, case),
            model.name != draft.wanted,
            model.context_window < draft.min_context,
            preferred.index(model.name) if model.name in preferred else len(preferred),
            generalist if draft.prefer_specialised else False,
            distance(model, draft),
            model.context_window < index.min_context.get(task, 0),
            generalist,
            prefer_local and not model.local,
            -index.score(model, task),
            order.index(model.name),
            model.name,
        )

    return sorted(pool, key=rank)


def embeds(draft: Draft) -> bool:
    """Vectors of different models do not mix: embeddings change the model only where the strategy says so."""
    return "embeddings" in draft.needs.capabilities


def distance(model: PlanModel, draft: Draft) -> int:
    """Steps from the wanted tier: the tier itself, then the ones above, then those below."""
    steps = RANK[model.tier or "balanced"] - RANK[draft.tier]
    return steps if steps >= 0 else len(RANK) - steps


def _too_slow(model: PlanModel, case: Case) -> bool:
    """Every deployment is known to take longer than the client wants to wait. Unknown is not slow."""
    most = case.facts.hints.max_latency_ms
    if most is None:
        return False
    times = [case.fleet.of(deployment.id).latency_ms for deployment in model.deployments]
    return all(time is not None and time > most for time in times)


def rests(model: PlanModel, case: Case) -> bool:
    """Every deployment of the model failed a moment ago."""
    return case.fleet.rests(deployment.id for deployment in model.deployments)
