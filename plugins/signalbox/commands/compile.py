"""`signalbox compile`: a strategy becomes litellm_config.yaml and routing_plan.json."""

from __future__ import annotations

from pathlib import Path

from signalbox.commands.output import Output
from signalbox.commands.selecting import choose, named_strategy
from signalbox.commands.workspace import Workspace
from signalbox.compiler.write import check_pair, write_pair


def compile(output: Output, *, strategy: str | None, out: Path, check: bool) -> int:  # noqa: A001 - the command's name
    """Writes the pair, or with --check compares it with what is there (exit 1 and the difference)."""
    workspace = Workspace.find()
    name = named_strategy(strategy)
    if name is None:
        found = choose(workspace, output, None)
        name, chosen = found.name, found.strategy
    else:
        chosen = workspace.strategy(name)
    compiled = workspace.compile(chosen, workspace.path(name))
    for warning in compiled.warnings:
        output.warn(warning)
    document = {"strategy": chosen.name, "digest": compiled.plan.digest, "out": str(out)}
    if not check:
        write_pair(compiled, out)
        output.show(
            {**document, "written": ["litellm_config.yaml", "routing_plan.json"], "warnings": list(compiled.warnings)},
            lambda console: console.print(
                f"{chosen.name}: {len(compiled.plan.models)} models, {len(compiled.plan.lanes)} lanes "
                f"-> {out / 'litellm_config.yaml'}, {out / 'routing_plan.json'}\n"
                f"Run it: litellm --config {out / 'litellm_config.yaml'}"
            ),
        )
        return 0
    difference = check_pair(compiled, out)
    remedy = f"signalbox compile --strategy {name} --out {out}"
    output.show(
        {**document, "current": not difference, "difference": difference},
        lambda console: console.print(
            f"{difference}\nThe generated files are not current. Make them anew: {remedy}" if difference else "current",
            markup=False,
        ),
    )
    return 1 if difference else 0
