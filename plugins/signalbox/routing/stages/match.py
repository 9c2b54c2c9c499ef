"""The candidates of the lane, minus those that may not serve, best first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from signalbox.errors import AccessRefusal, ModelNotAvailable, NoModelFits, PrivacyRefusal, Refusal
from signalbox.routing.case import Case, Draft
from signalbox.routing.index import RANK
from signalbox.routing.rules import Rule, sift
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
    draft.eligible, broken = sift(case, draft)
    draft.excluded += [Excluded(name, why) for name, (_, why) in broken.items() if not _other_kind(name, case, draft)]
    for names, reason in _pools(broken, case, draft):
        pool = [draft.eligible[name] for name in names if name in draft.eligible]
        if pool:
            draft.ranking = _ranked(pool, names, case, draft)
            draft.reason = reason or draft.reason
            kept = kept_in_session(draft.ranking, case, draft)
            if kept:
                draft.ranking = [kept[0], *(model for model in draft.ranking if model is not kept[0])]
                draft.reason = "session"
            best = draft.ranking[0]
            score = draft.standing.scores[best.name]
            ranked = ", ".join([model.name for model in draft.ranking])
            note = (
                f"{best.name} ({best.tier or 'no tier'}, score {score:.0f}, success {success(best, case, draft):.2f})"
            )
            return f"{note} of {ranked}" + (f"; kept: {kept[1]}" if kept else "")
    considered = {name for names, _ in _pools(broken, case, draft) for name in names} or set(broken)
    furthest = max((broken[name][0] for name in considered if name in broken), default=Rule.STATE)
    kind, message = _REFUSALS[furthest]
    chain = tuple((gone.model, gone.reason) for gone in draft.excluded if gone.model in considered)
    raise kind(f"lane {draft.lane.name}: {message}", chain=chain, lane=draft.lane.name)


def _other_kind(name: str, case: Case, draft: Draft) -> bool:
    """An embedding model beside a chat request, or the reverse: no candidate at all, and not worth a line."""
    return embeds(draft) != ("embeddings" in case.index.capabilities[name])


def _pools(broken: Mapping[str, tuple[Rule, str]], case: Case, draft: Draft) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where to look, in order, each with the reason that stands when it is found there."""
    lane, default = draft.lane, case.index.default
    if draft.only is not None and draft.reason == "override":
        yield (draft.only,), ""
        if draft.only in broken and broken[draft.only][0] is Rule.STATE:
            yield (*lane.fallbacks, *lane.models), "lane_fallback"
    elif embeds(draft) and any("embeddings" in case.index.capabilities[name] for name in lane.models):
        yield lane.models, ""
        yield lane.fallbacks, "lane_fallback"
    else:
        yield ((draft.only,) if draft.only else lane.models), ""
        yield lane.models, "lane_fallback"
        yield lane.fallbacks, "lane_fallback"
        yield default.models, "default_lane"
        yield default.fallbacks, "default_lane"
        yield tuple(model.name for model in case.index.everything), "capability"


def _ranked(pool: list[PlanModel], order: tuple[str, ...], case: Case, draft: Draft) -> list[PlanModel]:
    """Tier, speciality, local before cloud, score, order in the lane, name.

    Before the tier come what the persona and the route prefer by name, and specialists where those are preferred.
    """
    if len(pool) == 1:
        return pool
    if case.index.plan.routing.mode == "value" and not draft.tier_given:
        return sorted(by_value(pool, case, draft), key=lambda model: strained(model, case))
    standing = draft.standing
    preferred = draft.route.prefer.get(draft.tier, ())

    def rank(model: PlanModel) -> tuple[object, ...]:
        name = model.name
        return (
            strained(model, case),
            _too_slow(model, case),
            name != draft.wanted,
            model.context_window < draft.min_context,
            preferred.index(name) if name in preferred else len(preferred),
            draft.prefer_specialised and name not in standing.specialists,
            distance(model, draft),
            standing.claims[name],
            order.index(name),
            name,
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
    times = [case.fleet.of(place).latency_ms for place in case.index.places[model.name]]
    return all(time is not None and time > most for time in times)


def strained(model: PlanModel, case: Case) -> bool:
    """Every deployment of the model failed a moment ago or has too much to do."""
    return case.fleet.strained(case.index.places[model.name])
