"""Reads requests with the shipped weights and the shipped taxonomy, as the pipeline does."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from signalbox.routing.signals.complexity import complexity_signal
from signalbox.routing.signals.model import TextModel, TextScores
from signalbox.routing.signals.task import TaskReader
from signalbox.routing.signals.text import text_grams
from signalbox.schema.facts import Facts
from signalbox.schema.signals import Complexity, TaskSignal
from signalbox.schema.taxonomy import Kind, Taxonomy

TAXONOMY_FILE = Path(__file__).parents[3] / "strategies" / "taxonomy.yaml"


@cache
def model() -> TextModel:
    return TextModel.load()


@cache
def taxonomy() -> Taxonomy:
    return Taxonomy.model_validate(yaml.safe_load(TAXONOMY_FILE.read_text(encoding="utf-8")))


@cache
def reader() -> TaskReader:
    return TaskReader(taxonomy())


def extended(
    name: str, *, parent: str | None = None, keywords: tuple[str, ...] = (), utterances: tuple[str, ...] = ()
) -> Taxonomy:
    kind = Kind(description="the user's own", parent=parent, keywords=keywords, utterances=utterances)
    return Taxonomy(kinds={**taxonomy().kinds, name: kind})


def facts(prompt: str, **more: object) -> Facts:
    return Facts(prompt=prompt, prompt_chars=len(prompt), prompt_tokens=len(prompt) // 4, **more)  # type: ignore[arg-type]


def scores(prompt: str, **more: object) -> TextScores:
    return model().read(facts(prompt, **more))


def task(prompt: str, *, by: TaskReader | None = None, **more: object) -> TaskSignal:
    seen = facts(prompt, **more)
    return (by or reader())(seen, model().read(seen))


def complexity(prompt: str, **more: object) -> Complexity:
    seen = facts(prompt, **more)
    read = model().read(seen)
    return complexity_signal(seen, read, reader()(seen, read))


def tier(prompt: str, **more: object) -> str:
    total = complexity(prompt, **more).total
    return "fast" if total < 3.5 else "quality" if total >= 7 else "balanced"


def word_slots(word: str) -> tuple[int, ...]:
    """The slots of the single words of a short text, in their order."""
    found = text_grams(word, len(word))
    return tuple(found.slots[: found.words].tolist())
