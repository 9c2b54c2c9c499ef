"""Text as slots of a hashed feature table: words, runs of two and three, openings, characters, in one vectorised pass.

Every substring's hash is read off one running polynomial sum (wrapping 64-bit arithmetic): the sum over [i, j) times
the inverse power of i does not depend on where the substring stands. No Python loop runs over characters.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from signalbox.schema.facts import Facts

BITS: Final = 20
SLOTS: Final = 1 << BITS
"""How many features are told apart; most of them say nothing."""
HEAD: Final = 320
TAIL: Final = 140
"""Characters of the last user turn that are read: its instruction stands at either end."""
EARLIER: Final = 120
SYSTEM: Final = 160
"""Characters read of the turn before and of the system prompt."""

_Hashes = NDArray[np.uint64]
_Places = NDArray[np.intp]
_Classes = NDArray[np.uint8]
_Floats = NDArray[np.float32]

_OPENING: Final = 5
_SHORT: Final = 3
_LONG: Final = 5
_FIRST: Final = 120
_LAST: Final = 100
_MIDDLE: Final = 0.5
_CONTEXT: Final = 0.35
_CHARS: Final = 0.5
"""Weights of a feature: 1 in the first and last characters of the turn, less in its middle, least in its context. Runs of
characters weigh half of what words do."""
_ALONE: Final = 2
_OTHER: Final = 0xFFFF
_LONGEST: Final = HEAD + TAIL + EARLIER + SYSTEM + 64
_ODD: Final = 0x9E3779B97F4A7C15
_ROUND: Final = 1 << 64


_HAIL: Final = re.compile(
    r"\s*(?:(?:hey|hi|hello|please|pls|plz|kindly|ok|so|(?:can|could|would|will) (?:you|u)|help me(?: with this)?)"
    r"(?: there)?\b[\s,!.?:]*)+",
    re.IGNORECASE,
)
_THANKS: Final = re.compile(
    r"[\s,.!]*\b(?:thanks|thank you|thx|ty|cheers|please|pls)(?: (?:in advance|so much|a lot|you))*[\s.!]*$",
    re.IGNORECASE,
)
_THANKFUL: Final = ("thank", "thx", "ty", "cheers", "please", "pls")
"""One of these stands in all thanks: where none does, the slow pattern need not look."""
_PARTING: Final = 60
"""Characters at the end in which thanks may stand."""
_SAID: Final = 12
"""Characters that must be left for courtesy to be passed over."""


def _powers(base: int, count: int) -> _Hashes:
    values, power = [], 1
    for _ in range(count):
        values.append(power)
        power = power * base % _ROUND
    return np.array(values, dtype=np.uint64)


_POWER: Final = _powers(_ODD, _LONGEST)
_INVERSE: Final = _powers(pow(_ODD, -1, _ROUND), _LONGEST)
_SALT: Final = _powers(0xD1342543DE82EF95, 8)[3:]
_PAIR: Final = (_SALT[0], _SALT[1])
_OPEN: Final = _SALT[2]
_SHORT_INVERSE: Final = _INVERSE * _SALT[3]
_LONG_INVERSE: Final = _INVERSE * _SALT[4]
_HALF: Final = np.uint64(29)
_MIX: Final = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT: Final = np.uint64(64 - BITS)


def _folding() -> _Hashes:
    """Code point -> code point: lower case, no accents (Latin, Greek, Cyrillic), one digit, one blank."""
    table = np.arange(_OTHER + 1, dtype=np.uint64)
    for code in range(0x20, 0x530):
        table[code] = ord(unicodedata.normalize("NFD", chr(code).lower())[0])
    for low in (0x30, 0x660, 0x6F0, 0x966, 0xFF10):
        table[low : low + 10] = ord("0")
    table[:0x20] = 0x20
    table[[0xA0, 0x3000]] = 0x20
    table[[0x2018, 0x2019, 0x02BC]] = ord("'")
    return table


def _classes() -> _Classes:
    """Code point -> 0 (between words), 1 (in a word), 2 (a word by itself: scripts without blanks)."""
    table = np.zeros(_OTHER + 1, dtype=np.uint8)
    table[0xC0:] = 1
    for low, high in ((0x30, 0x3A), (0x41, 0x5B), (0x61, 0x7B)):
        table[low:high] = 1
    table[[ord("'"), ord("_")]] = 1
    for low, high in ((0x2000, 0x2070), (0x20A0, 0x2C00), (0x3000, 0x3040), (0xD800, 0xE000), (0xFF00, 0x10000)):
        table[low:high] = 0
    table[[0xD7, 0xF7, 0x37E, 0x387, 0x60C, 0x61B, 0x61F, 0x964, 0x965]] = 0
    for low, high in ((0xE00, 0xE80), (0x3040, 0x3100), (0x3400, 0xA000), (0xF900, 0xFB00)):
        table[low:high] = _ALONE
    return table


_FOLD: Final = _folding()
_CLASS: Final = _classes()
_STARTS: Final = np.array([0, 1, 1, 0, 0, 1, 0, 1, 1], dtype=np.bool_)
_ENDS: Final = np.array([0, 0, 0, 1, 0, 1, 1, 1, 1], dtype=np.bool_)
"""Three times the class of a character plus the class of the next -> whether a word starts, or ends, between them."""


class Grams(NamedTuple):
    """A request as features: `slots[i]` counts with `weights[i]`; the first `words` of them are its single words."""

    slots: NDArray[np.int64]
    weights: _Floats
    words: int


def clip(text: str, head: int = HEAD, tail: int = TAIL) -> str:
    """All of the text, or its first `head` and last `tail` characters."""
    return text if len(text) <= head + tail else f"{text[:head]} \n {text[-tail:]}"


def plainly(text: str) -> str:
    """The text without greeting and courtesy around it, unless hardly anything else is said."""
    start = found.end() if (found := _HAIL.match(text)) else 0
    end = len(text)
    last = text[-_PARTING:].casefold()
    if any(map(last.__contains__, _THANKFUL)) and (found := _THANKS.search(text, max(start, end - _PARTING))):
        end = found.start()
    return text[start:end] if end - start >= _SAID else text


def turn_text(facts: Facts) -> str:
    """What is read of the last user turn."""
    return plainly(clip(facts.prompt))


def grams(facts: Facts, turn: str) -> Grams:
    """The features of the last user turn, and, at a lower weight, of what stands around it."""
    own = f" {turn} "
    around = f"\n {facts.earlier[:EARLIER]} \n {facts.system[:SYSTEM]} " if facts.earlier or facts.system else ""
    return text_grams(own + around, len(own))


def text_grams(text: str, own: int) -> Grams:
    """The features of a text of at most `_LONGEST` characters; its first `own` are the user's last turn."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.intp)
    size = len(points)
    sums = np.zeros(size + 1, dtype=np.uint64)
    np.add.accumulate(_FOLD.take(points, mode="clip") * _POWER[:size], out=sums[1:])
    starts, ends = _words(points, plain=text.isascii())
    word = (sums[ends] - sums[starts]) * _INVERSE[starts]
    pair = word[:-1] * _PAIR[0] + word[1:] * _PAIR[1]
    opening = word[:_OPENING] * _OPEN
    triple = pair[:-1] * _PAIR[0] + word[2:] * _PAIR[1]
    short = (sums[_SHORT:] - sums[:-_SHORT]) * _SHORT_INVERSE[: max(0, size + 1 - _SHORT)]
    long = (sums[_LONG:] - sums[:-_LONG]) * _LONG_INVERSE[: max(0, size + 1 - _LONG)]
    hashes = np.concatenate((word, pair, opening, triple, short, long))
    hashes ^= hashes >> _HALF
    hashes *= _MIX
    hashes >>= _SHIFT
    places = _zones(size, own)
    words, runs = places[starts], places * _CHARS
    spoken = [words[: len(found)] for found in (word, pair, opening, triple)]
    weights = np.concatenate((*spoken, runs[: len(short)], runs[: len(long)]))
    return Grams(hashes.view(np.int64), weights, len(word))


def _words(points: _Places, *, plain: bool) -> tuple[_Places, _Places]:
    """Where words start and where they end (exclusive). `plain`: no character is a word by itself."""
    classes = np.zeros(len(points) + 2, dtype=np.uint8)
    _CLASS.take(points, mode="clip", out=classes[1:-1])
    before, after = classes[:-1], classes[1:]
    if plain:
        edges = (before != after).nonzero()[0]
        return edges[::2], edges[1::2]
    steps = 3 * before + after
    return _STARTS[steps].nonzero()[0], _ENDS[steps].nonzero()[0]


def _zones(size: int, own: int) -> _Floats:
    """The weight of a feature by the place where it starts; the turn as a whole has about the same length always."""
    ends = min(own, _FIRST + _LAST)
    zones = np.full(size, (ends + (own - ends) * _MIDDLE**2 + 1.0) ** -0.5, dtype=np.float32)
    if own > ends:
        zones[_FIRST : own - _LAST] *= _MIDDLE
    if size > own:
        zones[own:] *= _CONTEXT
    return zones
