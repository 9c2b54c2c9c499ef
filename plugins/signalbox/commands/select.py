"""`signalbox select`: one strategy for this machine, by rule or by hand."""

from __future__ import annotations

from rich.prompt import Prompt

from signalbox.commands.output import Output
from signalbox.commands.selecting import named_strategy, warn_unless_fitting
from signalbox.commands.strategies import render_matches
from signalbox.commands.workspace import Workspace
from signalbox.compiler.selection import recommend
from signalbox.compiler.selection import select as pick
from signalbox.resources.detect import detect


def select(output: Output, *, strategy: str | None, interactive: bool) -> int:
    """Prints the strategy that `up` would run, with the reasons."""
    workspace = Workspace.find()
    loaded, broken = workspace.strategies()
    for error in broken:
        output.warn(str(error))
    resources = detect(())
    chosen = named_strategy(strategy)
    if interactive:
        matches = recommend(loaded, resources)
        render_matches(output.errors, matches, workspace)
        best = next((match.strategy for match in matches if match.fits), None)
        asked = Prompt.ask("Strategy", console=output.errors, choices=sorted(loaded), default=best or "development")
        chosen = asked or chosen
    match = pick(loaded, resources, chosen)
    warn_unless_fitting(output, match)
    document = {
        "strategy": match.strategy,
        "fits": match.fits,
        "reasons": list(match.reasons),
        "missing": list(match.missing),
    }
    output.show(
        document,
        lambda console: console.print(
            f"[bold]{match.strategy}[/bold]: {'; '.join(match.reasons) or 'named by you'}\n"
            f"Run it: signalbox up --strategy {match.strategy}"
        ),
    )
    return 0
