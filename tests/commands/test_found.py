"""What runs on this machine decides what `up` would run: a server of Ollama's shape on its usual port."""

import pytest

from signalbox.commands.simulated import is_free
from signalbox.sim.server import SimServer
from signalbox.sim.spec import SimModel, SimSpec
from tests.commands.cli import answer, run

USUAL_PORT = 11_434

pytestmark = pytest.mark.skipif(not is_free(("127.0.0.1", USUAL_PORT)), reason="an Ollama of this machine's own runs")


def ollama(*names: str) -> SimServer:
    return SimServer(SimSpec(kind="ollama", port=USUAL_PORT, models=tuple(SimModel(name) for name in names)))


def test_an_ollama_that_runs_is_found_preferred_and_used_for_what_it_serves() -> None:
    with ollama("llama3.1:8b", "qwen2.5-coder:32b"):
        recommended = answer("strategies")["recommended"]
        explained = answer("explain", "--task", "code_rust", "Write a parser")

    assert recommended == "workstation"
    assert (explained["strategy"], explained["model"]) == ("workstation", "qwen2.5-coder:32b")


def test_an_ollama_that_serves_nothing_we_know_is_passed_over_with_the_reason() -> None:
    with ollama("somebodys-own"):
        done = run("explain", "hello")

    assert done.returncode == 0
    assert "passed over workstation" in done.stderr
