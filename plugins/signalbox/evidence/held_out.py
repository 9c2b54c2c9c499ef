"""Learning from labelled requests with a part of them kept back, so that what was learned can be judged."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from signalbox.errors import FileError, UserError
from signalbox.evidence.evaluation import Observer, evaluate
from signalbox.evidence.evaluation_outcome import weak_and_strong
from signalbox.evidence.examples import Row
from signalbox.evidence.figures import Json, put, read
from signalbox.evidence.observation import pooled
from signalbox.evidence.rows import Labelled, labelled, read_lines
from signalbox.evidence.training import TRAPS, Trained, train
from signalbox.routing.pipeline import Pipeline
from signalbox.routing.signals.model import TextModel
from signalbox.schema.plan import Plan

ALL: Final = "(all)"
_TENTHS: Final = 10
_SHOWN: Final = (
    ("task", "accuracy"),
    ("task", "coverage"),
    ("task", "macro_f1"),
    ("tier", "spearman_mean"),
    ("outcome", "auc"),
)
"""Figures of an evaluation that tell whether to use what was learned."""

Progress = Callable[[str, float], None]


def read_training(places: Iterable[Path]) -> tuple[tuple[Labelled, ...], int]:
    """(rows with a label, how many lines hold none or no text). A decision log's lines hold text only where allowed."""
    rows: list[Labelled] = []
    skipped = 0
    for place in places:
        for line in read_lines(place):
            row = labelled(line) if line.has_text else None
            if row is None or (row.task is None and row.difficulty is None and not row.correct):
                skipped += 1
            else:
                rows.append(row)
    return tuple(rows), skipped


def training_rows(rows: Sequence[Labelled]) -> tuple[Row, ...]:
    """Rows as the trainer takes them: of several models, the one with the fewest right answers is the weak one."""
    pair = weak_and_strong(row.correct for row in rows)
    return tuple(_training_row(row, *(pair or ("", ""))) for row in rows)


def _training_row(row: Labelled, weak: str, strong: str) -> Row:
    answers = dict(row.correct)
    return Row(
        facts=row.facts,
        task=row.task,
        also=row.also,
        mapped=row.mapped,
        difficulty=None if row.scale in TRAPS else row.difficulty,
        weak_right=answers.get(weak),
        strong_right=answers.get(strong),
        source=row.source,
        lang=row.lang,
    )


def kept_back(row: Labelled) -> bool:
    """Whether a row is of the tenth that judges. By its text: the same request is never on both sides."""
    return int(row.facts.digest, 16) % _TENTHS == 0


def judged(rows: Sequence[Labelled], plan: Plan, *, seed: int, progress: Progress) -> Json:
    """Learns from nine tenths; figures on the last tenth, by source and over all. Empty where it has too few rows."""
    learned = tuple(row for row in rows if not kept_back(row))
    judges = tuple(row for row in rows if kept_back(row))
    if not judges or not learned:
        return {}
    pipeline = taught(plan, learned, seed=seed, progress=progress)
    groups: dict[str, list[Labelled]] = {}
    for source, row in zip(pooled([row.source for row in judges]), judges, strict=True):
        groups.setdefault(source, []).append(row)
    parts = {source: _figures(groups[source], pipeline) for source in sorted(groups)}
    return {**parts, ALL: _figures(judges, pipeline)}


def taught(
    plan: Plan, rows: Sequence[Labelled], *, seed: int = 0, progress: Progress = lambda _stage, _share: None
) -> Pipeline:
    """The plan with weights that were learned from these rows, as they are once saved."""
    trained = train(training_rows(rows), taxonomy=plan.taxonomy, seed=seed, progress=progress)
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.npz"
        write_weights(trained, weights)
        return Pipeline(plan, TextModel.load(weights))


def _figures(rows: Sequence[Labelled], pipeline: Pipeline) -> Json:
    found = evaluate(map(Observer(pipeline), rows), pipeline)
    document: Json = {"rows": len(rows)}
    for part, name in _SHOWN:
        if name in found.get(part, {}):
            put(document, **{f"{part}_{name}": read(found[part], name)})
    return document


def check_kinds(rows: Sequence[Labelled], plan: Plan) -> tuple[str, ...]:
    """The tasks of the taxonomy that the rows teach. Raises UserError for fewer than two."""
    kinds = tuple(sorted({row.task for row in rows if row.task in plan.taxonomy.kinds}))
    if len(kinds) < 2:
        raise UserError(
            f"the rows name {len(kinds)} tasks of the taxonomy; two or more are needed to tell them apart. "
            'Add rows like {"prompt": "...", "task": "math"}; the tasks are in strategies/taxonomy.yaml.'
        )
    return kinds


def write_weights(trained: Trained, out: Path) -> None:
    """Replaces the file at once, whatever its name ends with. Raises FileError."""
    temporary = out.with_name(f".{out.name}.{os.getpid()}.npz")  # numpy adds the ending where it is missing
    try:
        trained.save(temporary)
        temporary.replace(out)
    except OSError as problem:
        why = f"cannot be written: {problem.strerror or problem}."
        raise FileError(out, why, remedy="Name another file with --out.") from None
    finally:
        with suppress(OSError):
            temporary.unlink()
