"""`signalbox explain`: which model a request would get, and why. Nothing is called."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from rich.console import Console

from signalbox.commands.output import Output, table
from signalbox.commands.selecting import choose
from signalbox.commands.workspace import Workspace
from signalbox.errors import FileError
from signalbox.fleet.board import Board
from signalbox.routing.facts import read_facts
from signalbox.routing.pipeline import Pipeline, load_model
from signalbox.schema.decision import Decision
from signalbox.schema.plan import Plan


def explain(
    output: Output, *, prompt: str | None, request: Path | None, strategy: str | None, hints: Mapping[str, str]
) -> int:
    """Decides one request by a strategy, on paper, and prints the decision with its trace."""
    plan = choose(Workspace.find(), output, strategy).compiled.plan
    headers = {f"x-signalbox-{key}": value for key, value in hints.items() if key != "model"}
    facts = read_facts(_body(prompt, request, hints.get("model")), headers=headers)
    board = Board(plan, _environment(plan, output), cooldown=plan.behaviour.cooldown)
    decision = Pipeline(plan, load_model(os.environ)).decide(
        facts, id=uuid4().hex[:16], fleet=board.snapshot(time.monotonic())
    )
    output.show(decision.as_json(), lambda console: _render(console, decision))
    return 0


def _body(prompt: str | None, request: Path | None, model: str | None) -> Mapping[str, Any]:
    named = {"model": model} if model else {}
    if request is None:
        return {"model": "auto", "messages": [{"role": "user", "content": prompt or ""}], **named}
    try:
        body = json.loads(request.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileError(request, f"is no JSON request ({error}).", remedy='Write {"messages": [...]}') from None
    if not isinstance(body, dict):
        raise FileError(request, "is no JSON object.", remedy='Write {"messages": [...]}')
    return {"model": "auto", **body, **named}


def _environment(plan: Plan, output: Output) -> Mapping[str, str]:
    """The environment as the proxy would see it; where none of the plan's keys is set, all are taken as set.

    A plan looked at on another machine than it runs on would otherwise only say that no key is set.
    """
    keys = {
        deployment.key
        for model in plan.models.values()
        for deployment in model.deployments
        if deployment.key is not None
    }
    if not keys or any(os.environ.get(key) for key in keys):
        return os.environ
    output.warn(f"none of {', '.join(sorted(keys))} is set here; explained as if all of them were")
    return dict.fromkeys(keys, "set")


def _render(console: Console, decision: Decision) -> None:
    console.print(f"[bold]{decision.model}[/bold]  (lane {decision.lane}, tier {decision.tier}, {decision.reason})")
    console.print(f"then: {', '.join(decision.fallbacks) or 'no fallback'}")
    console.print(table("Why", ("stage", "what it found"), ((line.stage, line.note) for line in decision.trace)))
    if decision.excluded:
        console.print(table("Excluded", ("model", "why"), ((gone.model, gone.reason) for gone in decision.excluded)))
