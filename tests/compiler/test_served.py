"""A server that answered is taken at its word about what it serves."""

import pytest

from signalbox.compiler.served import not_served
from signalbox.schema.resources import Endpoint, Host, Resources
from signalbox.schema.strategy import StrategyModel

HERE = "http://127.0.0.1:11434"


def seen(*models: str, url: str = HERE) -> Resources:
    host = Host(system="Linux", machine="x86_64")
    return Resources(host=host, endpoints=(Endpoint(url=url, kind="ollama", models=models),))


def model(kind: str = "ollama", *more: str) -> StrategyModel:
    return StrategyModel(card="x", served_by=kind, at=(HERE, *more))


@pytest.mark.parametrize("listed", ["qwen2.5:7b", "QWEN2.5:7b"])
def test_a_model_that_is_listed_is_served(listed: str) -> None:
    assert not_served(model(), "qwen2.5:7b", seen(listed)) == ""


def test_ollamas_latest_is_the_bare_name() -> None:
    assert not_served(model(), "nomic-embed-text", seen("nomic-embed-text:latest")) == ""


def test_a_model_that_is_not_listed_is_not_served_and_the_list_is_shown() -> None:
    reason = not_served(model(), "llama3.3:70b", seen("a", "b", "c", "d", "e"))

    assert reason == f"{HERE} does not serve llama3.3:70b; it serves a, b, c, d and 1 more"


@pytest.mark.parametrize(
    "how",
    [
        {"model": model(), "resources": None},
        {"model": model(), "resources": seen("a", url="http://127.0.0.1:1")},
        {"model": model(), "resources": seen()},
        {"model": model("ollama", "http://127.0.0.1:11435"), "resources": seen("a")},
        {"model": model("llamacpp"), "resources": seen("a")},
    ],
    ids=["nothing detected", "no answer", "an empty list", "one of two silent", "a server that takes any name"],
)
def test_unknown_is_not_absent(how: dict[str, object]) -> None:
    assert not_served(how["model"], "llama3.3:70b", how["resources"]) == ""  # type: ignore[arg-type]
