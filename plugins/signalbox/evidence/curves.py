"""Cost against quality: what is right when a share of the requests goes to the strong model and the rest to the weak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from signalbox.evidence.statistics import Floats

SHARES: Final[Floats] = np.linspace(0, 1, 21)
"""The points that are shown of a curve."""
_FINE: Final[Floats] = np.linspace(0, 1, 101)
TOLERANCE: Final = 0.01
"""What counts as equal quality: one point below always asking the strong model."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Who is sent to the strong model first, summed up; one row per resample."""

    weak: Floats
    """(resamples,): the share that the weak model alone has right."""
    sent: Floats
    """(resamples, steps): the share at the strong model, from 0 to 1."""
    gained: Floats
    """(resamples, steps): what the strong model adds to the share of right answers by then."""

    @classmethod
    def of(cls, hardness: Floats, weak: Floats, strong: Floats, weights: Floats) -> Self:
        """The hardest rows go first; `weak` and `strong` are 1 where that model is right.

        Rows of equal hardness go in equal parts, as a coin would send them.
        """
        order = np.argsort(-hardness, kind="stable")
        starts = np.flatnonzero(np.concatenate(([True], np.diff(hardness[order]) != 0)))
        drawn = weights[:, order]
        total = weights.sum(axis=1, keepdims=True)
        sent = np.cumsum(np.add.reduceat(drawn, starts, axis=1), axis=1) / total
        gained = np.cumsum(np.add.reduceat(drawn * (strong - weak)[order], starts, axis=1), axis=1) / total
        return cls((weights @ weak) / total[:, 0], _from_zero(sent), _from_zero(gained))

    @classmethod
    def random(cls, weak: Floats, strong: Floats, weights: Floats) -> Self:
        """Chance sends that share: the mean over all ways to choose it, a straight line."""
        return cls.of(np.zeros(len(weak)), weak, strong, weights)

    @classmethod
    def oracle(cls, weak: Floats, strong: Floats, weights: Floats) -> Self:
        """Sent by who knows the outcome: no curve is above it."""
        return cls.of(strong - weak, weak, strong, weights)

    def at(self, shares: Floats) -> Floats:
        """Share of right answers, (resamples, shares)."""
        gains = np.array([np.interp(shares, sent, gained) for sent, gained in zip(self.sent, self.gained, strict=True)])
        found: Floats = self.weak[:, None] + gains
        return found

    def at_half(self) -> Floats:
        """Share of right answers with half of the requests at the strong model, (resamples,)."""
        return self.at(np.array([0.5]))[:, 0]

    def gain_at_half(self) -> Floats:
        """That, less the mean over random halves."""
        found: Floats = self.at_half() - self.weak - self.gained[:, -1] / 2
        return found

    def calls_saved(self) -> Floats:
        """The largest share of strong calls, in percents, that can be left out at equal quality (see `TOLERANCE`).

        The point is chosen on the rows at hand: what a threshold set elsewhere saves is at most that.
        """
        quality = self.at(_FINE)
        enough = quality >= quality[:, -1:] - TOLERANCE - 1e-12
        found: Floats = 1 - _FINE[enough.argmax(axis=1)]
        return found


def _from_zero(rising: Floats) -> Floats:
    found: Floats = np.concatenate((np.zeros((len(rising), 1)), rising), axis=1)
    return found
