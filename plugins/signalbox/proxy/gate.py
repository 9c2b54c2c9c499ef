"""What stands before LiteLLM's routes where the strategy has rules: model calls that no hook would see are closed.

LiteLLM serves a thousand routes, and not all of them ask a hook before they send text out or spend money (threads,
assistants, RAG, input-token counts, websockets, the queue). Those that do ask are listed here; every other route that
calls a model is refused.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any, Final

from litellm.proxy.auth.route_checks import RouteChecks
from starlette.datastructures import URLPath
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from signalbox.proxy.guard import has_limits, has_privacy_rule
from signalbox.routing.hints import PREFIX, UNREADABLE_CLASS
from signalbox.schema.plan import Plan

_HOOKED: Final = re.compile(
    r"(/v1|/openai/deployments/[^?]+|/engines/[^?]+)?/(chat/completions|completions|embeddings)"
    r"|(/openai/v1|/v1)?/responses(/(?!input_tokens$|compact$)[^/]+(/(input_items|cancel))?)?"
    r"|/v1/messages(/count_tokens)?"
    r"|(/v1beta)?/models/[^/]+:(generateContent|streamGenerateContent)"
    r"|(/v1)?/models(/[^:]*)?"
    r"|/utils/token_counter"
    r"|(/v1|/openai/deployments/[^?]+)?/(images/(generations|edits)|audio/(speech|transcriptions)|moderations|rerank)"
    r"|/v2/rerank"
    r"|(/openai/v1|/v1)?/files"
)
"""Paths whose calls reach our hooks; the hooks know what to refuse."""
_UNKNOWN_TO_LITELLM: Final = frozenset({"/queue/chat/completions", "/usage/ai/chat", "/health"})
"""Routes that call models and that LiteLLM does not count among those that do. `/health` makes a paid call per model."""
_CLASS_HEADER: Final = f"{PREFIX}data-class".encode()


class Gate(BaseRoute):
    """The first of the application's routes. It matches what is to be refused, and nothing else."""

    def __init__(self, plan: Plan) -> None:
        self._private, self._ruled = has_privacy_rule(plan), has_privacy_rule(plan) or has_limits(plan)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Also makes one of several data-class headers: our hooks would see only the last."""
        if not self._ruled or scope["type"] not in {"http", "websocket"}:
            return Match.NONE, {}
        if self._private:
            _merge_data_classes(scope)
        path = scope["path"]
        calls = scope["type"] == "websocket" or path in _UNKNOWN_TO_LITELLM or RouteChecks.is_llm_api_route(path)
        hooked = scope["type"] == "http" and _HOOKED.fullmatch(path.rstrip("/"))
        return (Match.FULL, {"endpoint": self}) if calls and not hooked else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """403, in OpenAI's shape."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        message = (
            f"signalbox: calls of {scope['path']} leave past the rules of this strategy (privacy or budget); "
            "use chat, completions, responses, messages or embeddings with a model of the strategy."
        )
        error = {"message": message, "type": "signalbox_privacy", "param": None, "code": "403"}
        await JSONResponse({"error": error}, 403)(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Nothing is to be found here by name."""
        raise NoMatchFound(name, path_params)


def _merge_data_classes(scope: MutableMapping[str, Any]) -> None:
    given = {value for name, value in scope["headers"] if name.lower() == _CLASS_HEADER}
    if len(given) > 1:
        others = [pair for pair in scope["headers"] if pair[0].lower() != _CLASS_HEADER]
        scope["headers"] = [*others, (_CLASS_HEADER, UNREADABLE_CLASS.encode())]
