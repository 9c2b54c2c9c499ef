"""What each kind of inference server says of its health and load. Nothing here asks; `watch` does.

Names, paths and meanings are those of vLLM 0.33, SGLang 0.5.23, llama.cpp, Ollama, LM Studio and Lemonade in autumn 2026.
Whatever a server does not say stays unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from signalbox.compiler.locality import is_hosted_elsewhere
from signalbox.resources.reply import Replies, Reply, entries, json_object
from signalbox.schema.fleet import DeploymentState
from signalbox.schema.strategy import ServerKind


class Probe(NamedTuple):
    """The first path tells health; without an answer there, nothing else counts. `read` gets the model's id on the server."""

    paths: tuple[str, ...]
    read: Callable[[Replies, str], DeploymentState]


def _healthy(replies: Replies, path: str) -> DeploymentState:
    """Ready, loading or down by status; whatever says nothing about health is unknown."""
    reply = replies.get(path)
    if reply is None:
        return DeploymentState()
    if reply.status == 200:
        return DeploymentState("ready")
    if reply.status == 503 and "loading" in reply.body[:4096].lower():
        return DeploymentState("loading", "its model still loads")
    return DeploymentState("down" if reply.status in _BROKEN else "unknown", f"{path} answers {reply.status}")


def _vllm(replies: Replies, _model: str) -> DeploymentState:
    found = _healthy(replies, "/health")
    told = Samples.of(replies.get("/metrics"), *_VLLM, "vllm:engine_sleep_state")
    asleep = told.total("vllm:engine_sleep_state", sleep_state={"weights_offloaded", "discard_all"})
    if found.state == "ready" and asleep:
        found = DeploymentState("sleeping", "its weights are offloaded")
    return _with_load(found, told, _VLLM)


def _sglang(replies: Replies, _model: str) -> DeploymentState:
    found = _healthy(replies, "/ready")
    if found.state == "down":
        found = DeploymentState("loading", "/ready says not yet")
    return _with_load(found, Samples.of(replies.get("/metrics"), *_SGLANG), _SGLANG)


def _llamacpp(replies: Replies, _model: str) -> DeploymentState:
    """Its metrics are off by default. Its slots tell who is busy too, but asking for them keeps a server from sleeping."""
    found = _healthy(replies, "/health")
    return _with_load(found, Samples.of(replies.get("/metrics"), *_LLAMACPP), _LLAMACPP)


def _ollama(replies: Replies, model: str) -> DeploymentState:
    found, told = _healthy(replies, "/api/version"), json_object(replies, "/api/ps")
    if not isinstance(told.get("models"), list) or not model or is_hosted_elsewhere(model):
        return found
    loaded = entries(told, "models")
    here = next((entry for entry in loaded if _same_model(entry.get("model") or entry.get("name"), model)), None)
    if here is None:
        return replace(found, cold=True, reason=found.reason or "its model is not loaded")
    whole, on_gpu = here.get("size"), here.get("size_vram")
    if type(whole) is int and type(on_gpu) is int and 0 <= on_gpu < whole:
        return replace(found, reason=found.reason or f"{on_gpu / whole:.0%} of its model is on the GPU")
    return found


def _lmstudio(replies: Replies, model: str) -> DeploymentState:
    found = _healthy(replies, "/api/v0/models")
    listed = entries(json_object(replies, "/api/v0/models"), "data")
    here = next((entry for entry in listed if entry.get("id") == model), None)
    return replace(found, cold=here is not None and here.get("state") == "not-loaded")


def _lemonade(replies: Replies, model: str) -> DeploymentState:
    found, told = _healthy(replies, "/live"), json_object(replies, "/v1/health")
    if not isinstance(told.get("all_models_loaded"), list) or not model:
        return found
    loaded = [entry.get("model_name") for entry in entries(told, "all_models_loaded")]
    return replace(found, cold=model not in loaded)


PROBES: Mapping[ServerKind, Probe] = {
    "vllm": Probe(("/health", "/metrics"), _vllm),
    "sglang": Probe(("/ready", "/metrics"), _sglang),
    "llamacpp": Probe(("/health", "/metrics"), _llamacpp),
    "ollama": Probe(("/api/version", "/api/ps"), _ollama),
    "lmstudio": Probe(("/api/v0/models",), _lmstudio),
    "lemonade": Probe(("/live", "/v1/health"), _lemonade),
}
"""None of these paths generates a token, loads a model or keeps one loaded. Other OpenAI-compatible servers have no such
path: llama-cpp-python, for one, ends a running answer when its model list is asked for."""

_LONGEST_LINE: Final = 1_000
_MOST_LINES: Final = 500
_LARGEST: Final = 1e9
_BROKEN: Final = frozenset({500, 502, 503, 504})
_VLLM: Final = (
    "vllm:num_requests_running",
    "vllm:num_requests_waiting",
    "vllm:kv_cache_usage_perc",
    "vllm:gpu_cache_usage_perc",
)
_SGLANG: Final = ("sglang:num_running_reqs", "sglang:num_queue_reqs", "sglang:token_usage")
_LLAMACPP: Final = ("llamacpp:requests_processing", "llamacpp:requests_deferred")
"""Running, waiting, and where it is told the share of the cache."""


def _with_load(state: DeploymentState, told: Samples, names: tuple[str, ...]) -> DeploymentState:
    running, waiting, *cache = names
    return replace(state, running=told.count(running), waiting=told.count(waiting), cache_used=told.share(*cache))


def _same_model(listed: object, model: str) -> bool:
    """Ollama lists `qwen2.5:latest` for what is called as `qwen2.5`."""
    return isinstance(listed, str) and listed in {model, f"{model}:latest"}


class Samples:
    """The wanted values of a Prometheus page; none of a page that is none."""

    def __init__(self, found: Mapping[str, list[tuple[Mapping[str, str], float]]]) -> None:
        self._found = found

    @classmethod
    def of(cls, reply: Reply | None, *names: str) -> Samples:
        """Only the lines of these names are parsed, few and short ones: the page is another's, and most of it histograms."""
        if reply is None or reply.status != 200:
            return cls({})
        whole = reply.body[: reply.body.rfind("\n") + 1]
        wanted = tuple(name + mark for name in names for mark in ("{", " "))
        lines = [line for line in whole.splitlines() if line.startswith(wanted) and len(line) <= _LONGEST_LINE]
        found: dict[str, list[tuple[Mapping[str, str], float]]] = {}
        try:
            for name, labels, value in _samples("\n".join(lines[:_MOST_LINES]) + "\n"):
                if 0 <= value <= _LARGEST:
                    found.setdefault(name, []).append((labels, value))
        except (ValueError, KeyError, IndexError):
            return cls({})
        return cls(found)

    def total(self, name: str, **labels: set[str]) -> float | None:
        """The sum over engines and models; None where nothing is told."""
        values = [
            value
            for told, value in self._found.get(name, [])
            if all(told.get(label) in wanted for label, wanted in labels.items())
        ]
        return math.fsum(values) if values else None

    def count(self, name: str) -> int | None:
        """A number of requests."""
        total = self.total(name)
        return None if total is None else round(total)

    def share(self, *names: str) -> float | None:
        """The mean over engines of the first of these that is told, 0-1."""
        values = next((self._found[name] for name in names if name in self._found), [])
        return min(1.0, math.fsum(value for _, value in values) / len(values)) if values else None


def _samples(text: str) -> Iterator[tuple[str, Mapping[str, str], float]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value
