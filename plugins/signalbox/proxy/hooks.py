"""LiteLLM's hooks, thin. LiteLLM looks them up on the class of the instance itself, so all of them stand in this body."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

from fastapi import HTTPException
from litellm.exceptions import ServiceUnavailableError
from litellm.integrations.custom_logger import CustomLogger
from litellm.proxy._types import UserAPIKeyAuth

from signalbox.errors import Refusal
from signalbox.fleet.balance import candidates
from signalbox.proxy import events
from signalbox.proxy.apply import apply, seal
from signalbox.proxy.guard import after_failure, is_ours, maybe_private, refuse_unguarded, refuse_unpriced
from signalbox.proxy.headers import header_values
from signalbox.proxy.litellm_api import (
    ENDPOINTS,
    bound_class,
    bucket,
    caller_of,
    client_metadata,
    own_bucket,
    refusal_response,
    request_headers,
)
from signalbox.proxy.locality import serves_locally
from signalbox.proxy.runtime import Runtime, session_of
from signalbox.proxy.trip import ID_KEY, Trip
from signalbox.routing.facts import read_facts
from signalbox.schema.facts import Caller

Json = dict[str, Any]

LATEST_EVENT: Final = 5.0
"""Seconds after a request's task in which LiteLLM's events of it come, from its logging queue. Afterwards nobody tells."""


class Signalbox(CustomLogger):
    """route -> read_facts -> extract_signals -> decide -> apply."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__()
        self.runtime = runtime

    async def async_pre_call_hook(
        self, user_api_key_dict: UserAPIKeyAuth, cache: object, data: Json, call_type: str
    ) -> Json:
        """Routes a request: sets model and fallbacks, or refuses."""
        plan = self.runtime.active.plan
        own_bucket(data).pop(ID_KEY, None)  # a client's own value must not name another request's trip
        key_class: object = None
        try:
            caller = await caller_of(user_api_key_dict, plan.models)
            key_class = caller.data_class
            return await self._route(data, call_type, caller)
        except Refusal as refusal:
            raise refusal_response(refusal) from refusal
        except Exception as error:
            private = maybe_private(
                plan,
                key_class=key_class or bound_class(user_api_key_dict),
                headers=request_headers(data),
                metadata=client_metadata(data),
            )
            try:
                return after_failure(plan, data, error, private=private)
            except Refusal as refusal:
                raise refusal_response(refusal) from refusal

    async def _route(self, data: Json, call_type: str, caller: Caller) -> Json:
        plan, endpoint = self.runtime.active.plan, ENDPOINTS.get(call_type)
        facts = read_facts(
            data,
            endpoint=endpoint or "other",
            headers=request_headers(data),
            metadata=client_metadata(data),
            caller=caller,
        )
        if endpoint is None or not is_ours(plan, facts.requested):
            strict = plan.privacy == "local_only" or self.runtime.active.pipeline.is_private(facts)
            refuse_unguarded(plan, call_type, routed=endpoint is not None, private=strict)
            refuse_unpriced(plan, facts.requested)
            trip = self.runtime.guarded(facts, local_only=strict)
            data["fallbacks"], data["context_window_fallbacks"] = [], []
            if strict:
                seal(data)
        else:
            trip = self.runtime.decide(facts, await self.runtime.second_opinion(facts))
            assert trip.decision is not None  # noqa: S101 - decide() returns a decision or raises
            apply(trip.decision, data, endpoint)
        own_bucket(data)[ID_KEY] = trip.id
        self._end_with_its_task(trip)
        return data

    def _end_with_its_task(self, trip: Trip) -> None:
        """Some requests end without any event: a stream that nobody waited for, or that held nothing."""

        def over(task: asyncio.Task[Any]) -> None:
            if not trip.ended:
                task.get_loop().call_later(LATEST_EVENT, self.runtime.abandoned, trip)

        if (task := asyncio.current_task()) is not None:
            task.add_done_callback(over)

    async def async_filter_deployments(
        self,
        model: str,
        healthy_deployments: list[Json],
        messages: object,
        request_kwargs: Json | None = None,
        parent_otel_span: object = None,
    ) -> list[Json]:
        """Which deployments of a group may serve this hop: local ones under a privacy rule, and of those the fittest now."""
        request = request_kwargs or {}
        trip = self._trip(request)
        if trip is not None:
            trip.depth = request.get("fallback_depth") or 0
            trip.groups.append(model)
        allowed = [found for found in healthy_deployments if self._may_serve(trip, found)]
        if not allowed and healthy_deployments:
            raise ServiceUnavailableError(
                message=f"signalbox: no deployment of {model} may serve this request: it may not leave the building",
                llm_provider="signalbox",
                model=model,
            )
        places = {_deployment_id(found): found for found in allowed}
        if len(places) < 2 or len(places) < len(allowed):
            return allowed
        board, conversation = self.runtime.active.board, session_of(trip.facts) if trip else model
        chosen = candidates(tuple(places), board.snapshot(time.monotonic()), board.in_flight, conversation)
        return [places[name] for name in chosen]

    async def async_pre_call_deployment_hook(self, kwargs: Json, call_type: object) -> Json | None:
        """The last line before the wire: it also sees calls that name a deployment id, which skip the filter."""
        trip = self._trip(kwargs)
        if not self._may_serve(trip, {"litellm_params": kwargs, "model_info": kwargs.get("model_info")}):
            raise HTTPException(
                403, "signalbox: this request may not leave the building, and this deployment is not local"
            )
        if trip is not None:
            self.runtime.sent(trip, _deployment_id(kwargs))
        return None

    async def async_post_call_failure_deployment_hook(
        self,
        request_data: Mapping[str, Any],
        exception: Exception,
        call_type: object,
        fallback_depth: int | None = None,
    ) -> None:
        """One attempt on one deployment failed."""
        if (trip := self._trip(request_data)) is not None:
            self.runtime.returned(trip)
        failed = events.failed_deployment(request_data, exception)
        if failed:
            deployment, what, retry_after = failed
            self.runtime.active.board.failed(deployment, what, time.monotonic(), retry_after=retry_after)

    async def async_log_success_event(
        self, kwargs: Json, response_obj: object, start_time: object, end_time: object
    ) -> None:
        """A request ended well (a stream: at its end)."""
        trip = self.runtime.trips.get(events.trip_id(kwargs))
        if trip is None:
            return
        latency = (time.monotonic() - trip.started) * 1000
        outcome = events.success(kwargs, depth=trip.depth, latency_ms=latency)
        if outcome.deployment:
            taken = latency if trip.depth == 0 and not outcome.cache_hit else None
            self.runtime.active.board.served(outcome.deployment, time.monotonic(), latency_ms=taken)
        self.runtime.ended(trip, outcome)

    async def async_log_failure_event(
        self, kwargs: Json, response_obj: object, start_time: object, end_time: object
    ) -> None:
        """A stream broke after its first chunk: LiteLLM tells nobody else. Other failures end in the hook below."""
        trip = self.runtime.trips.get(events.trip_id(kwargs))
        if trip is not None and trip.streaming:
            self._end_badly(trip, kwargs.get("exception"))

    async def async_post_call_failure_hook(
        self,
        request_data: Json,
        original_exception: Exception,
        user_api_key_dict: UserAPIKeyAuth,
        traceback_str: str | None = None,
    ) -> None:
        """A request failed after every fallback, or was rejected after we had decided."""
        trip = self._trip(request_data)
        if trip is not None:
            self._end_badly(trip, original_exception)

    async def async_post_call_response_headers_hook(
        self,
        data: Json,
        user_api_key_dict: UserAPIKeyAuth,
        response: object,
        request_headers: dict[str, str] | None = None,
        litellm_call_info: Mapping[str, object] | None = None,
    ) -> dict[str, str]:
        """Says what was decided. A whole answer is there by now; a stream has only begun."""
        trip = self._trip(data)
        if trip is None:
            return {}
        trip.streaming = response is not None and trip.facts.stream
        if not trip.streaming:
            self.runtime.returned(trip)
        if trip.decision is None:
            return {}
        return header_values(trip.decision, answered=trip.answered, depth=trip.depth)

    def _trip(self, data: Mapping[str, Any]) -> Trip | None:
        return self.runtime.trips.get(bucket(data).get(ID_KEY))

    def _may_serve(self, trip: Trip | None, deployment: Mapping[str, Any]) -> bool:
        strict = trip.local_only if trip else self.runtime.active.plan.privacy == "local_only"
        return not strict or serves_locally(self.runtime.active.plan, deployment)

    def _end_badly(self, trip: Trip, error: object) -> None:
        self.runtime.failed(trip, type(error).__name__ if error is not None else "unknown")


def _deployment_id(deployment: Mapping[str, Any]) -> str:
    info = deployment.get("model_info")
    found = info.get("id") if isinstance(info, Mapping) else None
    return found if isinstance(found, str) else ""
