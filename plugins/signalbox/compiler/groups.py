"""Strategy models become LiteLLM model groups: served id, deployments, price, scores, and whether the hardware holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from signalbox.compiler.fit import fit
from signalbox.compiler.locality import base_url, is_hosted_elsewhere, is_local_url, is_loopback_url
from signalbox.compiler.prices import Price, PriceBook
from signalbox.compiler.scores import task_scores
from signalbox.compiler.served import not_served
from signalbox.schema.catalogue import Card, Catalogue
from signalbox.schema.plan import Left, PlanDeployment, PlanModel
from signalbox.schema.resources import Resources
from signalbox.schema.strategy import LOCAL_SERVERS, ServerKind, Strategy, StrategyModel
from signalbox.schema.taxonomy import Taxonomy
from signalbox.units import Bytes

LOCAL_PROVIDER = "hosted_vllm"
"""LiteLLM's name for any OpenAI-compatible server; unlike `openai` it makes one upstream call, not three."""

_ANY_ID = frozenset({"simulated", "openai_compatible"})
_SPREADS = frozenset({"ollama", "llamacpp", "lmstudio", "lemonade"})
"""Servers that use every GPU of their machine without being told."""

_SAME_IDS = {"sglang": "vllm"}


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a model is measured against: GPUs of one class, and the memory of one of them where that was detected."""

    gpu: str | None = None
    gpus: int = 1
    memory: Bytes | None = None
    detected: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A model group, and what only the LiteLLM config needs of it."""

    plan: PlanModel
    served_id: str
    fits: str = ""
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class Groups:
    """The model groups by name, those left out, and the hardware that was asked of detection."""

    kept: Mapping[str, Group]
    left_out: tuple[Left, ...]
    hardware: Mapping[str, Hardware]

    def reason(self, name: str) -> str:
        """Why a model was left out."""
        return next(left.reason for left in self.left_out if left.model == name)


def is_local_server(served_by: str) -> bool:
    """Whether `served_by` names a server kind; else it is a LiteLLM provider, which means cloud."""
    return served_by in LOCAL_SERVERS


def served_id(model: StrategyModel, card: Card) -> str | None:
    """The id by which the server or provider knows the model; None: the card has none for it."""
    kind = model.served_by
    found = model.serves or card.ids.get(kind) or card.ids.get(_SAME_IDS.get(kind, ""))
    return found or (model.card if kind in _ANY_ID else None)


def resolve_groups(
    strategy: Strategy, *, catalogue: Catalogue, taxonomy: Taxonomy, resources: Resources | None, prices: PriceBook
) -> Groups:
    """All models of a strategy whose references hold, by name."""
    kept: dict[str, Group] = {}
    left: list[Left] = []
    hardware = {name: _hardware(model, resources) for name, model in strategy.models.items()}
    for name, model in sorted(strategy.models.items()):
        card = catalogue.models[model.card]
        model_id = served_id(model, card)
        refusal, fits = _suits(model, card, model_id, hardware[name])
        refusal = refusal or not_served(model, model_id or "", resources)
        if refusal or model_id is None:
            left.append(Left(model=name, reason=refusal))
            continue
        price = None if is_local_server(model.served_by) else _price(card, model.served_by, model_id, prices)
        deployments = _deployments(name, model, model_id, catalogue, strategy.trusted_hosts)
        scores = task_scores(card, taxonomy=taxonomy, weights=catalogue.benchmark_weights)
        plan = _plan_model(name, model, card, price=price, deployments=deployments, scores=scores, fits=fits)
        kept[name] = Group(plan, model_id, fits, price)
    return Groups(kept, tuple(left), hardware)


def _price(card: Card, provider: str, model_id: str, prices: PriceBook) -> Price | None:
    known = prices.price(provider, model_id)
    if card.price is None:
        return known
    limits = (known.max_output_tokens, known.context_window) if known else (None, None)
    return Price(card.price.input, card.price.output, *limits)


def _suits(model: StrategyModel, card: Card, model_id: str | None, hardware: Hardware) -> tuple[str, str]:
    """(why it cannot run here, or ""; how it fits, or "")."""
    if model_id is None:
        known = ", ".join(sorted(card.ids)) or "no server"
        return f"card {model.card} has no id for {model.served_by} (it has: {known}); name one with serves", ""
    if not is_local_server(model.served_by):
        return "", ""
    found = fit(
        card,
        server=model.served_by,
        gpu=hardware.gpu,
        gpus=hardware.gpus,
        context=model.context_window,
        memory=hardware.memory,
    )
    if found.verdict == "no":
        return found.reason, ""
    return "", found.reason


def _hardware(model: StrategyModel, resources: Resources | None) -> Hardware:
    """The strategy's own word; else this machine's one GPU class, where the model is served on this machine."""
    if model.gpu is not None:
        return Hardware(model.gpu, model.gpus)
    here = is_local_server(model.served_by) and bool(model.at) and all(map(is_loopback_url, model.at))
    if resources is None or not here or model.served_by == "simulated":
        return Hardware(gpus=model.gpus)
    found = [gpu for gpu in resources.gpus if not gpu.lost and gpu.visible is not False]
    if len({gpu.gpu_class for gpu in found}) != 1:
        return Hardware(gpus=model.gpus)
    sizes = [
        size for gpu in found if (size := gpu.memory_total or (resources.host.memory_total if gpu.unified else None))
    ]
    used = len(found) if model.served_by in _SPREADS and not found[0].unified else model.gpus
    return Hardware(found[0].gpu_class, used, min(sizes, default=None), detected=True)


def _deployments(
    name: str, model: StrategyModel, model_id: str, catalogue: Catalogue, trusted: tuple[str, ...]
) -> tuple[PlanDeployment, ...]:
    local_server = is_local_server(model.served_by)
    key = model.api_key or (None if local_server else catalogue.providers[model.served_by].key)
    return tuple(
        PlanDeployment(
            id=f"{name}-{number}",
            url=base_url(url) if local_server and url else url,
            server=cast("ServerKind", model.served_by) if local_server else None,
            probe=_probe(model) if local_server else None,
            serves=model_id if local_server else "",
            provider=LOCAL_PROVIDER if local_server else model.served_by,
            local=local_server and is_local_url(url or "", trusted) and not is_hosted_elsewhere(model_id),
            key=key,
            gpu=model.gpu,
        )
        for number, url in enumerate(model.at or (None,), start=1)
    )


def _probe(model: StrategyModel) -> ServerKind:
    """A simulated server is asked like the kind that it imitates."""
    kind = model.simulate or "openai" if model.served_by == "simulated" else model.served_by
    return "openai_compatible" if kind == "openai" else cast("ServerKind", kind)


def _plan_model(
    name: str,
    model: StrategyModel,
    card: Card,
    *,
    price: Price | None,
    deployments: tuple[PlanDeployment, ...],
    scores: dict[str, float],
    fits: str,
) -> PlanModel:
    places = f"{len(deployments)} endpoint{'s' if len(deployments) > 1 else ''}"
    why = f"card {model.card} by {model.served_by}" + (f", {places}" if model.at else "")
    return PlanModel(
        name=name,
        card=model.card,
        tier=card.tier,
        local=all(deployment.local for deployment in deployments),
        context_window=model.context_window or card.context_window,
        max_output_tokens=card.max_output_tokens or (price.max_output_tokens if price else None),
        capabilities=card.capabilities,
        specialities=card.specialities,
        scores=scores,
        input_price=price.input if price else 0,
        output_price=price.output if price else 0,
        priced=price is not None or is_local_server(model.served_by),
        parameters_b=card.parameters_b,
        deployments=deployments,
        why=f"{why}; {fits}" if fits else why,
    )
