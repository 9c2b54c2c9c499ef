"""The answer to an Ask: deterministic, short, and honest about being simulated."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Literal
from uuid import uuid4

from .ask import CHARS_PER_TOKEN, Ask
from .example import example
from .spec import SimModel

QUOTED_CHARS = 80
Finish = Literal["stop", "length", "tool_calls"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """`arguments` is a JSON document, as text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said back; `id` is the bare unique part, which each API prefixes in its own way."""

    id: str
    model: str
    text: str
    finish: Finish
    prompt_tokens: int
    completion_tokens: int
    call: ToolCall | None = None

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


def answer(ask: Ask, model: SimModel, place: str) -> Answer:
    """`place` says where the answer comes from, as in `http://127.0.0.1:4112 (vllm)`."""
    if ask.call is not None:
        arguments = json.dumps(example(ask.call.parameters) or {})
        call = ToolCall(f"call_{uuid4().hex[:24]}", ask.call.name, arguments)
        return Answer(uuid4().hex, ask.model, "", "tool_calls", ask.prompt_tokens, tokens(arguments), call)
    text, finish = _cut(_text(ask, model, place), ask)
    return Answer(uuid4().hex, ask.model, text, finish, ask.prompt_tokens, tokens(text) * ask.choices)


def tokens(text: str) -> int:
    """Simulated tokens of a text: a quarter of its characters, rounded up, at least 1."""
    return max(1, ceil(len(text) / CHARS_PER_TOKEN))


def pieces(text: str) -> Iterator[str]:
    """The text as a stream would bring it: word by word. Joined again it is the same text."""
    return (match.group() for match in re.finditer(r"\s*\S+\s*?(?=\s|$)|\s+$", text))


def _text(ask: Ask, model: SimModel, place: str) -> str:
    if ask.schema is not None:
        return json.dumps(example(ask.schema))
    label = f" ({model.label})" if model.label else ""
    quoted = " ".join(ask.question[: QUOTED_CHARS * 2].split())[:QUOTED_CHARS]
    return f"Simulated answer from model '{ask.model}'{label} at {place}. You asked: \"{quoted}\"."


def _cut(text: str, ask: Ask) -> tuple[str, Finish]:
    for stop in ask.stop:
        if stop and stop in text:
            text = text[: text.index(stop)]
    if ask.max_tokens is not None and tokens(text) > ask.max_tokens:
        return text[: ask.max_tokens * CHARS_PER_TOKEN], "length"
    return text, "stop"
