"""Bringing an answer to the client: in a slot, at the simulated pace, whole or in pieces, or cut on purpose."""

from time import monotonic

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .answer import Answer
from .faults import Fault
from .spec import SimModel
from .state import Engine
from .wire import Client, ClientGone


class Delivery(Response):
    """An answer under way: `parts` is the body, in one piece or as the chunks of a stream.

    The last piece leaves after the slot is given back: who holds a whole answer also finds it in the counters.
    """

    def __init__(
        self,
        engine: Engine,
        model: SimModel,
        found: Answer,
        parts: list[bytes],
        *,
        media: str = "application/json",
        fault: Fault | None = None,
    ) -> None:
        super().__init__(None, 200, {"content-type": media, "content-length": str(len(parts[0]))})
        if len(parts) > 1:
            del self.headers["content-length"]
        self._engine, self._model, self._found = engine, model, found
        self._parts, self._cut = parts, _cut_at(fault, parts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with Client(scope, receive) as client:
            try:
                await self._deliver(client, send)
            except ClientGone:
                return

    async def _deliver(self, client: Client, send: Send) -> None:
        spec, arrived = self._engine.spec, monotonic()
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        async with self._engine.slot(self._model, self._found, client) as gauges:
            if len(self._parts) > 1:
                await send(start)
            if spec.delay_ms:
                await client.pause(spec.delay_ms / 1000)
            gauges.first_token.observe(monotonic() - arrived)
            for number, part in enumerate(self._parts[:-1]):
                if number == self._cut:
                    await client.drop(reset=False)
                await send({"type": "http.response.body", "body": part, "more_body": True})
                await client.pause(spec.chunk_delay_ms / 1000)
            if self._cut is not None:
                await self._break_whole(client, send, start)
        if len(self._parts) == 1:
            await send(start)
        await send({"type": "http.response.body", "body": self._parts[-1], "more_body": False})

    async def _break_whole(self, client: Client, send: Send, start: dict[str, object]) -> None:
        """Cut an answer that has one piece only: its headers leave, and half of it if the cut is mid-way."""
        await send(start)
        half = self._parts[0][: len(self._parts[0]) // 2] if self._cut else b""
        if half:
            await send({"type": "http.response.body", "body": half, "more_body": True})
        await client.drop(reset=False)


def _cut_at(fault: Fault | None, parts: list[bytes]) -> int | None:
    """The piece before which the connection drops; None for no cut."""
    match fault.kind if fault else None:
        case "cut_before_first_chunk":
            return 0
        case "cut_mid_stream":
            return max(1, len(parts) // 2) if len(parts) != 2 else 0
    return None
