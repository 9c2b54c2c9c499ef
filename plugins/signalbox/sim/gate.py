"""The way of every request: record it, strike a fault, check the key, understand it, answer it."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import monotonic

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from . import embed, problem
from .answer import Answer, answer
from .ask import Ask, Json
from .deliver import Delivery
from .dialects.dialect import Dialect
from .dialects.ollama import timings
from .faults import Fault
from .problem import Problem
from .spec import SimModel
from .state import KEPT_BODY_BYTES, Engine, SimRequest
from .wire import Client, ClientGone, json_bytes, json_response

MAX_BODY_BYTES = 32 * 1024 * 1024
GARBAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"

Endpoint = Callable[[Request], Awaitable[Response]]
Status = Callable[[Engine, Request, Json], Response]
Guard = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A recorded request. `body` is None if it is no JSON object."""

    request: Request
    body: Json | None
    model: str | None
    fault: Fault | None

    @property
    def path(self) -> str:
        return self.request.url.path

    def given(self) -> Json:
        """The JSON object; raises Problem if there is none."""
        if self.body is None:
            raise Problem("bad_request", "We could not parse the JSON body of your request.")
        return self.body


@dataclass(frozen=True, slots=True)
class Gate:
    """Makes endpoints for one engine. `guarded` says which paths need the API key."""

    engine: Engine
    guarded: Guard

    def inference(self, dialect: Dialect) -> Endpoint:
        async def infer(arrived: Arrived) -> Response:
            ask = dialect.read(arrived.given())
            model = self._model(ask, arrived.body)
            self._check(ask, model, arrived.fault)
            found = answer(ask, model, self.engine.place)
            if ask.stream:
                parts, media = list(dialect.events(ask, found)), dialect.stream_type
                return Delivery(self.engine, model, found, parts, media=media, fault=arrived.fault)
            return Delivery(self.engine, model, found, [json_bytes(dialect.whole(ask, found))], fault=arrived.fault)

        return self._endpoint(infer, inference=True)

    def embeddings(self, shape: Callable[[str, list[list[float]], int, Json], Json], key: str = "input") -> Endpoint:
        async def infer(arrived: Arrived) -> Response:
            body = arrived.given()
            name, texts = str(body.get("model", "")), embed.inputs(body.get(key))
            ask = Ask(model=name, question="", prompt_chars=sum(map(len, texts)))
            model = self._model(ask, body)
            if model.embedding_dims is None:
                raise Problem("bad_request", "The model does not support Embeddings API", param="model")
            self._check_window(Ask(name, "", max(map(len, texts))), model, arrived.fault)
            wanted = body.get("dimensions")
            dims = wanted if isinstance(wanted, int) and 0 < wanted < model.embedding_dims else model.embedding_dims
            vectors = [embed.vector(text, dims) for text in texts]
            shaped = json_bytes(shape(name, vectors, ask.prompt_tokens, body))
            found = Answer("", name, "", "stop", ask.prompt_tokens, 0)
            return Delivery(self.engine, model, found, [shaped], fault=arrived.fault)

        return self._endpoint(infer, inference=True)

    def status(self, handler: Status) -> Endpoint:
        async def tell(arrived: Arrived) -> Response:
            return handler(self.engine, arrived.request, arrived.body or {})

        return self._endpoint(tell, inference=False)

    def _endpoint(self, then: Callable[[Arrived], Awaitable[Response]], *, inference: bool) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            path = request.url.path
            try:
                arrived = await self._arrive(request, inference=inference)
                struck = await self._strike(arrived)
                if struck is not None:
                    return struck
                self._check_key(path, request.headers)
                return await then(arrived)
            except Problem as found:
                shaped = problem.body(found, self.engine.spec.kind, path)
                return json_response(shaped, found.status, found.headers)
            except (ClientGone, ClientDisconnect):
                return Response()  # nobody reads it

        return endpoint

    async def _arrive(self, request: Request, *, inference: bool) -> Arrived:
        raw = bytearray()
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > MAX_BODY_BYTES:
                raise Problem("too_large", f"The request body is larger than {MAX_BODY_BYTES} bytes.")
        body = _parsed(bytes(raw))
        named = body.get("model") if body else None
        model = named if isinstance(named, str) else None
        kept = body if len(raw) <= KEPT_BODY_BYTES else None
        self.engine.requests.append(SimRequest(request.url.path, model, dict(request.headers), kept, monotonic()))
        return Arrived(request, body, model, self.engine.faults.draw(model, inference=inference))

    async def _strike(self, arrived: Arrived) -> Response | None:
        """The faults that need no understanding of the request; the others are left to the delivery."""
        fault, kind = arrived.fault, self.engine.spec.kind
        with Client(arrived.request.scope, arrived.request.receive) as client:
            match fault.kind if fault else None:
                case "refuse":
                    await client.drop(reset=True)
                case "loading" if kind in {"vllm", "openai"}:
                    await client.drop(reset=True)
                case "loading":
                    raise Problem("loading", "Loading model")
                case "hang" if fault:
                    await client.pause(fault.seconds)
                case "429":
                    raise Problem("rate", "Rate limit reached for requests.")
                case "500":
                    raise Problem("broken", "Internal server error")
                case "503":
                    raise problem.busy(kind)
                case "401":
                    raise problem.no_key(kind)
                case "404":
                    raise problem.no_model(arrived.model or "", kind)
                case "garbage":
                    return Response(GARBAGE, media_type="text/html")
                case "empty":
                    return Response(b"", media_type="application/json")
        return None

    def _check_key(self, path: str, headers: Mapping[str, str]) -> None:
        key = self.engine.spec.api_key
        if key is None or not self.guarded(path):
            return
        if key not in (headers.get("authorization", "").removeprefix("Bearer "), headers.get("x-api-key")):
            raise problem.no_key(self.engine.spec.kind)

    def _model(self, ask: Ask, body: Json | None) -> SimModel:
        """The model asked for; llama.cpp alone answers with its first one to a request that names none."""
        if self.engine.spec.kind == "llamacpp" and not (body or {}).get("model"):
            return self.engine.spec.models[0]
        model = self.engine.model(ask.model)
        if model is None:
            raise problem.no_model(ask.model, self.engine.spec.kind)
        return model

    def _check(self, ask: Ask, model: SimModel, fault: Fault | None) -> None:
        if model.embedding_dims is not None:
            raise Problem("bad_request", "The model does not support Chat Completions API", param="model")
        if ask.images and not model.vision:
            raise Problem("bad_request", f"{model.name} is not a multimodal model", param="messages")
        self._check_window(ask, model, fault)

    def _check_window(self, ask: Ask, model: SimModel, fault: Fault | None) -> None:
        kind = self.engine.spec.kind
        if fault is not None and fault.kind == "context":
            raise problem.too_long(ask, model, kind, prompt=model.context_window + 1)
        if ask.prompt_tokens + (ask.max_tokens or 0) > model.context_window:
            raise problem.too_long(ask, model, kind)


def openai_embeddings(model: str, vectors: list[list[float]], tokens: int, body: Json) -> Json:
    """The answer of /v1/embeddings."""
    form = body.get("encoding_format")
    data = [
        {"object": "embedding", "index": index, "embedding": embed.encoded(values, form)}
        for index, values in enumerate(vectors)
    ]
    return {"object": "list", "data": data, "model": model, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}


def ollama_embed(model: str, vectors: list[list[float]], tokens: int, body: Json) -> Json:
    """The answer of /api/embed."""
    del body
    spent = timings(tokens, 0)
    del spent["prompt_eval_duration"]
    return {"model": model, "embeddings": vectors, **spent}


def ollama_embeddings(model: str, vectors: list[list[float]], tokens: int, body: Json) -> Json:
    """The answer of the older /api/embeddings."""
    del model, tokens, body
    return {"embedding": vectors[0]}


def _parsed(raw: bytes) -> Json | None:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
