"""Every touch of LiteLLM outside the hooks themselves. tests/proxy/test_litellm_facts.py states what is relied on."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, cast

from fastapi import APIRouter
from litellm.proxy._types import LitellmUserRoles, ProxyException, UserAPIKeyAuth
from litellm.proxy.auth.auth_checks import can_key_call_resolved_model
from starlette.routing import BaseRoute

from signalbox.errors import BudgetRefusal, Refusal
from signalbox.routing.hints import UNREADABLE_CLASS, same_name
from signalbox.schema.facts import Caller, EndpointKind

ENDPOINTS: Mapping[str, EndpointKind] = {
    "acompletion": "chat",
    "completion": "chat",
    "atext_completion": "completion",
    "text_completion": "completion",
    "aresponses": "responses",
    "responses": "responses",
    "anthropic_messages": "messages",
    "agenerate_content": "chat",
    "generate_content": "chat",
    "agenerate_content_stream": "chat",
    "aembedding": "embedding",
    "embedding": "embedding",
    "embeddings": "embedding",
}
"""LiteLLM's call types -> ours; other call types (images, audio, rerank, ...) are not routed, only guarded."""

Json = dict[str, Any]


def config_path() -> Path | None:
    """The config that this proxy was started with; None if it came from elsewhere."""
    from litellm.proxy import proxy_server

    found = getattr(proxy_server, "user_config_file_path", None) or os.environ.get("CONFIG_FILE_PATH")
    return Path(found) if isinstance(found, str) and found else None


def bucket(data: Mapping[str, Any]) -> Json:
    """The server's own metadata of a request: `litellm_metadata` on /responses and /messages, else `metadata`."""
    for name in ("litellm_metadata", "metadata"):
        found = data.get(name)
        if isinstance(found, dict):
            return found
    return {}


def own_bucket(data: Json) -> Json:
    """The same, made if it is missing, to write to."""
    name = "litellm_metadata" if isinstance(data.get("litellm_metadata"), dict) else "metadata"
    if not isinstance(data.get(name), dict):
        data[name] = {}
    return cast("Json", data[name])


def client_metadata(data: Mapping[str, Any]) -> object:
    """What the client sent as `metadata`, without what LiteLLM put there."""
    return bucket(data).get("requester_metadata") or data.get("metadata")


def request_headers(data: Mapping[str, Any]) -> Mapping[str, str]:
    """The client's HTTP headers."""
    request = data.get("proxy_server_request")
    headers = request.get("headers") if isinstance(request, Mapping) else None
    return headers if isinstance(headers, Mapping) else {}


async def caller_of(key: UserAPIKeyAuth, groups: Collection[str]) -> Caller:
    """What a key and its team are bound to, and which of `groups` the key may use."""
    identity = blake2b(str(key.api_key or key.user_id or "").encode(), digest_size=8).hexdigest()
    persona = next((value for value in _bound(key, "persona") if isinstance(value, str)), None)
    return Caller(bound_class(key), persona, identity, await _allowed(key, groups))


def bound_class(key: UserAPIKeyAuth) -> str | None:
    """The data class of key and team. One that cannot be read, or two that differ, are local only."""
    given = {
        value if isinstance(value, str) and value.strip() else UNREADABLE_CLASS for value in _bound(key, "dataclass")
    }
    return given.pop() if len(given) == 1 else UNREADABLE_CLASS if given else None


def _bound(key: UserAPIKeyAuth, name: str) -> Iterator[object]:
    """What key and team are bound to under a name, in any of its spellings; a binding that is no mapping binds everything."""
    for holder in (key.metadata, key.team_metadata):
        inside = holder.get("signalbox") if isinstance(holder, dict) else None
        if isinstance(inside, dict):
            yield from (value for spelled, value in inside.items() if same_name(str(spelled)) == name)
        elif inside is not None:
            yield None


async def _allowed(key: UserAPIKeyAuth, groups: Collection[str]) -> frozenset[str] | None:
    if key.user_role == LitellmUserRoles.PROXY_ADMIN and not key.models:
        return None
    from litellm.proxy.proxy_server import llm_router

    allowed = set()
    for group in groups:
        try:
            await can_key_call_resolved_model(model=group, llm_model_list=None, valid_token=key, llm_router=llm_router)
        except Exception:  # noqa: S112 - LiteLLM raises several kinds; each means: not this one
            continue
        allowed.add(group)
    return frozenset(allowed)


def refusal_response(refusal: Refusal) -> ProxyException:
    """A refusal as an OpenAI-shaped error that names us as its source."""
    headers = {"x-signalbox-reason": refusal.code}
    if isinstance(refusal, BudgetRefusal) and refusal.resets_at is not None:
        headers["x-signalbox-resets-at"] = str(int(refusal.resets_at))
    return ProxyException(
        message=f"signalbox: {refusal}", type=refusal.code, param="model", code=refusal.status, headers=headers
    )


def is_admin(key: UserAPIKeyAuth) -> bool:
    """Whether the key is the master key or an administrator's."""
    return key.user_role == LitellmUserRoles.PROXY_ADMIN


def add_routes(router: APIRouter) -> None:
    """Adds routes to the proxy's own application, once."""
    from litellm.proxy.proxy_server import app

    app.include_router(router)


def add_routes_first(*routes: BaseRoute) -> None:
    """Adds routes before the proxy's own, so that ours answer where both match."""
    from litellm.proxy.proxy_server import app

    app.router.routes[:0] = routes


def on_shutdown(callback: Callable[[], Awaitable[None]]) -> None:
    """Runs `callback` when the proxy stops. Best effort: LiteLLM has no hook for it, so its own event is wrapped."""
    from litellm.proxy import proxy_server

    original = proxy_server.proxy_shutdown_event

    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        await callback()
        return await original(*args, **kwargs)

    proxy_server.proxy_shutdown_event = wrapped
