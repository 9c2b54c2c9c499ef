"""llama.cpp's server: health in words, slots, properties, metrics with the `llamacpp:` names."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from .. import problem
from ..ask import Json
from ..dialects.chat import CHAT
from ..dialects.completions import COMPLETIONS
from ..exposition import counter, gauge, page
from ..spec import SimModel
from ..state import Engine
from ..wire import json_response
from .openai import CREATED
from .table import KindTable

BUILD = "b7000-simulated"
WITHOUT_KEY = frozenset({"/health", "/v1/health", "/models", "/v1/models"})


def health(engine: Engine, request: Request, body: Json) -> Response:
    del engine, request, body
    return json_response({"status": "ok"})


def props(engine: Engine, request: Request, body: Json) -> Response:
    del request, body
    model = engine.spec.models[0]
    found = {
        "default_generation_settings": {"id": 0, "n_ctx": model.context_window, "is_processing": False},
        "total_slots": engine.spec.slots,
        "model_path": f"/models/{model.name}.gguf",
        "model_alias": model.name,
        "modalities": {"vision": model.vision, "audio": False},
        "chat_template": "",
        "is_sleeping": False,
        "build_info": BUILD,
    }
    return json_response(found)


def slots(engine: Engine, request: Request, body: Json) -> Response:
    del body
    busy, window = engine.running(), engine.spec.models[0].context_window
    if request.query_params.get("fail_on_no_slot") and busy >= engine.spec.slots:
        raise problem.busy("llamacpp")
    listed: list[Json] = [
        {"id": index, "n_ctx": window, "is_processing": index < busy} for index in range(engine.spec.slots)
    ]
    return json_response(listed)


def metrics(engine: Engine, request: Request, body: Json) -> Response:
    del request, body
    every = engine.gauges.values()
    prompt, generated = sum(g.prompt_tokens for g in every), sum(g.generated_tokens for g in every)
    seconds = sum(g.generating_seconds for g in every)
    values: dict[str, float] = {
        "llamacpp:prompt_tokens_seconds": prompt / seconds if seconds else 0.0,
        "llamacpp:predicted_tokens_seconds": generated / seconds if seconds else 0.0,
        "llamacpp:requests_processing": engine.running(),
        "llamacpp:requests_deferred": engine.waiting(),
        "llamacpp:n_busy_slots_per_decode": engine.running(),
        "llamacpp:n_tokens_max": max(g.tokens_in_flight for g in every),
    }
    totals: dict[str, float] = {
        "llamacpp:prompt_tokens_total": prompt,
        "llamacpp:tokens_predicted_total": generated,
        "llamacpp:tokens_predicted_seconds_total": seconds,
    }
    families = [counter(name, [({}, value)]) for name, value in totals.items()]
    families += [gauge(name, [({}, value)]) for name, value in values.items()]
    return PlainTextResponse(page(*families), media_type="text/plain; version=0.0.4")


def models(engine: Engine, request: Request, body: Json) -> Response:
    del request, body
    return json_response({"object": "list", "data": [_model(model) for model in engine.spec.models]})


def _model(model: SimModel) -> Json:
    meta = {"n_ctx_train": model.context_window, "n_params": 7_000_000_000, "size": 4_500_000_000}
    return {"id": model.name, "object": "model", "created": CREATED, "owned_by": "llamacpp", "meta": meta}


def _guarded(path: str) -> bool:
    return path not in WITHOUT_KEY


LLAMACPP = KindTable(
    guarded=_guarded,
    gets={
        "/health": health,
        "/v1/health": health,
        "/props": props,
        "/slots": slots,
        "/metrics": metrics,
        "/models": models,
        "/v1/models": models,
    },
    posts={},
    dialects={"/chat/completions": CHAT, "/completions": COMPLETIONS},
    embeddings=("/v1/embeddings", "/embeddings"),
)
