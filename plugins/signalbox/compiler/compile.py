"""A strategy, compiled: LiteLLM's config and our plan, which belong together. Pure: the same inputs give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass

import yaml

from signalbox.compiler.aliases import choose_safe_model, is_chat, is_restricted, make_aliases
from signalbox.compiler.checks import check_references
from signalbox.compiler.digest import digest
from signalbox.compiler.emit import Origin, emit_config
from signalbox.compiler.groups import Groups, is_local_server, resolve_groups
from signalbox.compiler.lanes import Routes, resolve_lanes
from signalbox.compiler.prices import PriceBook
from signalbox.compiler.privacy import prove_local
from signalbox.errors import Bug
from signalbox.schema.catalogue import Catalogue
from signalbox.schema.persona import Personas
from signalbox.schema.plan import Plan
from signalbox.schema.resources import Resources
from signalbox.schema.strategy import Strategy
from signalbox.schema.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Sources:
    """Paths as printed in the header: `strategies/t4_hybrid.yaml`."""

    strategy: str
    catalogue: str
    taxonomy: str
    personas: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """The pair of files as text, the plan as a value, and what the user should know."""

    config: str
    plan: Plan
    plan_json: str
    warnings: tuple[str, ...]


def compile_strategy(
    strategy: Strategy,
    *,
    catalogue: Catalogue,
    taxonomy: Taxonomy,
    personas: Personas,
    resources: Resources | None,
    prices: PriceBook,
    sources: Sources,
    command: str,
) -> Compiled:
    """`resources` None: nothing was detected, so only GPUs that the strategy names are checked.

    Raises UserError where the strategy names what does not exist, leaves the building though it is local_only, or has
    no model left for its default lane; Bug where the emitted config of a local_only strategy fails its proof.
    """
    check_references(strategy, sources.strategy, catalogue=catalogue, taxonomy=taxonomy, personas=personas)
    groups = resolve_groups(strategy, catalogue=catalogue, taxonomy=taxonomy, resources=resources, prices=prices)
    routes = resolve_lanes(strategy, groups, sources.strategy)
    made_from = _digest(strategy, groups, catalogue, taxonomy, personas)
    plan = _plan(strategy, groups, routes, taxonomy=taxonomy, personas=personas, made_from=made_from)
    priced = any(group.price for group in groups.kept.values())
    inputs = (sources.strategy, sources.catalogue, sources.taxonomy, sources.personas)
    origin = Origin(command, sources.strategy, inputs, prices.version if priced else "")
    config = emit_config(plan, groups.kept, origin=origin)
    if strategy.privacy == "local_only":
        _prove(config, strategy)
    warnings = (*routes.warnings, *_warnings(strategy, groups, sources.strategy))
    return Compiled(config, plan, plan_text(plan), warnings)


def plan_text(plan: Plan) -> str:
    """The plan as it stands in `routing_plan.json`."""
    return json.dumps(plan.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _plan(
    strategy: Strategy, groups: Groups, routes: Routes, *, taxonomy: Taxonomy, personas: Personas, made_from: str
) -> Plan:
    models = {name: group.plan for name, group in groups.kept.items()}
    safe_model = choose_safe_model(models, routes.lanes[routes.default_lane])
    aliases = make_aliases(
        models,
        lanes=routes.lanes,
        tasks=routes.tasks,
        default_lane=routes.default_lane,
        taxonomy=taxonomy,
        safe_model=safe_model,
        restricted=is_restricted(strategy.privacy, strategy.data_classes),
    )
    return Plan(
        digest=made_from,
        strategy=strategy.name,
        description=strategy.description,
        privacy=strategy.privacy,
        data_classes=strategy.data_classes,
        models=models,
        lanes=routes.lanes,
        tasks=routes.tasks,
        default_lane=routes.default_lane,
        safe_model=safe_model,
        aliases=aliases,
        tiers=strategy.tiers,
        personas={name: personas.personas[name] for name in strategy.personas},
        default_persona=strategy.default_persona,
        taxonomy=taxonomy,
        behaviour=strategy.behaviour,
        routing=strategy.routing,
        budget=strategy.budget,
        experiments={name: trial for name, trial in strategy.experiments.items() if trial.model in models},
        lock=strategy.lock if strategy.lock in models else None,
        left_out=groups.left_out,
    )


def _digest(strategy: Strategy, groups: Groups, catalogue: Catalogue, taxonomy: Taxonomy, personas: Personas) -> str:
    """Only what the pair depends on: a card that this strategy does not use changes nothing."""
    cards = {model.card for model in strategy.models.values()}
    providers = {model.served_by for model in strategy.models.values()} & set(catalogue.providers)
    detected = {name: found for name, found in groups.hardware.items() if found.detected}
    inputs: Mapping[str, object] = {
        "strategy": strategy.model_dump(mode="json", by_alias=True),
        "cards": {name: catalogue.models[name].model_dump(mode="json") for name in cards},
        "providers": {name: catalogue.providers[name].model_dump(mode="json") for name in providers},
        "benchmark_weights": catalogue.benchmark_weights,
        "taxonomy": taxonomy.model_dump(mode="json"),
        "personas": {name: personas.personas[name].model_dump(mode="json") for name in strategy.personas},
        "prices": {name: astuple(group.price) for name, group in groups.kept.items() if group.price},
        "hardware": {name: [found.gpu, found.gpus, found.memory] for name, found in detected.items()},
    }
    return digest(inputs)


def _prove(config: str, strategy: Strategy) -> None:
    violations = prove_local(yaml.safe_load(config), trusted_hosts=strategy.trusted_hosts)
    if violations:
        found = "\n".join(f"  {violation.path}: {violation.problem}" for violation in violations)
        raise Bug(f"the config compiled from the local_only strategy {strategy.name} is not provably local:\n{found}")


def _warnings(strategy: Strategy, groups: Groups, path: str) -> Iterator[str]:
    for left in groups.left_out:
        yield f"{path}: models.{left.model}: left out: {left.reason}"
    for name, group in groups.kept.items():
        if group.price is None and not is_local_server(strategy.models[name].served_by):
            yield (
                f"{path}: models.{name}: the price of {strategy.models[name].served_by}/{group.served_id} is not known, "
                "so it is not used where a budget or a client sets a limit; give its card a price"
            )
    local_chat = any(group.plan.local and is_chat(group.plan) for group in groups.kept.values())
    for name, privacy in sorted(strategy.data_classes.items()):
        if privacy == "local_only" and not local_chat:
            yield f"{path}: data_classes.{name}: there is no local chat model, so requests with this tag are refused"
