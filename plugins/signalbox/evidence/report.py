"""The evaluation as one HTML file: no script, nothing loaded from anywhere, readable on a phone and in the dark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from signalbox.evidence.figures import Figure, read
from signalbox.evidence.report_charts import calibration_chart, curve_chart, heat_map, interval_bars
from signalbox.evidence.report_style import STYLE

Part = Mapping[str, Any]

_NOTES: Final = {
    "task": "Right is the labelled task, one that the label also allows, or one that agrees with these: above or below "
    "in the tree, or the language beside what is done.",
    "tier": "The tier is the one that complexity alone gives by the plan's thresholds.",
    "outcome": "How well the predicted chance that the weak model fails orders the rows, and what that saves.",
}


def html_report(document: Part, name: str) -> str:
    """The page for a document of `evaluate`; `name` is what the rows are called."""
    return "\n".join(_page(document, name)) + "\n"


def _page(document: Part, name: str) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>Signalbox: {_safe(name)}</title><style>{STYLE}</style></head><body><main>"
    yield f"<header><p class='over'>Signalbox evaluation</p><h1>{_safe(name)}</h1>"
    yield f"<p class='soft'>{document['rows']:,} rows, decided by the plan of <b>{_safe(document['strategy'])}</b>. "
    yield "Whiskers and brackets are 95 % bootstrap intervals; bars in grey are baselines.</p></header>"
    parts = {"task": _task, "tier": _tier, "outcome": _outcome}
    for key, body in parts.items():
        if key in document:
            part = document[key]
            yield f"<section><h2>{key.title()} <small>{part['n']:,} rows</small></h2><p class='soft'>{_NOTES[key]}</p>"
            yield _verdict(part["verdict"])
            yield from body(part)
            yield "</section>"
    yield "<section><h2>Where they would go</h2>"
    shares = [
        (model, Figure(count / document["rows"], None, None), "ours") for model, count in document["models"].items()
    ]
    yield interval_bars(shares)
    yield "</section></main></body></html>"


def _task(part: Part) -> Iterator[str]:
    rows = [(words, read(part, name), "ours") for name, words in _TASK_FIGURES]
    rows += [(_words(name), read(found, "accuracy"), "base") for name, found in part["baselines"].items()]
    yield interval_bars(rows)
    yield "<h3>By task</h3>"
    yield _table(
        ("task", "rows", "recall", "precision"),
        [
            (name, found["n"], read(found, "recall"), read(found, "precision"))
            for name, found in part["per_class"].items()
        ],
    )
    yield "<h3>What is taken for what</h3><p class='soft'>Rows: wanted. Columns: answered. Shade: share of the row.</p>"
    yield heat_map(part["confusion"])
    if part["calibration"]["bins"]:
        yield f"<h3>Calibration</h3><p class='soft'>Mean distance {_value(read(part['calibration'], 'ece'))}; on the "
        yield "diagonal, a confidence of 80 % is right in 80 of 100 requests. Abstentions are left out.</p>"
        yield calibration_chart(part["calibration"]["bins"])


_TASK_FIGURES: Final = (
    ("accuracy", "accuracy"),
    ("macro_f1", "macro F1"),
    ("family_accuracy", "accuracy by family"),
    ("answered_accuracy", "accuracy where it answers"),
    ("coverage", "share that it answers"),
)


def _tier(part: Part) -> Iterator[str]:
    if "accuracy" in part:
        rows = [("accuracy", read(part, "accuracy"), "ours"), ("mean recall", read(part, "macro"), "ours")]
        known = {name: found for name, found in part["baselines"].items() if "accuracy" in found}
        rows += [(_words(name), read(found, "accuracy"), "base") for name, found in known.items()]
        yield interval_bars(rows)
        yield "<h3>What is taken for what</h3>"
        yield heat_map(part["confusion"])
    if "spearman" in part:
        length = part["baselines"]["length_only"]
        yield "<h3>Spearman with difficulty</h3>"
        rows_by_scale: list[Sequence[object]] = [
            (name, part["spearman_n"][name], _ranked(part, name), _ranked(length, name)) for name in part["spearman"]
        ]
        rows_by_scale.append(("mean of the scales", "", read(part, "spearman_mean"), read(length, "spearman_mean")))
        yield _table(("scale", "rows", "complexity", "length only"), rows_by_scale)


def _outcome(part: Part) -> Iterator[str]:
    baselines = part["baselines"]
    yield f"<p>Weak: <b>{_safe(part['weak_model'])}</b>. Strong: <b>{_safe(part['strong_model'])}</b>.</p>"
    yield "<h3>Quality by the share of calls to the strong model</h3>"
    yield curve_chart(part["curve"])
    yield "<h3>Figures</h3>"
    others = ("length_only", "random", "oracle")
    yield _table(
        ("", "routing", "length only", "random", "oracle"),
        [
            (words, read(part, name), *(read(baselines[other], name) for other in others))
            for name, words in _OUTCOME_FIGURES
        ],
    )
    rows = [("routing at half", read(part, "quality_at_half"), "ours")]
    rows += [(_words(name), read(baselines[name], "quality"), "base") for name in ("always_weak", "always_strong")]
    rows += [(f"{name} at half", read(baselines[name], "quality_at_half"), "base") for name in ("random", "oracle")]
    yield "<h3>Share of right answers</h3>"
    yield interval_bars(rows)
    if part["by_source"]:
        yield "<h3>Each source alone</h3>"
        names = ("auc", "length_auc", "gain_at_half", "calls_saved")
        yield _table(
            ("source", "rows", "AUC", "AUC of length", "gain at half", "calls saved"),
            [(name, found["n"], *(read(found, key) for key in names)) for name, found in part["by_source"].items()],
        )


_OUTCOME_FIGURES: Final = (
    ("auc", "AUC for “the weak model fails”"),
    ("gain_at_half", "gain over random at half"),
    ("quality_at_half", "right at half"),
    ("calls_saved", "strong calls saved within 1 point"),
)


def _verdict(sentences: Sequence[str]) -> str:
    """What beats a baseline and what does not, in a list."""
    marks = ((("no" if "NOT" in sentence or "WORSE" in sentence else "yes"), sentence) for sentence in sentences)
    return "<ul class='verdict'>" + "".join(f"<li class='{mark}'>{_safe(text)}</li>" for mark, text in marks) + "</ul>"


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    head = "".join(f"<th>{_safe(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{_value(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<div class='wide'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _value(cell: object) -> str:
    if not isinstance(cell, Figure):
        return f"{cell:,}" if isinstance(cell, int) else _safe(cell)
    if cell.value is None:
        return "<span class='soft'>–</span>"
    between = "" if cell.low is None or cell.high is None else f"<small>{cell.low:.3f} to {cell.high:.3f}</small>"
    return f"{cell.value:.3f} {between}"


def _ranked(part: Part, name: str) -> Figure:
    return read({"x": part["spearman"].get(name), "x_ci": part["spearman_ci"].get(name)}, "x")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _safe(text: object) -> str:
    return escape(str(text).encode("utf-8", "replace").decode("utf-8"))
