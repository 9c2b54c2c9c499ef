"""Groups of words that mean about the same for routing, so that what one of them teaches all of its group learn.

The groups are features of the trainer only: their weights are added to the hashed slots of their words before saving,
so that reading a request costs nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signalbox.errors import FileError
from signalbox.routing.signals.text import SLOTS, text_grams

SHIPPED: Final = Path(__file__).parent / "lexicon.txt"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Which slots belong to which groups. Each group has a row for its words anywhere and one for an opening word."""

    groups: tuple[str, ...]
    slots: NDArray[np.int64]
    rows: NDArray[np.int64]
    """`slots[i]` belongs to row `rows[i]`; sorted by slot."""

    @property
    def size(self) -> int:
        """How many rows."""
        return 2 * len(self.groups)

    def find(self, slots: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(positions in `slots`, rows) of all pairs that belong together."""
        low, high = np.searchsorted(self.slots, slots), np.searchsorted(self.slots, slots, side="right")
        counts = high - low
        where = np.repeat(np.arange(len(slots)), counts)
        at = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + low[where]
        return where, self.rows[at]


@cache
def lexicon() -> Lexicon:
    """The shipped groups. Raises FileError where a line is none."""
    names: list[str] = []
    pairs: set[tuple[int, int]] = set()
    for number, line in enumerate(SHIPPED.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#") or not line.strip():
            continue
        name, _, words = line.partition(":")
        if not words:
            raise FileError(SHIPPED, "names no words.", key=f"line {number}", remedy="Write `group: word, word`.")
        anywhere, opening = 2 * len(names), 2 * len(names) + 1
        names.append(name)
        for word in (piece for piece in words.removesuffix("\n").split(",") if piece.strip()):
            spread, first = _slots(word.removeprefix(" "))
            pairs |= {(slot, anywhere) for slot in spread} | {(slot, opening) for slot in first}
    table = np.array(sorted(pairs), dtype=np.int64)
    return Lexicon(tuple(names), table[:, 0], table[:, 1])


def _slots(word: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The slots of a word or a pair of words anywhere, and as the opening of a request.

    `word*` stands for all words with that beginning (its first two or four characters), `~part` for a run of three or
    five characters anywhere. Of longer phrases the first two words count.
    """
    if word.startswith("~"):
        return (_gram(word[1:]),), ()
    if word.endswith("*"):
        start = f" {word[:-1]}"
        return (_gram(start[:5] if len(start) >= 5 else start[:3]),), ()
    phrase = word.strip()
    found = text_grams(phrase, len(phrase))
    if found.words == 1:
        return (int(found.slots[0]),), (int(found.slots[1]),)
    return (int(found.slots[found.words]),), ()


def _gram(part: str) -> int:
    if len(part) not in {3, 5}:
        raise FileError(SHIPPED, f"'{part}' is no run of 3 or 5 characters.", remedy="Lengthen or shorten it.")
    return int(text_grams(part, len(part)).slots[-1])


def fold(table: NDArray[np.float32], boost: float) -> NDArray[np.float32]:
    """The table of hashed slots with the weights of the groups (its rows from SLOTS on) added to their words."""
    known = lexicon()
    folded = table[:SLOTS].copy()
    np.add.at(folded, known.slots, boost * table[SLOTS + known.rows])
    return folded
