"""How well complexity tells the tier and orders requests by difficulty, against one tier for all and against length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from signalbox.evidence.baselines import length_steps
from signalbox.evidence.figures import Comparison, Figure, Json, interval, put, rounded
from signalbox.evidence.observation import Observation
from signalbox.evidence.statistics import ClassCounts, Floats, Indexes, bootstrap, mean_figure, row_bootstrap, spearman
from signalbox.schema.base import TIERS

LENGTH_STEPS: Final = "length_steps_fitted_here"
_FEWEST: Final = 3
"""Rows of a scale below which ranks say nothing."""


def tier_figures(rows: Sequence[Observation], *, seed: int) -> Json | None:
    """The `tier` part; None where no row has a tier or a difficulty."""
    tiers = [row for row in rows if row.wanted_tier is not None]
    ranked = [row for row in rows if row.difficulty is not None]
    if not tiers and not ranked:
        return None
    document: Json = {"n": len(tiers), "baselines": {}, "verdict": []}
    if tiers:
        _tiers(document, tiers, seed)
    if ranked:
        _ranks(document, ranked, seed)
    return document


def _tiers(document: Json, rows: Sequence[Observation], seed: int) -> None:
    wanted = np.array([TIERS.index(row.wanted_tier) for row in rows if row.wanted_tier is not None])
    given = np.array([TIERS.index(row.tier) for row in rows])
    hits = (given == wanted).astype(np.float64)
    accuracy = mean_figure(hits, seed=seed)
    put(document, accuracy=accuracy, macro=_macro(wanted, given, seed))
    document["confusion"] = {
        TIERS[tier]: {TIERS[answer]: int(count) for answer, count in sorted(Counter(given[wanted == tier]).items())}
        for tier in np.unique(wanted).tolist()
    }
    lengths = np.array([row.chars for row in rows], dtype=np.float64)
    guesses = {f"always_{name}": np.full(len(rows), at) for at, name in enumerate(TIERS)}
    guesses[LENGTH_STEPS] = length_steps(wanted, lengths)
    for name, guess in guesses.items():
        theirs = (guess == wanted).astype(np.float64)
        difference = mean_figure(hits - theirs, seed=seed)
        found = Comparison("accuracy", name, accuracy, mean_figure(theirs, seed=seed), difference)
        document["baselines"][name] = put(found.as_json(), macro=_macro(wanted, guess, seed))
        document["verdict"].append(found.sentence())


def _macro(wanted: Indexes, given: Indexes, seed: int) -> Figure:
    """The mean over the wanted tiers of their recalls: one tier for all cannot look good by it."""
    cells = Counter(zip(wanted.tolist(), given.tolist(), strict=True))
    rows, answers = (np.array(side, dtype=np.intp) for side in zip(*cells, strict=True))
    return bootstrap(
        lambda drawn: ClassCounts.of(rows, answers, drawn, len(TIERS)).mean_recall,
        np.array([*cells.values()], dtype=np.float64),
        seed=seed,
    )[0]


def _ranks(document: Json, rows: Sequence[Observation], seed: int) -> None:
    """Spearman within each scale, and their mean; of complexity and of length on the same resamples."""
    scales: dict[str, list[Observation]] = {}
    for row in rows:
        scales.setdefault(row.scale, []).append(row)
    found = {name: _correlations(scales[name], seed) for name in sorted(scales)}
    known = {name: drawn for name, drawn in found.items() if drawn is not None}
    ours = {name: figures[0] for name, figures in known.items()}
    length = {name: figures[1] for name, figures in known.items()}
    document["spearman"] = {name: rounded(ours[name].value) if name in ours else None for name in found}
    document["spearman_ci"] = {name: interval(ours[name]) if name in ours else None for name in found}
    document["spearman_n"] = {name: len(scales[name]) for name in found}
    put(document, spearman_mean=_mean(ours))
    document["baselines"]["length_only"] = put(
        {
            "spearman": {name: rounded(figure.value) for name, figure in length.items()},
            "spearman_ci": {name: interval(figure) for name, figure in length.items()},
            "difference": {name: rounded(figures[2].value) for name, figures in known.items()},
            "difference_ci": {name: interval(figures[2]) for name, figures in known.items()},
        },
        spearman_mean=_mean(length),
    )
    document["verdict"] += [
        Comparison(f"spearman on {name}", "length_only", *figures).sentence() for name, figures in known.items()
    ]


def _correlations(rows: Sequence[Observation], seed: int) -> tuple[Figure, Figure, Figure] | None:
    """(complexity, length, their difference) against difficulty; None where ranks say nothing."""
    difficulty = np.array([row.difficulty for row in rows], dtype=np.float64)
    complexity = np.array([row.complexity for row in rows])
    lengths = np.array([row.chars for row in rows], dtype=np.float64)
    if len(rows) < _FEWEST or len(np.unique(difficulty)) < 2:
        return None

    def both(weights: Floats) -> Floats:
        ours, length = spearman(complexity, difficulty, weights), spearman(lengths, difficulty, weights)
        return np.stack((ours, length, ours - length), axis=1)

    ours, length, difference = row_bootstrap(both, len(rows), seed=seed)
    return ours, length, difference


def _mean(figures: Mapping[str, Figure]) -> Figure:
    """The mean over scales; its interval is that of independent scales."""
    known = [(each.value, each.low, each.high) for each in figures.values() if each.value is not None]
    if not known:
        return Figure(None, None, None)
    values, lows, highs = np.array(known, dtype=np.float64).T
    middle = float(values.mean())
    below, above = (float(np.sqrt(((end - values) ** 2).sum())) / len(known) for end in (lows, highs))
    return Figure(middle, middle - below, middle + above)
