"""What the shipped weights say about a request: chances per kind, difficulty, and how likely weak and strong models fail."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import Final, NamedTuple, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from signalbox.errors import FileError
from signalbox.routing.signals.features import NAMES, Shape, shape
from signalbox.routing.signals.items import FAILURES, Steps, item
from signalbox.routing.signals.text import SLOTS, Grams, grams, turn_text
from signalbox.schema.facts import Facts

SHIPPED: Final = Path(__file__).parent.parent / "weights" / "signals.npz"
HEADS: Final = ("difficulty", *FAILURES)
"""Columns after those of the kinds, all log-odds: difficulty as a share of 10, that a weak model fails, and that a strong
one does."""

_Floats = NDArray[np.float32]


class TextScores(NamedTuple):
    """What was learned, applied to one request."""

    kinds: tuple[str, ...]
    chances: NDArray[np.float64]
    """Calibrated chance per kind of `kinds`; they sum to 1."""
    difficulty: float
    """How hard people find it, 0-10."""
    weak_failure: float
    """Chance that a small open model fails, 0-1, from text alone."""
    strong_failure: float
    """Chance that a large model fails, 0-1."""
    shape: Shape
    grams: Grams
    roots: tuple[int, ...] = ()
    """Where the root of each kind stands in `kinds`; empty: nowhere."""

    @property
    def benefit(self) -> float:
        """What a large model in place of a small one adds to the chance of a right answer, -1 to 1."""
        return self.weak_failure - self.strong_failure


@dataclass(frozen=True, slots=True)
class Families:
    """Which learned kinds belong together: a root and its children."""

    tops: NDArray[np.intp]
    """The columns of the roots."""
    place: NDArray[np.intp]
    """For every column where the column of its root stands in `tops`."""

    @classmethod
    def of(cls, roots: tuple[int, ...]) -> Self:
        """From the column of each kind's root; its own for a root."""
        tops = sorted(set(roots))
        return cls(np.array(tops, dtype=np.intp), np.array([tops.index(root) for root in roots], dtype=np.intp))

    def chances(self, logits: NDArray[np.float64], sharpness: float) -> NDArray[np.float64]:
        """They sum to 1: a choice among the roots, then one among the root itself (log-odds 0) and its children."""
        tops = logits[self.tops]
        pulls = np.exp(sharpness * (tops - tops.max(initial=-np.inf)))
        shares: NDArray[np.float64] = np.exp(np.minimum(logits, 30.0))
        shares[self.tops] = 1.0
        pulls /= pulls.sum() * np.bincount(self.place, shares)
        shares *= pulls[self.place]
        return shares


@dataclass(frozen=True, slots=True)
class TextModel:
    """Immutable weights: a table for text (int8, one scale per column), a small one for shape, steps for items."""

    kinds: tuple[str, ...]
    roots: tuple[int, ...]
    """The column of each kind's root; its own for a root."""
    places: NDArray[np.int32]
    """(SLOTS,): the row of each feature in `table`."""
    table: NDArray[np.int8]
    """(rows, kinds + HEADS); row 0, for the features that say nothing, is 0."""
    scale: _Floats
    """Per column of `table`."""
    dense: _Floats
    """(len(NAMES), kinds + 1): the failures are no matter of shape, whose reading of one benchmark misleads elsewhere."""
    steps: Steps
    """Where the failures start from."""
    sharpness: float
    """What logits of kinds are multiplied with (temperature scaling)."""
    families: Families

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """The weights of a file, or the shipped ones. Raises FileError where it is no such file."""
        place = path or SHIPPED
        try:
            with place.open("rb") as file, np.load(file, allow_pickle=False) as found:
                roots = tuple(int(root) for root in found["roots"])
                slots = found["slots"].reshape(-1)
                places = np.zeros(SLOTS, dtype=np.int32)
                places[slots] = np.arange(1, len(slots) + 1)
                model = cls(
                    kinds=tuple(str(name) for name in found["kinds"]),
                    roots=roots,
                    places=places,
                    table=np.pad(found["table"].astype(np.int8), ((1, 0), (0, 0))),
                    scale=found["scale"].astype(np.float32),
                    dense=found["dense"].astype(np.float32),
                    steps=Steps(
                        base=found["base"].astype(np.float64),
                        feature=found["step_feature"].astype(np.intp),
                        cut=found["step_cut"].astype(np.float64),
                        odds=found["step_odds"].astype(np.float64),
                    ),
                    sharpness=float(found["sharpness"]),
                    families=Families.of(roots),
                )
        except (OSError, KeyError, ValueError, IndexError, EOFError, BadZipFile) as problem:
            raise FileError(place, f"holds no signal weights ({problem}).", remedy=_REMEDY) from problem
        columns = len(model.kinds) + len(HEADS)
        tables = (len(slots) + 1, columns), (len(NAMES), columns - len(FAILURES))
        if (model.table.shape, model.dense.shape) != tables or not model.steps.fits:
            raise FileError(
                place, f"has weights of another shape {model.table.shape}, {model.dense.shape}.", remedy=_REMEDY
            )
        return model

    def read(self, facts: Facts) -> TextScores:
        """One pass over the (capped) text of a request."""
        turn = turn_text(facts)
        found, look = grams(facts, turn), shape(facts, turn)
        rows = self.table.take(self.places.take(found.slots), axis=0).astype(np.float32)
        logits = found.weights.dot(rows)
        logits *= self.scale
        logits[: -len(FAILURES)] += np.array(look.vector, dtype=np.float32).dot(self.dense)
        logits[-len(FAILURES) :] += self.steps.of(item(facts.prompt))
        difficulty, weak, strong = logits[len(self.kinds) :].tolist()
        return TextScores(
            kinds=self.kinds,
            chances=self.families.chances(logits[: len(self.kinds)].astype(np.float64), self.sharpness),
            difficulty=10 * chance(difficulty),
            weak_failure=chance(weak),
            strong_failure=chance(strong),
            shape=look,
            grams=found,
            roots=self.roots,
        )


_REMEDY: Final = "Make it with `signalbox train`, or leave the path out for the shipped weights."


def chance(logit: float) -> float:
    """Log-odds to a chance."""
    return 1 / (1 + exp(-min(max(logit, -30.0), 30.0)))
