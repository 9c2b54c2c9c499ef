"""A decision written into the request that LiteLLM carries out."""

from __future__ import annotations

from typing import Any

from signalbox.schema.decision import Decision
from signalbox.schema.facts import EndpointKind

_LIMIT_NAMES: dict[EndpointKind, str] = {
    "chat": "max_tokens",
    "completion": "max_tokens",
    "messages": "max_tokens",
    "responses": "max_output_tokens",
}
_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_COUNTS = (*_LIMITS, "n", "best_of")
_COSTLY = frozenset({*_COUNTS, "service_tier"})


def apply(decision: Decision, data: dict[str, Any], endpoint: EndpointKind) -> None:
    """Sets model, fallbacks and the task's defaults. The client's own fallbacks and retries do not count.

    The dict form of `fallbacks` is deliberate: a bare list makes LiteLLM ignore `context_window_fallbacks`.
    """
    data["model"] = decision.model
    data["fallbacks"] = [{decision.model: list(decision.fallbacks)}] if decision.fallbacks else []
    data["context_window_fallbacks"] = (
        [{decision.model: list(decision.context_fallbacks)}] if decision.context_fallbacks else []
    )
    data["max_fallbacks"] = max(1, len(decision.fallbacks))
    data["num_retries"] = 0
    if decision.reserve_micros:
        _hold_to_reservation(data)
    limit = _LIMIT_NAMES.get(endpoint)
    if limit and decision.max_tokens and not any(data.get(name) for name in _LIMITS):
        data[limit] = decision.max_tokens
    if limit and decision.temperature is not None and data.get("temperature") is None:
        data["temperature"] = decision.temperature
    if decision.local_only:
        seal(data)


def _hold_to_reservation(data: dict[str, Any]) -> None:
    """What the reservation counts on must reach the provider: no field may drop or raise the limit on the way."""
    for name in ("additional_drop_params", "drop_params", "service_tier"):
        data.pop(name, None)
    extra = data.get("extra_body")
    if isinstance(extra, dict):
        data["extra_body"] = {name: value for name, value in extra.items() if name not in _COSTLY}
    for name in _COUNTS:
        value = data.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            data.pop(name, None)


def seal(data: dict[str, Any]) -> None:
    """A request under a privacy rule leaves no copy in LiteLLM's response cache and takes none from it."""
    data["cache"] = {"no-cache": True, "no-store": True}
