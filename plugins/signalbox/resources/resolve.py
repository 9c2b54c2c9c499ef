"""Host names looked up with a limit on time."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress


def unresolved(hosts: Iterable[str], seconds: float) -> frozenset[str]:
    """Host names for which the resolver gives no answer in time, good or bad.

    The look-ups run in daemon threads. asyncio's own run in threads that the interpreter joins at its end, so that a
    dead name server would hold up the exit of a command.
    """
    waiting = set(hosts)
    answered: queue.SimpleQueue[str] = queue.SimpleQueue()
    for host in tuple(waiting):
        threading.Thread(target=_look_up, args=(host, answered), daemon=True, name="resolve").start()
    ends = time.monotonic() + seconds
    with suppress(queue.Empty):
        while waiting:
            waiting.discard(answered.get(timeout=max(0.0, ends - time.monotonic())))
    return frozenset(waiting)


def _look_up(host: str, answered: queue.SimpleQueue[str]) -> None:
    with suppress(OSError, UnicodeError):  # no such host: whoever asks next will say so
        socket.getaddrinfo(host, None)
    answered.put(host)
