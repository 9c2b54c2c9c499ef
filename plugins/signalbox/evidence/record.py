"""One line of the decision log: the decision and how it went. No prompt text: a digest and lengths."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from signalbox.errors import Refusal
from signalbox.schema.decision import Decision
from signalbox.schema.facts import Facts


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended."""

    success: bool
    model_used: str | None = None
    deployment: str | None = None
    fallback_depth: int = 0
    latency_ms: float = 0.0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: float | None = None
    error: str | None = None
    """Class of the error, never its text: provider texts may quote the prompt."""
    cache_hit: bool = False


def log_line(
    decision: Decision, facts: Facts, outcome: Outcome, *, at: float, salt: bytes, prompt: str | None = None
) -> str:
    """The line as JSON without a newline. `at`: epoch seconds when the request came; `prompt` only where it is allowed."""
    line: dict[str, Any] = {
        "at": round(at, 3),
        **decision.as_json(),
        "endpoint": facts.endpoint,
        "stream": facts.stream,
        "query_chars": facts.prompt_chars,
        "prompt_tokens_estimated": facts.prompt_tokens,
        "digest": salted(facts.digest, salt),
        "outcome": outcome_json(outcome),
    }
    if prompt is not None:
        line["prompt"] = prompt
    return json.dumps(line, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def refusal_line(refusal: Refusal, facts: Facts, *, id: str, strategy: str, at: float, salt: bytes) -> str:  # noqa: A002
    """The line of a request that was refused before any call."""
    line = {
        "at": round(at, 3),
        "id": id,
        "strategy": strategy,
        "model": None,
        "fallbacks": [],
        "lane": refusal.lane,
        "task": None,
        "reason": refusal.code,
        "excluded": [{"model": model, "reason": reason} for model, reason in refusal.chain],
        "endpoint": facts.endpoint,
        "stream": facts.stream,
        "query_chars": facts.prompt_chars,
        "prompt_tokens_estimated": facts.prompt_tokens,
        "digest": salted(facts.digest, salt),
        "outcome": outcome_json(Outcome(success=False, error=refusal.code)),
    }
    return json.dumps(line, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def salted(digest: str, salt: bytes) -> str:
    """A digest that only this installation can make: short texts cannot be found by trying words."""
    return blake2b(digest.encode(), key=salt, digest_size=16).hexdigest()


def outcome_json(outcome: Outcome) -> Mapping[str, Any]:
    """An outcome as plain JSON values."""
    return {
        "success": outcome.success,
        "model_used": outcome.model_used,
        "deployment": outcome.deployment,
        "fallback_depth": outcome.fallback_depth,
        "latency_ms": round(outcome.latency_ms, 2),
        "prompt_tokens": outcome.prompt_tokens,
        "completion_tokens": outcome.completion_tokens,
        "cost_usd": outcome.cost_usd,
        "error": outcome.error,
        "cache_hit": outcome.cache_hit,
    }
