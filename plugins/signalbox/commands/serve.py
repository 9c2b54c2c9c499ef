"""`signalbox serve`: the simulated servers of a strategy alone, for a proxy that is started by hand."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack

from signalbox.commands.output import Output
from signalbox.commands.selecting import named_strategy
from signalbox.commands.simulated import is_free, simulated_specs
from signalbox.commands.workspace import Workspace
from signalbox.errors import UserError
from signalbox.sim.server import SimServer


def serve(output: Output, *, strategy: str | None) -> int:
    """Runs them until ^C."""
    workspace = Workspace.find()
    name = named_strategy(strategy) or "development"
    specs = simulated_specs(workspace.strategy(name), workspace.catalogue)
    if not specs:
        raise UserError(
            f"strategy {name} has no simulated models; its servers are started where they run (compose/, slurm/)"
        )
    taken = [f"{spec.host}:{spec.port}" for spec in specs if not is_free((spec.host, spec.port))]
    if taken:
        raise UserError(f"{', '.join(taken)} is taken; does a simulated server run there already?")
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    signal.signal(signal.SIGINT, lambda *_: stopped.set())
    with ExitStack() as stack:
        servers = [stack.enter_context(SimServer(spec)) for spec in specs]
        rows = [
            {"url": server.url, "kind": spec.kind, "models": [model.name for model in spec.models]}
            for server, spec in zip(servers, specs, strict=True)
        ]
        output.show(
            {"strategy": name, "servers": rows},
            lambda console: console.print(
                "\n".join(f"{row['url']}  {row['kind']}: {', '.join(row['models'])}" for row in rows)
                + "\n^C stops them"
            ),
        )
        stopped.wait()
    return 0
