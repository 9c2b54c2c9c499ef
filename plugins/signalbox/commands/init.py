"""`signalbox init`: a commented strategy from what was detected and a few answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.prompt import Confirm, Prompt

from signalbox.commands.output import Output
from signalbox.commands.workspace import Workspace
from signalbox.errors import FileError, UserError
from signalbox.load import load_strategy
from signalbox.resources.detect import detect
from signalbox.schema.catalogue import Catalogue
from signalbox.schema.resources import Resources

_PREFERRED: Final = ("anthropic", "openai", "gemini", "deepseek", "groq", "mistral")


@dataclass(frozen=True, slots=True)
class _Model:
    """A line of `models:`."""

    name: str
    card: str
    served_by: str
    at: str | None = None
    serves: str | None = None
    embeds: bool = False
    key: str | None = None
    note: str = ""

    @property
    def local(self) -> bool:
        return self.at is not None


def init(output: Output, *, name: str, yes: bool) -> int:
    """Writes strategies/<name>.yaml; never over a file that exists."""
    workspace = Workspace.find()
    path = Path("strategies") / f"{name}.yaml"
    if path.exists():
        raise FileError(path, "exists already.", remedy="Choose another name: signalbox init other_name")
    resources = detect(())
    models = [*_local_models(resources, workspace.catalogue), *_cloud_models(resources, workspace.catalogue)]
    if all(model.embeds for model in models):
        raise UserError(
            "nothing to write a strategy for: no inference server answers on the usual local ports and no API key is set. "
            "Start one or set a key, or try it without: signalbox up --strategy development"
        )
    private = bool([model for model in models if model.local]) and _confirm(
        yes, "Must everything stay in the building (no cloud at all)?", default=not any(not m.local for m in models)
    )
    models = [model for model in models if model.local] if private else models
    monthly = "" if private else _ask(yes, "Most that the cloud may cost a month, in dollars", "20")
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(_lines(name, models, private=private, monthly=monthly)) + "\n", encoding="utf-8")
    load_strategy(path)
    output.show(
        {"written": str(path), "models": [model.name for model in models], "privacy": _privacy(private)},
        lambda console: console.print(
            f"{path}: {len(models)} models. Read it, change what you like, then:\n"
            f'  signalbox explain --strategy {path} "Write a haiku"\n  signalbox up --strategy {path}'
        ),
    )
    return 0


def _confirm(yes: bool, question: str, *, default: bool) -> bool:
    return default if yes else Confirm.ask(question, default=default)


def _ask(yes: bool, question: str, default: str) -> str:
    return default if yes else Prompt.ask(question, default=default)


def _privacy(private: bool) -> str:
    return "local_only" if private else "cloud_allowed"


def _local_models(resources: Resources, catalogue: Catalogue) -> Iterator[_Model]:
    """What answering servers serve, as far as the catalogue knows it."""
    for server in resources.endpoints:
        for served in server.models[:12]:
            card = _card(served, catalogue)
            if card:
                embeds = "embeddings" in catalogue.models[card].capabilities
                yield _Model(
                    _name(served), card, server.kind, server.url, served, embeds, note=f"found at {server.url}"
                )


def _card(served: str, catalogue: Catalogue) -> str | None:
    """The card of a served id: its id for this kind of server, or its name."""
    wanted = served.removesuffix(":latest").lower()
    for name, card in sorted(catalogue.models.items()):
        known = {name.lower(), *(value.lower() for value in card.ids.values())}
        if wanted in known or served.lower() in known:
            return name
    return None


def _cloud_models(resources: Resources, catalogue: Catalogue) -> Iterator[_Model]:
    """Up to two models of each provider whose key is set."""
    for provider in sorted(catalogue.providers, key=lambda name: (name not in _PREFERRED, name)):
        if catalogue.providers[provider].key not in resources.keys:
            continue
        cards = [name for name, card in sorted(catalogue.models.items()) if provider in card.ids and card.tier]
        for card in cards[:2]:
            key = catalogue.providers[provider].key
            yield _Model(_name(card), card, provider, key=key, note=f"{key} is set")


def _name(text: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in text).strip("-.")[:60]


def _lines(name: str, models: list[_Model], *, private: bool, monthly: str) -> Iterator[str]:
    if Path("docs/schema/strategy.json").is_file():
        yield "# yaml-language-server: $schema=../docs/schema/strategy.json"
    yield f'# What each key means: docs/strategy.md.  Try it: signalbox explain --strategy {name} "hello"'
    yield f"name: {name}"
    yield "description: Written by signalbox init from what was detected"
    yield from _requires(models)
    yield f"privacy: {_privacy(private)}    # local_only: nothing in the plan may leave the building"
    if not private:
        yield "data_classes: {private: local_only}    # requests tagged x-signalbox-data-class: private stay local"
    yield "models:    # what runs where; the card says what the model is (strategies/catalogue.yaml)"
    for model in models:
        at = f", at: [{model.at}], serves: '{model.serves}'" if model.at else ""
        yield f"  {model.name}: {{card: '{model.card}', served_by: {model.served_by}{at}}}    # {model.note}"
    embedding = [model.name for model in models if model.embeds]
    yield "lanes:    # a role: its candidates, and fallbacks for when those cannot serve"
    yield f"  general: {{models: [{', '.join(model.name for model in models if not model.embeds)}]}}"
    if embedding:
        yield f"  embeddings: {{models: [{', '.join(embedding)}]}}"
    yield "tasks:    # where each task goes; others climb the taxonomy, then '*'"
    yield "  code: general    # make a lane of your own for code, and name it here"
    if embedding:
        yield "  embeddings: embeddings"
    yield '  "*": general'
    yield "personas: [researcher, developer, casual]"
    yield "behaviour: {prefer_local: true, retries: 3, timeout: 60s}"
    if not private:
        yield f"budget: {{per_request: $0.25, monthly: ${monthly}, when_spent: local}}    # local | cheapest | refuse"


def _requires(models: list[_Model]) -> Iterator[str]:
    """What must be detected for the strategy to be offered: the servers and keys that it was written for."""
    servers = sorted({model.served_by for model in models if model.local})
    keys = sorted({model.key for model in models if model.key})
    needs = [f"endpoints: [{', '.join(servers)}]"] * bool(servers) + [f"keys: [{', '.join(keys)}]"] * bool(keys)
    yield f"requires: {{{', '.join(needs)}}}    # otherwise it is not offered, and the reason is said"
