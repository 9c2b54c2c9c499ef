"""Asks the strategy's own servers how they are, every few seconds, and tells the board. No request waits for it."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Final, NamedTuple

import httpx

from signalbox.fleet.board import Board
from signalbox.fleet.probes import PROBES
from signalbox.resources.reply import Reply, get, get_or_none
from signalbox.schema.fleet import DeploymentState
from signalbox.schema.plan import Plan
from signalbox.schema.strategy import ServerKind

ANSWER_SECONDS: Final = 2.0
CONNECT_SECONDS: Final = 1.0
_KEPT_LOOKS: Final = 3
"""What a server said holds for so many looks, each of two answers at the longest; then it is unknown."""
_PATIENCE: Final = 3
"""So many looks in a row without a connection mean that a server is down; a refused connection means it at once."""

_LOG: Final = logging.getLogger(__name__)


class Server(NamedTuple):
    """One address, asked once for all deployments behind it."""

    url: str
    kind: ServerKind
    key: str | None
    """The name of its key's variable."""


class Watch:
    """Health and load of every server of the plan. Providers in a cloud are never asked: that would cost or tell something."""

    def __init__(self, plan: Plan, board: Board, environ: Mapping[str, str]) -> None:
        self._board, self._environ = board, environ
        self._every = plan.behaviour.probe_every
        self._holds = _KEPT_LOOKS * (self._every + 2 * ANSWER_SECONDS)
        self._silent: defaultdict[Server, int] = defaultdict(int)
        self._servers: defaultdict[Server, list[tuple[str, str]]] = defaultdict(list)
        for model in plan.models.values():
            for place in model.deployments:
                if place.url and place.probe and place.probe in PROBES:
                    self._servers[Server(place.url, place.probe, place.key)].append((place.id, place.serves))

    async def run(self) -> None:
        """Looks until it is cancelled; at once and for good done where there is nothing to watch."""
        if not self._servers or not self._every:
            return
        async with httpx.AsyncClient(
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,  # a proxy of the environment must not see requests to one's own servers
            verify=ssl.create_default_context(),  # the system's authorities, or SSL_CERT_FILE
            headers={"accept-encoding": "identity", "accept": "*/*"},
        ) as client:
            await asyncio.gather(*(self._follow(client, server) for server in self._servers))

    @property
    def servers(self) -> tuple[Server, ...]:
        """The addresses that are asked."""
        return tuple(self._servers)

    async def _follow(self, client: httpx.AsyncClient, server: Server) -> None:
        while True:
            await self.look(client, server)
            await asyncio.sleep(self._every)

    async def look(self, client: httpx.AsyncClient, server: Server) -> None:
        """Asks one server and tells the board. Never raises."""
        try:
            for (place, _), state in zip(self._servers[server], await self._ask(client, server), strict=True):
                self._board.seen(place, state, time.monotonic(), holds=self._holds)
        except Exception:  # an answer that we cannot read must not end the watch over the others
            _LOG.warning("signalbox: the probe of a %s server failed", server.kind, exc_info=True)

    async def _ask(self, client: httpx.AsyncClient, server: Server) -> list[DeploymentState]:
        """The state of each deployment of a server."""
        first, *more = PROBES[server.kind].paths
        secret = self._environ.get(server.key) if server.key else None
        headers = {"authorization": f"Bearer {secret}"} if secret else {}
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                replies: dict[str, Reply | None] = {first: await get(client, server.url + first, headers)}
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
            return [self._without_answer(server, error)] * len(self._servers[server])
        self._silent.pop(server, None)
        told = await asyncio.gather(
            *(get_or_none(client, server.url + path, seconds=ANSWER_SECONDS, headers=headers) for path in more)
        )
        replies |= dict(zip(more, told, strict=True))
        return [PROBES[server.kind].read(replies, serves) for _, serves in self._servers[server]]

    def _without_answer(self, server: Server, error: Exception) -> DeploymentState:
        """A name that does not resolve, a certificate, our own lack of sockets, a server too busy to answer: all unknown."""
        if _refused(error):
            return DeploymentState("down", "connection refused: it is down, or its model still loads")
        self._silent[server] = self._silent[server] + 1 if isinstance(error, httpx.ConnectTimeout) else 0
        if self._silent[server] >= _PATIENCE:
            return DeploymentState("down", f"no connection in {self._silent[server]} looks")
        return DeploymentState("unknown", f"no answer ({type(error).__name__})")


def _refused(error: BaseException | None) -> bool:
    """Whether the machine itself said that nobody listens there; httpx says ConnectError of much else."""
    if isinstance(error, BaseExceptionGroup):
        return any(map(_refused, error.exceptions))
    return error is not None and (
        isinstance(error, ConnectionRefusedError) or _refused(error.__cause__ or error.__context__)
    )
