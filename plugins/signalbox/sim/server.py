"""A simulated server in a thread of its own: uvicorn's HTTP protocol on an event loop that we start and stop."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Any, Self

import uvicorn
from uvicorn.server import ServerState

from signalbox.errors import UserError

from .app import build_app
from .faults import FaultBoard
from .spec import SimSpec
from .state import KEPT_REQUESTS, Engine, SimRequest

BACKLOG = 2048
STOP_SECONDS = 5


class SimServer:
    """One simulated server; use it as a context manager, or call `start` and `stop`.

    `requests` holds what arrived, newest last, control routes left out. `seed` makes the draw of faults repeatable.
    Nothing is logged: prompts stay in memory.
    """

    def __init__(self, spec: SimSpec, *, seed: int = 0) -> None:
        self.spec = spec
        self.faults = FaultBoard(seed)
        self.requests: deque[SimRequest] = deque(maxlen=KEPT_REQUESTS)
        self.port = spec.port
        self._engine: Engine | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._stopping: asyncio.Event | None = None
        self._listener: asyncio.Server | None = None
        self._reserved: socket.socket | None = None
        self._uvicorn = ServerState()

    @property
    def url(self) -> str:
        """Base URL without /v1; known once the server has started."""
        host = f"[{self.spec.host}]" if ":" in self.spec.host else self.spec.host
        return f"http://{host}:{self.port}"

    @property
    def served(self) -> int:
        """How many prompts were answered in full."""
        return self._engine.served if self._engine else 0

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Listen. Raises UserError if the port is taken."""
        if self._thread is not None:
            return self
        sock = self._bind()
        self.port = sock.getsockname()[1]
        self._engine = Engine(self.spec, self.url, self.faults, self.requests)
        ready: Future[None] = Future()
        self._thread = Thread(
            target=self._run, args=(sock, ready), name=f"sim-{self.spec.kind}-{self.port}", daemon=True
        )
        self._thread.start()
        ready.result()
        return self

    def stop(self) -> None:
        """Close the port and every connection. Does nothing if the server does not run."""
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(STOP_SECONDS)
        self._thread = self._loop = None

    def close_port(self) -> None:
        """Be down: connections break, new ones are refused. The port stays reserved, so nobody else can take it."""
        self._call(self._close_port)

    def open_port(self) -> None:
        """Be back, on the same port."""
        self._call(self._open_port)

    def _call(self, action: Callable[[], Any]) -> None:
        if self._loop is None:
            raise UserError(f"the simulated server on port {self.port} does not run. Call start() first.")

        async def act() -> None:
            found = action()
            if found is not None:
                await found

        asyncio.run_coroutine_threadsafe(act(), self._loop).result(STOP_SECONDS)

    def _bind(self) -> socket.socket:
        """A socket on our port that does not listen yet: connections to it are refused."""
        host = "127.0.0.1" if self.spec.host == "localhost" else self.spec.host
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, self.port))
        except OSError as error:
            sock.close()
            raise UserError(
                f"a simulated server cannot listen on {host}:{self.port} ({error.strerror}). "
                "Choose another port, or 0 for a free one."
            ) from error
        return sock

    def _run(self, sock: socket.socket, ready: "Future[None]") -> None:
        assert self._engine is not None  # noqa: S101 -- start made it
        config = uvicorn.Config(
            build_app(self._engine), ws="none", lifespan="off", log_config=None, proxy_headers=False
        )
        config.timeout_keep_alive = 75  # seconds; long, so that pooled clients do not race the close
        config.load()
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            try:
                runner.run(self._serve(config, sock, ready))
            except BaseException as error:
                if ready.done():
                    raise
                ready.set_exception(error)  # for start(), which waits

    async def _serve(self, config: uvicorn.Config, sock: socket.socket, ready: "Future[None]") -> None:
        self._config, self._loop, self._stopping = config, asyncio.get_running_loop(), asyncio.Event()
        self._reserved = sock
        await self._open_port()
        ready.set_result(None)
        await self._stopping.wait()
        await self._shut()
        if self._reserved is not None:
            self._reserved.close()

    async def _open_port(self) -> None:
        if self._reserved is not None:
            sock, self._reserved = self._reserved, None
            self._listener = await asyncio.get_running_loop().create_server(self._protocol, sock=sock, backlog=BACKLOG)

    async def _close_port(self) -> None:
        if self._listener is not None:
            await self._shut()
            self._reserved = self._bind()

    async def _shut(self) -> None:
        """Stop listening and break every connection; returns when the sockets are closed."""
        if self._listener is None:
            return
        self._listener.close()
        tasks = list(self._uvicorn.tasks)
        for connection in list(self._uvicorn.connections):
            connection.transport.abort()
        if tasks:  # they notice that their clients are gone
            await asyncio.wait(tasks, timeout=STOP_SECONDS / 2)
        await self._listener.wait_closed()
        self._listener = None

    def _protocol(self) -> asyncio.Protocol:
        """An HTTP connection that requests can find again (`scope["state"]`), for the faults that break it."""
        state: dict[str, Any] = {}
        make: Callable[..., Any] = self._config.http_protocol_class
        protocol = make(config=self._config, server_state=self._uvicorn, app_state=state)
        protocol.access_log = False
        state["protocol"] = protocol
        return protocol  # type: ignore[no-any-return]
