"""What anybody could answer without reading: the commonest class, the length of the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from signalbox.evidence.statistics import Floats, Indexes


def majority(names: Sequence[str]) -> str:
    """The commonest name; of equally common ones the first by alphabet."""
    return min(Counter(names).items(), key=lambda pair: (-pair[1], pair[0]))[0]


def nearest_length(names: Sequence[str], lengths: Floats) -> list[str]:
    """Per row the class whose mean length is nearest, on a logarithmic scale, fitted to these very rows."""
    size = np.log1p(lengths)
    kinds, group = np.unique(np.asarray(names, dtype=object), return_inverse=True)
    means = np.bincount(group, size) / np.bincount(group)
    rising = np.argsort(means, kind="stable")
    borders = (means[rising][1:] + means[rising][:-1]) / 2
    return [str(name) for name in kinds[rising[np.searchsorted(borders, size)]]]


def length_steps(wanted: Indexes, lengths: Floats) -> Indexes:
    """Classes 0, 1, 2 by the two lengths that split these very rows best: no rule on length alone can be better."""
    order = np.argsort(lengths, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(lengths[order])), len(order) - 1) + 1
    cuts = np.concatenate(([0], ends))
    right = [np.concatenate(([0], np.cumsum(wanted[order] == kind)))[cuts] for kind in range(3)]
    first = right[0] - right[1]
    best = np.maximum.accumulate(first)
    second = int((best + right[1] - right[2]).argmax())
    low = int(first[: second + 1].argmax())
    found = np.zeros(len(order), dtype=np.intp)
    found[order[cuts[low] : cuts[second]]] = 1
    found[order[cuts[second] :]] = 2
    return found
