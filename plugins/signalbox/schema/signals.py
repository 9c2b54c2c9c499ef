"""Facts made into opinions: what is asked, how hard it is, what it needs. Signals never decide."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from signalbox.schema.base import Capability

TaskSource = Literal["client", "endpoint", "structure", "keyword", "utterance", "signal", "abstain"]
SECOND_OPINION: Final = "second opinion"
"""The note of a task that was asked of embeddings because the fast model was unsure."""
_NONE: Mapping[str, float] = MappingProxyType({})
_DIMENSIONS: Final = ("structure", "reasoning", "context", "domain", "output")


@dataclass(frozen=True, slots=True)
class TaskSignal:
    """A taxonomy kind with a calibrated chance (0-1) of being right."""

    name: str
    confidence: float
    source: TaskSource
    alternatives: Mapping[str, float] = field(default_factory=lambda: _NONE)
    """Other names that are worth knowing, with their chances; parents carry the sum of their children."""
    note: str = ""
    doing: str | None = None
    """Beside a kind that says no more than a language: the sibling that says what is done in it."""


@dataclass(frozen=True, slots=True)
class Complexity:
    """How hard a request is, 0-10 in five dimensions."""

    structural: float = 0.0
    """0-2: parts, constraints, questions."""
    reasoning: float = 0.0
    """0-3: steps of thought."""
    context: float = 0.0
    """0-2: what must be held in mind."""
    domain: float = 0.0
    """0-2: expert knowledge."""
    output: float = 0.0
    """0-1: length and form of the answer."""

    @property
    def total(self) -> float:
        """The sum, 0-10."""
        return self.structural + self.reasoning + self.context + self.domain + self.output

    @property
    def notes(self) -> tuple[str, ...]:
        """Why, one short phrase per dimension that is not about 0."""
        shares = (self.structural, self.reasoning, self.context, self.domain, self.output)
        return tuple([f"{name} {share:.1f}" for name, share in zip(_DIMENSIONS, shares, strict=True) if share >= 0.05])


@dataclass(frozen=True, slots=True)
class Needs:
    """What a model must offer to serve the request at all."""

    context_tokens: int = 0
    """Prompt plus output."""
    output_tokens: int = 0
    """Output that is reserved: the client's limit, else the task's, else a default."""
    capabilities: frozenset[Capability] = frozenset()
    deep_ingest: str | None = None
    """Why this is a job for the super_reader lane; None if it is not."""


@dataclass(frozen=True, slots=True)
class Signals:
    """All signals of a request."""

    task: TaskSignal
    complexity: Complexity
    needs: Needs
    weak_failure: float = 0.5
    """Chance that a small open model fails here, 0-1."""
    benefit: float = 0.0
    """What a large model in place of a small open one adds to the chance of a right answer, -1 to 1."""
