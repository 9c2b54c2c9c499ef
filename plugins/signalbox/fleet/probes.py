"""What each kind of inference server says of its health and load. Nothing here asks; `watch` does.

Names, paths and meanings are those of vLLM 0.33, SGLang 0.5.23, llama.cpp, Ollama, LM Studio and Lemonade in autumn 2026.
Whatever a server does not say stays unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from signalbox.resources.reply import Replies, Reply, entries, json_object
from signalbox.schema.fleet import DeploymentState
from signalbox.schema.strategy import ServerKind


class Probe(NamedTuple):
    """The first path tells health; without an answer there, nothing else counts. `read` gets the model's id on the server."""

    paths: tuple[str, ...]
    read: Callable[[Replies, str], DeploymentState]


def health(path: str, reply: Reply, *, without_key: bool = False) -> DeploymentState:
    """Ready, loading or down by status; whatever says nothing about health is unknown."""
    if reply.status == 200 or (without_key and reply.status in {401, 403}):
        return DeploymentState("ready")
    if reply.status == 503 and "loading" in reply.body[:4096].lower():
        return DeploymentState("loading", "its model still loads")
    if reply.status >= 500:
        return DeploymentState("down", f"{path} answers {reply.status}")
    return DeploymentState("unknown", f"{path} answers {reply.status}")


def _vllm(replies: Replies, model: str) -> DeploymentState:
    del model
    found = _healthy(replies, "/health")
    told = Samples.of(replies.get("/metrics"), "vllm:")
    asleep = told.total("vllm:engine_sleep_state", sleep_state={"weights_offloaded", "discard_all"})
    if found.state == "ready" and asleep:
        found = DeploymentState("sleeping", "its weights are offloaded")
    return replace(
        found,
        running=told.count("vllm:num_requests_running"),
        waiting=told.count("vllm:num_requests_waiting"),
        cache_used=told.share("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"),
    )


def _sglang(replies: Replies, model: str) -> DeploymentState:
    del model
    found = _healthy(replies, "/ready")
    if found.state == "down":
        found = DeploymentState("loading", "/ready says not yet")
    told = Samples.of(replies.get("/metrics"), "sglang:")
    return replace(
        found,
        running=told.count("sglang:num_running_reqs"),
        waiting=told.count("sglang:num_queue_reqs"),
        cache_used=told.share("sglang:token_usage"),
    )


def _llamacpp(replies: Replies, model: str) -> DeploymentState:
    """Its metrics are off by default; its slots are on, but know nothing of a queue."""
    del model
    found = _healthy(replies, "/health")
    told = Samples.of(replies.get("/metrics"), "llamacpp:")
    running, slots = told.count("llamacpp:requests_processing"), replies.get("/slots")
    if running is None and slots is not None and slots.status == 200:
        listed = entries({"slots": slots.json}, "slots")
        running = sum(slot.get("is_processing") is True for slot in listed) if listed else None
    return replace(found, running=running, waiting=told.count("llamacpp:requests_deferred"))


def _ollama(replies: Replies, model: str) -> DeploymentState:
    found = _healthy(replies, "/api/version")
    if json_object(replies, "/api/ps").get("models") is None:
        return found
    loaded = entries(json_object(replies, "/api/ps"), "models")
    here = next((entry for entry in loaded if _same_model(entry.get("model") or entry.get("name"), model)), None)
    if here is None:
        return replace(found, cold=bool(model), reason=found.reason or ("its model is not loaded" if model else ""))
    whole, on_gpu = here.get("size"), here.get("size_vram")
    if isinstance(whole, int) and isinstance(on_gpu, int) and 0 <= on_gpu < whole:
        return replace(found, reason=found.reason or f"{on_gpu / whole:.0%} of its model is on the GPU")
    return found


def _lmstudio(replies: Replies, model: str) -> DeploymentState:
    found = _healthy(replies, "/api/v0/models")
    listed = entries(json_object(replies, "/api/v0/models"), "data")
    here = next((entry for entry in listed if entry.get("id") == model), None)
    return replace(found, cold=here is not None and here.get("state") == "not-loaded")


def _lemonade(replies: Replies, model: str) -> DeploymentState:
    found = _healthy(replies, "/live")
    told = json_object(replies, "/v1/health")
    if not isinstance(told.get("all_models_loaded"), list):
        return found
    loaded = {entry.get("model_name") for entry in entries(told, "all_models_loaded")}
    return replace(found, cold=bool(model) and model not in loaded)


def _listing(replies: Replies, model: str) -> DeploymentState:
    del model
    reply = replies.get("/v1/models")
    return health("/v1/models", reply, without_key=True) if reply else DeploymentState()


PROBES: Mapping[ServerKind, Probe] = {
    "vllm": Probe(("/health", "/metrics"), _vllm),
    "sglang": Probe(("/ready", "/metrics"), _sglang),
    "llamacpp": Probe(("/health", "/metrics", "/slots"), _llamacpp),
    "ollama": Probe(("/api/version", "/api/ps"), _ollama),
    "lmstudio": Probe(("/api/v0/models",), _lmstudio),
    "lemonade": Probe(("/live", "/v1/health"), _lemonade),
    "openai_compatible": Probe(("/v1/models",), _listing),
}
"""None of these paths generates a token or loads a model."""


def _healthy(replies: Replies, path: str) -> DeploymentState:
    reply = replies.get(path)
    return health(path, reply) if reply else DeploymentState()


def _same_model(listed: object, model: str) -> bool:
    """Ollama lists `qwen2.5:latest` for what is called as `qwen2.5`."""
    return isinstance(listed, str) and listed in {model, f"{model}:latest"}


class Samples:
    """The wanted values of a Prometheus page; none of a page that is none."""

    def __init__(self, found: Mapping[str, list[tuple[Mapping[str, str], float]]]) -> None:
        self._found = found

    @classmethod
    def of(cls, reply: Reply | None, prefix: str) -> Samples:
        """Only gauges and counters whose names start with the prefix are parsed: histograms are most of a page."""
        if reply is None or reply.status != 200:
            return cls({})
        lines = [line for line in reply.body.splitlines() if line.startswith(prefix) and "_bucket{" not in line]
        found: dict[str, list[tuple[Mapping[str, str], float]]] = {}
        try:
            for name, labels, value in _samples("\n".join(lines) + "\n"):
                if math.isfinite(value) and value >= 0:
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
        return None if total is None else round(min(total, 1e9))

    def share(self, *names: str) -> float | None:
        """The mean over engines of the first of these that is told, 0-1."""
        values = next((self._found[name] for name in names if name in self._found), [])
        return min(1.0, math.fsum(value for _, value in values) / len(values)) if values else None


def _samples(text: str) -> Iterator[tuple[str, Mapping[str, str], float]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value
