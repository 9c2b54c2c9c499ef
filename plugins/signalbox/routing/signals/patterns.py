"""Phrases and layouts that decide: a user's keywords and utterances, passages laid out for an answer, tools told in text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from signalbox.routing.signals.text import Grams, clip, text_grams
from signalbox.schema.taxonomy import Kind

SCANNED: Final = (1_200, 400)
"""Characters at the head and the tail of the prompt in which keywords are looked for."""
_BINS: Final = 1_024
_ALIKE: Final = 0.6
"""Cosine of word counts from which a request resembles an utterance."""


_LAID_OUT: Final = re.compile(
    r"<documents?\b|<doc\b|<context\b|<passages?\b|^ *\[(?:1|doc\w*.?1)\]"
    r"|^ *(?:context|passages?|documents?|sources?|excerpt|text|article)(?: *#?\d+)? *:",
    re.MULTILINE,
)
_LAYOUT: Final = ("<", "[", ":")
"""One of these stands in every layout."""
_ASKED: Final = re.compile(r"[?？؟]|\bquestion\b|\banswer\b|^ *q *:", re.MULTILINE)
_LABELLED: Final = re.compile(r"^ *(?:question|q) *: *\S[^\n]*(?:\n *(?:answer|a) *:)?\s*\Z", re.MULTILINE)
_GROUNDED: Final = re.compile(
    r"answer[^.]{0,80}\b(?:documents?|passages?|context|sources?|excerpts?|knowledge base)\b"
    r"|\b(?:documents?|passages?|context|sources?)\b[^.]{0,40}\bbelow\b|\[document 1\]|<documents?>|<context>"
)
_ARMED: Final = re.compile(
    r"<tools?>|tool_calls?\b|function calls?\b|computer shell|tool availability|available tools|following tools"
    r"|access to (?:the |these )?(?:following )?(?:tools|functions)"
)


def passages_laid_out(text: str) -> bool:
    """Whether the (lower-case) prompt lays out passages and asks something about them."""
    if not any(map(text.__contains__, _LAYOUT)):
        return False
    return _LAID_OUT.search(text) is not None and _ASKED.search(text[-160:]) is not None


def question_labelled(text: str) -> bool:
    """Whether the (lower-case) prompt ends with a line that calls itself the question, and at most a blank for the answer."""
    return _LABELLED.search(text[-SCANNED[1] :]) is not None


def told_to_ground(system: str) -> bool:
    """Whether the system prompt brings passages to answer from, or says that there are some."""
    return _GROUNDED.search(system[: SCANNED[0]].lower()) is not None


def told_of_tools(system: str) -> bool:
    """Whether the system prompt describes tools in text."""
    return _ARMED.search(system[: SCANNED[0]].lower()) is not None


@dataclass(frozen=True, slots=True)
class Keywords:
    """Phrases in lower case with their kinds, by a word that they share: most prompts have none of these words."""

    phrases: Mapping[str, tuple[tuple[str, str], ...]]

    @classmethod
    def of(cls, kinds: Mapping[str, Kind]) -> Self:
        """All keywords of a taxonomy."""
        found = [(phrase.lower(), name) for name, kind in kinds.items() for phrase in kind.keywords]
        shared = Counter(word for phrase, _ in found for word in phrase.split())
        phrases: dict[str, tuple[tuple[str, str], ...]] = {}
        for phrase, name in found:
            word = max(phrase.split(), key=lambda word: shared[word] * len(word), default=phrase)
            phrases[word] = (*phrases.get(word, ()), (phrase, name))
        return cls(phrases)

    def match(self, prompt: str) -> str | None:
        """The kind of the longest keyword that stands in the prompt as whole words."""
        if not self.phrases:
            return None
        text = clip(prompt, *SCANNED).lower()
        likely = [pair for word, pairs in self.phrases.items() if word in text for pair in pairs]
        found = [pair for pair in likely if _whole(text, pair[0])]
        return min(found, key=lambda pair: (-len(pair[0]), pair))[1] if found else None


def _whole(text: str, phrase: str) -> bool:
    """Whether the phrase stands in the text with no ASCII letter or digit of a longer word beside it."""
    at = text.find(phrase)
    while at >= 0:
        before, after = text[at - 1 : at] if at else "", text[at + len(phrase) : at + len(phrase) + 1]
        if not (_joins(phrase[0], before) or _joins(phrase[-1], after)):
            return True
        at = text.find(phrase, at + 1)
    return False


def _joins(edge: str, beside: str) -> bool:
    """Whether two characters belong to one word. Scripts without blanks have no such thing."""
    return edge.isascii() and edge.isalnum() and beside.isascii() and beside.isalnum()


@dataclass(frozen=True, slots=True)
class Utterances:
    """Example prompts as word counts of length 1, one row each."""

    kinds: tuple[str, ...]
    rows: NDArray[np.float32]

    @classmethod
    def of(cls, kinds: Mapping[str, Kind]) -> Self:
        """All utterances of a taxonomy."""
        pairs = [(name, text) for name, kind in kinds.items() for text in kind.utterances]
        rows = [_words(text_grams(text, len(text))) for _, text in pairs]
        return cls(tuple(name for name, _ in pairs), np.array(rows, dtype=np.float32).reshape(-1, _BINS))

    def match(self, grams: Grams) -> tuple[str, float] | None:
        """The kind of the most similar utterance and the similarity; None where nothing is similar enough."""
        if not self.kinds:
            return None
        alike = self.rows @ _words(grams)
        best = int(alike.argmax())
        return (self.kinds[best], min(1.0, float(alike[best]))) if alike[best] >= _ALIKE else None


def _words(grams: Grams) -> NDArray[np.float32]:
    """Counts of single words in bins, damped, of length 1."""
    counts = np.sqrt(np.bincount(grams.slots[: grams.words] % _BINS, minlength=_BINS)).astype(np.float32)
    counts /= max(float(np.sqrt(counts @ counts)), 1e-9)
    return counts
