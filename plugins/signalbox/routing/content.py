"""The many shapes of request content, walked once: text, attachments and tool traffic of each turn.

Understands OpenAI chat and completions, OpenAI responses, Anthropic messages, embeddings and Gemini contents. Whatever
has another shape is passed over: the provider will say what is wrong with it, in its own words. Sizes leave nothing out:
what is not counted would be neither held to a context window nor paid for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

_TEXT_KEYS = ("text", "input_text", "output_text", "refusal")
_IMAGES = frozenset({"image_url", "input_image", "image", "video_url", "input_video", "video"})
_AUDIO = frozenset({"input_audio", "audio"})
_FILES = frozenset({"file", "input_file", "document"})
_TOOL_RESULTS = frozenset({"tool_result", "function_call_output", "computer_call_output", "search_result"})
_TOOL_CALLS = frozenset({"tool_use", "function_call", "computer_call"})
_SPOKEN = frozenset({"content", "parts", "output", "text"})
_UNSPOKEN = frozenset({"arguments", "input", "reasoning_content", "summary", "encrypted_content", "function_call"})
"""What a turn carries beside its text: sent and counted, but no words of anyone."""
_INSTRUCTIONS = ("system", "instructions", "systemInstruction", "system_instruction")
_DEEPEST = 6
_LARGEST_FILE = 2**50
CONVERSATIONS: Final = ("messages", "contents", "input", "prompt")
"""Where the shapes keep their turns."""

Json = Mapping[str, object]


@dataclass(slots=True)
class Turn:
    """One message: its pieces of text (not joined: joining 10 MB costs) and what else it carries."""

    role: str
    texts: list[str] = field(default_factory=list)
    images: int = 0
    audio: int = 0
    files: int = 0
    file_bytes: int = 0
    tool_results: int = 0
    tool_calls: int = 0
    unspoken: int = 0
    """UTF-8 bytes of tool calls' arguments, thoughts and the like."""
    tokens: int = 0
    """Of a prompt that is given as token numbers."""

    @property
    def size(self) -> int:
        """UTF-8 bytes of all that is sent for the turn, attachments aside."""
        return sum(map(utf8_size, self.texts)) + self.unspoken

    @property
    def chars(self) -> int:
        """Characters of text in the turn."""
        return sum(map(len, self.texts))

    def head(self, limit: int) -> str:
        """The first `limit` characters."""
        return _clip(self.texts, limit)

    def clipped(self, head: int, tail: int) -> str:
        """All of the text, or its first `head` and last `tail` characters."""
        if self.chars <= head + tail:
            return "\n".join(self.texts)
        return _clip(self.texts, head) + "\n" + _clip([text[-tail:] for text in reversed(self.texts)], tail, ends=True)


def _clip(texts: Sequence[str], limit: int, *, ends: bool = False) -> str:
    kept: list[str] = []
    left = limit
    for text in texts:
        if left <= 0:
            break
        kept.append(text[-left:] if ends else text[:left])
        left -= len(kept[-1])
    return "\n".join(reversed(kept) if ends else kept)


def utf8_size(text: str) -> int:
    """Bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def json_size(value: object) -> int:
    """About the UTF-8 bytes of a value written as JSON."""
    size, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            size += utf8_size(item)
        elif isinstance(item, (dict, Mapping)):  # dict first: several times quicker
            size += 6 * len(item)
            waiting += item
            waiting += item.values()
        elif isinstance(item, list | tuple):
            waiting += item
        elif item is not None:
            size += 4
    return size


def turns(conversation: object, *, most: int) -> tuple[list[Turn], int]:
    """The turns of a conversation and how many it has; beyond `most`, those in the middle are counted as one."""
    if isinstance(conversation, str | Mapping):
        conversation = [conversation]
    if not isinstance(conversation, list | tuple) or not conversation:
        return [], 0
    if not isinstance(conversation[0], Mapping) and not any(isinstance(item, Mapping) for item in conversation[1:8]):
        return [_plain(conversation)], 1
    count = len(conversation)
    if count <= most:
        return [_turn(item) for item in conversation], count
    head, tail = most // 4, count - (most - most // 4)
    middle = Turn("")
    for item in islice(conversation, head, tail):
        _fill(middle, item)
    return [*map(_turn, conversation[:head]), middle, *map(_turn, conversation[tail:])], count


def together(found: Sequence[Turn]) -> Turn:
    """One turn that carries what all of them do."""
    if len(found) == 1:
        return found[0]
    whole = Turn("")
    for turn in found:
        whole.texts += turn.texts
        whole.images += turn.images
        whole.audio += turn.audio
        whole.files += turn.files
        whole.file_bytes += turn.file_bytes
        whole.tool_results += turn.tool_results
        whole.tool_calls += turn.tool_calls
        whole.unspoken += turn.unspoken
        whole.tokens += turn.tokens
    return whole


def _plain(items: Sequence[object]) -> Turn:
    """Texts to complete or embed; or their token numbers, flat or in one list per text."""
    turn = Turn("user")
    for item in items:
        if isinstance(item, str):
            turn.texts.append(item)
        elif isinstance(item, int):
            turn.tokens += 1
        elif isinstance(item, list | tuple):
            turn.tokens += len(item)
        else:
            turn.unspoken += json_size(item)
    return turn


def system_texts(body: Json) -> list[str]:
    """Instructions that stand beside the turns: Anthropic's `system`, OpenAI's `instructions`, Gemini's systemInstruction."""
    holder = Turn("system")
    for name in _INSTRUCTIONS:
        if name in body:
            _read(body[name], holder, 0)
    return holder.texts


def _turn(item: object) -> Turn:
    turn = Turn("user")
    turn.role = _fill(turn, item)
    return turn


def _role(item: Json, kind: str) -> str:
    role = item.get("role")
    if role in ("tool", "function") or kind in _TOOL_RESULTS:  # in a tuple: a role may be of a type without hash
        return "tool"
    if kind in _TOOL_CALLS:
        return "assistant"
    return role if isinstance(role, str) else "user"


def _kind(item: Json) -> str:
    kind = item.get("type")
    return kind if isinstance(kind, str) else ""


def _fill(turn: Turn, item: object) -> str:
    """Adds what a message carries; returns whose it is."""
    if not isinstance(item, Mapping):
        _read(item, turn, 0)
        return "user"
    kind = _kind(item)
    role = _role(item, kind)
    turn.tool_results += role == "tool"
    calls = item.get("tool_calls")
    if isinstance(calls, list):
        turn.tool_calls += len(calls)
        turn.unspoken += json_size(calls)
    elif kind in _TOOL_CALLS:
        turn.tool_calls += 1
    for name, value in item.items():
        if name in _SPOKEN:
            _read(value, turn, 0)
        elif name in _UNSPOKEN:
            turn.unspoken += json_size(value)
    return role


def _read(value: object, turn: Turn, depth: int) -> None:
    """Adds the text and the attachments of a content value (string, part, or list of parts) to a turn."""
    if isinstance(value, str):
        if value:
            turn.texts.append(value)
    elif depth >= _DEEPEST:
        turn.unspoken += json_size(value)
    elif isinstance(value, list | tuple):
        for part in value:
            _read(part, turn, depth + 1)
    elif isinstance(value, Mapping):
        _read_part(value, turn, depth)


def _read_part(part: Json, turn: Turn, depth: int) -> None:
    kind = _kind(part)
    if kind in _IMAGES or "inlineData" in part or "inline_data" in part:
        turn.images += 1
    elif kind in _AUDIO:
        turn.audio += 1
    elif kind in _FILES:
        turn.files += 1
        turn.file_bytes += _payload_bytes(part)
        _read_document(part.get("source"), turn, depth)
    elif kind in _TOOL_CALLS:
        turn.tool_calls += 1
        turn.unspoken += json_size(part.get("input")) + json_size(part.get("arguments"))
    else:
        turn.unspoken += json_size(part.get("thinking"))
        if kind in _TOOL_RESULTS:
            turn.tool_results += 1
        for name in (*_TEXT_KEYS, "content", "parts", "output"):
            _read(part.get(name), turn, depth + 1)


def _read_document(source: object, turn: Turn, depth: int) -> None:
    """A document that is given as text, not as the bytes of a file."""
    if isinstance(source, Mapping) and _kind(source) in {"text", "content"}:
        for name in ("data", "content"):
            _read(source.get(name), turn, depth + 1)


def _payload_bytes(part: Json) -> int:
    """Bytes of a base64 payload, from its length alone, or as many as the client says, whichever is more."""
    holder: object = part.get("file") or part.get("source") or part
    if not isinstance(holder, Mapping):
        return 0
    size = holder.get("size") or holder.get("bytes")
    said = min(size, _LARGEST_FILE) if isinstance(size, int) and not isinstance(size, bool) else 0
    data = holder.get("file_data") or holder.get("data") or ""
    return max(said, len(data) * 3 // 4 if isinstance(data, str) else 0)
