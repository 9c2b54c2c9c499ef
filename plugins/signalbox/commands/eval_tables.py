"""The tables of `signalbox eval`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.markup import escape

from signalbox.commands.output import table
from signalbox.evidence.figures import read

_MOST_CONFUSED: Final = 8
_POINTS: Final = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
Part = Mapping[str, Any]


def render(console: Console, document: Part) -> None:
    """All parts that the document has; brackets are 95 % intervals."""
    console.print(
        f"[bold]{document['rows']}[/bold] rows, plan of {document['strategy']}; \\[low, high] = 95 % interval"
    )
    if "task" in document:
        _task(console, document["task"])
    if "tier" in document:
        _tier(console, document["tier"])
    if "outcome" in document:
        _outcome(console, document["outcome"])


def _task(console: Console, part: Part) -> None:
    names = ("accuracy", "macro_f1", "family_accuracy", "coverage", "answered_accuracy")
    rows = [(name.replace("_", " "), _cell(part, name)) for name in names]
    rows += [("calibration error", _cell(part["calibration"], "ece"))]
    rows += [
        (f"baseline: {name.replace('_', ' ')}", _cell(found, "accuracy")) for name, found in part["baselines"].items()
    ]
    console.print(table(f"\nTask ({part['n']} rows)", ("figure", "value"), rows))
    classes = (
        (escape(name), found["n"], _cell(found, "recall"), _cell(found, "precision"))
        for name, found in part["per_class"].items()
    )
    console.print(table(None, ("\ntask", "\nrows", "\nrecall", "\nprecision"), classes))
    confused = sorted(
        (
            (count, wanted, answer)
            for wanted, row in part["confusion"].items()
            for answer, count in row.items()
            if wanted != answer
        ),
        key=lambda found: (-found[0], found[1], found[2]),
    )
    if confused:
        most = "; ".join(f"{wanted} -> {answer} {count}" for count, wanted, answer in confused[:_MOST_CONFUSED])
        console.print(f"most confused: {escape(most)}")
    _verdict(console, part)


def _tier(console: Console, part: Part) -> None:
    if "accuracy" in part:
        rows = [("by complexity", _cell(part, "accuracy"), _cell(part, "macro"))]
        rows += [
            (f"baseline: {name.replace('_', ' ')}", _cell(found, "accuracy"), _cell(found, "macro"))
            for name, found in part["baselines"].items()
            if "accuracy" in found
        ]
        console.print(table(f"\nTier ({part['n']} rows)", ("", "accuracy", "mean recall"), rows))
    if "spearman" in part:
        length = part["baselines"]["length_only"]
        ranks = [
            (escape(name), part["spearman_n"][name], _ranked(part, name), _ranked(length, name))
            for name in part["spearman"]
        ]
        ranks.append(("mean of the scales", "", _cell(part, "spearman_mean"), _cell(length, "spearman_mean")))
        console.print(table("\nSpearman with difficulty", ("scale", "rows", "complexity", "length only"), ranks))
    _verdict(console, part)


def _outcome(console: Console, part: Part) -> None:
    baselines = part["baselines"]
    title = f"\nOutcome ({part['n']} rows; weak: {part['weak_model']}, strong: {part['strong_model']})"
    rows = [
        (
            name.replace("_", " "),
            _cell(part, name),
            *(_value(baselines[other], name) for other in ("length_only", "random", "oracle")),
        )
        for name in ("auc", "gain_at_half", "quality_at_half", "calls_saved")
    ]
    console.print(table(escape(title), ("figure", "routing", "length only", "random", "oracle"), rows))
    fixed = " ".join(
        f"{name.replace('_', ' ')}: right in {_cell(baselines[name], 'quality')}."
        for name in ("always_weak", "always_strong")
    )
    console.print(fixed)
    points = (
        (f"{point['share']:.0%}", _cell(point, "quality"), f"{point['random']:.3f}", f"{point['oracle']:.3f}")
        for point in part["curve"]
        if point["share"] in _POINTS
    )
    console.print(table(None, ("\nto strong", "\nquality", "\nrandom", "\noracle"), points))
    if part["by_source"]:
        sources = (
            (
                escape(name),
                found["n"],
                *(_cell(found, key) for key in ("auc", "length_auc", "gain_at_half", "calls_saved")),
            )
            for name, found in part["by_source"].items()
        )
        heads = ("\nsource", "\nrows", "\nAUC", "\nAUC of length", "\ngain at half", "\ncalls saved")
        console.print(table(None, heads, sources))
    _verdict(console, part)


def _verdict(console: Console, part: Part) -> None:
    for sentence in part["verdict"]:
        plain = "NOT" in sentence or "WORSE" in sentence
        console.print(f"- {sentence}", style="yellow" if plain else "green", markup=False)


def _cell(part: Part, name: str) -> str:
    return escape(str(read(part, name))) if name in part else "-"


def _value(part: Part, name: str) -> str:
    return f"{part[name]:.3f}" if part.get(name) is not None else "-"


def _ranked(part: Part, name: str) -> str:
    value, interval = part["spearman"].get(name), part["spearman_ci"].get(name)
    return escape(str(read({"x": value, "x_ci": interval}, "x")))
