"""How well the signals read requests of a source that they have not learned from: tasks, and how hard people find it.

    python benchmarks/sources.py --data training/prompts --data FOLDER --hold NAME [--hold NAME ...] [--json]

For each NAME all rows whose `source` contains it are held out, weights are learned from the others, and the held-out rows
are judged, beside the answer "always the most frequent kind" and beside length alone. Rows of one source share their
phrasing, so a random split flatters; this does not. About three minutes for each NAME.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import track

from signalbox.commands.output import table
from signalbox.evidence.evaluation import Observer, evaluate
from signalbox.evidence.figures import Json, read
from signalbox.evidence.held_out import read_training, taught
from signalbox.evidence.rows import Labelled
from signalbox.load import load_plan
from signalbox.schema.plan import Plan

TASKS = ("held out", "rows", "accuracy", "macro-F1", "most frequent kind")
RANKS = ("held out", "scale of difficulty", "rows", "Spearman", "length alone")


def is_labelled(row: Labelled) -> bool:
    """Whether the row says what the request is or how hard it is."""
    return row.task is not None or row.difficulty is not None


def judged(rows: tuple[Labelled, ...], name: str, plan: Plan) -> Json:
    """The figures of the rows whose source contains `name`, by weights that were learned without them."""
    learned = [row for row in rows if name not in row.source]
    judges = [row for row in rows if name in row.source and is_labelled(row)]
    pipeline = taught(plan, learned)
    return evaluate(map(Observer(pipeline), judges), pipeline)


def task_lines(found: Mapping[str, Json]) -> Iterator[tuple[str, ...]]:
    """A line for each source with tasks."""
    for name, figures in found.items():
        if task := figures.get("task"):
            most = task["baselines"]["always_majority"]["accuracy"]
            yield name, str(task["n"]), str(read(task, "accuracy")), str(read(task, "macro_f1")), f"{most:.3f}"


def rank_lines(found: Mapping[str, Json]) -> Iterator[tuple[str, ...]]:
    """A line for each scale of difficulty of each source."""
    for name, figures in found.items():
        tier = figures.get("tier") or {"spearman": {}}
        for scale, value in tier["spearman"].items():
            if value is not None:
                length = tier["baselines"]["length_only"]["spearman"][scale]
                yield name, scale, str(tier["spearman_n"][scale]), f"{value:.3f}", f"{length:.3f}"


def main() -> None:
    """Prints tables, or JSON."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, action="append", required=True)
    options.add_argument("--hold", metavar="NAME", action="append", required=True)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    plan = load_plan(Path(__file__).parents[1] / "routing_plan.json")
    rows, _ = read_training(chosen.data)
    for name in chosen.hold:
        if not any(name in row.source and is_labelled(row) for row in rows):
            options.error(f"--hold {name}: no labelled row has a source that contains it; name another.")
    names = track(chosen.hold, description="learning", console=Console(stderr=True), transient=True)
    found = {name: judged(rows, name, plan) for name in names}
    if chosen.json:
        print(json.dumps(found, indent=2))
        return
    for title, columns, lines in (
        ("Tasks, of sources that were not learned from", TASKS, tuple(task_lines(found))),
        ("Difficulty, of sources that were not learned from", RANKS, tuple(rank_lines(found))),
    ):
        if lines:
            Console().print(table(title, columns, lines))


if __name__ == "__main__":
    main()
