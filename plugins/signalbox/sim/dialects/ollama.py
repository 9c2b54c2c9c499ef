"""Ollama's own POST /api/chat and /api/generate. They stream lines of JSON unless told not to."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ..answer import Answer, pieces
from ..ask import Ask, Json, Reading, choose_tool, first_int, mapping, objects, read_tools, size, strings
from .dialect import Dialect

NDJSON = "application/x-ndjson"
TOKEN_NS = 20_000_000  # the simulated pace: 50 tokens per second


def read_chat(body: Json) -> Ask:
    seen = Reading()
    for message in objects(body.get("messages")):
        seen.message(str(message.get("role", "")), message.get("content"))
        seen.images += len(strings(message.get("images")))
        seen.chars += size(message.get("tool_calls"))
    seen.chars += size(body.get("tools"))
    return _ask(body, seen, tools=True)


def read_generate(body: Json) -> Ask:
    seen = Reading()
    seen.message("system", body.get("system") or "")
    seen.message("user", body.get("prompt") or "")
    seen.images = len(strings(body.get("images")))
    return _ask(body, seen, tools=False)


def whole_chat(ask: Ask, found: Answer) -> Json:
    del ask
    return _line(found, {"message": _message(found, found.text)}) | _ending(found)


def whole_generate(ask: Ask, found: Answer) -> Json:
    del ask
    return _line(found, {"response": found.text}) | _ending(found)


def chat_events(ask: Ask, found: Answer) -> Iterator[bytes]:
    del ask
    if found.call is not None:
        yield _ndjson(_line(found, {"message": _message(found, "")}))
    for piece in pieces(found.text):
        yield _ndjson(_line(found, {"message": {"role": "assistant", "content": piece}}))
    yield _ndjson(_line(found, {"message": {"role": "assistant", "content": ""}}) | _ending(found))


def generate_events(ask: Ask, found: Answer) -> Iterator[bytes]:
    del ask
    for piece in pieces(found.text):
        yield _ndjson(_line(found, {"response": piece}))
    yield _ndjson(_line(found, {"response": ""}) | _ending(found))


def timings(prompt_tokens: int, generated: int) -> Json:
    """Durations in nanoseconds, as a steady simulated pace gives them."""
    return {
        "total_duration": (prompt_tokens // 10 + generated + 1) * TOKEN_NS,
        "load_duration": TOKEN_NS,
        "prompt_eval_count": prompt_tokens,
        "prompt_eval_duration": prompt_tokens * TOKEN_NS // 10,
    }


def _ask(body: Json, seen: Reading, *, tools: bool) -> Ask:
    options = mapping(body.get("options"))
    predict = first_int(options.get("num_predict"))
    offered = read_tools(body.get("tools")) if tools else ()
    return Ask(
        model=str(body.get("model", "")),
        question=seen.question,
        prompt_chars=seen.chars,
        max_tokens=predict if predict is not None and predict > 0 else None,  # -1 and -2 mean no limit
        call=choose_tool(offered, None, seen.last_role),
        schema=_format(body.get("format")),
        stop=strings(options.get("stop")),
        stream=body.get("stream") is not False,
        images=seen.images,
    )


def _format(found: object) -> Mapping[str, Any] | None:
    if isinstance(found, dict):
        return found
    return {"type": "object"} if found == "json" else None


def _message(found: Answer, text: str) -> Json:
    message: Json = {"role": "assistant", "content": text}
    if found.call is not None:
        arguments = json.loads(found.call.arguments)
        function = {"index": 0, "name": found.call.name, "arguments": arguments}
        message["tool_calls"] = [{"id": found.call.id, "function": function}]
    return message


def _line(found: Answer, content: Json) -> Json:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {"model": found.model, "created_at": now, **content, "done": False}


def _ending(found: Answer) -> Json:
    spent = {"eval_count": found.completion_tokens, "eval_duration": found.completion_tokens * TOKEN_NS}
    reason = "length" if found.finish == "length" else "stop"
    return {"done": True, "done_reason": reason} | timings(found.prompt_tokens, found.completion_tokens) | spent


def _ndjson(data: Json) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode() + b"\n"


OLLAMA_CHAT = Dialect(read_chat, whole_chat, chat_events, NDJSON)
OLLAMA_GENERATE = Dialect(read_generate, whole_generate, generate_events, NDJSON)
