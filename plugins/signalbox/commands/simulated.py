"""The simulated servers that a strategy asks for, as specs for `signalbox.sim`."""

from __future__ import annotations

import socket
from collections import defaultdict
from urllib.parse import urlsplit

from signalbox.schema.catalogue import Catalogue
from signalbox.schema.strategy import SimulatedAs, Strategy
from signalbox.sim.spec import SimModel, SimSpec

Address = tuple[str, int]


def simulated_specs(strategy: Strategy, catalogue: Catalogue) -> tuple[SimSpec, ...]:
    """One spec per address that simulated models name; models that share an address share a server."""
    models: defaultdict[Address, list[SimModel]] = defaultdict(list)
    kinds: dict[Address, SimulatedAs] = {}
    for name, model in strategy.models.items():
        if model.served_by != "simulated":
            continue
        card = catalogue.models[model.card]
        lanes = sorted(lane for lane, found in strategy.lanes.items() if name in found.models)
        for url in model.at:
            kinds.setdefault(_address(url), model.simulate or "openai")
            models[_address(url)].append(
                SimModel(
                    name=model.serves or card.ids.get("simulated", model.card),
                    context_window=model.context_window or card.context_window,
                    embedding_dims=card.dimensions,
                    vision="vision" in card.capabilities,
                    label=f"lane {', '.join(lanes)}" if lanes else "",
                )
            )
    return tuple(
        SimSpec(kind=kinds[host, port], models=tuple(served), host=host, port=port)
        for (host, port), served in sorted(models.items())
    )


def on_free_ports(strategy: Strategy) -> Strategy:
    """The strategy itself, or with simulated servers moved to free ports where one of theirs is taken."""
    addresses = {
        _address(url) for model in strategy.models.values() if model.served_by == "simulated" for url in model.at
    }
    if all(is_free(address) for address in addresses):
        return strategy
    moved = {address: _free_port(address[0]) for address in sorted(addresses)}
    models = {
        name: model.model_copy(
            update={"at": tuple(f"http://{_address(url)[0]}:{moved[_address(url)]}" for url in model.at)}
        )
        if model.served_by == "simulated"
        else model
        for name, model in strategy.models.items()
    }
    return strategy.model_copy(update={"models": models})


def _address(url: str) -> Address:
    parts = urlsplit(url)
    return parts.hostname or "127.0.0.1", parts.port or 80


def is_free(address: Address) -> bool:
    """Whether (host, port) can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError:
            return False
        return True


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
