"""vLLM: an empty 200 for health, metrics with the `vllm:` names, `max_model_len` in the model list."""

from collections.abc import Callable, Iterator

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ..ask import Json
from ..exposition import Sample, counter, gauge, histogram, page
from ..spec import SimModel
from ..state import Engine, Gauges
from ..wire import json_response
from .openai import CREATED
from .table import KindTable, under

VERSION = "0.33.0"
FINISH_REASONS = ("stop", "length", "abort", "error", "repetition")


def health(engine: Engine, request: Request, body: Json) -> Response:
    del engine, request, body
    return Response()


def version(engine: Engine, request: Request, body: Json) -> Response:
    del engine, request, body
    return json_response({"version": VERSION})


def load(engine: Engine, request: Request, body: Json) -> Response:
    del request, body
    return json_response({"server_load": engine.running() + engine.waiting()})


def models(engine: Engine, request: Request, body: Json) -> Response:
    del request, body
    return json_response({"object": "list", "data": [_model(model) for model in engine.spec.models]})


def metrics(engine: Engine, request: Request, body: Json) -> Response:
    del request, body

    def each(value: Callable[[Gauges], float]) -> Iterator[Sample]:
        return ((_labels(name), value(gauges)) for name, gauges in engine.gauges.items())

    kv = [(_labels(model.name), engine.kv_usage(model)) for model in engine.spec.models]
    text = page(
        gauge("vllm:num_requests_running", each(lambda g: g.running)),
        gauge("vllm:num_requests_waiting", each(lambda g: g.waiting)),
        gauge("vllm:num_requests_waiting_by_reason", _waiting(engine)),
        gauge("vllm:kv_cache_usage_perc", kv),
        gauge("vllm:engine_sleep_state", _sleep(engine)),
        counter("vllm:prefix_cache_queries_total", each(lambda g: g.prompt_tokens)),
        counter("vllm:prefix_cache_hits_total", each(lambda _: 0)),
        counter("vllm:num_preemptions_total", each(lambda _: 0)),
        counter("vllm:prompt_tokens_total", each(lambda g: g.prompt_tokens)),
        counter("vllm:generation_tokens_total", each(lambda g: g.generated_tokens)),
        counter("vllm:request_success_total", _finished(engine)),
        histogram("vllm:time_to_first_token_seconds", ((_labels(n), g.first_token) for n, g in engine.gauges.items())),
        histogram(
            "vllm:e2e_request_latency_seconds", ((_labels(n), g.whole_request) for n, g in engine.gauges.items())
        ),
    )
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _labels(model: str, **more: str) -> dict[str, str]:
    return {"model_name": model, "engine": "0", **more}


def _waiting(engine: Engine) -> Iterator[Sample]:
    for name, gauges in engine.gauges.items():
        yield _labels(name, reason="capacity"), gauges.waiting
        yield _labels(name, reason="deferred"), 0


def _sleep(engine: Engine) -> Iterator[Sample]:
    for name in engine.gauges:
        for state in ("awake", "weights_offloaded", "discard_all"):
            yield _labels(name, sleep_state=state), int(state == "awake")


def _finished(engine: Engine) -> Iterator[Sample]:
    for name, gauges in engine.gauges.items():
        for reason in FINISH_REASONS:
            yield _labels(name, finished_reason=reason), gauges.finished[reason]


def _model(model: SimModel) -> Json:
    permission = {
        "id": f"modelperm-{model.name}",
        "object": "model_permission",
        "created": CREATED,
        "allow_create_engine": False,
        "allow_sampling": True,
        "allow_logprobs": True,
        "allow_search_indices": False,
        "allow_view": True,
        "allow_fine_tuning": False,
        "organization": "*",
        "group": None,
        "is_blocking": False,
    }
    return {
        "id": model.name,
        "object": "model",
        "created": CREATED,
        "owned_by": "vllm",
        "root": model.name,
        "parent": None,
        "max_model_len": model.context_window,
        "permission": [permission],
    }


VLLM = KindTable(
    guarded=under("/v1"),
    gets={
        "/health": health,
        "/ping": health,
        "/version": version,
        "/load": load,
        "/v1/models": models,
        "/metrics": metrics,
    },
    posts={"/ping": health},
)
