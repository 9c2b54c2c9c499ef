"""Live state of the deployments, as an immutable snapshot. `None` is unknown, which is never unhealthy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

State = Literal["ready", "loading", "sleeping", "draining", "down", "unknown"]


@dataclass(frozen=True, slots=True)
class DeploymentState:
    """One deployment as last seen."""

    state: State = "unknown"
    reason: str = ""
    latency_ms: float | None = None
    """Moving average of whole calls."""
    resting: bool = False
    """It failed a moment ago: used only when nothing else is left, never refused for it."""


_UNSEEN = DeploymentState()
_EMPTY: Mapping[str, DeploymentState] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class FleetSnapshot:
    """States by deployment id. What is missing is unknown."""

    deployments: Mapping[str, DeploymentState] = field(default_factory=lambda: _EMPTY)

    def of(self, deployment: str) -> DeploymentState:
        """The state of a deployment; unknown if it was never seen."""
        return self.deployments.get(deployment, _UNSEEN)

    def rests(self, deployments: Iterable[str]) -> bool:
        """True where every one of these deployments failed a moment ago."""
        return bool(self.deployments) and all(self.of(deployment).resting for deployment in deployments)

    def usable(self, deployment: str) -> bool:
        """False only where the deployment is known not to take new requests."""
        return self.of(deployment).state in {"ready", "unknown"}
