"""Which of the taxonomy's utterances a request is most like, asked of semantic-router where the fast model is unsure.

An opinion is a courtesy: it never fails a request, and a dead embedding server costs none of them any time.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from importlib.util import find_spec
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from signalbox.ledger.store import Ledger
from signalbox.proxy.embedding import Embed, GroupEmbedder, Guarded, Vectors, embed_words
from signalbox.routing.pipeline import Pipeline
from signalbox.schema.facts import Facts
from signalbox.schema.plan import Plan
from signalbox.schema.signals import SECOND_OPINION, TaskSignal
from signalbox.schema.strategy import SecondOpinion

if TYPE_CHECKING:
    from semantic_router.routers import SemanticRouter

READ: Final = 500
"""Characters of the last user turn that are compared."""
_REMEMBERED: Final = 2_000
_FAILURES: Final = 3
_REST_SECONDS: Final = 30.0
_PREPARE_SECONDS: Final = 60.0
"""For the vectors of all utterances, in the background."""
_LEAST, _MOST = 0.5, 0.95
"""Confidence of a similarity that is just enough, and of the same text. A convention: cosines are not calibrated."""

log = logging.getLogger("signalbox")


class Breaker:
    """After some failures in a row, one attempt per rest. `now` is in monotonic seconds."""

    def __init__(self) -> None:
        self._failures = 0
        self._rests_until = 0.0

    def admits(self, now: float) -> bool:
        """Whether to try now. After a rest one caller is let through to see; the others wait for what it finds."""
        if self._failures < _FAILURES:
            return True
        if now < self._rests_until:
            return False
        self._rests_until = now + _REST_SECONDS
        return True

    def failed(self, now: float) -> bool:
        """One more failure in a row; True if a rest begins that was not one before."""
        self._failures += 1
        if self._failures >= _FAILURES:
            self._rests_until = now + _REST_SECONDS
        return self._failures == _FAILURES

    def worked(self) -> None:
        """No rest any more."""
        self._failures = 0


class Adviser:
    """Gives second opinions on tasks, for one plan. Used from one event loop."""

    def __init__(self, plan: Plan, config: SecondOpinion, embed: Embed) -> None:
        self._plan, self._config, self._embed = plan, config, embed
        self._examples = {name: kind.utterances for name, kind in plan.taxonomy.kinds.items() if kind.utterances}
        self._breaker = Breaker()
        self._known: OrderedDict[bytes, TaskSignal | None] = OrderedDict()
        self._router: SemanticRouter | None = None
        self._preparing: asyncio.Task[None] | None = None

    async def advise(self, pipeline: Pipeline, facts: Facts, now: float) -> TaskSignal | None:
        """The opinion on a request whose task is unsure; None: not asked for, not allowed, or not to be had."""
        try:
            text = facts.prompt[:READ].strip().encode("utf-8", "replace").decode()
            if not text or not self._may_ask(pipeline, facts) or not self._unsure(pipeline, facts):
                return None
            return await self._opinion(text, now)
        except Exception as error:
            log.warning("no second opinion: %s", type(error).__name__)  # a message may quote the prompt
            return None

    def close(self) -> None:
        """Ends what runs in the background."""
        if self._preparing is not None:
            self._preparing.cancel()

    def _may_ask(self, pipeline: Pipeline, facts: Facts) -> bool:
        """Whether the task is open at all, and whether the request's text may go to the embedding model."""
        if facts.hints.task is not None or self._plan.lock or facts.hints.model in self._plan.models:
            return False
        group = self._config.model
        if group is None:
            return True
        private = self._plan.privacy == "local_only" or pipeline.is_private(facts)
        usable = facts.caller.allowed is None or group in facts.caller.allowed
        return usable and (not private or self._plan.models[group].local)

    def _unsure(self, pipeline: Pipeline, facts: Facts) -> bool:
        task = pipeline.extract_signals(facts).task
        return task.source == "abstain" or (task.source == "signal" and task.confidence < self._config.below)

    async def _opinion(self, text: str, now: float) -> TaskSignal | None:
        digest = blake2b(text.encode(), digest_size=16).digest()
        if digest in self._known:
            self._known.move_to_end(digest)
            return self._known[digest]
        if (self._preparing is not None and not self._preparing.done()) or not self._breaker.admits(now):
            return None
        if self._router is None:
            self._preparing = asyncio.create_task(self._prepare(now))
            return None
        try:
            opinion = await asyncio.wait_for(self._most_alike(self._router, text), float(self._config.timeout))
        except Exception as error:
            self._failed(error, now)
            return None
        self._breaker.worked()
        self._known[digest] = opinion
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return opinion

    async def _most_alike(self, router: SemanticRouter, text: str) -> TaskSignal | None:
        choice = await router.acall(text)
        name, score = getattr(choice, "name", None), getattr(choice, "similarity_score", None)
        if name is None or score is None or not isfinite(score):
            raise ValueError("the vectors do not compare")
        if score < self._config.min_score:
            return None
        return TaskSignal(name, confidence(score, self._config.min_score), "utterance", note=SECOND_OPINION)

    async def _prepare(self, now: float) -> None:
        """Embeds the utterances, once. Where that fails, a later request starts it anew."""
        try:
            texts = [text for found in self._examples.values() for text in found]
            vectors = await asyncio.wait_for(self._embed(texts), _PREPARE_SECONDS)
            self._router = await asyncio.to_thread(_semantic_router, self._examples, vectors, self._embed)
            self._breaker.worked()
        except Exception as error:
            self._failed(error, now)

    def _failed(self, error: Exception, now: float) -> None:
        if self._breaker.failed(now):
            log.warning("no second opinions for now, one try in %.0f s: %s", _REST_SECONDS, type(error).__name__)


def open_adviser(plan: Plan, ledger: Ledger, guarded: Guarded) -> Adviser | None:
    """The adviser that the plan asks for. None, and one warning where it asks for one that cannot be had."""
    config = plan.behaviour.second_opinion
    if config is None:
        return None
    if find_spec("semantic_router") is None:
        log.warning(
            "behaviour.second_opinion needs semantic-router: pip install 'signalbox[semantic]'. Running without."
        )
        return None
    if config.model is None:
        return Adviser(plan, config, embed_words)
    if config.model not in plan.models:
        log.warning("behaviour.second_opinion: model %s is not in the plan. Running without.", config.model)
        return None
    return Adviser(plan, config, GroupEmbedder(plan.models[config.model], ledger, guarded))


def confidence(score: float, least: float) -> float:
    """A similarity (cosine, `least` to 1) as a confidence."""
    share = (min(score, 1.0) - least) / (1.0 - least)
    return _LEAST + (_MOST - _LEAST) * share


def _semantic_router(examples: Mapping[str, Sequence[str]], vectors: Vectors, embed: Embed) -> SemanticRouter:
    """A router over these examples. Its import takes a second: it is made when the first opinion is wanted."""
    from semantic_router import Route
    from semantic_router.encoders import DenseEncoder
    from semantic_router.index import LocalIndex
    from semantic_router.routers import SemanticRouter

    class Encoder(DenseEncoder):  # type: ignore[misc, unused-ignore]
        async def acall(self, docs: list[Any]) -> Vectors:
            return await embed(docs)

    pairs = [(name, text) for name, found in examples.items() for text in found]
    index = LocalIndex()  # type: ignore[no-untyped-call, unused-ignore]
    index.add(vectors, [name for name, _ in pairs], [text for _, text in pairs])
    return SemanticRouter(
        encoder=Encoder(name="signalbox"),
        routes=[Route(name=name, utterances=list(found)) for name, found in examples.items()],
        index=index,
        top_k=1,
        aggregation="max",
        init_async_index=True,
    )
