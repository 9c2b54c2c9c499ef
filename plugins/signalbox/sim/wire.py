"""The connection underneath a request: knowing when the client has left, and breaking it on purpose."""

import asyncio
import json
import socket
import struct
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope

from .ask import Json


class ClientGone(Exception):  # noqa: N818 -- no error: clients may leave
    """The client has closed its connection, or we have."""


class Client:
    """The other end of one request. Use as a context manager, so that its watch ends with it."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope, self._receive = scope, receive
        self._watch: asyncio.Task[None] | None = None

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *exc: object) -> None:
        if self._watch is not None:
            self._watch.cancel()

    async def pause(self, seconds: float) -> None:
        """Let time pass (0: only let others run). Raises ClientGone as soon as the client leaves."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        watch = self._watched()
        await asyncio.wait({watch}, timeout=seconds)
        if watch.done():
            raise ClientGone

    async def wait_for(self, coming: Coroutine[Any, Any, object]) -> None:
        """Wait until `coming` has happened. Raises ClientGone, and gives it up, if the client leaves before."""
        task, watch = asyncio.ensure_future(coming), self._watched()
        try:
            await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not task.done():
                task.cancel()
        if task.cancelled() or not task.done():
            raise ClientGone

    def _watched(self) -> asyncio.Task[None]:
        if self._watch is None:
            self._watch = asyncio.create_task(self._until_gone())
        return self._watch

    async def drop(self, *, reset: bool) -> None:
        """Break the connection and raise ClientGone. `reset`: RST and nothing more; else FIN after what was written."""
        transport: asyncio.Transport = self._scope["state"]["protocol"].transport
        if reset:
            sock = transport.get_extra_info("socket")
            with suppress(OSError), socket.socket(fileno=socket.dup(sock.fileno())) as twin:
                twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            transport.close()
        await self._until_gone()
        raise ClientGone

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


def json_bytes(data: object) -> bytes:
    """JSON in plain ASCII: whatever a client sent, lone surrogates too, can be said back."""
    return json.dumps(data, separators=(",", ":")).encode()


def json_response(data: Json | list[Json], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json_bytes(data), status, headers, media_type="application/json")
