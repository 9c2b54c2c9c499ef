"""Whether routing knows where a weak model fails, and what that is worth in calls to a strong one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from signalbox.evidence.curves import SHARES, Curve
from signalbox.evidence.figures import Comparison, Figure, Json, interval, put, rounded
from signalbox.evidence.observation import Observation, pooled
from signalbox.evidence.statistics import Floats, auc, mean, mean_figure, row_bootstrap


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Rows as arrays of equal length: whether each model is right (1, 0), and what orders the rows by hardness."""

    weak_model: str
    strong_model: str
    weak: Floats
    strong: Floats
    score: Floats
    """Predicted chance that the weak model fails."""
    benefit: Floats
    """What the strong one is predicted to add to the chance of a right answer; orders the rows for the curve."""
    length: Floats
    sources: tuple[str, ...]

    def of(self, source: str) -> Outcomes:
        """The rows of one source."""
        at = np.array([name == source for name in self.sources])
        return replace(
            self,
            weak=self.weak[at],
            strong=self.strong[at],
            score=self.score[at],
            benefit=self.benefit[at],
            length=self.length[at],
            sources=(source,) * int(at.sum()),
        )


def weak_and_strong(answers: Iterable[tuple[tuple[str, bool], ...]]) -> tuple[str, str] | None:
    """(weak, strong): the models with the smallest and the largest share of right answers; None of fewer than two."""
    right: dict[str, list[bool]] = {}
    for each in answers:
        for model, correct in each:
            right.setdefault(model, []).append(correct)
    ranked = sorted(right, key=lambda model: (sum(right[model]) / len(right[model]), model))
    return (ranked[0], ranked[-1]) if len(ranked) > 1 else None


def outcome_figures(rows: Sequence[Observation], *, seed: int) -> Json | None:
    """The `outcome` part; None where no row has the answers of two models."""
    found = _outcomes(rows)
    if found is None:
        return None
    document: Json = {"n": len(found.weak), "weak_model": found.weak_model, "strong_model": found.strong_model}
    figures = _figures(found, seed)
    put(document, **{name: figures[name] for name in ("auc", "gain_at_half", "calls_saved", "quality_at_half")})
    document["curve"] = _curve(found, seed)
    comparisons, document["baselines"] = _baselines(found, figures, seed)
    document["verdict"] = [each.sentence() for each in comparisons]
    document["by_source"] = _by_source(found, seed)
    return document


def _outcomes(rows: Sequence[Observation]) -> Outcomes | None:
    pair = weak_and_strong(row.correct for row in rows)
    if pair is None:
        return None
    weak, strong = pair
    kept = [(row, answers) for row in rows if {weak, strong} <= (answers := dict(row.correct)).keys()]
    if not kept:
        return None
    return Outcomes(
        weak,
        strong,
        weak=np.array([answers[weak] for _, answers in kept], dtype=np.float64),
        strong=np.array([answers[strong] for _, answers in kept], dtype=np.float64),
        score=np.array([row.weak_failure for row, _ in kept], dtype=np.float64),
        benefit=np.array([row.benefit for row, _ in kept], dtype=np.float64),
        length=np.array([row.chars for row, _ in kept], dtype=np.float64),
        sources=pooled([row.source for row, _ in kept]),
    )


def _figures(found: Outcomes, seed: int) -> dict[str, Figure]:
    """All single numbers from the same resamples, so that differences are of pairs."""
    weak, strong, fails = found.weak, found.strong, 1 - found.weak

    def all_of(weights: Floats) -> Floats:
        curves = {
            "": Curve.of(found.benefit, weak, strong, weights),
            "length_": Curve.of(found.length, weak, strong, weights),
            "random_": Curve.random(weak, strong, weights),
            "oracle_": Curve.oracle(weak, strong, weights),
        }
        columns = {"auc": auc(found.score, fails, weights), "length_auc": auc(found.length, fails, weights)}
        for name, curve in curves.items():
            columns[f"{name}gain_at_half"] = curve.gain_at_half()
            columns[f"{name}calls_saved"] = curve.calls_saved()
            columns[f"{name}quality_at_half"] = curve.at_half()
        columns["auc_over_length"] = columns["auc"] - columns["length_auc"]
        columns["gain_over_length"] = columns["gain_at_half"] - columns["length_gain_at_half"]
        columns["saved_over_random"] = columns["calls_saved"] - columns["random_calls_saved"]
        columns["half_over_strong"] = columns["quality_at_half"] - mean(strong, weights)
        names[:] = columns
        return np.stack(tuple(columns.values()), axis=1)

    names: list[str] = []
    figures = row_bootstrap(all_of, len(weak), seed=seed)
    return dict(zip(names, figures, strict=True))


def _curve(found: Outcomes, seed: int) -> list[Json]:
    """Points from none to all at the strong model; the random line and the oracle beside each."""
    weak, strong = found.weak, found.strong
    once = np.ones((1, len(weak)))
    routed = row_bootstrap(
        lambda weights: Curve.of(found.benefit, weak, strong, weights).at(SHARES), len(weak), seed=seed
    )
    by_length, random, oracle = (
        curve.at(SHARES)[0].tolist()
        for curve in (
            Curve.of(found.length, weak, strong, once),
            Curve.random(weak, strong, once),
            Curve.oracle(weak, strong, once),
        )
    )
    return [
        {
            "share": rounded(share),
            "calls_saved": rounded(1 - share),
            "quality": rounded(routed[at].value),
            "quality_ci": interval(routed[at]),
            "random": rounded(random[at]),
            "oracle": rounded(oracle[at]),
            "length": rounded(by_length[at]),
        }
        for at, share in enumerate(SHARES.tolist())
    ]


def _baselines(found: Outcomes, all_: dict[str, Figure], seed: int) -> tuple[list[Comparison], Json]:
    strong = mean_figure(found.strong, seed=seed)
    length = Comparison("auc", "length_only", all_["auc"], all_["length_auc"], all_["auc_over_length"])
    gain = Comparison(
        "gain_at_half", "length_only", all_["gain_at_half"], all_["length_gain_at_half"], all_["gain_over_length"]
    )
    chance = Comparison(
        "gain_at_half", "random", all_["gain_at_half"], all_["random_gain_at_half"], all_["gain_at_half"]
    )
    saved = Comparison(
        "calls_saved", "random", all_["calls_saved"], all_["random_calls_saved"], all_["saved_over_random"]
    )
    fixed = Comparison("quality_at_half", "best_fixed_model", all_["quality_at_half"], strong, all_["half_over_strong"])
    baselines: Json = {
        "length_only": put(
            length.as_json(),
            gain_at_half=gain.theirs,
            gain_difference=gain.difference,
            calls_saved=all_["length_calls_saved"],
            quality_at_half=all_["length_quality_at_half"],
        ),
        "best_fixed_model": fixed.as_json(model=found.strong_model, strong_share=1.0),
        "always_weak": put(
            {"model": found.weak_model, "strong_share": 0.0}, quality=mean_figure(found.weak, seed=seed)
        ),
        "always_strong": put({"model": found.strong_model, "strong_share": 1.0}, quality=strong),
        "random": put(chance.as_json(), quality_at_half=all_["random_quality_at_half"], calls_saved=saved.theirs),
        "oracle": put(
            {},
            gain_at_half=all_["oracle_gain_at_half"],
            quality_at_half=all_["oracle_quality_at_half"],
            calls_saved=all_["oracle_calls_saved"],
        ),
    }
    return [length, chance, gain, saved, fixed], baselines


def _by_source(found: Outcomes, seed: int) -> Json:
    """The main figures where each of several sources stands alone: a score may only have told the sources apart."""
    parts: Json = {}
    sources = sorted(set(found.sources))
    for source in sources if len(sources) > 1 else ():
        part = found.of(source)
        figures = _figures(part, seed)
        parts[source] = put(
            {"n": len(part.weak)},
            **{name: figures[name] for name in ("auc", "gain_at_half", "calls_saved", "length_auc")},
        )
    return parts
