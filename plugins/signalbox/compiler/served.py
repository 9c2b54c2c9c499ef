"""Whether a server that answered really serves what the strategy says it serves."""

from __future__ import annotations

from typing import Final

from signalbox.compiler.locality import base_url
from signalbox.schema.resources import Resources
from signalbox.schema.strategy import StrategyModel

_NAMES_MATTER: Final = frozenset({"ollama", "vllm", "lmstudio", "lemonade"})
"""Servers that refuse a model they do not list; llama.cpp and SGLang answer to any name."""
_SHOWN: Final = 4


def not_served(model: StrategyModel, model_id: str, resources: Resources | None) -> str:
    """Why no endpoint of the model serves it; "" if one does, or if one of them did not answer: unknown is not absent."""
    if resources is None or model.served_by not in _NAMES_MATTER or not model.at:
        return ""
    answered = {base_url(found.url): found.models for found in resources.endpoints}
    lists = [answered.get(base_url(url)) for url in model.at]
    if not all(lists) or any(_same(model_id, known) for names in lists for known in names or ()):
        return ""
    names = sorted({known for served in lists for known in served or ()})
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(model.at)} does not serve {model_id}; it serves {', '.join(names[:_SHOWN])}{more}"


def _same(wanted: str, known: str) -> bool:
    """Ollama lists `name:latest` for `name`."""
    return wanted.removesuffix(":latest").lower() == known.removesuffix(":latest").lower()
