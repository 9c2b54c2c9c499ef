"""`signalbox metrics`: what the decision log says about the last hours."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rich.console import Console

from signalbox.commands.output import Output, table
from signalbox.errors import UserError
from signalbox.evidence.analysis import analyse, read_log
from signalbox.evidence.decision_log import FILE_NAME
from signalbox.units import Seconds


def metrics(output: Output, *, since: str, folder: Path) -> int:
    """Fallback rate, latency, error rate and cost, over all and by task and model."""
    try:
        span = Seconds.parse(since)
    except ValueError as error:
        raise UserError(f"--since: {error}") from None
    if not (folder / FILE_NAME).is_file():
        output.warn(f"no decision log at {folder / FILE_NAME} yet; it starts with the first request")
    found = analyse(read_log(folder), since=time.time() - span)
    output.show({"since": since, **found}, lambda console: _render(console, found, since))
    return 0


def _render(console: Console, found: dict[str, Any], since: str) -> None:
    console.print(
        f"last {since}: [bold]{found['requests']}[/bold] requests, error rate {found['error_rate']:.1%}, "
        f"fallback rate {found['fallback_rate']:.1%}, p50 {_ms(found['latency_p50_ms'])}, "
        f"p95 {_ms(found['latency_p95_ms'])}, ${found['cost_usd']:.4f}"
    )
    for key in ("by_task", "by_model"):
        rows = (
            (
                name,
                group["requests"],
                f"{group['error_rate']:.1%}",
                f"{group['fallback_rate']:.1%}",
                _ms(group["latency_p50_ms"]),
                _ms(group["latency_p95_ms"]),
                f"${group['cost_usd']:.4f}",
            )
            for name, group in found[key].items()
        )
        console.print(table(None, (key[3:], "requests", "errors", "fallbacks", "p50", "p95", "cost"), rows))


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} ms"
