"""POST /v1/responses: the subset that text, tools and JSON output need."""

import time
from collections.abc import Iterator

from ..answer import Answer, pieces
from ..ask import Ask, Json, Reading, choose_tool, first_int, mapping, objects, read_tools, size
from ..problem import Problem
from .dialect import Dialect, named_events


def read(body: Json) -> Ask:
    """Raises Problem if there is no input."""
    given, seen = body.get("input"), Reading()
    if not isinstance(given, str | list):
        raise Problem("bad_request", "input: a text or a list of items is required.", param="input")
    seen.message("system", body.get("instructions") or "")
    if isinstance(given, str):
        seen.message("user", given)
    for item in objects(given):
        if item.get("type") == "function_call_output":
            seen.message("tool", item.get("output"))
        else:
            seen.message(str(item.get("role", "assistant")), item.get("content"))
    seen.chars += size(body.get("tools"))
    form = mapping(mapping(body.get("text")).get("format"))
    schema = {"type": "object"} if form.get("type") == "json_object" else form.get("schema")
    return Ask(
        model=str(body.get("model", "")),
        question=seen.question,
        prompt_chars=seen.chars,
        max_tokens=first_int(body.get("max_output_tokens")),
        call=choose_tool(read_tools(body.get("tools")), body.get("tool_choice"), seen.last_role),
        schema=schema if isinstance(schema, dict) else None,
        stream=body.get("stream") is True,
        images=seen.images,
    )


def whole(ask: Ask, found: Answer) -> Json:
    del ask
    cut = found.finish == "length"
    return _response(found, "incomplete" if cut else "completed") | {
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "output": [_item(found, "completed")],
        "usage": {
            "input_tokens": found.prompt_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": found.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": found.total_tokens,
        },
    }


def events(ask: Ask, found: Answer) -> Iterator[bytes]:
    numbered = ({"sequence_number": number} | event for number, event in enumerate(_events(ask, found)))
    return named_events(numbered)


def _events(ask: Ask, found: Answer) -> Iterator[Json]:
    started = _response(found, "in_progress")
    yield {"type": "response.created", "response": started}
    yield {"type": "response.in_progress", "response": started}
    item = _item(found, "in_progress")
    yield {"type": "response.output_item.added", "output_index": 0, "item": item}
    yield from _call_events(found, item["id"]) if found.call else _text_events(found, item["id"])
    yield {"type": "response.output_item.done", "output_index": 0, "item": _item(found, "completed")}
    ending = "response.incomplete" if found.finish == "length" else "response.completed"
    yield {"type": ending, "response": whole(ask, found)}


def _text_events(found: Answer, item_id: str) -> Iterator[Json]:
    place = {"item_id": item_id, "output_index": 0, "content_index": 0}
    yield {"type": "response.content_part.added", **place, "part": _part("")}
    for piece in pieces(found.text):
        yield {"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **place, "text": found.text, "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": _part(found.text)}


def _call_events(found: Answer, item_id: str) -> Iterator[Json]:
    place, arguments = {"item_id": item_id, "output_index": 0}, found.call.arguments if found.call else ""
    for piece in pieces(arguments):
        yield {"type": "response.function_call_arguments.delta", **place, "delta": piece}
    name = found.call.name if found.call else ""
    yield {"type": "response.function_call_arguments.done", **place, "name": name, "arguments": arguments}


def _response(found: Answer, status: str) -> Json:
    return {
        "id": f"resp_{found.id}",
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": found.model,
        "output": [],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
    }


def _item(found: Answer, status: str) -> Json:
    """The one output item; while it is in progress it is still empty."""
    done = status == "completed"
    if found.call is not None:
        call = found.call
        arguments = call.arguments if done else ""
        keys = {"call_id": call.id, "name": call.name, "arguments": arguments, "status": status}
        return {"id": f"fc_{found.id}", "type": "function_call", **keys}
    content = [_part(found.text)] if done else []
    return {"id": f"msg_{found.id}", "type": "message", "role": "assistant", "status": status, "content": content}


def _part(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


RESPONSES = Dialect(read, whole, events)
