"""What a request asks, whichever API it came through. Reading is tolerant: what is not understood is not there."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]  # a JSON object at the HTTP border; goes no further than the dialects
CHARS_PER_TOKEN = 4  # the usual rule of thumb for English; a simulated tokeniser needs no more


@dataclass(frozen=True, slots=True)
class Tool:
    """A function the model may call; `parameters` is its JSON schema."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """`question` is the last user message; `call` the tool to answer with, `schema` the JSON document wanted (None: text)."""

    model: str
    question: str
    prompt_chars: int
    max_tokens: int | None = None
    call: Tool | None = None
    schema: Mapping[str, Any] | None = None
    stop: tuple[str, ...] = ()
    choices: int = 1
    stream: bool = False
    stream_usage: bool = False
    images: int = 0

    @property
    def prompt_tokens(self) -> int:
        return max(1, self.prompt_chars // CHARS_PER_TOKEN)


@dataclass(slots=True)
class Reading:
    """What was seen while walking through messages: sizes, pictures, who spoke last."""

    chars: int = 0
    images: int = 0
    question: str = ""
    last_role: str = ""
    _said: list[str] = field(default_factory=list)

    def message(self, role: str, content: object) -> None:
        """Take in one message; `content` is a text or a list of parts of any API."""
        self._said = []
        tool_result = self._content(content)
        self.last_role = "tool" if tool_result and not self._said else role
        if self.last_role == "user":
            self.question = "\n".join(self._said)

    def _content(self, content: object) -> bool:
        """Read texts and pictures; True if a tool result was among the parts."""
        if isinstance(content, str):
            self.chars += len(content)
            self._said.append(content)
            return False
        found = False
        for part in objects(content):
            kind = str(part.get("type", ""))
            if "image" in kind:
                self.images += 1
            elif kind == "tool_result":
                found = True
                self.chars += len(json.dumps(part.get("content"), ensure_ascii=False))
            elif isinstance(part.get("text"), str):
                self.chars += len(part["text"])
                self._said.append(part["text"])
        return found


def objects(found: object) -> Iterator[Json]:
    """The JSON objects of a list; nothing for anything else."""
    if isinstance(found, list):
        yield from (entry for entry in found if isinstance(entry, dict))


def mapping(found: object) -> Json:
    """The JSON object, or an empty one."""
    return found if isinstance(found, dict) else {}


def first_int(*found: object) -> int | None:
    """The first whole number; booleans are none."""
    return next((value for value in found if isinstance(value, int) and not isinstance(value, bool)), None)


def strings(found: object) -> tuple[str, ...]:
    """A text, or the texts of a list."""
    if isinstance(found, str):
        return (found,)
    return tuple(entry for entry in found if isinstance(entry, str)) if isinstance(found, list) else ()


def read_tools(found: object) -> tuple[Tool, ...]:
    """Tools of any API: {function: {name, parameters}}, {name, parameters} or {name, input_schema}."""
    entries = (mapping(tool.get("function")) or tool for tool in objects(found))
    return tuple(
        Tool(entry["name"], mapping(entry.get("parameters")) or mapping(entry.get("input_schema")))
        for entry in entries
        if isinstance(entry.get("name"), str)
    )


def choose_tool(tools: Iterable[Tool], choice: object, last_role: str) -> Tool | None:
    """The tool to answer with: the named one, else the first; none after a tool result, or when `choice` forbids it."""
    offered = tuple(tools)
    wanted = mapping(choice)
    name = mapping(wanted.get("function")).get("name") or wanted.get("name")
    if not offered or last_role != "user" or "none" in (choice, wanted.get("type")):
        return None
    return next((tool for tool in offered if tool.name == name), offered[0])


def size(found: object) -> int:
    """Characters of a JSON value as it would stand in a prompt; 0 if there is none."""
    return len(json.dumps(found, ensure_ascii=False)) if found else 0
