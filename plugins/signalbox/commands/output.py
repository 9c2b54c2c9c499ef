"""How commands speak: one JSON document on standard output, or tables for people; warnings on standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

_PIPE_WIDTH: Final = 160


class Output:
    """Where a command writes."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.people = _console(stderr=False)
        self.errors = _console(stderr=True)

    def show(self, document: Mapping[str, Any], render: Callable[[Console], None]) -> None:
        """The document with --json, else what `render` prints."""
        if self.as_json:
            sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")
        else:
            render(self.people)

    def warn(self, text: str) -> None:
        """A line on standard error."""
        self.errors.print(f"warning: {text}", style="yellow", markup=False)

    def progress(self, text: str) -> None:
        """A line on standard error about long work."""
        self.errors.print(text, style="dim", markup=False)


def _console(*, stderr: bool) -> Console:
    """As wide as the terminal; in a pipe, wide enough that tables do not break names."""
    console = Console(stderr=stderr, highlight=False, soft_wrap=True)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _PIPE_WIDTH
    return console


def table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A plain table; None prints as a dash."""
    found = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        found.add_column(column, overflow="fold")
    for row in rows:
        found.add_row(*("-" if cell is None else str(cell) for cell in row))
    return found
