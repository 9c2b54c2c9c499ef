"""Texts as vectors: by an embedding model of the plan, through LiteLLM's router, or by hashed words without any server."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Final
from zlib import crc32

import numpy as np

from signalbox.errors import BudgetRefusal
from signalbox.ledger.store import Ledger
from signalbox.proxy.trip import ID_KEY
from signalbox.schema.plan import PlanModel

Vectors = list[list[float]]
Embed = Callable[[Sequence[str]], Awaitable[Vectors]]
"""One vector per text, all of one length; any exception means that there are none."""

_AXES: Final = 1_024
_PART: Final = 4
_MILLION: Final = 1_000_000


async def embed_words(texts: Sequence[str]) -> Vectors:
    """Vectors of length 1 that are near where texts share words or long parts of them; 0 for a text without words."""
    return [_hashed(text) for text in texts]


def _hashed(text: str) -> list[float]:
    vector = np.zeros(_AXES)
    for feature, weight in _features(text):
        vector[crc32(feature.encode("utf-8", "replace")) % _AXES] += weight
    vector = np.sqrt(vector)
    found: list[float] = (vector / max(float(np.linalg.norm(vector)), 1e-9)).tolist()
    return found


def _features(text: str) -> Iterator[tuple[str, float]]:
    """Words with their weights (short ones are mostly grammar), and parts of words, which survive inflection."""
    for found in text.lower().split():
        word = found.strip(".,:;!?\"'()[]")
        if not word:
            continue
        yield word, 1.0 if len(word) >= _PART else 0.2
        for start in range(len(word) - _PART + 1):
            yield f"#{word[start : start + _PART]}", 0.3


Guarded = Callable[[bool], AbstractContextManager[str]]
"""The id of a trip that lasts as long as the context, for a call that may (False) or may not (True) leave."""


class GroupEmbedder:
    """Vectors by a model group of the plan. A local group stays local: such a call is held to the privacy rules."""

    def __init__(self, model: PlanModel, ledger: Ledger, guarded: Guarded) -> None:
        self._model, self._ledger, self._guarded = model, ledger, guarded

    async def __call__(self, texts: Sequence[str]) -> Vectors:
        """Raises what LiteLLM raises, and BudgetRefusal where a limit leaves nothing for it."""
        with self._guarded(self._model.local) as trip:
            cost = self._upper_bound(texts)
            if not self._ledger.reserve(trip, cost, time.time()):
                raise BudgetRefusal(f"no money is left for {self._model.name}, which gives the second opinion.")
            try:
                return await _embed(self._model.name, texts, trip)
            finally:
                if cost:  # a call that was cut off may have been charged: the upper bound counts
                    self._ledger.settle(trip, cost, time.time())

    def _upper_bound(self, texts: Sequence[str]) -> int:
        """Micro-dollars, rounded up: no token has less than one byte."""
        if not self._model.priced and self._ledger.limited:
            raise BudgetRefusal(f"{self._model.name} has no known price, and the strategy has a budget.")
        size = sum(len(text.encode("utf-8", "replace")) for text in texts)
        return -(-size * self._model.input_price // _MILLION)


async def _embed(group: str, texts: Sequence[str], trip: str) -> Vectors:
    """No fallback: vectors of two models do not compare."""
    from litellm.proxy import proxy_server

    router = proxy_server.llm_router
    if router is None:
        return []
    response = await router.aembedding(
        model=group,
        input=list(texts),
        metadata={ID_KEY: trip},
        fallbacks=[],
        num_retries=0,
        cache={"no-cache": True, "no-store": True},
    )
    rows = sorted(response.data, key=lambda row: row["index"])
    return [list(row["embedding"]) for row in rows]
