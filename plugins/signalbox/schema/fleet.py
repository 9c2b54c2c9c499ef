"""Live state of the deployments, as an immutable snapshot. `None` is unknown, which is never unhealthy."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

State = Literal["ready", "loading", "sleeping", "draining", "down", "unknown"]

LONG_QUEUE: Final = 5
FULL_CACHE: Final = 0.8
"""From here on a server is saturated; the bounds of the Kubernetes Gateway API's endpoint picker."""


@dataclass(frozen=True, slots=True)
class DeploymentState:
    """One deployment as last seen."""

    state: State = "unknown"
    reason: str = ""
    latency_ms: float | None = None
    """Moving average of whole calls."""
    resting: bool = False
    """It failed a moment ago: used only when nothing else is left, never refused for it."""
    running: int | None = None
    """Requests that the server works on, whoever sent them."""
    waiting: int | None = None
    """Requests in its queue."""
    cache_used: float | None = None
    """Share of its KV cache, 0-1."""
    cold: bool = False
    """The server must load the model first: seconds to minutes."""

    @property
    def usable(self) -> bool:
        """False only where it is known not to take new requests."""
        return self.state in {"ready", "unknown"}

    @property
    def saturated(self) -> bool:
        """Whether more requests would only wait. Unknown is not saturated."""
        return (self.waiting or 0) > LONG_QUEUE or (self.cache_used or 0.0) > FULL_CACHE

    @property
    def strained(self) -> bool:
        """Whether others are to be preferred just now."""
        return self.resting or self.saturated


_UNSEEN = DeploymentState()
_EMPTY: Mapping[str, DeploymentState] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class FleetSnapshot:
    """States by deployment id. What is missing is unknown."""

    deployments: Mapping[str, DeploymentState] = field(default_factory=lambda: _EMPTY)
    closed: frozenset[str] = field(init=False)
    """Those that are known not to take requests."""
    _resting: frozenset[str] = field(init=False, repr=False)
    _strained: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Asked by every request, answered once."""
        for name, holds in _QUESTIONS:
            object.__setattr__(self, name, frozenset(key for key, state in self.deployments.items() if holds(state)))

    def of(self, deployment: str) -> DeploymentState:
        """The state of a deployment; unknown if it was never seen."""
        return self.deployments.get(deployment, _UNSEEN)

    def rests(self, deployments: Iterable[str]) -> bool:
        """True where every one of these deployments failed a moment ago, or is closed."""
        return self._resting.issuperset(deployments)

    def strained(self, deployments: Iterable[str]) -> bool:
        """True where every one of these deployments failed a moment ago, has too much to do, or is closed."""
        return self._strained.issuperset(deployments)

    def usable(self, deployment: str) -> bool:
        """False only where the deployment is known not to take new requests."""
        return deployment not in self.closed


_QUESTIONS: Final[tuple[tuple[str, Callable[[DeploymentState], bool]], ...]] = (
    ("closed", lambda state: not state.usable),
    ("_resting", lambda state: state.resting or not state.usable),
    ("_strained", lambda state: state.strained or not state.usable),
)
