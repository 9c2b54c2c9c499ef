"""Errors as each kind of server words them."""

from dataclasses import dataclass, field
from typing import Literal

from .ask import Ask, Json
from .spec import Kind, SimModel

Reason = Literal["bad_request", "no_model", "no_key", "context", "too_large", "rate", "broken", "busy", "loading"]
STATUS: dict[Reason, int] = {
    "bad_request": 400,
    "no_key": 401,
    "no_model": 404,
    "context": 400,
    "too_large": 413,
    "rate": 429,
    "broken": 500,
    "busy": 503,
    "loading": 503,
}
# type and code of the OpenAI error object, per kind and reason; the servers do not agree on them
OPENAI: dict[Reason, tuple[str, str | None]] = {
    "bad_request": ("invalid_request_error", None),
    "no_key": ("invalid_request_error", "invalid_api_key"),
    "no_model": ("invalid_request_error", "model_not_found"),
    "context": ("invalid_request_error", "context_length_exceeded"),
    "too_large": ("invalid_request_error", None),
    "rate": ("requests", "rate_limit_exceeded"),
    "broken": ("server_error", None),
    "busy": ("service_unavailable_error", None),
    "loading": ("service_unavailable_error", None),
}
VLLM: dict[Reason, str] = {
    "no_model": "NotFoundError",
    "rate": "RateLimitError",
    "broken": "InternalServerError",
    "busy": "ServiceUnavailableError",
    "loading": "ServiceUnavailableError",
}
LLAMACPP: dict[Reason, str] = {
    "no_key": "authentication_error",
    "no_model": "not_found_error",
    "context": "exceed_context_size_error",
    "rate": "unavailable_error",
    "broken": "server_error",
    "busy": "unavailable_error",
    "loading": "unavailable_error",
}


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818 -- problem.no_model(...) reads as what it is
    """A request that gets an error. `facts` are further keys that llama.cpp puts beside the message."""

    reason: Reason
    message: str
    param: str | None = None
    facts: dict[str, int] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return STATUS[self.reason]

    @property
    def headers(self) -> dict[str, str]:
        return {"retry-after": "1"} if self.reason == "rate" else {}


def body(problem: Problem, kind: Kind, path: str) -> Json:
    """The error document: of that kind, and of the API that `path` belongs to."""
    if kind == "ollama" and path.startswith("/api/"):
        return {"error": problem.message}
    if path.startswith("/v1/messages"):
        return {"type": "error", "error": {"type": _anthropic(problem.status), "message": problem.message}}
    match kind:
        case "vllm" if problem.reason == "no_key":
            return {"error": "Unauthorized"}
        case "vllm":
            type_ = VLLM.get(problem.reason, "BadRequestError")
            return _error(problem, type=type_, param=problem.param, code=problem.status)
        case "llamacpp":
            type_ = LLAMACPP.get(problem.reason, "invalid_request_error")
            return _error(problem, code=problem.status, type=type_, **problem.facts)
        case _:
            type_, code = OPENAI[problem.reason]
            return _error(problem, type=type_, param=problem.param, code=code)


def _error(problem: Problem, **keys: str | int | None) -> Json:
    return {"error": {"message": problem.message, **keys}}


def _anthropic(status: int) -> str:
    names = {401: "authentication_error", 404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error"}
    return names.get(status, "invalid_request_error" if status < 500 else "api_error")


def no_model(name: str, kind: Kind) -> Problem:
    """The model is not served here."""
    match kind:
        case "vllm":
            message = f"The model `{name}` does not exist."
        case "ollama":
            message = f"model '{name}' not found"
        case "llamacpp":
            message = f"model '{name}' not found"
        case _:
            message = f"The model '{name}' does not exist or you do not have access to it."
    return Problem("no_model", message, param="model")


def too_long(ask: Ask, model: SimModel, kind: Kind, *, prompt: int | None = None) -> Problem:
    """The prompt and the wanted answer exceed the context window. `prompt` overrides the counted prompt tokens."""
    window, said, wanted = model.context_window, prompt or ask.prompt_tokens, ask.max_tokens or 0
    if kind == "ollama":
        return Problem("context", "the input length exceeds the context length")
    if kind == "llamacpp":
        message = (
            f"request ({said + wanted} tokens) exceeds the available context size ({window} tokens), try increasing it"
        )
        return Problem("context", message, facts={"n_prompt_tokens": said + wanted, "n_ctx": window})
    message = (
        f"This model's maximum context length is {window} tokens. However, you requested {said + wanted} tokens "
        f"({said} in the messages, {wanted} in the completion). Please reduce the length of the messages or completion."
    )
    return Problem("context", message, param="messages")


def no_key(kind: Kind) -> Problem:
    """The key is missing or wrong."""
    message = "Invalid API Key" if kind == "llamacpp" else "Incorrect API key provided."
    return Problem("no_key", message)


def busy(kind: Kind) -> Problem:
    """503 as each kind says it."""
    message = {
        "ollama": "server busy, please try again.  maximum pending requests exceeded",
        "llamacpp": "no slot available",
    }.get(kind, "The server is overloaded. Please try again later.")
    return Problem("busy", message)
