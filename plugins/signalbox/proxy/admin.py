"""Our routes on the proxy's own port. All need a key; LiteLLM checks it."""

from __future__ import annotations

import json
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from litellm.proxy._types import UserAPIKeyAuth
from litellm.proxy.auth.user_api_key_auth import user_api_key_auth
from prometheus_client import CONTENT_TYPE_LATEST

from signalbox.errors import Refusal
from signalbox.proxy.litellm_api import caller_of, is_admin, refusal_response
from signalbox.proxy.runtime import Runtime
from signalbox.proxy.status import status as show_status
from signalbox.routing.facts import read_facts
from signalbox.units import Seconds

Key = Annotated[UserAPIKeyAuth, Depends(user_api_key_auth)]


def admin_routes(runtime: Runtime) -> APIRouter:
    """`/signalbox/...`, bound to a runtime."""
    router = APIRouter(prefix="/signalbox", tags=["signalbox"])

    @router.get("/status")
    async def status(key: Key) -> dict[str, Any]:
        """Strategy, totals and the state of every deployment; addresses for administrators."""
        return show_status(runtime, with_addresses=is_admin(key))

    @router.get("/decisions")
    async def decisions(
        key: Key, since: str = "1h", limit: Annotated[int, Query(ge=1, le=2000)] = 200
    ) -> dict[str, list[Any]]:
        """The latest decisions of this worker with their outcomes, newest first; texts for administrators alone."""
        try:
            oldest = time.time() - Seconds.parse(since)
        except ValueError as error:
            raise HTTPException(400, f"since: {error}") from None
        lines = (json.loads(line) for line in reversed(runtime.recent))
        found = [line for line in lines if line["at"] >= oldest][:limit]
        hidden = set() if is_admin(key) else {"prompt", "digest"}
        return {"decisions": [{name: line[name] for name in line if name not in hidden} for line in found]}

    @router.post("/explain")
    async def explain(request: Request, key: Key) -> dict[str, Any]:
        """The decision for a request body (or {"prompt": ...}) without calling anything. Headers count as hints."""
        try:
            body = await request.json()
        except (ValueError, RecursionError):
            raise HTTPException(400, 'the body is no JSON; send a request body such as {"messages": [...]}') from None
        if not isinstance(body, dict):
            raise HTTPException(400, 'the body is no JSON object; send a request body such as {"messages": [...]}')
        caller = await caller_of(key, runtime.active.plan.models)
        try:
            return runtime.explain(read_facts(body, headers=request.headers, caller=caller))
        except Refusal as refusal:
            raise refusal_response(refusal) from refusal

    @router.get("/budget")
    async def budget(key: Key) -> dict[str, Any]:
        """Limits, spend and reservations."""
        return runtime.ledger.report(time.time())

    @router.get("/metrics")
    async def metrics(key: Key) -> Response:
        """Prometheus exposition of this worker."""
        fleet = runtime.active.board.snapshot(time.monotonic())
        return Response(runtime.metrics.page(fleet), media_type=CONTENT_TYPE_LATEST)

    return router
