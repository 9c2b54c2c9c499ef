"""How often the task is right, against the commonest task and against length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from signalbox.evidence.baselines import majority, nearest_length
from signalbox.evidence.figures import Comparison, Figure, Json, interval, put, rounded
from signalbox.evidence.observation import Observation
from signalbox.evidence.statistics import ClassCounts, Floats, bootstrap, mean_figure, row_bootstrap
from signalbox.schema.taxonomy import Taxonomy

_BINS: Final = 10


def same_task(predicted: str, wanted: str, alternatives: Sequence[str], taxonomy: Taxonomy) -> bool:
    """Whether a prediction agrees with one of the right tasks (`Taxonomy.agree`)."""
    return any(taxonomy.agree(predicted, right) for right in (wanted, *alternatives))


def task_figures(rows: Sequence[Observation], taxonomy: Taxonomy, *, seed: int) -> Json | None:
    """The `task` part; None where no row has a task."""
    known = [(row, row.wanted) for row in rows if row.wanted is not None]
    if not known:
        return None
    wanted = [name for _, name in known]
    hits = _hits([row.predicted for row, _ in known], known, taxonomy)
    names = frozenset(wanted)
    credited = [
        name if hit else _folded(row.predicted, names, taxonomy)
        for (row, name), hit in zip(known, hits.tolist(), strict=True)
    ]
    macro, per_class = _class_figures(wanted, credited, seed)
    accuracy = mean_figure(hits, seed=seed)
    document = put({"n": len(known)}, accuracy=accuracy, macro_f1=macro)
    put(document, family_accuracy=mean_figure(_families(known, taxonomy), seed=seed))
    document |= _abstaining([row for row, _ in known], hits, seed)
    document["per_class"] = per_class
    document["confusion"] = _confusion(wanted, credited)
    document["calibration"] = _calibration([row for row, _ in known], hits, seed)
    comparisons = []
    for name, guesses in _guesses(known).items():
        theirs = _hits(guesses, known, taxonomy)
        difference = mean_figure(hits - theirs, seed=seed)
        comparisons.append(Comparison("accuracy", name, accuracy, mean_figure(theirs, seed=seed), difference))
    document["baselines"] = {found.baseline: found.as_json() for found in comparisons}
    document["verdict"] = [found.sentence() for found in comparisons]
    return document


def _guesses(known: Sequence[tuple[Observation, str]]) -> Mapping[str, Sequence[str]]:
    names = [wanted for _, wanted in known]
    lengths = np.array([row.chars for row, _ in known], dtype=np.float64)
    return {"always_majority": [majority(names)] * len(names), "length_only": nearest_length(names, lengths)}


def _hits(answers: Sequence[str], known: Sequence[tuple[Observation, str]], taxonomy: Taxonomy) -> Floats:
    """1 where an answer is right."""
    right = (same_task(name, wanted, row.also, taxonomy) for name, (row, wanted) in zip(answers, known, strict=True))
    return np.fromiter(right, dtype=np.float64, count=len(answers))


def _folded(predicted: str, names: frozenset[str], taxonomy: Taxonomy) -> str:
    """A wrong prediction as the nearest of its ancestors that the rows have a class for, else under its own name."""
    return next((name for name in taxonomy.ancestry(predicted) if name in names), predicted)


def _families(known: Sequence[tuple[Observation, str]], taxonomy: Taxonomy) -> Floats:
    """1 where the prediction is of the same tree as a right task: as good as it gets where a lane serves the family."""
    roots = ((taxonomy.ancestry(row.predicted)[-1], (wanted, *row.also)) for row, wanted in known)
    return np.array(
        [any(root == taxonomy.ancestry(name)[-1] for name in names) for root, names in roots], dtype=np.float64
    )


def _abstaining(rows: Sequence[Observation], hits: Floats, seed: int) -> Json:
    """How many rows get an answer, and how good those answers are."""
    answered = np.array([not row.abstained for row in rows])
    given = hits[answered]
    return put(
        {"abstained": int((~answered).sum())},
        coverage=mean_figure(answered.astype(np.float64), seed=seed),
        answered_accuracy=mean_figure(given, seed=seed) if len(given) else Figure(None, None, None),
    )


def _class_figures(wanted: Sequence[str], credited: Sequence[str], seed: int) -> tuple[Figure, Json]:
    """(macro F1, figures per wanted class), from resampled counts of the confusion."""
    names = sorted(set(wanted))
    place = {name: at for at, name in enumerate(names + sorted(set(credited) - set(names)))}
    cells = Counter((place[name], place[answer]) for name, answer in zip(wanted, credited, strict=True))
    rows, answers = (np.array(side, dtype=np.intp) for side in zip(*cells, strict=True))

    def figures(drawn: Floats) -> Floats:
        found = ClassCounts.of(rows, answers, drawn, len(names))
        return np.concatenate((found.macro_f1[:, None], found.recall, found.precision), axis=1)

    macro, *each = bootstrap(figures, np.array([*cells.values()], dtype=np.float64), seed=seed)
    counts = Counter(wanted)
    per_class = {
        name: put({"n": counts[name]}, recall=each[at], precision=each[len(names) + at])
        for at, name in enumerate(names)
    }
    return macro, per_class


def _confusion(wanted: Sequence[str], credited: Sequence[str]) -> dict[str, dict[str, int]]:
    """wanted -> answered -> rows; what was right stands under the wanted name."""
    found: dict[str, dict[str, int]] = {}
    for name, answer in sorted(zip(wanted, credited, strict=True)):
        answers = found.setdefault(name, {})
        answers[answer] = answers.get(answer, 0) + 1
    return found


def _calibration(rows: Sequence[Observation], hits: Floats, seed: int) -> Json:
    """Confidence against accuracy, by tenths of confidence, where an answer was given; `ece`: the mean distance."""
    kept = np.array([not row.abstained for row in rows])
    confidence, right = np.array([row.confidence for row in rows])[kept], hits[kept]
    if not len(right):
        return put({"bins": []}, ece=Figure(None, None, None))
    tenth = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = np.zeros((len(right), _BINS))
    gaps[np.arange(len(right)), tenth] = right - confidence
    ece = row_bootstrap(
        lambda weights: np.abs(weights @ gaps).sum(axis=1) / weights.sum(axis=1), len(right), seed=seed
    )[0]
    bins = []
    for at in np.unique(tenth).tolist():
        inside = tenth == at
        accuracy = mean_figure(right[inside], seed=seed)
        bins.append(
            {
                "from": at / _BINS,
                "to": (at + 1) / _BINS,
                "n": int(inside.sum()),
                "confidence": rounded(float(confidence[inside].mean())),
                "accuracy": rounded(accuracy.value),
                "accuracy_ci": interval(accuracy),
            }
        )
    return put({"bins": bins}, ece=ece)
