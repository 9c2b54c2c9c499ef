"""`signalbox train`: signals learned from labelled requests of one's own, in a file that the proxy can use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from signalbox.commands.eval import DEFAULT_STRATEGY, progress_bar
from signalbox.commands.output import Output, table
from signalbox.commands.workspace import Workspace
from signalbox.errors import UserError
from signalbox.evidence import held_out
from signalbox.evidence.figures import read
from signalbox.evidence.training import train as learn


def train(output: Output, *, data: Sequence[Path], out: Path, seed: int) -> int:
    """Judges on a tenth of the rows that it did not learn from, then learns from all and writes the weights."""
    workspace = Workspace.find()
    plan = workspace.compile(workspace.strategy(DEFAULT_STRATEGY), workspace.path(DEFAULT_STRATEGY)).plan
    rows, skipped = held_out.read_training(data)
    if not rows:
        raise UserError(f"no row with text and a label in {', '.join(map(str, data))} ({skipped} lines without).")
    kinds = held_out.check_kinds(rows, plan)
    with progress_bar(output) as progress:
        figures = held_out.judged(rows, plan, seed=seed, progress=_bar(progress, "nine tenths: "))
        trained = learn(
            held_out.training_rows(rows), taxonomy=plan.taxonomy, seed=seed, progress=_bar(progress, "all rows: ")
        )
    held_out.write_weights(trained, out)
    document = {
        "rows": len(rows),
        "skipped": skipped,
        "kinds": kinds,
        "out": str(out),
        "seed": seed,
        "held_out": figures,
    }
    output.show(document, lambda console: _render(console, document))
    return 0


def _bar(progress: Progress, prefix: str) -> held_out.Progress:
    """A trainer's progress as one bar per stage."""
    bars: dict[str, Any] = {}

    def show(stage: str, share: float) -> None:
        if stage not in bars:
            bars[stage] = progress.add_task(prefix + stage, total=100)
        progress.update(bars[stage], completed=round(100 * share))

    return show


def _render(console: Console, document: Mapping[str, Any]) -> None:
    console.print(
        f"learned {len(document['kinds'])} tasks from [bold]{document['rows']}[/bold] rows "
        f"({document['skipped']} lines without text or label passed over)"
    )
    names = ("task_accuracy", "task_coverage", "tier_spearman_mean", "outcome_auc")
    rows = (
        (escape(source), found["rows"], *(escape(str(read(found, name))) if name in found else "-" for name in names))
        for source, found in document["held_out"].items()
    )
    heads = ("source", "rows", "task accuracy", "answered", "Spearman", "AUC")
    console.print(table("\nOn rows kept back (a tenth, never learned from)", heads, rows))
    console.print(f"\nwrote {document['out']}; use it with SIGNALBOX_WEIGHTS={document['out']}", markup=False)
