"""One running server of each kind, and a way to start others."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from signalbox.sim import Kind, SimModel, SimServer, SimSpec

CHAT = SimModel("sim-coder", context_window=4096, label="lane coder")
EMBED = SimModel("sim-embed", embedding_dims=64)
BLIND = SimModel("sim-blind", vision=False)
Start = Callable[..., SimServer]


@pytest.fixture
def start() -> Iterator[Start]:
    """start("vllm", slots=1) gives a running server with a chat, an embedding and a blind model."""
    with ExitStack() as running:

        def make(kind: Kind = "vllm", *, seed: int = 0, **more: Any) -> SimServer:
            spec = SimSpec(kind, more.pop("models", (CHAT, EMBED, BLIND)), **more)
            return running.enter_context(SimServer(spec, seed=seed))

        yield make


@pytest.fixture(params=["openai", "vllm", "llamacpp", "ollama"])
def any_server(request: pytest.FixtureRequest, start: Start) -> SimServer:
    return start(request.param)


def ask(
    server: SimServer, text: str = "What is a signal box?", path: str = "/v1/chat/completions", **more: Any
) -> httpx.Response:
    """A chat request by plain HTTP, on a connection of its own."""
    timeout, headers = more.pop("timeout", 10), more.pop("headers", None)
    body = {"model": "sim-coder", "messages": [{"role": "user", "content": text}], **more}
    return httpx.post(server.url + path, json=body, timeout=timeout, headers=headers)
