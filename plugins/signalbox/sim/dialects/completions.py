"""POST /v1/completions."""

import time
from collections.abc import Iterator

from ..answer import Answer, pieces
from ..ask import CHARS_PER_TOKEN, Ask, Json, first_int, mapping, strings
from ..problem import Problem
from .chat import usage
from .dialect import Dialect, sse

DEFAULT_MAX_TOKENS = 16  # what the API says when max_tokens is left out


def read(body: Json) -> Ask:
    """Raises Problem if there is no prompt. A prompt of token numbers counts one token per number."""
    prompt = body.get("prompt")
    if not isinstance(prompt, str | list):
        raise Problem("bad_request", "prompt: a text, or a list of texts or tokens is required.", param="prompt")
    texts = strings(prompt)
    return Ask(
        model=str(body.get("model", "")),
        question=texts[-1] if texts else "",
        prompt_chars=sum(map(len, texts)) + CHARS_PER_TOKEN * _token_numbers(prompt),
        max_tokens=first_int(body.get("max_tokens"), DEFAULT_MAX_TOKENS),
        stop=strings(body.get("stop")),
        stream=body.get("stream") is True,
        stream_usage=mapping(body.get("stream_options")).get("include_usage") is True,
    )


def whole(ask: Ask, found: Answer) -> Json:
    del ask
    return _envelope(found, found.text, found.finish) | {"usage": usage(found)}


def events(ask: Ask, found: Answer) -> Iterator[bytes]:
    for piece in pieces(found.text):
        yield sse(_envelope(found, piece, None))
    yield sse(_envelope(found, "", found.finish))
    if ask.stream_usage:
        yield sse(_envelope(found, "", None) | {"choices": [], "usage": usage(found)})
    yield b"data: [DONE]\n\n"


def _token_numbers(prompt: object) -> int:
    if isinstance(prompt, list):
        return sum(_token_numbers(entry) for entry in prompt)
    return int(isinstance(prompt, int))


def _envelope(found: Answer, text: str, finish: str | None) -> Json:
    return {
        "id": f"cmpl-{found.id}",
        "object": "text_completion",
        "created": int(time.time()),
        "model": found.model,
        "choices": [{"index": 0, "text": text, "logprobs": None, "finish_reason": finish}],
    }


COMPLETIONS = Dialect(read, whole, events)
