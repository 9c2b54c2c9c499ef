"""Charts of the report: small functions from figures to HTML or SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from signalbox.evidence.figures import Figure

_WIDE: Final = 440
_HIGH: Final = 280
_LEFT: Final = 44
_RIGHT: Final = 22
_TOP: Final = 10
_BOTTOM: Final = 38
_ELSEWHERE: Final = "(other)"
_MOST_CLASSES: Final = 30

Scale = Callable[[float], float]


def interval_bars(rows: Iterable[tuple[str, Figure, str]]) -> str:
    """Bars from 0 to 1 with their whiskers; (label, figure, "ours" or "base")."""
    return f"<div class='bars'>{''.join(_bar(*row) for row in rows)}</div>"


def _bar(label: str, figure: Figure, kind: str) -> str:
    whisker = between = ""
    if figure.low is not None and figure.high is not None:
        low, high = _share(figure.low), _share(figure.high)
        whisker = f"<b style='left:{low:.1%};width:{high - low:.1%}'></b>"
        between = f" <small>{figure.low:.3f} to {figure.high:.3f}</small>"
    filled = f"<i style='width:{_share(figure.value or 0.0):.1%}'></i>{whisker}"
    value = "–" if figure.value is None else f"{figure.value:.3f}{between}"
    return (
        f"<div><span class='label'>{_safe(label)}</span><span class='track {kind}'>{filled}</span>"
        f"<span class='value'>{value}</span></div>"
    )


def heat_map(confusion: Mapping[str, Mapping[str, int]]) -> str:
    """Counts by wanted and answered class, shaded by their share of the row; other answers are one column.

    Of very many classes those with the most rows are shown.
    """
    biggest = sorted(confusion, key=lambda name: -sum(confusion[name].values()))[:_MOST_CLASSES]
    names = [name for name in confusion if name in biggest]
    more = any(answer not in names for name in names for answer in confusion[name])
    columns = [*names, _ELSEWHERE] if more else names
    head = "".join(f"<th><span>{_safe(name)}</span></th>" for name in columns)
    body = "".join(f"<tr><th>{_safe(name)}</th>{_heat_row(name, confusion[name], columns)}</tr>" for name in names)
    return f"<div class='wide'><table class='heat'><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _heat_row(wanted: str, row: Mapping[str, int], columns: Sequence[str]) -> str:
    total = sum(row.values())
    elsewhere = total - sum(row.get(name, 0) for name in columns)
    cells = []
    for name in columns:
        count = elsewhere if name == _ELSEWHERE else row.get(name, 0)
        kind = " class='hit'" if name == wanted else ""
        said = f" title='{_safe(wanted)} → {_safe(name)}: {count} of {total}'"
        cells.append(f"<td{kind}{said} style='--v:{count / total:.2f}'>{count or ''}</td>")
    return "".join(cells)


def curve_chart(points: Sequence[Mapping[str, Any]]) -> str:
    """Quality by share to the strong model: routing with its band, length, random and the oracle."""
    seen = [point[name] for point in points for name in ("quality", "random", "oracle", "length")]
    seen += [end for point in points for end in point["quality_ci"] or ()]
    low, high = min(seen), max(seen)
    margin = max(0.01, (high - low) * 0.06)
    across, up = _across(0, 1), _up(max(0.0, low - margin), min(1.0, high + margin))
    ends = [point["quality_ci"] or (point["quality"],) * 2 for point in points]
    shares = [point["share"] for point in points]
    band = _points(shares, [end[1] for end in ends], across, up) + " "
    band += _points(shares[::-1], [end[0] for end in ends][::-1], across, up)
    lines = (
        ("oracle", "--best", "2 5"),
        ("random", "--base", "6 5"),
        ("length", "--warn", "2 3"),
        ("quality", "--ours", ""),
    )
    drawn = f"<polygon points='{band}' style='fill:var(--ours);opacity:.16'/>" + "".join(
        f"<polyline points='{_points(shares, [point[name] for point in points], across, up)}' "
        f"style='fill:none;stroke:var({colour});stroke-width:{1.6 if dash else 2.6};stroke-dasharray:{dash or 'none'}'/>"
        for name, colour, dash in lines
    )
    key = "".join(
        f"<span class='{'' if name == 'routing' else 'dash'}' style='--k:var({colour})'>{name}</span>"
        for name, colour in (
            ("routing", "--ours"),
            ("random share", "--base"),
            ("longest first", "--warn"),
            ("oracle", "--best"),
        )
    )
    frame = _frame(
        across, up, [0, 0.25, 0.5, 0.75, 1], _ticks(low - margin, high + margin), "share of calls to the strong model"
    )
    return _svg("Quality against the share of strong calls", frame + drawn) + f"<p class='key'>{key}</p>"


def calibration_chart(bins: Sequence[Mapping[str, Any]]) -> str:
    """Accuracy by tenths of confidence, with whiskers; the diagonal is perfect."""
    across, up = _across(0, 1), _up(0, 1)
    bars = []
    for each in bins:
        left, right, top = across(each["from"]) + 2, across(each["to"]) - 2, up(each["accuracy"])
        low, high = each["accuracy_ci"] or (each["accuracy"],) * 2
        middle = (left + right) / 2
        bars.append(
            f"<g><title>{each['from']:.1f} to {each['to']:.1f}: right in {each['accuracy']:.1%} of {each['n']}</title>"
            f"<rect x='{left:.1f}' y='{top:.1f}' width='{right - left:.1f}' height='{up(0) - top:.1f}' rx='2' "
            "style='fill:var(--ours);opacity:.75'/>"
            f"<path d='M{middle:.1f} {up(low):.1f}V{up(high):.1f}' style='stroke:var(--ink);stroke-width:1.6'/>"
            f"<text x='{middle:.1f}' y='{up(0) - 5:.1f}' text-anchor='middle' style='fill:var(--card)'>"
            f"{_brief(each['n'])}</text></g>"
        )
    diagonal = f"<path d='M{across(0)} {up(0)}L{across(1)} {up(1)}' style='stroke:var(--soft);stroke-dasharray:4 4;fill:none'/>"
    frame = _frame(across, up, [0, 0.25, 0.5, 0.75, 1], [0, 0.25, 0.5, 0.75, 1], "confidence (rows in each bar)")
    return _svg("Accuracy by confidence", frame + "".join(bars) + diagonal)


def _across(low: float, high: float) -> Scale:
    return lambda value: _LEFT + (value - low) / (high - low) * (_WIDE - _LEFT - _RIGHT)


def _up(low: float, high: float) -> Scale:
    return lambda value: _HIGH - _BOTTOM - (value - low) / (high - low) * (_HIGH - _TOP - _BOTTOM)


def _points(xs: Sequence[float], ys: Sequence[float], across: Scale, up: Scale) -> str:
    return " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in zip(xs, ys, strict=True))


def _frame(across: Scale, up: Scale, columns: Sequence[float], rows: Sequence[float], label: str) -> str:
    """Grid lines with their numbers, in percent, and what runs along the bottom."""
    bottom = _HIGH - _BOTTOM
    lines = [
        f"<path d='M{_LEFT} {up(at):.1f}H{_WIDE - _RIGHT}' style='stroke:var(--line)'/>"
        f"<text x='{_LEFT - 6}' y='{up(at) + 4:.1f}' text-anchor='end'>{at:.0%}</text>"
        for at in rows
    ]
    lines += [f"<text x='{across(at):.1f}' y='{bottom + 16}' text-anchor='middle'>{at:.0%}</text>" for at in columns]
    middle = (_LEFT + _WIDE - _RIGHT) / 2
    return "".join(lines) + f"<text x='{middle:.0f}' y='{_HIGH - 5}' text-anchor='middle'>{escape(label)}</text>"


def _ticks(low: float, high: float) -> list[float]:
    """Round values within, at most seven."""
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.25, 1.0) if (high - low) / step <= 7)
    first = int(max(0.0, low) / step)
    return [at * step for at in range(first, int(1 / step) + 1) if low <= at * step <= min(high, 1.0) + 1e-9]


def _svg(title: str, inside: str) -> str:
    return f"<svg viewBox='0 0 {_WIDE} {_HIGH}' role='img' aria-label='{escape(title)}'>{inside}</svg>"


def _brief(count: int) -> str:
    """Fits over a bar."""
    return str(count) if count < 10_000 else f"{count // 1_000}k"


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


def _safe(text: str) -> str:
    return escape(text.encode("utf-8", "replace").decode("utf-8"))
