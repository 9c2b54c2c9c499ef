"""What a request says, read once and bounded. Facts hold no opinion."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, Self

EndpointKind = Literal["chat", "completion", "responses", "messages", "embedding", "other"]


@dataclass(frozen=True, slots=True)
class Hints:
    """What the client asks of us by header, `metadata.signalbox` or model name. Untrusted: may tighten, never loosen."""

    model: str | None = None
    lane: str | None = None
    task: str | None = None
    tier: str | None = None
    persona: str | None = None
    data_class: str | None = None
    session: str | None = None
    max_cost_micros: int | None = None
    max_latency_ms: float | None = None
    ignore_persona: bool = False
    ignored: tuple[str, ...] = ()
    """Hints that could not be understood, as `name: why`; they are said in the trace."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What the key, team and user of a request are bound to (from their metadata, not from the client)."""

    data_class: str | None = None
    persona: str | None = None
    identity: str = ""
    """A digest of the key: sessions of different keys never meet."""
    allowed: frozenset[str] | None = None
    """Model groups that the key may use; None: not restricted."""


class Facts(NamedTuple):
    """A request in any shape that LiteLLM accepts. Text is capped (head and tail); counts are of the whole."""

    endpoint: EndpointKind = "chat"
    requested: str = "auto"
    hints: Hints = Hints()
    caller: Caller = Caller()
    system: str = ""
    """The first 2,000 characters of system and developer messages."""
    prompt: str = ""
    """The last user turn, at most 8,000 characters (head 6,000 + tail 2,000)."""
    earlier: str = ""
    """The user turn before that, at most 2,000 characters; "" in the first turn."""
    last_assistant: str = ""
    """The first 1,000 characters of the last assistant turn."""
    user_turns: int = 1
    turns: int = 1
    text_chars: int = 0
    """Characters of all text in the request (messages, tool schemas, passages)."""
    prompt_chars: int = 0
    """Characters of the last user turn, uncapped."""
    prompt_tokens: int = 0
    """Estimated tokens of the whole prompt, an upper-side estimate that knows dense scripts."""
    max_output_tokens: int | None = None
    choices: int = 1
    """Answers asked for: `n`, `best_of`, or a list of completion prompts. Each costs its own output."""
    images: int = 0
    audio: int = 0
    files: int = 0
    file_bytes: int = 0
    repository: bool = False
    """The request says that it carries a whole repository (metadata)."""
    documents: int = 0
    """Passages given as structured documents (`documents`, file search results), not as text."""
    tools: int = 0
    tool_names: tuple[str, ...] = ()
    tool_choice_none: bool = False
    tool_results: int = 0
    in_tool_loop: bool = False
    """The last message is a tool result: the model is in the middle of a tool loop."""
    json_schema: bool = False
    json_mode: bool = False
    stream: bool = False
    conversation: str = ""
    """Digest of the conversation's first user turn and system text: stable over its turns. Hex, 16 characters."""
    digest: str = ""
    """Digest of all text; the log keeps it instead of the text. Hex, 32 characters."""

    def without_text(self) -> Self:
        """The same without a word of the request: what may be kept once it has ended."""
        return self._replace(system="", prompt="", earlier="", last_assistant="")
