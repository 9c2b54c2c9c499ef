"""When our own code fails: a request under a privacy rule is refused, any other goes to the safe model. Never a lost request."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from traceback import format_tb
from typing import Any, Final

from signalbox.errors import BudgetRefusal, ModelNotAvailable, PrivacyRefusal
from signalbox.routing.hints import AUTO, PREFIX, same_name
from signalbox.schema.plan import Plan

PASS_THROUGH: Final = "pass_through_endpoint"  # noqa: S105 - a call type

log = logging.getLogger("signalbox")


def is_ours(plan: Plan, requested: object) -> bool:
    """Whether the requested model is a name that we resolve: auto, lane/x, task/x, tier/x, a model or a deployment."""
    return isinstance(requested, str) and (
        requested == AUTO
        or requested in plan.models
        or requested.partition("/")[0] in {"lane", "task", "tier"}
        or any(requested == known.id for model in plan.models.values() for known in model.deployments)
    )


def maybe_private(plan: Plan, *, key_class: object, headers: Mapping[str, str], metadata: object) -> bool:
    """Whether any privacy rule could apply, told with as little code as possible: doubt means yes."""
    try:
        inside = metadata.get("signalbox") if isinstance(metadata, Mapping) else None
        names = [*(inside if isinstance(inside, Mapping) else ()), *(name[len(PREFIX) :] for name in headers)]
        tagged = any(same_name(str(name)) == "dataclass" for name in names)
        return plan.privacy == "local_only" or key_class is not None or inside is not None or tagged
    except Exception:
        return True


def refuse_unguarded(plan: Plan, call_type: str, *, routed: bool, private: bool) -> None:
    """Raises PrivacyRefusal for calls that LiteLLM sends out past its router, where no later rule of ours is asked.

    Under a privacy rule only chat, completions, responses, messages and embeddings are served. LiteLLM's pass-through
    routes (/openai/..., /anthropic/...) do not show us the client's headers, so they are closed wherever the plan has
    any local_only rule.
    """
    if (private and not routed) or (has_privacy_rule(plan) and call_type == PASS_THROUGH):
        raise PrivacyRefusal(
            f"calls of this kind ({call_type}) leave past the rules, and strategy {plan.strategy} has a local_only rule; "
            "use chat, completions, responses, messages or embeddings with a model of the strategy."
        )


def after_failure(plan: Plan, data: dict[str, Any], error: Exception, *, private: bool) -> dict[str, Any]:
    """Fails open to the safe model; raises ModelNotAvailable (fails closed) for a private request."""
    # Where it failed, not what it said: an error's text may quote the prompt.
    log.error("decision failed: %s\n%s", type(error).__name__, "".join(format_tb(error.__traceback__)))
    if private:
        raise ModelNotAvailable(
            "the decision failed inside Signalbox, and under a privacy rule nothing is sent undecided; see the proxy's log."
        ) from error
    data["fallbacks"], data["context_window_fallbacks"], data["num_retries"] = [], [], 0
    named = plan.models.get(str(data.get("model")))
    if named is None and is_ours(plan, data.get("model")):
        data["model"] = plan.safe_model
        named = plan.models[plan.safe_model]
    if (named is None or not named.local) and has_limits(plan):
        raise ModelNotAvailable(
            "the decision failed inside Signalbox, and with a budget no cloud model is called unreserved; see the proxy's log."
        ) from error
    return data


def refuse_unpriced(plan: Plan, requested: str) -> None:
    """Raises BudgetRefusal for a call that names no model of the strategy, where there is a limit: nothing can be reserved."""
    if has_limits(plan):
        raise BudgetRefusal(
            f"'{requested[:80]}' is no model of strategy {plan.strategy}, so its cost cannot be reserved, and there is a budget; "
            f"name auto, a lane, or one of: {', '.join(sorted(plan.models))}."
        )


def has_privacy_rule(plan: Plan) -> bool:
    """Whether any request may be under a local_only rule."""
    return plan.privacy == "local_only" or "local_only" in plan.data_classes.values()


def has_limits(plan: Plan) -> bool:
    """Whether the strategy limits what may be spent."""
    return any(limit is not None for limit in (plan.budget.per_request, plan.budget.daily, plan.budget.monthly))
