"""An OpenAI-compatible cloud: a model list and nothing else to probe."""

from starlette.requests import Request
from starlette.responses import Response

from ..ask import Json
from ..state import Engine
from ..wire import json_response
from .table import KindTable, under

CREATED = 1_763_600_000  # an arbitrary, fixed day: the list is the same on every start


def models(engine: Engine, request: Request, body: Json) -> Response:
    del request, body
    data = [
        {"id": model.name, "object": "model", "created": CREATED, "owned_by": "simulated"}
        for model in engine.spec.models
    ]
    return json_response({"object": "list", "data": data})


OPENAI = KindTable(
    guarded=under("/v1"),
    gets={"/v1/models": models},
    posts={},
)
