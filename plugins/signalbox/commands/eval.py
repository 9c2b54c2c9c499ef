"""`signalbox eval`: how good the decisions are on labelled requests, beside what costs nothing. Nothing is called."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from signalbox.atomic import replace_text
from signalbox.commands.eval_tables import render
from signalbox.commands.output import Output
from signalbox.commands.selecting import named_strategy
from signalbox.commands.workspace import Workspace
from signalbox.errors import FileError
from signalbox.evidence.evaluation import Labels, Observer, evaluate
from signalbox.evidence.observation import Observation
from signalbox.evidence.report import html_report
from signalbox.evidence.rows import count_lines, labelled, read_lines
from signalbox.routing.pipeline import Pipeline, load_model

DEFAULT_STRATEGY: Final = "development"
"""Its plan needs no machine, and task and complexity are read alike by all."""


def eval(  # noqa: A001 - the command's name
    output: Output, *, data: Path, labels: Labels | None, strategy: str | None, report: Path | None
) -> int:
    """Runs every row through facts, signals and decide; prints figures, intervals, baselines and a plain verdict."""
    workspace = Workspace.find()
    name = named_strategy(strategy) or DEFAULT_STRATEGY
    plan = workspace.compile(workspace.strategy(name), workspace.path(name)).plan
    pipeline = Pipeline(plan, load_model(os.environ))
    with progress_bar(output) as progress:
        document = evaluate(_observe(data, Observer(pipeline), progress), pipeline, labels=labels)
    if report is not None:
        replace_text(report, html_report(document, data.name), remedy="Name another file with --report.")
        output.progress(f"report: {report}")
    output.show(document, lambda console: render(console, document))
    return 0


def _observe(data: Path, observe: Observer, progress: Progress) -> Iterator[Observation]:
    """Row by row, so that only numbers stay in memory. Raises FileError, also where there is no row at all."""
    bar = progress.add_task("reading requests", total=count_lines(data) or None)
    empty = True
    for line in read_lines(data):
        empty = False
        yield observe(labelled(line))
        progress.advance(bar)
    if empty:
        raise FileError(
            data, "holds no rows.", remedy='Write one JSON object per line: {"prompt": "...", "task": "..."}.'
        )
    progress.add_task("drawing resamples", total=None)


@contextmanager
def progress_bar(output: Output) -> Iterator[Progress]:
    """A bar on standard error that leaves nothing behind; none with --json or where no terminal is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    hidden = output.as_json or not output.errors.is_terminal
    with Progress(*columns, console=output.errors, transient=True, disable=hidden) as progress:
        yield progress
