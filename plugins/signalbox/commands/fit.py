"""`signalbox fit`: which models of a strategy fit their hardware."""

from __future__ import annotations

from signalbox.commands.output import Output, table
from signalbox.commands.selecting import choose
from signalbox.commands.workspace import Workspace
from signalbox.compiler.fit import fit as check


def fit(output: Output, *, strategy: str | None) -> int:
    """Prints need, have and verdict per model; exit 1 if one does not fit."""
    workspace = Workspace.find()
    chosen = choose(workspace, output, strategy).strategy
    rows = []
    for name, model in sorted(chosen.models.items()):
        card = workspace.catalogue.models.get(model.card)
        if card is None or (not model.gpu and not model.at):
            continue
        found = check(card, server=model.served_by, gpu=model.gpu, gpus=model.gpus, context=model.context_window)
        rows.append(
            {
                "model": name,
                "card": model.card,
                "gpu": model.gpu,
                "verdict": found.verdict,
                "need_bytes": found.need,
                "have_bytes": found.have,
                "reason": found.reason,
            }
        )
    columns = ("model", "card", "gpu", "verdict", "reason")
    output.show(
        {"strategy": chosen.name, "models": rows},
        lambda console: console.print(
            table(f"Fit of {chosen.name}", columns, ([row[column] for column in columns] for row in rows))
        ),
    )
    return 1 if any(row["verdict"] == "no" for row in rows) else 0
