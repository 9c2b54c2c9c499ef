"""The routes of a server, put together from its kind's table."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from signalbox.errors import UserError

from .dialects.chat import CHAT
from .dialects.completions import COMPLETIONS
from .dialects.messages import MESSAGES
from .dialects.responses import RESPONSES
from .faults import read_faults
from .gate import Endpoint, Gate, ollama_embed, ollama_embeddings, openai_embeddings
from .kinds.llamacpp import LLAMACPP
from .kinds.ollama import OLLAMA
from .kinds.openai import OPENAI
from .kinds.table import KindTable
from .kinds.vllm import VLLM
from .spec import Kind
from .state import Engine
from .wire import json_response

TABLES: dict[Kind, KindTable] = {"openai": OPENAI, "vllm": VLLM, "llamacpp": LLAMACPP, "ollama": OLLAMA}
# all four servers speak these by now, llama.cpp and Ollama the last two since 2026
EVERYWHERE = {
    "/v1/chat/completions": CHAT,
    "/v1/completions": COMPLETIONS,
    "/v1/responses": RESPONSES,
    "/v1/messages": MESSAGES,
}


def build_app(engine: Engine) -> Starlette:
    return Starlette(routes=[*_control(engine), *_routes(engine)])


def _routes(engine: Engine) -> Iterator[Route]:
    table = TABLES[engine.spec.kind]
    gate = Gate(engine, table.guarded)
    for path, dialect in {**EVERYWHERE, **table.dialects}.items():
        yield Route(path, gate.inference(dialect), methods=["POST"])
    for path in table.embeddings:
        yield Route(path, gate.embeddings(openai_embeddings), methods=["POST"])
    if engine.spec.kind == "ollama":
        yield Route("/api/embed", gate.embeddings(ollama_embed), methods=["POST"])
        yield Route("/api/embeddings", gate.embeddings(ollama_embeddings, key="prompt"), methods=["POST"])
    for path, handler in table.gets.items():
        yield Route(path, gate.status(handler), methods=["GET"])
    for path, handler in table.posts.items():
        yield Route(path, gate.status(handler), methods=["POST"])


def _control(engine: Engine) -> Iterator[Route]:
    """What steers the simulation itself; faults never strike here, and nothing of it is recorded."""
    yield Route("/sim/info", _info(engine), methods=["GET"])
    yield Route("/sim/faults", _faults(engine), methods=["POST"])


def _info(engine: Engine) -> Endpoint:
    async def info(request: Request) -> Response:
        del request
        found = {
            "kind": engine.spec.kind,
            "url": engine.url,
            "models": [asdict(model) for model in engine.spec.models],
            "served": engine.served,
            "running": engine.running(),
            "waiting": engine.waiting(),
            "faults": [asdict(fault) for fault in engine.faults.active],
        }
        return json_response(found)

    return info


def _faults(engine: Engine) -> Endpoint:
    async def faults(request: Request) -> Response:
        try:
            engine.faults.set(*read_faults(json.loads(await request.body())))
        except (UserError, ValueError) as error:
            return json_response({"error": {"message": str(error), "type": "invalid_request_error"}}, 400)
        return json_response({"faults": [asdict(fault) for fault in engine.faults.active]})

    return faults
