"""What we remember of a request between its hooks."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from signalbox.schema.decision import Decision
from signalbox.schema.facts import Facts

ID_KEY = "signalbox_decision_id"
"""Where LiteLLM's metadata carries the trip's id. Set on every request, so a client's own value never counts."""


@dataclass(slots=True)
class Trip:
    """One request on its way."""

    id: str
    facts: Facts
    decision: Decision | None
    """None for requests that are guarded but not routed."""
    local_only: bool
    at: float
    """Epoch seconds."""
    started: float
    """Monotonic seconds."""
    depth: int = 0
    groups: list[str] = field(default_factory=list)
    deployment: str | None = None
    """Where it was sent last."""
    under_way: str | None = None
    """The same, until that deployment has answered or failed."""
    streaming: bool = False
    """The response headers of a stream are out: what fails from here on cannot fall back."""
    ended: bool = False

    @property
    def answered(self) -> str:
        """The model group that was called last."""
        if self.groups:
            return self.groups[-1]
        return self.decision.model if self.decision else self.facts.requested


class Trips:
    """Requests in flight and just ended, at most `most`; the oldest go first."""

    def __init__(self, most: int = 5_000) -> None:
        self._most = most
        self._trips: OrderedDict[str, Trip] = OrderedDict()

    def add(self, trip: Trip) -> None:
        """Remembers a trip."""
        self._trips[trip.id] = trip
        while len(self._trips) > self._most:
            self._trips.popitem(last=False)

    def get(self, id: object) -> Trip | None:  # noqa: A002 - the trip's own field
        """The trip with this id, if it is still remembered."""
        return self._trips.get(id) if isinstance(id, str) else None
