"""POST /v1/messages, as Anthropic defines it: text and tools."""

import json
from collections.abc import Iterator

from ..answer import Answer, pieces
from ..ask import Ask, Json, Reading, choose_tool, first_int, objects, read_tools, size, strings
from ..problem import Problem
from .dialect import Dialect, named_events

STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}


def read(body: Json) -> Ask:
    """Raises Problem if messages or max_tokens are missing; this API requires both."""
    max_tokens, seen = first_int(body.get("max_tokens")), Reading()
    if not isinstance(body.get("messages"), list) or not body["messages"]:
        raise Problem("bad_request", "messages: Field required")
    if max_tokens is None or max_tokens < 1:
        raise Problem("bad_request", "max_tokens: Field required, at least 1")
    seen.message("system", body.get("system") or "")
    for message in objects(body["messages"]):
        seen.message(str(message.get("role", "")), message.get("content"))
    seen.chars += size(body.get("tools"))
    return Ask(
        model=str(body.get("model", "")),
        question=seen.question,
        prompt_chars=seen.chars,
        max_tokens=max_tokens,
        call=choose_tool(read_tools(body.get("tools")), body.get("tool_choice"), seen.last_role),
        stop=strings(body.get("stop_sequences")),
        stream=body.get("stream") is True,
        images=seen.images,
    )


def whole(ask: Ask, found: Answer) -> Json:
    del ask
    return _message(found) | {
        "content": [_block(found)],
        "stop_reason": STOP_REASONS[found.finish],
        "usage": {"input_tokens": found.prompt_tokens, "output_tokens": found.completion_tokens},
    }


def events(ask: Ask, found: Answer) -> Iterator[bytes]:
    del ask
    return named_events(_events(found))


def _events(found: Answer) -> Iterator[Json]:
    yield {"type": "message_start", "message": _message(found)}
    empty: Json = {"input": {}} if found.call else {"text": ""}
    start = _block(found) | empty
    yield {"type": "content_block_start", "index": 0, "content_block": start}
    for piece in pieces(found.call.arguments if found.call else found.text):
        kind, key = ("input_json_delta", "partial_json") if found.call else ("text_delta", "text")
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": kind, key: piece}}
    yield {"type": "content_block_stop", "index": 0}
    ending = {"stop_reason": STOP_REASONS[found.finish], "stop_sequence": None}
    yield {"type": "message_delta", "delta": ending, "usage": {"output_tokens": found.completion_tokens}}
    yield {"type": "message_stop"}


def _message(found: Answer) -> Json:
    return {
        "id": f"msg_{found.id}",
        "type": "message",
        "role": "assistant",
        "model": found.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": found.prompt_tokens, "output_tokens": 0},
    }


def _block(found: Answer) -> Json:
    if found.call is None:
        return {"type": "text", "text": found.text}
    arguments = json.loads(found.call.arguments)
    return {"type": "tool_use", "id": f"toolu_{found.call.id}", "name": found.call.name, "input": arguments}


MESSAGES = Dialect(read, whole, events)
