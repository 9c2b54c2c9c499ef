"""When garbage is collected under CPython 3.11: between two steps of the event loop, never in the middle of one.

Before 3.12 an allocation may start a collection, also while a context variable is being set. LiteLLM's streams set
context variables when they are collected; what was being written is freed then, and the process dies
(python/cpython#148891). From 3.12 on CPython itself collects between bytecodes only.
"""

from __future__ import annotations

import gc
import sys
from asyncio import AbstractEventLoop
from typing import Final

NEEDED: Final = sys.implementation.name == "cpython" and sys.version_info < (3, 12)

_PAUSE: Final = 0.1
"""Seconds between two looks."""
_GROWTH: Final = 1.1
"""How much larger the heap must have become since the last full collection for another one. CPython waits for a quarter,
but it looks at the whole heap then; here a tenth keeps the pause short."""
_OLDEST: Final = 2


class Collector:
    """Collects by the thresholds that are set, as CPython would, but from the event loop."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._settled = 0

    def start(self) -> None:
        """Takes over. What the start has made stays for ever and is not looked at again."""
        gc.disable()
        gc.collect()
        gc.freeze()
        self._settled = sys.getallocatedblocks()
        self._loop.call_later(_PAUSE, self._look)

    def _look(self) -> None:
        self._loop.call_later(_PAUSE, self._look)
        grown = sys.getallocatedblocks() > self._settled * _GROWTH
        due = due_generation(gc.get_count(), gc.get_threshold(), grown=grown)
        if due is not None:
            gc.collect(due)
        if due == _OLDEST:
            self._settled = sys.getallocatedblocks()


def due_generation(counts: tuple[int, int, int], thresholds: tuple[int, int, int], *, grown: bool) -> int | None:
    """The oldest generation that is over its threshold, which takes the younger ones along; None where none is.

    The oldest of all waits until the heap has grown. A threshold of 0 for the youngest turns collecting off, as in
    `gc.set_threshold`.
    """
    over = [age for age in range(_OLDEST + grown) if counts[age] > thresholds[age]]
    return max(over, default=None) if thresholds[0] else None
