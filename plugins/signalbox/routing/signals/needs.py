"""What a model must offer to serve a request at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from signalbox.schema.base import Capability
from signalbox.schema.facts import Facts
from signalbox.schema.signals import Needs
from signalbox.schema.strategy import Behaviour

DEFAULT_OUTPUT: Final = 1_024
"""Output tokens reserved where neither the client nor the task names a limit."""


def needs_signal(facts: Facts, behaviour: Behaviour) -> Needs:
    """Capabilities, context window and the deep-ingest verdict, from counts alone.

    An embedding request asks for no context: its texts are embedded one by one, and another model would be no way out.
    """
    capabilities: set[Capability] = {"embeddings" if facts.endpoint == "embedding" else "chat"}
    if facts.images:
        capabilities.add("vision")
    if facts.audio:
        capabilities.add("audio")
    if (facts.tools and not facts.tool_choice_none) or facts.tool_results:
        capabilities.add("tools")
    if facts.json_schema:
        capabilities.add("json_schema")
    output = 0 if facts.endpoint == "embedding" else facts.max_output_tokens or DEFAULT_OUTPUT
    return Needs(
        context_tokens=0 if facts.endpoint == "embedding" else facts.prompt_tokens + output,
        output_tokens=output,
        capabilities=frozenset(capabilities),
        deep_ingest=_deep_ingest(facts, behaviour),
    )


def with_output_limit(needs: Needs, facts: Facts, limit: int | None) -> Needs:
    """The needs when a task's own output limit stands in for one that the client did not name."""
    if limit is None or facts.max_output_tokens is not None or not needs.output_tokens:
        return needs
    return replace(needs, context_tokens=facts.prompt_tokens + limit, output_tokens=limit)


def _deep_ingest(facts: Facts, behaviour: Behaviour) -> str | None:
    if facts.endpoint == "embedding":
        return None
    if facts.prompt_tokens > behaviour.long_context_tokens:
        return f"about {facts.prompt_tokens:,} tokens, above {behaviour.long_context_tokens:,}"
    if facts.file_bytes > behaviour.long_context_bytes:
        return f"files of {facts.file_bytes / 1e6:.0f} MB, above {behaviour.long_context_bytes / 1e6:.0f} MB"
    return "a whole repository" if facts.repository else None
