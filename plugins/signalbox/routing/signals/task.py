"""What a request asks for: structure where it is certain, the user's own phrases, else what was learned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signalbox.routing.signals.features import Shape
from signalbox.routing.signals.model import TextScores
from signalbox.routing.signals.patterns import (
    Keywords,
    Utterances,
    passages_laid_out,
    question_labelled,
    told_of_tools,
    told_to_ground,
)
from signalbox.schema.facts import Facts
from signalbox.schema.signals import TaskSignal, TaskSource
from signalbox.schema.taxonomy import Taxonomy

GENERAL: Final = "general_qa"
_SURE: Final = 0.6
"""Share of its parent's chance, less what says nothing against it, from which a child is answered rather than the parent."""
_OTHERS: Final = 3
_LIKELY: Final = 0.005
"""How many other kinds are told at most, and the least chance of one that is."""
_ON_TEXTS: Final = ("summarisation", "translation", "classification_extraction", "query_rewriting", "writing_editing")
_RIVAL: Final = 0.6
"""Other work on given texts, and the chance above which it is that rather than a question about them."""


@dataclass(frozen=True, slots=True)
class _Tree:
    """The kinds that were learned, as the taxonomy orders them."""

    names: tuple[str, ...]
    """Every learned kind that the taxonomy has, and what is above it."""
    counts: NDArray[np.float64]
    """(names, learned kinds): 1 where a learned kind counts for a name, its own or that of a parent."""
    children: Mapping[str, tuple[str, ...]]
    roots: tuple[str, ...]


class TaskReader:
    """Reads the task of requests. Immutable but for a memory of which kinds the weights know."""

    def __init__(self, taxonomy: Taxonomy, *, abstain_below: float = 0.3) -> None:
        self._taxonomy = taxonomy
        self._abstain_below = abstain_below
        self._ancestry = {name: taxonomy.ancestry(name) for name in taxonomy.kinds}
        self._doings = {name: taxonomy.doings(name) for name in taxonomy.kinds}
        self._keywords = Keywords.of(taxonomy.kinds)
        self._utterances = Utterances.of(taxonomy.kinds)
        self._trees: dict[tuple[str, ...], _Tree] = {}

    def __call__(self, facts: Facts, scores: TextScores) -> TaskSignal:
        """The task. Keywords win over structure, structure over resemblance, resemblance over what was learned."""
        if facts.endpoint == "embedding" and "embeddings" in self._taxonomy.kinds:
            return TaskSignal("embeddings", 1.0, "endpoint")
        chances = self._chances(scores)
        if kind := self._keywords.match(facts.prompt):
            return self._signal(kind, 1.0, "keyword", chances, "a keyword of the taxonomy")
        if (found := self._structure(facts, scores.shape, chances)) is not None:
            kind, sure, note = found
            return self._signal(kind, sure, "structure", chances, note)
        if (alike := self._utterances.match(scores.grams)) is not None:
            return self._signal(*alike, "utterance", chances, "like an utterance")
        return self._learned(scores, chances)

    def _structure(self, facts: Facts, look: Shape, chances: Mapping[str, float]) -> tuple[str, float, str] | None:
        """What the request carries decides, whatever its words say."""
        kinds = self._taxonomy.kinds
        if "tool_use" in kinds and not facts.tool_choice_none:
            if facts.tools or facts.tool_results:
                return "tool_use", 0.97, "tools" if facts.tools else "tool results"
            if facts.system and told_of_tools(facts.system):
                return "tool_use", 0.85, "tools told of in the system prompt"
        if "rag_query" not in kinds:
            return None
        given = facts.documents > 0 or (bool(facts.system) and told_to_ground(facts.system))
        if given or passages_laid_out(look.text):
            rival = max((name for name in _ON_TEXTS if name in chances), key=chances.__getitem__, default="rag_query")
            if chances.get(rival, 0.0) <= _RIVAL or question_labelled(look.text):
                return "rag_query", 0.95 if given else 0.9, "passages given"
        return None

    def _learned(self, scores: TextScores, chances: Mapping[str, float]) -> TaskSignal:
        tree = self._tree(scores)
        if not tree.roots:
            return TaskSignal(GENERAL, 0.0, "abstain")
        name = max(tree.roots, key=chances.__getitem__)
        if chances[name] < self._abstain_below:
            return self._signal(GENERAL, chances[name], "abstain", chances, f"{name} at best")
        while children := tree.children.get(name):
            best = max(children, key=chances.__getitem__)
            if chances[best] < _SURE * (chances[name] - self._beside(best, children, chances)):
                break
            name = best
        return self._signal(name, chances[name], "signal", chances)

    def _beside(self, kind: str, siblings: Iterable[str], chances: Mapping[str, float]) -> float:
        """The chance of siblings that speak of something else: a language says nothing against what is done in it."""
        facet = self._taxonomy.kinds[kind].facet
        return sum([chances[other] for other in siblings if self._taxonomy.kinds[other].facet != facet])

    def _signal(
        self, name: str, confidence: float, source: TaskSource, chances: Mapping[str, float], note: str = ""
    ) -> TaskSignal:
        doings = [other for other in self._doings.get(name, ()) if other in chances]
        doing = max(doings, key=chances.__getitem__) if doings else None
        return TaskSignal(name, confidence, source, self._others(chances, name), note, doing)

    def _chances(self, scores: TextScores) -> Mapping[str, float]:
        """Chance by kind; a parent has the sum of its children and its own."""
        tree = self._tree(scores)
        return dict(zip(tree.names, tree.counts.dot(scores.chances).tolist(), strict=True))

    def _others(self, chances: Mapping[str, float], answer: str) -> Mapping[str, float]:
        """The next best kinds that are not out of the question; no descendant of the answer is among them."""
        likely = [(chance, name) for name, chance in chances.items() if chance >= _LIKELY]
        likely.sort(reverse=True)
        others = [(name, min(1.0, chance)) for chance, name in likely if answer not in self._ancestry[name]]
        return MappingProxyType(dict(others[:_OTHERS]))

    def _tree(self, scores: TextScores) -> _Tree:
        known = self._trees.get(scores.kinds)
        return known if known is not None else self._trees.setdefault(scores.kinds, _tree(scores, self._taxonomy))


def _tree(scores: TextScores, taxonomy: Taxonomy) -> _Tree:
    """A learned kind that this taxonomy lacks counts for its root, where the taxonomy has that."""
    kinds = scores.kinds
    roots = (kinds[at] for at in scores.roots) if scores.roots else kinds
    known = [name if name in taxonomy.kinds else root for name, root in zip(kinds, roots, strict=True)]
    chains = [taxonomy.ancestry(name) if name in taxonomy.kinds else () for name in known]
    names = tuple(sorted({name for chain in chains for name in chain}))
    children: dict[str, tuple[str, ...]] = {}
    for name in names:
        if (parent := taxonomy.kinds[name].parent) is not None:
            children[parent] = (*children.get(parent, ()), name)
    return _Tree(
        names=names,
        counts=np.array([[float(name in chain) for chain in chains] for name in names]).reshape(len(names), len(kinds)),
        children=children,
        roots=tuple(name for name in names if taxonomy.kinds[name].parent is None),
    )
