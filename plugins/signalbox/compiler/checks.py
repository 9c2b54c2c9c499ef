"""What a strategy names must exist: cards, providers, tasks, personas. All mistakes are found, not only the first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from signalbox.compiler.groups import is_local_server, served_id
from signalbox.compiler.locality import base_url, is_hosted_elsewhere, is_local_url
from signalbox.errors import FileError, FileErrors, did_you_mean
from signalbox.schema.base import TIERS
from signalbox.schema.catalogue import Catalogue
from signalbox.schema.persona import Personas
from signalbox.schema.strategy import LOCAL_SERVERS, Strategy, StrategyModel
from signalbox.schema.taxonomy import Taxonomy

Mistake = tuple[str, str]
"""(key path in the strategy file, what is wrong and what to do)."""

USUAL_URL = {
    "vllm": "http://127.0.0.1:8000",
    "sglang": "http://127.0.0.1:30000",
    "llamacpp": "http://127.0.0.1:8080",
    "ollama": "http://127.0.0.1:11434",
    "lmstudio": "http://127.0.0.1:1234",
    "lemonade": "http://127.0.0.1:13305/api",
}


def check_references(
    strategy: Strategy, path: str, *, catalogue: Catalogue, taxonomy: Taxonomy, personas: Personas
) -> None:
    """Raises FileError (several: FileErrors) with the strategy's path and each mistake's key."""
    found = chain(
        chain.from_iterable(_model(name, model, catalogue) for name, model in sorted(strategy.models.items())),
        _names(strategy),
        _tasks(strategy, taxonomy),
        _personas(strategy, personas, taxonomy),
        _circles(strategy),
        _second_opinion(strategy, catalogue, taxonomy),
    )
    _refuse(path, list(found))
    if strategy.privacy == "local_only":
        _refuse(path, list(_leaks(strategy, catalogue)))


def _refuse(path: str, mistakes: list[Mistake]) -> None:
    errors = tuple(FileError(path, problem, key=key) for key, problem in mistakes)
    if errors:
        raise errors[0] if len(errors) == 1 else FileErrors(errors)


def _model(name: str, model: StrategyModel, catalogue: Catalogue) -> Iterator[Mistake]:
    if model.card not in catalogue.models:
        hint = did_you_mean(model.card, catalogue.models)
        yield f"models.{name}.card", f"'{model.card}' is no model of the catalogue. {hint}"
    if not is_local_server(model.served_by):
        if model.served_by not in catalogue.providers:
            hint = did_you_mean(model.served_by, [*LOCAL_SERVERS, *catalogue.providers])
            problem = f"'{model.served_by}' is no server kind and no provider of the catalogue. {hint}"
            yield f"models.{name}.served_by", problem
    elif not model.at:
        usual = USUAL_URL.get(model.served_by, "http://127.0.0.1:8000")
        yield f"models.{name}.at", f"is missing. Say where it is served, for example at: [{usual}]"
    for index, url in enumerate(model.at):
        if base_url(url) in map(base_url, model.at[:index]):
            yield f"models.{name}.at[{index}]", f"'{url}' stands here twice. Remove one"


def _names(strategy: Strategy) -> Iterator[Mistake]:
    ids = {f"{name}-{n}" for name, model in strategy.models.items() for n in range(1, max(2, len(model.at) + 1))}
    for name in sorted(strategy.models):
        if name == "auto":
            yield f"models.{name}", "'auto' is what clients send to have a model chosen. Give the model another name"
        if name in ids:
            yield f"models.{name}", f"'{name}' is also the id of an endpoint of another model. Rename one of them"


def _tasks(strategy: Strategy, taxonomy: Taxonomy) -> Iterator[Mistake]:
    for name, rule in sorted(strategy.tasks.items()):
        if name != "*" and name not in taxonomy.kinds:
            hint = did_you_mean(name, taxonomy.kinds)
            yield f"tasks.{name}", f"'{name}' is no task of the taxonomy. {hint}"
        if rule.min_tier and rule.max_tier and TIERS.index(rule.min_tier) > TIERS.index(rule.max_tier):
            yield f"tasks.{name}.min_tier", f"{rule.min_tier} lies above max_tier {rule.max_tier}. Swap them"


def _personas(strategy: Strategy, personas: Personas, taxonomy: Taxonomy) -> Iterator[Mistake]:
    for index, name in enumerate(strategy.personas):
        if name not in personas.personas:
            hint = did_you_mean(name, personas.personas)
            yield f"personas[{index}]", f"'{name}' is no persona of the personas file. {hint}"
            continue
        for task in sorted(personas.personas[name].tasks):
            if task not in taxonomy.kinds:
                hint = did_you_mean(task, taxonomy.kinds)
                yield f"personas[{index}]", f"persona {name} names '{task}', which is no task of the taxonomy. {hint}"


def _circles(strategy: Strategy) -> Iterator[Mistake]:
    """Lanes whose fallbacks lead back to them; each circle once, at the first of its lanes by name."""
    for start in sorted(strategy.lanes):
        circle = _way_back(strategy, start)
        if circle and start == min(circle):
            way = " > ".join([*circle, start])
            yield f"lanes.{start}.fallbacks", f"the lanes run in a circle ({way}). Take one of these fallbacks out"


def _way_back(strategy: Strategy, start: str) -> tuple[str, ...]:
    """The shortest circle of lanes through `start`; empty: there is none."""
    came_from = {start: start}
    waiting = [start]
    for lane in waiting:
        for name in _lanes_after(strategy, lane):
            if name == start:
                circle = [lane]
                while circle[-1] != start:
                    circle.append(came_from[circle[-1]])
                return tuple(reversed(circle))
            if name not in came_from:
                came_from[name] = lane
                waiting.append(name)
    return ()


def _lanes_after(strategy: Strategy, lane: str) -> list[str]:
    """The fallbacks of a lane that are lanes. Where a model has the same name, the model is meant."""
    return [name for name in strategy.lanes[lane].fallbacks if name not in strategy.models]


def _second_opinion(strategy: Strategy, catalogue: Catalogue, taxonomy: Taxonomy) -> Iterator[Mistake]:
    """What a second opinion is asked of: a model that gives embeddings, and utterances to compare with."""
    asked = strategy.behaviour.second_opinion
    if asked is None:
        return
    if not any(kind.utterances for kind in taxonomy.kinds.values()):
        problem = (
            "no task of the taxonomy has utterances to compare with. Give some to the tasks that it shall tell apart"
        )
        yield "behaviour.second_opinion", problem
    if asked.model is None:
        return
    able = [name for name, model in sorted(strategy.models.items()) if _embeds(model, catalogue)]
    if asked.model not in strategy.models:
        hint = did_you_mean(asked.model, able or strategy.models)
        yield "behaviour.second_opinion.model", f"'{asked.model}' is no model of this strategy. {hint}"
    elif asked.model not in able:
        remedy = f"Name one that does: {', '.join(able)}" if able else "Add an embedding model, or say encoder: local"
        yield "behaviour.second_opinion.model", f"'{asked.model}' gives no embeddings. {remedy}"


def _embeds(model: StrategyModel, catalogue: Catalogue) -> bool:
    card = catalogue.models.get(model.card)
    return card is not None and "embeddings" in card.capabilities


def _leaks(strategy: Strategy, catalogue: Catalogue) -> Iterator[Mistake]:
    """Models of a local_only strategy that would leave the building."""
    for name, model in sorted(strategy.models.items()):
        if not is_local_server(model.served_by):
            problem = f"'{model.served_by}' is a cloud provider, and this strategy is local_only. Remove the model"
            yield f"models.{name}.served_by", problem
        for index, url in enumerate(model.at):
            if not is_local_url(url, strategy.trusted_hosts):
                problem = f"'{url}' is not provably inside the building. Correct it, or add its host to trusted_hosts"
                yield f"models.{name}.at[{index}]", problem
        model_id = served_id(model, catalogue.models[model.card])
        if is_local_server(model.served_by) and model_id and is_hosted_elsewhere(model_id):
            yield f"models.{name}.serves", f"'{model_id}' is run by the vendor's cloud. Name a build that runs here"
