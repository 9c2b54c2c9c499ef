"""Counting tokens without telling the provider: LiteLLM's own counters ask no hook and may send the text out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from litellm.proxy._types import UserAPIKeyAuth
from litellm.proxy.auth.user_api_key_auth import user_api_key_auth

from signalbox.routing.facts import read_facts
from signalbox.schema.plan import Plan

Key = Annotated[UserAPIKeyAuth, Depends(user_api_key_auth)]


def counting_routes(plan: Plan) -> APIRouter:
    """Routes that stand before LiteLLM's where the plan has a local_only rule; none where it has not."""
    router = APIRouter(tags=["signalbox"])
    if plan.privacy != "local_only" and "local_only" not in plan.data_classes.values():
        return router

    @router.post("/v1/messages/count_tokens")
    async def count(request: Request, key: Key) -> dict[str, int]:
        """An estimate from the text's length, on the high side. Nothing is sent anywhere."""
        return {"input_tokens": read_facts(await _body(request), endpoint="messages").prompt_tokens}

    @router.post("/utils/token_counter")
    async def counter(request: Request, key: Key) -> dict[str, Any]:
        """The same in the shape of LiteLLM's own counter."""
        body = await _body(request)
        model = body.get("model")
        return {
            "total_tokens": read_facts(body).prompt_tokens,
            "request_model": model,
            "model_used": model,
            "tokenizer_type": "signalbox_estimate",
        }

    return router


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is no JSON") from None
    if not isinstance(body, dict):
        raise HTTPException(400, "the body is no JSON object")
    return body
