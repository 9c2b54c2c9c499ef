"""What one simulated server knows about itself while it runs. All of it changes on one event loop only."""

from asyncio import Semaphore
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

from .answer import Answer
from .ask import Json
from .faults import FaultBoard
from .spec import SimModel, SimSpec
from .wire import Client

KEPT_REQUESTS = 10_000
KEPT_BODY_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class SimRequest:
    """A request as it arrived. `headers` have lower-case names; `body` is None if it is no JSON object or above 64 KiB."""

    path: str
    model: str | None
    headers: dict[str, str]
    body: Json | None
    at: float  # monotonic seconds


@dataclass(slots=True)
class Histogram:
    """A Prometheus histogram of seconds; `counts[i]` is how many fell in bucket i, the last one being +Inf."""

    bounds: tuple[float, ...] = (0.001, 0.01, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
    counts: Counter[int] = field(default_factory=Counter)
    total: float = 0.0

    def observe(self, seconds: float) -> None:
        place = next((index for index, bound in enumerate(self.bounds) if seconds <= bound), len(self.bounds))
        self.counts[place] += 1
        self.total += seconds


@dataclass(slots=True)
class Gauges:
    """Live numbers and counters of one model."""

    running: int = 0
    waiting: int = 0
    tokens_in_flight: int = 0
    prompt_tokens: int = 0
    generated_tokens: int = 0
    generating_seconds: float = 0.0
    finished: Counter[str] = field(default_factory=Counter)
    first_token: Histogram = field(default_factory=Histogram)
    whole_request: Histogram = field(default_factory=Histogram)


class Engine:
    """The state behind the routes of one server."""

    def __init__(self, spec: SimSpec, url: str, faults: FaultBoard, requests: deque[SimRequest]) -> None:
        self.spec, self.url, self.faults, self.requests = spec, url, faults, requests
        self.gauges = {model.name: Gauges() for model in spec.models}
        self.served = 0
        self.started = monotonic()
        self._slots = Semaphore(spec.slots)

    @property
    def place(self) -> str:
        return f"{self.url} ({self.spec.kind})"

    def model(self, name: object) -> SimModel | None:
        """The model of that name; Ollama takes `name` and `name:latest` for the same."""
        wanted = {name, f"{name}:latest", str(name).removesuffix(":latest")} if self.spec.kind == "ollama" else {name}
        return next((model for model in self.spec.models if model.name in wanted), None)

    def running(self) -> int:
        return sum(gauges.running for gauges in self.gauges.values())

    def waiting(self) -> int:
        return sum(gauges.waiting for gauges in self.gauges.values())

    def kv_usage(self, model: SimModel) -> float:
        """Share of the simulated KV cache in use, 0 to 1; the cache holds one full context window per slot."""
        return min(1.0, self.gauges[model.name].tokens_in_flight / (model.context_window * self.spec.slots))

    @asynccontextmanager
    async def slot(self, model: SimModel, found: Answer, client: Client) -> AsyncIterator[Gauges]:
        """Wait for a free slot and hold it; a request that leaves without an error counts as served.

        Raises ClientGone if the client leaves while it waits.
        """
        gauges, arrived = self.gauges[model.name], monotonic()
        gauges.waiting += 1
        try:
            if self._slots.locked():
                await client.wait_for(self._slots.acquire())
            else:
                await self._slots.acquire()
        finally:
            gauges.waiting -= 1
        gauges.running += 1
        gauges.tokens_in_flight += found.total_tokens
        began = monotonic()
        finish: str = "abort"
        try:
            yield gauges
            finish = "length" if found.finish == "length" else "stop"
            self.served += 1
            gauges.generated_tokens += found.completion_tokens
        finally:
            self._slots.release()
            gauges.running -= 1
            gauges.tokens_in_flight -= found.total_tokens
            gauges.prompt_tokens += found.prompt_tokens
            gauges.finished[finish] += 1
            gauges.generating_seconds += monotonic() - began
            gauges.whole_request.observe(monotonic() - arrived)
