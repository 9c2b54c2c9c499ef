"""`signalbox models`: the models of a strategy with tier, needs and prices."""

from __future__ import annotations

from rich.console import Console

from signalbox.commands.output import Output, table
from signalbox.commands.selecting import choose
from signalbox.commands.workspace import Workspace
from signalbox.schema.plan import Plan
from signalbox.units import Usd


def models(output: Output, *, strategy: str | None) -> int:
    """Prints what the compiled strategy offers, and what it leaves out."""
    plan = choose(Workspace.find(), output, strategy).compiled.plan
    document = {
        "strategy": plan.strategy,
        "models": [model.model_dump(mode="json") for _, model in sorted(plan.models.items())],
        "left_out": [left.model_dump() for left in plan.left_out],
    }
    output.show(document, lambda console: _render(console, plan))
    return 0


def _render(console: Console, plan: Plan) -> None:
    lanes = {
        name: [lane.name for lane in plan.lanes.values() if name in (*lane.models, *lane.fallbacks)]
        for name in plan.models
    }
    rows = (
        (
            model.name,
            model.tier,
            "local" if model.local else "cloud",
            f"{model.context_window:,}",
            ", ".join(sorted(model.capabilities)),
            f"{Usd(model.input_price)} / {Usd(model.output_price)}" if model.input_price or model.output_price else "-",
            ", ".join(sorted(lanes[model.name])) or "-",
        )
        for _, model in sorted(plan.models.items())
    )
    columns = ("model", "tier", "where", "context", "can", "$ per 1M in / out", "lanes")
    console.print(table(f"Strategy {plan.strategy}", columns, rows))
    for left in plan.left_out:
        console.print(f"left out: {left.model}: {left.reason}", markup=False)
