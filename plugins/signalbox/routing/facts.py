"""A request body of any shape, read once into `Facts`. What is kept is bounded; what is counted is counted whole."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Final

from signalbox.routing.content import CONVERSATIONS, Json, Turn, json_size, system_texts, together, turns, utf8_size
from signalbox.routing.hints import AUTO, read_hints
from signalbox.schema.facts import Caller, EndpointKind, Facts

PROMPT_HEAD: Final = 6_000
PROMPT_TAIL: Final = 2_000
SYSTEM_HEAD: Final = 2_000
EARLIER_HEAD: Final = 2_000
ASSISTANT_HEAD: Final = 1_000
MOST_TURNS: Final = 1_000
_MOST_TOOLS: Final = 128
_MOST_OUTPUT: Final = 10_000_000
_ANSWERED: Final[Mapping[EndpointKind, str]] = {"responses": "input", "embedding": "input", "completion": "prompt"}
"""What an endpoint answers to, where it is not the first conversation of the body."""
_COUNTED: Final = ("tools", "functions", "documents", "response_format", "text", *CONVERSATIONS)
"""Fields whose text counts into the prompt."""
_INSTRUCTING: Final = ("system", "developer")
_ANSWERING: Final = ("assistant", "model")
_NOBODY: Final = Caller()
_DIGESTED: Final = 8_192
"""Characters at either end of a text that its digest covers, beside its length."""

BYTES_PER_TOKEN: Final = 3.5
"""UTF-8 bytes per token, on the low side for every script: English prose has about 4.5, code 3.5, Chinese 3."""
DENSE_BYTES_PER_TOKEN: Final = 1.4
"""The same for digits and for text without blanks (base64, hex): 1.4 to 2.9 with cl100k."""
_MOST_CHOICES: Final = 1_000
_IMAGE_TOKENS: Final = 800


def read_facts(
    body: Json,
    *,
    endpoint: EndpointKind | None = None,
    headers: Mapping[str, str] | None = None,
    metadata: object = None,
    caller: Caller | None = None,
) -> Facts:
    """What the request says. `metadata` is the client's own; `caller` what its key is bound to. Never raises."""
    endpoint = endpoint or guess_endpoint(body)
    main = next((name for name in (_ANSWERED.get(endpoint, ""), *CONVERSATIONS) if body.get(name)), "")
    found, count = turns(body.get(main), most=MOST_TURNS)
    whole = together(found)
    beside = system_texts(body)
    system, users, assistant = [*beside], [], None
    for turn in found:
        if turn.role == "user":
            users += [turn] if turn.texts or turn.images else []
        elif turn.role in _INSTRUCTING:
            system += turn.texts
        elif turn.role in _ANSWERING:
            assistant = turn
    last = users[-1] if users else Turn("user")
    tools = _tools(body)
    others = sum([json_size(body[name]) for name in _COUNTED if name != main and name in body])
    size = whole.size + sum(map(utf8_size, beside)) + others + 60 * len(tools)
    requested = body.get("model")
    requested = requested if isinstance(requested, str) and requested else AUTO
    metadata = body.get("metadata") if metadata is None else metadata
    prompt = last.clipped(PROMPT_HEAD, PROMPT_TAIL)
    head = "\n".join(system)[:SYSTEM_HEAD]
    schema, mode = _structured(body)
    documents = body.get("documents")
    return Facts(
        endpoint=endpoint,
        requested=requested,
        hints=read_hints(requested, headers or {}, metadata),
        caller=caller or _NOBODY,
        system=head,
        prompt=prompt,
        earlier=users[-2].head(EARLIER_HEAD) if len(users) > 1 else "",
        last_assistant=assistant.head(ASSISTANT_HEAD) if assistant else "",
        user_turns=len(users),
        turns=count,
        text_chars=whole.chars + whole.unspoken + sum(map(len, beside)) + others,
        prompt_chars=last.chars,
        prompt_tokens=int(size / _bytes_per_token(prompt or head)) + 1 + whole.tokens + _IMAGE_TOKENS * whole.images,
        max_output_tokens=_output_limit(body),
        choices=_choices(body),
        images=whole.images,
        audio=whole.audio,
        files=whole.files,
        file_bytes=whole.file_bytes,
        repository=_says_repository(metadata),
        documents=len(documents) if isinstance(documents, list) else 0,
        tools=len(tools),
        tool_names=tuple(islice(_tool_names(tools), 20)) if tools else (),
        tool_choice_none=body.get("tool_choice") == "none",
        tool_results=whole.tool_results,
        in_tool_loop=bool(found) and found[-1].tool_results > 0,
        json_schema=schema,
        json_mode=mode,
        stream=body.get("stream") is True,
        conversation=_digest((head[:500], users[0].head(500) if users else ""), size=8),
        digest=_digest((*beside, *whole.texts), size=16),
    )


def guess_endpoint(body: Json) -> EndpointKind:
    """The endpoint that a stored request body belongs to."""
    if "messages" in body:
        return "messages" if "system" in body else "chat"
    given = body.get("input")
    if given is not None:
        strings = isinstance(given, list) and all(isinstance(item, str) for item in given[:8])
        return "embedding" if strings or "encoding_format" in body or "dimensions" in body else "responses"
    return "completion" if "prompt" in body else "chat"


def _tools(body: Json) -> Sequence[object]:
    tools = body.get("tools") or body.get("functions")
    return tools if isinstance(tools, list) else ()


def _inner(tool: object) -> Json:
    inner = tool.get("function", tool) if isinstance(tool, Mapping) else {}
    return inner if isinstance(inner, Mapping) else {}


def _tool_names(tools: Sequence[object]) -> Iterable[str]:
    for tool in tools[:_MOST_TOOLS]:
        name = _inner(tool).get("name")
        if isinstance(name, str):
            yield name[:64]


def _bytes_per_token(sample: str) -> float:
    """Bytes per token of text that looks like the sample."""
    piece = sample[:1000]
    if len(piece) < 200 or not piece.isascii():
        return BYTES_PER_TOKEN
    digits = len(piece) - len(piece.encode().translate(None, b"0123456789"))
    blanks = piece.count(" ") + piece.count("\n")
    return DENSE_BYTES_PER_TOKEN if digits * 10 > 3 * len(piece) or blanks * 50 < len(piece) else BYTES_PER_TOKEN


def _choices(body: Json) -> int:
    """How many answers are asked for at most."""
    prompts = body.get("prompt")
    several = len(prompts) if isinstance(prompts, list) and all(isinstance(item, str) for item in prompts[:8]) else 1
    asked = [value for name in ("n", "best_of") if isinstance(value := body.get(name), int)]
    return min(max(1, several) * max([1, *asked]), _MOST_CHOICES)


def _output_limit(body: Json) -> int | None:
    """The largest limit that the client names: which of them a provider heeds is not ours to guess."""
    limits = [
        min(int(value), _MOST_OUTPUT)
        for holder in (body, body.get("generationConfig"), body.get("extra_body"))
        if isinstance(holder, Mapping)
        for name in ("max_completion_tokens", "max_output_tokens", "max_tokens", "maxOutputTokens")
        if isinstance(value := holder.get(name), int | float) and not isinstance(value, bool) and 0 < value < math.inf
    ]
    return max(limits, default=0) or None


def _structured(body: Json) -> tuple[bool, bool]:
    """(a JSON schema is asked for, JSON of any shape is asked for)."""
    wanted = body.get("response_format")
    text = body.get("text")
    if wanted is None and isinstance(text, Mapping):
        wanted = text.get("format")
    kind = wanted.get("type") if isinstance(wanted, Mapping) else None
    return kind == "json_schema", kind == "json_schema" or kind == "json_object"  # noqa: PLR1714 - may have no hash


def _says_repository(metadata: object) -> bool:
    inside = metadata.get("signalbox") if isinstance(metadata, Mapping) else None
    return isinstance(inside, Mapping) and inside.get("repository") in (True, "true")


def _digest(texts: Sequence[str], *, size: int) -> str:
    mark = blake2b(digest_size=size)
    for text in texts[:MOST_TURNS]:
        mark.update(len(text).to_bytes(8, "little"))
        mark.update(text[:_DIGESTED].encode("utf-8", "surrogatepass"))
        if len(text) > _DIGESTED:
            mark.update(text[-_DIGESTED:].encode("utf-8", "surrogatepass"))
    return mark.hexdigest()
