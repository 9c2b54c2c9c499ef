"""What every API gives, so that one gate can serve them all."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..answer import Answer
from ..ask import Ask, Json


@dataclass(frozen=True, slots=True)
class Dialect:
    """`read` raises Problem for a body it cannot take; `events` yields the stream, one chunk on the wire each."""

    read: Callable[[Json], Ask]
    whole: Callable[[Ask, Answer], Json]
    events: Callable[[Ask, Answer], Iterator[bytes]]
    stream_type: str = "text/event-stream"


def sse(data: Json) -> bytes:
    """One server-sent event without a name."""
    return b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n"


def named_events(events: Iterable[Json]) -> Iterator[bytes]:
    """Server-sent events named by their own `type`."""
    return (b"event: " + str(event["type"]).encode() + b"\n" + sse(event) for event in events)
