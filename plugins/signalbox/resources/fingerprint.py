"""Which inference server gave these answers: rules in a fixed order, because servers imitate each other's routes."""

from __future__ import annotations

from collections.abc import Callable

from signalbox.resources.reply import Replies, entries, json_object
from signalbox.schema.resources import Endpoint
from signalbox.schema.strategy import ServerKind

PATHS: tuple[str, ...] = (
    "/",
    "/api/version",
    "/api/tags",
    "/version",
    "/metrics",
    "/server_info",
    "/props",
    "/api/v0/models",
    "/live",
    "/v1/system-info",
    "/v1/health",
)
"""What is asked beside /v1/models. Never SGLang's /health, which generates a token, nor any route that loads a model."""

_MOST_MODELS, _LONGEST_NAME = 1000, 200


def identify(url: str, replies: Replies) -> Endpoint | None:
    """The server behind the replies; None where none of them is an inference server's. Never raises."""
    for kind, is_it in _RULES:
        if is_it(replies):
            return Endpoint(url=url, kind=kind, models=_models(kind, replies), version=_version(kind, replies))
    return None


def _owned_by(replies: Replies, owner: str) -> bool:
    return any(entry.get("owned_by") == owner for entry in entries(json_object(replies, "/v1/models"), "data"))


def _starts(replies: Replies, path: str, text: str) -> bool:
    reply = replies.get(path)
    return reply is not None and reply.status == 200 and text in reply.body[:4096]


def _is_ollama(replies: Replies) -> bool:
    return "version" in json_object(replies, "/api/version") and _starts(replies, "/", "Ollama is running")


def _is_vllm(replies: Replies) -> bool:
    metrics = replies.get("/metrics")
    counts = metrics is not None and metrics.status == 200 and "vllm:" in metrics.body
    return _owned_by(replies, "vllm") or ("version" in json_object(replies, "/version") and counts)


def _is_sglang(replies: Replies) -> bool:
    return _owned_by(replies, "sglang") or "model_path" in json_object(replies, "/server_info")


def _is_llamacpp(replies: Replies) -> bool:
    return "total_slots" in json_object(replies, "/props") or _owned_by(replies, "llamacpp") or _is_loading(replies)


def _is_loading(replies: Replies) -> bool:
    """llama.cpp answers everything with 503 and these words until its model is loaded."""
    reply = replies.get("/v1/models")
    return reply is not None and reply.status == 503 and "Loading model" in reply.body[:4096]


def _is_lmstudio(replies: Replies) -> bool:
    return any("state" in entry for entry in entries(json_object(replies, "/api/v0/models"), "data"))


def _is_lemonade(replies: Replies) -> bool:
    return bool(json_object(replies, "/live")) and "devices" in json_object(replies, "/v1/system-info")


def _is_openai_compatible(replies: Replies) -> bool:
    """A model list, or OpenAI's way to say that a key is needed."""
    if isinstance(json_object(replies, "/v1/models").get("data"), list):
        return True
    reply = replies.get("/v1/models")
    refused = reply.json if reply is not None and reply.status in (401, 403) else None
    return isinstance(refused, dict) and isinstance(refused.get("error"), dict)


_RULES: tuple[tuple[ServerKind, Callable[[Replies], bool]], ...] = (
    ("ollama", _is_ollama),
    ("vllm", _is_vllm),
    ("sglang", _is_sglang),
    ("llamacpp", _is_llamacpp),
    ("lmstudio", _is_lmstudio),
    ("lemonade", _is_lemonade),
    ("openai_compatible", _is_openai_compatible),
)


def _models(kind: ServerKind, replies: Replies) -> tuple[str, ...]:
    """Ids that the server lists. Ollama's entries with a `remote_host` run in a cloud: they are left out."""
    if kind == "ollama":
        local = [
            entry for entry in entries(json_object(replies, "/api/tags"), "models") if not entry.get("remote_host")
        ]
        names = [entry.get("model") or entry.get("name") for entry in local]
    else:
        names = [entry.get("id") for entry in entries(json_object(replies, "/v1/models"), "data")]
    clean = [name for name in names if isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and name.isprintable()]
    return tuple(dict.fromkeys(clean))[:_MOST_MODELS]


def _version(kind: ServerKind, replies: Replies) -> str | None:
    path, key = {
        "ollama": ("/api/version", "version"),
        "vllm": ("/version", "version"),
        "sglang": ("/server_info", "version"),
        "llamacpp": ("/props", "build_info"),
        "lemonade": ("/v1/health", "version"),
    }.get(kind, ("", ""))
    version = json_object(replies, path).get(key)
    return version[:80] if isinstance(version, str) and version.isprintable() else None
