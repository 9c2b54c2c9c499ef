"""LiteLLM's event payloads read into outcomes. Whatever is missing or of another type stays unknown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from signalbox.evidence.record import Outcome
from signalbox.proxy.litellm_api import bucket
from signalbox.proxy.trip import ID_KEY

SAYS_NOTHING = frozenset({400, 403, 413, 422})
"""Status codes that blame the request, not the deployment."""


def trip_id(kwargs: Mapping[str, Any]) -> object:
    """The trip's id in any payload of LiteLLM's."""
    params = kwargs.get("litellm_params")
    found = bucket(params).get(ID_KEY) if isinstance(params, Mapping) else None
    return found or bucket(kwargs).get(ID_KEY)


def success(kwargs: Mapping[str, Any], *, depth: int, latency_ms: float) -> Outcome:
    """A finished call, from `async_log_success_event`."""
    payload = kwargs.get("standard_logging_object")
    payload = payload if isinstance(payload, Mapping) else {}
    return Outcome(
        success=True,
        model_used=_text(payload.get("model_group")),
        deployment=_text(payload.get("model_id")),
        fallback_depth=depth,
        latency_ms=latency_ms,
        prompt_tokens=_count(payload.get("prompt_tokens")),
        completion_tokens=_count(payload.get("completion_tokens")),
        cost_usd=_amount(payload.get("response_cost")),
        cache_hit=payload.get("cache_hit") is True,
    )


def failed_deployment(request: Mapping[str, Any], error: Exception) -> tuple[str, str, float | None] | None:
    """(deployment id, what went wrong, retry-after seconds), or None if the failure says nothing about the deployment."""
    info = request.get("model_info")
    deployment = info.get("id") if isinstance(info, Mapping) else None
    status = getattr(error, "status_code", None)
    if not isinstance(deployment, str) or status in SAYS_NOTHING:
        return None
    return deployment, f"{type(error).__name__} {status or ''}".strip(), _retry_after(error)


def _retry_after(error: Exception) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", None)
    try:
        seconds = float(headers.get("retry-after")) if headers else None
    except (TypeError, ValueError):
        return None
    return seconds if seconds is not None and 0 <= seconds < 3600 else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _amount(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else None
