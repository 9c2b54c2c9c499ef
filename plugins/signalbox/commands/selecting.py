"""Which strategy: the user's word, the environment's, else what was detected."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from signalbox.commands.output import Output
from signalbox.commands.workspace import STRATEGY_VARIABLE, Workspace
from signalbox.compiler.compile import Compiled
from signalbox.compiler.locality import base_url, is_loopback_url
from signalbox.compiler.selection import Match, recommend, select
from signalbox.errors import FileErrors, UserError
from signalbox.resources.detect import detect
from signalbox.schema.plan import Plan
from signalbox.schema.resources import Resources
from signalbox.schema.strategy import LOCAL_SERVERS, Strategy


def named_strategy(option: str | None, environ: Mapping[str, str] = os.environ) -> str | None:
    """`--strategy`, else SIGNALBOX_STRATEGY, else None."""
    return option or environ.get(STRATEGY_VARIABLE) or None


def configured_endpoints(strategy: Strategy) -> tuple[str, ...]:
    """Addresses of local servers that a strategy names, to be probed; simulated ones are not up yet."""
    probed = set(LOCAL_SERVERS) - {"simulated"}
    return tuple(
        dict.fromkeys(url for model in strategy.models.values() if model.served_by in probed for url in model.at)
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """A strategy, what was detected, and what it compiles to here: without what this machine does not have or serve."""

    name: str
    """As it was given: a name, or a path."""
    strategy: Strategy
    resources: Resources
    compiled: Compiled


def choose(workspace: Workspace, output: Output, option: str | None) -> Chosen:
    """An override that does not match is taken, with a warning that says why; else the best that fits and compiles."""
    name = named_strategy(option)
    if name is None:
        return _best(workspace, output)
    strategy = workspace.strategy(name)
    resources = detect(configured_endpoints(strategy))
    warn_unless_fitting(output, recommend({strategy.name: strategy}, resources)[0])
    compiled = workspace.compile(strategy, workspace.path(name), resources=resources)
    return Chosen(name, strategy, resources, compiled)


def _best(workspace: Workspace, output: Output) -> Chosen:
    """A strategy whose servers run but serve nothing that it names is passed over, with its reason."""
    resources = detect(())
    loaded, broken = workspace.strategies()
    for error in broken:
        output.warn(f"left out: {error}")
    if not loaded and broken:
        raise broken[0] if len(broken) == 1 else FileErrors(broken)
    select(loaded, resources, None)
    for match in recommend(loaded, resources):
        strategy = loaded[match.strategy]
        if not match.fits:
            continue
        try:
            compiled = workspace.compile(strategy, workspace.path(match.strategy), resources=resources)
        except UserError as error:
            output.warn(f"passed over {match.strategy}: {error}")
            continue
        if not _answers(compiled.plan, resources):
            output.warn(
                f"passed over {match.strategy}: no server that runs here serves a chat model of it (signalbox init)"
            )
            continue
        return Chosen(match.strategy, strategy, resources, compiled)
    raise UserError("no strategy compiles here; the warnings say why. See what there is: signalbox strategies")


def _answers(plan: Plan, resources: Resources) -> bool:
    """Whether a chat model of the plan can be reached as far as anybody knows: in the cloud, elsewhere, or up here."""
    up = {base_url(found.url) for found in resources.endpoints}
    return any(
        deployment.url is None
        or deployment.server == "simulated"
        or deployment.url in up
        or not is_loopback_url(deployment.url)
        for model in plan.models.values()
        if "chat" in model.capabilities
        for deployment in model.deployments
    )


def warn_unless_fitting(output: Output, match: Match) -> None:
    """Says why a strategy that was asked for does not match what was detected."""
    if not match.fits:
        output.warn(f"strategy {match.strategy} does not match this machine: {'; '.join(match.missing)}")
