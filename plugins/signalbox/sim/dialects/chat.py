"""POST /v1/chat/completions."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from ..answer import Answer, pieces
from ..ask import Ask, Json, Reading, choose_tool, first_int, mapping, objects, read_tools, size, strings
from ..problem import Problem
from .dialect import Dialect, sse


def read(body: Json) -> Ask:
    """Raises Problem if there are no messages or fewer than one token is wanted."""
    if not isinstance(body.get("messages"), list) or not body["messages"]:
        raise Problem("bad_request", "messages: a non-empty list of messages is required.", param="messages")
    seen = Reading()
    for message in objects(body["messages"]):
        seen.message(str(message.get("role", "")), message.get("content"))
        seen.chars += size(message.get("tool_calls"))
    seen.chars += size(body.get("tools"))
    max_tokens = first_int(body.get("max_completion_tokens"), body.get("max_tokens"))
    if max_tokens is not None and max_tokens < 1:
        raise Problem("bad_request", f"max_tokens must be at least 1, got {max_tokens}.", param="max_tokens")
    return Ask(
        model=str(body.get("model", "")),
        question=seen.question,
        prompt_chars=seen.chars,
        max_tokens=max_tokens,
        call=choose_tool(read_tools(body.get("tools")), body.get("tool_choice"), seen.last_role),
        schema=wanted_schema(body),
        stop=strings(body.get("stop")),
        choices=min(max(first_int(body.get("n")) or 1, 1), 16),
        stream=body.get("stream") is True,
        stream_usage=mapping(body.get("stream_options")).get("include_usage") is True,
        images=seen.images,
    )


def wanted_schema(body: Json) -> Mapping[str, Any] | None:
    """The schema of the JSON document wanted (an empty object for "any JSON"), or None for text."""
    form = mapping(body.get("response_format"))
    given = mapping(form.get("json_schema")).get("schema") or form.get("schema") or body.get("guided_json")
    if isinstance(given, dict):
        return given
    return {"type": "object"} if form.get("type") in {"json_object", "json_schema"} else None


def usage(found: Answer) -> Json:
    """Token counts in OpenAI's words."""
    return {
        "prompt_tokens": found.prompt_tokens,
        "completion_tokens": found.completion_tokens,
        "total_tokens": found.total_tokens,
    }


def whole(ask: Ask, found: Answer) -> Json:
    message: Json = {"role": "assistant", "content": found.text}
    if found.call is not None:
        message |= {"content": None, "tool_calls": [_call(found)]}
    choices = [
        {"index": index, "message": message, "logprobs": None, "finish_reason": found.finish}
        for index in range(ask.choices)
    ]
    return _envelope(found, "chat.completion") | {"choices": choices, "usage": usage(found)}


def events(ask: Ask, found: Answer) -> Iterator[bytes]:
    envelope = _envelope(found, "chat.completion.chunk") | ({"usage": None} if ask.stream_usage else {})
    for index in range(ask.choices):
        for delta in _deltas(found):
            choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": None}
            yield sse(envelope | {"choices": [choice]})
        yield sse(envelope | {"choices": [{"index": index, "delta": {}, "finish_reason": found.finish}]})
    if ask.stream_usage:
        yield sse(envelope | {"choices": [], "usage": usage(found)})
    yield b"data: [DONE]\n\n"


def _deltas(found: Answer) -> Iterator[Json]:
    yield {"role": "assistant", "content": None if found.call else ""}
    if found.call is None:
        yield from ({"content": piece} for piece in pieces(found.text))
        return
    opening = _call(found) | {"index": 0, "function": {"name": found.call.name, "arguments": ""}}
    yield {"tool_calls": [opening]}
    for piece in pieces(found.call.arguments):
        yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}


def _call(found: Answer) -> Json:
    call = found.call
    assert call is not None  # noqa: S101 -- both callers have just looked
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _envelope(found: Answer, kind: str) -> Json:
    return {"id": f"chatcmpl-{found.id}", "object": kind, "created": int(time.time()), "model": found.model}


CHAT = Dialect(read, whole, events)
