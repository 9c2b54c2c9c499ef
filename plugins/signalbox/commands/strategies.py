"""`signalbox strategies`: what there is, what fits here and why, best first."""

from __future__ import annotations

from rich.console import Console

from signalbox.commands.output import Output, table
from signalbox.commands.workspace import Workspace
from signalbox.compiler.selection import Match, recommend
from signalbox.resources.detect import detect


def strategies(output: Output) -> int:
    """Prints every strategy with its reasons."""
    workspace = Workspace.find()
    loaded, broken = workspace.strategies()
    for error in broken:
        output.warn(str(error))
    matches = recommend(loaded, detect(()))
    document = {
        "recommended": next((match.strategy for match in matches if match.fits), None),
        "strategies": [
            {
                "name": match.strategy,
                "description": loaded[match.strategy].description,
                "fits": match.fits,
                "reasons": list(match.reasons),
                "missing": list(match.missing),
            }
            for match in matches
        ],
        "broken": [str(error) for error in broken],
    }
    output.show(document, lambda console: render_matches(console, matches, workspace))
    return 0


def render_matches(console: Console, matches: tuple[Match, ...], workspace: Workspace) -> None:
    """The table of strategies; the recommended one is marked."""
    best = next((match.strategy for match in matches if match.fits), None)
    rows = (
        (
            "->" if match.strategy == best else "",
            match.strategy,
            "yes" if match.fits else "no",
            "; ".join(match.reasons if match.fits else match.missing),
        )
        for match in matches
    )
    console.print(table(f"Strategies in {workspace.folder}", ("", "strategy", "fits", "why"), rows))
    if best:
        console.print(f"\nRecommended: [bold]{best}[/bold].  Run it: signalbox up --strategy {best}")
