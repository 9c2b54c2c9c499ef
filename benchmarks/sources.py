"""How well the task signal reads requests of a source that it has not learned from.

    python benchmarks/sources.py --data training/prompts --data FOLDER --hold NAME [--hold NAME ...] [--json]

For each NAME all rows whose `source` contains it are held out, weights are learned from the others, and the held-out rows
are judged, beside the answer "always the most frequent kind". Rows of one source share their phrasing, so a random split
flatters; this does not. About two minutes for each NAME.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import track

from signalbox.commands.output import table
from signalbox.evidence.evaluation import Observer, evaluate
from signalbox.evidence.figures import Json, read
from signalbox.evidence.held_out import read_training, training_rows, write_weights
from signalbox.evidence.rows import Labelled
from signalbox.evidence.training import train
from signalbox.load import load_plan
from signalbox.routing.pipeline import Pipeline
from signalbox.routing.signals.model import TextModel
from signalbox.schema.plan import Plan


def judged(rows: tuple[Labelled, ...], name: str, plan: Plan) -> Json:
    """The task figures of the rows whose source contains `name`, by weights that were learned without them."""
    learned = [row for row in rows if name not in row.source]
    judges = [row for row in rows if name in row.source and row.task is not None]
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.npz"
        write_weights(train(training_rows(learned), taxonomy=plan.taxonomy), weights)
        pipeline = Pipeline(plan, TextModel.load(weights))
    found: Json = evaluate(map(Observer(pipeline), judges), pipeline, labels="task")["task"]
    return found


def main() -> None:
    """Prints a table, or JSON."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, action="append", required=True)
    options.add_argument("--hold", metavar="NAME", action="append", required=True)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    plan = load_plan(Path(__file__).parents[1] / "routing_plan.json")
    rows, _ = read_training(chosen.data)
    for name in chosen.hold:
        if not any(name in row.source and row.task is not None for row in rows):
            options.error(f"--hold {name}: no row with a task has a source that contains it; name another.")
    names = track(chosen.hold, description="learning", console=Console(stderr=True), transient=True)
    found = {name: judged(rows, name, plan) for name in names}
    if chosen.json:
        print(json.dumps(found, indent=2))
        return
    columns = ("held out", "rows", "accuracy", "macro-F1", "most frequent kind")
    shown = (
        (
            name,
            str(figures["n"]),
            str(read(figures, "accuracy")),
            str(read(figures, "macro_f1")),
            f"{figures['baselines']['always_majority']['accuracy']:.3f}",
        )
        for name, figures in found.items()
    )
    Console().print(table("Sources that were not learned from", columns, shown))


if __name__ == "__main__":
    main()
