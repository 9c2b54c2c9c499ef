"""The watch over real HTTP: simulated servers of each kind, well, busy, loading, dead."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from signalbox.fleet.board import Board
from signalbox.fleet.watch import Watch
from signalbox.schema.fleet import DeploymentState, FleetSnapshot
from signalbox.schema.plan import PlanModel
from signalbox.schema.strategy import Behaviour
from signalbox.sim.faults import Fault
from signalbox.sim.server import SimServer
from signalbox.sim.spec import SimModel, SimSpec
from tests.kit.plans import model, plan

KINDS = ["vllm", "llamacpp", "ollama"]


@contextmanager
def running(*kinds: str, **spec: Any) -> Iterator[dict[str, SimServer]]:
    with ExitStack() as stack:
        yield {
            kind: stack.enter_context(SimServer(SimSpec(kind=kind, models=(SimModel(name=kind),), **spec)))  # type: ignore[arg-type]
            for kind in kinds
        }


def at(name: str, url: str, probe: str, key: str | None = None) -> PlanModel:
    found = model(name)
    changes = {"url": url, "probe": probe, "serves": name, "key": key}
    return found.model_copy(update={"deployments": (found.deployments[0].model_copy(update=changes),)})


def looked(*models: PlanModel, times: int = 1, environ: dict[str, str] | None = None) -> FleetSnapshot:
    made = plan(*models)
    board = Board(made, environ or {}, cooldown=10)
    watch = Watch(made, board, environ or {})

    async def look() -> None:
        async with httpx.AsyncClient(timeout=0.3, trust_env=False) as client:
            for server in watch.servers * times:
                await watch.look(client, server)

    asyncio.run(look())
    return board.snapshot(time.monotonic())


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_is_well_is_ready_and_then_down_when_it_is_gone(kind: str) -> None:
    with running(kind) as servers:
        there = at(kind, servers[kind].url, kind)
        assert looked(there).of(f"{kind}-1").state == "ready"

    gone = looked(there).of(f"{kind}-1")

    assert gone.state == "down"
    assert "connection refused" in gone.reason


@pytest.mark.parametrize("kind", ["vllm", "llamacpp"])
def test_a_server_tells_how_many_requests_it_works_on_and_how_many_wait(kind: str) -> None:
    with running(kind, slots=1, delay_ms=1_500) as servers:
        server = servers[kind]
        body = {"model": kind, "messages": [{"role": "user", "content": "hello"}]}
        clients = [
            threading.Thread(target=_call, args=(f"{server.url}/v1/chat/completions", body), daemon=True)
            for _ in range(2)
        ]
        for client in clients:
            client.start()
        deadline = time.monotonic() + 5
        while (found := looked(at(kind, server.url, kind)).of(f"{kind}-1")).waiting != 1:
            assert time.monotonic() < deadline, found

    assert (found.state, found.running) == ("ready", 1)


def _call(url: str, body: object) -> None:
    try:
        httpx.post(url, json=body, timeout=3, trust_env=False)
    except httpx.HTTPError:
        return


def test_a_llamacpp_that_loads_its_model_is_loading() -> None:
    with running("llamacpp") as servers:
        servers["llamacpp"].faults.set(Fault(kind="loading"))

        found = looked(at("llamacpp", servers["llamacpp"].url, "llamacpp")).of("llamacpp-1")

    assert found == DeploymentState("loading", "its model still loads")


@pytest.mark.parametrize("fault", ["hang", "refuse"])
def test_a_server_that_is_too_busy_to_answer_is_unknown_however_long(fault: str) -> None:
    with running("vllm") as servers:
        servers["vllm"].faults.set(Fault(kind=fault, seconds=5))  # type: ignore[arg-type]

        found = looked(at("vllm", servers["vllm"].url, "vllm"), times=4).of("vllm-1")
        servers["vllm"].faults.clear()

    assert found.state == "unknown"
    assert found.reason.startswith("no answer")


def test_a_host_that_takes_no_connection_is_down_after_three_looks() -> None:
    with socket.socket() as full:  # nobody accepts, and its queue is full: the next connection waits
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        there = at("vllm", f"http://127.0.0.1:{full.getsockname()[1]}", "vllm")
        with ExitStack() as stack:
            for _ in range(3):
                queued = stack.enter_context(socket.socket())
                queued.setblocking(False)
                queued.connect_ex(full.getsockname())

            states = [looked(there, times=times).of("vllm-1").state for times in (2, 3)]

    assert states == ["unknown", "down"]


@pytest.mark.parametrize("url", ["http://no-such-host.invalid:8000", "https://{address}"])
def test_a_name_or_a_certificate_says_nothing_about_a_server(url: str) -> None:
    with running("vllm") as servers:
        address = servers["vllm"].url.removeprefix("http://")

        found = looked(at("vllm", url.format(address=address), "vllm"), times=4).of("vllm-1")

    assert found.state == "unknown", found


def test_what_a_server_said_holds_for_three_looks_of_which_each_may_be_slow() -> None:
    with running("vllm") as servers:
        made = plan(at("vllm", servers["vllm"].url, "vllm"))
        board = Board(made, {}, cooldown=10)
        watch = Watch(made, board, {})

        async def look() -> None:
            async with httpx.AsyncClient(trust_env=False) as client:
                await watch.look(client, watch.servers[0])

        before = time.monotonic()
        asyncio.run(look())
        after = time.monotonic()

    assert board.snapshot(before + 27).of("vllm-1").state == "ready"  # 3 x (5 + 2 x 2) seconds
    assert board.snapshot(after + 27).of("vllm-1").state == "unknown"


def test_an_ollama_model_that_never_answered_is_cold() -> None:
    with running("ollama") as servers:
        assert looked(at("ollama", servers["ollama"].url, "ollama")).of("ollama-1").cold


def test_a_key_is_sent_to_the_server_that_it_belongs_to() -> None:
    with running("llamacpp", api_key="hush") as servers:
        there = at("llamacpp", servers["llamacpp"].url, "llamacpp", key="LLAMA_KEY")

        found = looked(there, environ={"LLAMA_KEY": "hush"}).of("llamacpp-1")

    assert (found.state, found.running) == ("ready", 0)


def test_deployments_at_one_address_are_asked_once() -> None:
    with running("vllm") as servers:
        url, before = servers["vllm"].url, servers["vllm"].served
        both = looked(at("first", url, "vllm"), at("second", url, "vllm"))

        assert [both.of(f"{name}-1").state for name in ("first", "second")] == ["ready", "ready"]
        assert servers["vllm"].served == before, "a probe costs no answer"


@pytest.mark.parametrize("probe", ["openai_compatible", "simulated"])
def test_what_has_no_path_for_it_is_never_asked(probe: str) -> None:
    with running("openai") as servers:
        assert not looked(model("cloud", local=False), at("other", servers["openai"].url, probe)).deployments


@pytest.mark.parametrize("every", [0.0, 0.02])
def test_it_looks_until_it_is_told_to_stop_and_not_at_all_where_that_is_wanted(every: float) -> None:
    with running("ollama") as servers:
        made = plan(at("ollama", servers["ollama"].url, "ollama"))
        made = made.model_copy(update={"behaviour": Behaviour(probe_every=every)})
        board = Board(made, {}, cooldown=10)

        async def watch() -> None:
            task = asyncio.create_task(Watch(made, board, {}).run())
            await asyncio.sleep(0.5)
            assert task.done() == (every == 0)
            task.cancel()

        asyncio.run(watch())

    assert bool(board.snapshot(time.monotonic()).deployments) == (every > 0)
