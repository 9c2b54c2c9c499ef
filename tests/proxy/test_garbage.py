"""Garbage under CPython 3.11 is collected between steps of the event loop, so that LiteLLM's streams crash nothing."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from signalbox.proxy.garbage import NEEDED, due_generation
from tests.proxy.files import strategy
from tests.proxy.harness import running, servers

ABANDONED_STREAMS = """
import asyncio, contextvars, gc, sys
from datetime import datetime
from litellm import CustomStreamWrapper
from litellm.litellm_core_utils.litellm_logging import Logging
from signalbox.proxy.garbage import Collector

variables = [contextvars.ContextVar(f"variable {number}") for number in range(20)]
log = Logging("m", [], True, "acompletion", datetime.now(), "call", "function")

def abandon():
    stream = CustomStreamWrapper(None, "m", log, "openai")
    stream.itself = stream

async def request(step):
    gc.set_threshold(100_000)
    abandon()
    for variable in variables[:5]:
        variable.set(object())
    gc.set_threshold(gc.get_count()[0] + 1 + step % 7)
    for variable in variables[5:]:
        variable.set(object())

async def main():
    if "ours" in sys.argv:
        Collector(asyncio.get_running_loop()).start()
    for step in range(700):
        await asyncio.create_task(request(step))
    gc.set_threshold(700)
    await asyncio.sleep(0.3)
    print(gc.get_count()[0] < 100)

asyncio.run(main())
"""
SPY = """
import gc
from pathlib import Path
from litellm.integrations.custom_logger import CustomLogger

class Spy(CustomLogger):
    async def async_pre_call_hook(self, *args, **kwargs):
        Path(__file__).with_name("seen").write_text(str(gc.isenabled()))

spy = Spy()
"""


def abandoned_streams(*how: str) -> "subprocess.CompletedProcess[str]":
    """Streams that are collected while variables are set; what is read after it was freed is noticed."""
    environ = os.environ | {"PYTHONMALLOC": "debug", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    return subprocess.run(
        [sys.executable, "-c", ABANDONED_STREAMS, *how], env=environ, capture_output=True, text=True, check=False
    )


def test_streams_that_are_collected_crash_nothing() -> None:
    done = abandoned_streams("ours")

    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "True", "nothing was collected"


@pytest.mark.skipif(not NEEDED, reason="this Python collects between bytecodes only")
def test_they_crash_the_interpreter_without_our_collector() -> None:
    done = abandoned_streams()

    assert done.returncode < 0 or "SystemError" in done.stderr, "killed by a signal, or told of a broken object"


@pytest.mark.parametrize(
    ("counts", "grown", "due"),
    [
        ((700, 0, 0), True, None),
        ((701, 0, 0), True, 0),
        ((701, 11, 0), True, 1),
        ((0, 11, 11), True, 2),
        ((0, 0, 11), False, None),
        ((701, 11, 11), False, 1),
    ],
)
def test_the_oldest_generation_over_its_threshold_is_due(
    counts: tuple[int, int, int], grown: bool, due: int | None
) -> None:
    assert due_generation(counts, (700, 10, 10), grown=grown) == due


def test_collecting_that_was_turned_off_stays_off() -> None:
    assert due_generation((9_999, 99, 99), (0, 10, 10), grown=True) is None


@pytest.mark.proxy
def test_the_proxy_collects_so_where_its_python_needs_it(tmp_path: Path) -> None:
    def watch(config: dict[str, Any]) -> None:
        config["litellm_settings"]["callbacks"].append("spy.spy")

    (tmp_path / "spy.py").write_text(SPY)
    with (
        servers() as found,
        running(strategy({name: [found[name].url] for name in found}), found, tmp_path, change=watch) as proxy,
    ):
        assert proxy.chat().status_code == 200

    assert (tmp_path / "seen").read_text() == str(not NEEDED)
