"""What a multiple-choice item looks like, and what that says about failure: hard items differ in form, not only in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import log1p
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from signalbox.routing.signals.text import clip

HEAD: Final = 500
TAIL: Final = 500
"""Characters of the prompt in which an item is looked for: more than are read as words, for options stand last."""
FAILURES: Final = ("weak_failure", "strong_failure")
"""Whose log-odds steps move: that a small open model fails, and that a large one does."""

_OPTION: Final = re.compile(r"\n[A-J][.)] ?")
_WORD: Final = re.compile(r"[a-z']+|\d+(?:\.\d+)?")
_PLAIN: Final = frozenset(
    "the a an of to in and or is are was were be for with on by at from as that this which it its following not what has "  # noqa: SIM905
    "have had would will can if than these those he she his her they their one".split()
)
_CLOSING: Final = "Answer:"
_NO_DIGITS: Final = str.maketrans("", "", "0123456789")
_LONG_WORD: Final = 8

_Floats = NDArray[np.float64]


class Item(NamedTuple):
    """A question with lettered options as numbers; lengths are in characters, `log_` is log(1 + x), shares are 0-1."""

    option_word_length: float
    overlap: float
    """Mean Jaccard index of the words of any two options."""
    log_longest: float
    log_shortest: float
    log_options: float
    """Of all options together."""
    spread: float
    """Longest less shortest option, as a share of the longest."""
    variation: float
    """Standard deviation of the options' lengths as a share of their mean."""
    commas: float
    """In the question, as all that follows but the last two."""
    option_digits: float
    digits: float
    word_length: float
    log_question: float
    distinct_words: float
    log_words: float
    long_words: float
    capitals: float
    """Share of words that begin with one."""
    numeric: float
    """Options that are numbers, up to a sign or currency before them."""
    options: float


def item(prompt: str) -> Item | None:
    """The item that a prompt is; None where fewer than two of its lines begin like an option (`A.`, `B)`)."""
    text = clip(prompt, HEAD, TAIL)
    if "\nA" not in text or "\nB" not in text:
        return None
    question, *rest = _OPTION.split(text)
    if len(rest) < 2:
        return None
    rest[-1] = rest[-1].strip().removesuffix(_CLOSING)
    options = [option.strip() for option in rest]
    sizes = [len(option) for option in options]
    count, total = len(options), sum(sizes)
    longest, shortest, mean = max(sizes), min(sizes), total / count
    named = [_WORD.findall(option.lower()) for option in options]
    spoken = [len(word) for words in named for word in words]
    sets = [frozenset(words) - _PLAIN for words in named]
    shared = [len(one & other) / (len(one | other) or 1) for at, one in enumerate(sets) for other in sets[:at]]
    words = _WORD.findall(question.lower())
    many = len(words) or 1
    return Item(
        option_word_length=sum(spoken) / (len(spoken) or 1),
        overlap=sum(shared) / len(shared),
        log_longest=log1p(longest),
        log_shortest=log1p(shortest),
        log_options=log1p(total),
        spread=(longest - shortest) / (longest + 1),
        variation=(sum((size - mean) ** 2 for size in sizes) / count) ** 0.5 / (mean + 1),
        commas=question.count(","),
        option_digits=_digits("".join(options)) / (total + 1),
        digits=_digits(question) / (len(question) + 1),
        word_length=sum(map(len, words)) / many,
        log_question=log1p(len(question)),
        distinct_words=len(set(words)) / (len(words) + 1),
        log_words=log1p(len(words)),
        long_words=sum(len(word) > _LONG_WORD for word in words) / many,
        capitals=sum(word[:1].isupper() for word in question.split()) / many,
        numeric=sum(option[:1].isdigit() or option[1:2].isdigit() for option in options),
        options=count,
    )


def _digits(text: str) -> int:
    return len(text) - len(text.translate(_NO_DIGITS))


@dataclass(frozen=True, slots=True)
class Steps:
    """Log-odds of the failures before a word is read: those of any request, moved by each step that an item is above."""

    base: _Floats
    """(len(FAILURES),)"""
    feature: NDArray[np.intp]
    """Per step which number of an Item it looks at."""
    cut: _Floats
    """Per step what that number must exceed."""
    odds: _Floats
    """(steps, len(FAILURES)): what it adds where it does."""

    @property
    def fits(self) -> bool:
        """Whether the arrays belong together."""
        heads, shape = len(FAILURES), self.feature.shape
        known = ((self.feature >= 0) & (self.feature < len(Item._fields))).all()
        return (
            bool(known)
            and self.base.shape == (heads,)
            and self.cut.shape == shape
            and self.odds.shape == (*shape, heads)
        )

    def of(self, seen: Item | None) -> _Floats:
        """Log-odds per failure; the base for what is no item."""
        if seen is None:
            return self.base
        found: _Floats = self.base + (np.array(seen)[self.feature] > self.cut) @ self.odds
        return found
