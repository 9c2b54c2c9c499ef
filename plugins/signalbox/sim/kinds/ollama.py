"""Ollama: its own API beside the OpenAI one, and no metrics."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from .. import problem
from ..ask import Json
from ..dialects.ollama import OLLAMA_CHAT, OLLAMA_GENERATE
from ..spec import SimModel
from ..state import Engine
from ..wire import json_response
from .openai import CREATED
from .table import KindTable, under

VERSION = "0.14.0"
DISK_BYTES, LOADED_BYTES = 4_683_087_332, 6_654_289_920
KEPT_LOADED = timedelta(minutes=5)


def root(engine: Engine, request: Request, body: Json) -> Response:
    del engine, request, body
    return PlainTextResponse("Ollama is running")


def version(engine: Engine, request: Request, body: Json) -> Response:
    del engine, request, body
    return json_response({"version": VERSION})


def tags(engine: Engine, request: Request, body: Json) -> Response:
    del request, body
    modified = datetime.fromtimestamp(CREATED, UTC).isoformat()
    return json_response({"models": [_entry(m) | {"modified_at": modified} for m in engine.spec.models]})


def ps(engine: Engine, request: Request, body: Json) -> Response:
    """Only models that have answered or are answering count as loaded; the others are cold."""
    del request, body
    expires = (datetime.now(UTC) + KEPT_LOADED).isoformat()
    loaded = [model for model in engine.spec.models if _is_loaded(engine, model)]
    more = {"size": LOADED_BYTES, "size_vram": LOADED_BYTES, "expires_at": expires}
    entries = [_entry(model) | more | {"context_length": model.context_window} for model in loaded]
    return json_response({"models": entries})


def show(engine: Engine, request: Request, body: Json) -> Response:
    del request
    name = str(body.get("model") or body.get("name") or "")
    model = engine.model(name)
    if model is None:
        raise problem.no_model(name, "ollama")
    capabilities = ["embedding"] if model.embedding_dims else ["completion", "tools"] + ["vision"] * model.vision
    info = {"general.architecture": "simulated", "simulated.context_length": model.context_window}
    found = {"modelfile": "", "template": "{{ .Prompt }}", "details": _details(), "model_info": info}
    return json_response(found | {"capabilities": capabilities})


def models(engine: Engine, request: Request, body: Json) -> Response:
    del request, body
    data = [
        {"id": model.name, "object": "model", "created": CREATED, "owned_by": "library"} for model in engine.spec.models
    ]
    return json_response({"object": "list", "data": data})


def _is_loaded(engine: Engine, model: SimModel) -> bool:
    gauges = engine.gauges[model.name]
    return bool(gauges.running or gauges.finished)


def _entry(model: SimModel) -> Json:
    digest = sha256(model.name.encode()).hexdigest()
    return {"name": model.name, "model": model.name, "size": DISK_BYTES, "digest": digest, "details": _details()}


def _details() -> Json:
    return {
        "parent_model": "",
        "format": "gguf",
        "family": "simulated",
        "families": ["simulated"],
        "parameter_size": "7.6B",
        "quantization_level": "Q4_K_M",
    }


OLLAMA = KindTable(
    guarded=under("/v1", "/api"),
    gets={"/": root, "/api/version": version, "/api/tags": tags, "/api/ps": ps, "/v1/models": models},
    posts={"/api/show": show},
    dialects={"/api/chat": OLLAMA_CHAT, "/api/generate": OLLAMA_GENERATE},
)
