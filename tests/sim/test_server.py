"""Starting, stopping, going down and coming back; what is recorded."""

import asyncio
import json
import logging
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from signalbox.errors import UserError
from signalbox.sim import Fault, SimModel, SimServer, SimSpec
from signalbox.sim.state import KEPT_BODY_BYTES

from .conftest import Start, ask

SPEC = SimSpec("vllm", (SimModel("sim-coder"),))


def test_a_closed_port_refuses_connections_and_comes_back_as_the_same_port(start: Start) -> None:
    server = start("vllm")
    port = server.port

    for _ in range(3):
        server.close_port()
        with pytest.raises(httpx.ConnectError):
            ask(server)
        server.open_port()
        assert ask(server).status_code == 200

    assert server.port == port


def test_closing_the_port_breaks_kept_connections_and_requests_under_way(start: Start) -> None:
    server = start("vllm", delay_ms=60_000)

    async def act() -> None:
        async with httpx.AsyncClient(base_url=server.url) as client:
            await client.get("/health")
            body = {"model": "sim-coder", "messages": [{"role": "user", "content": "hi"}]}
            under_way = asyncio.create_task(client.post("/v1/chat/completions", json=body))
            while not (await client.get("/sim/info")).json()["running"]:
                pass
            await asyncio.to_thread(server.close_port)
            with pytest.raises(httpx.TransportError):
                await under_way
            with pytest.raises(httpx.ConnectError):
                await client.get("/health")

    asyncio.run(act())


def test_closing_twice_and_opening_twice_is_no_mistake(start: Start) -> None:
    server = start("vllm")

    server.close_port()
    server.close_port()
    server.open_port()
    server.open_port()

    assert ask(server).status_code == 200


def test_a_stopped_server_refuses_and_stops_again_without_complaint() -> None:
    server = SimServer(SPEC).start()
    server.start()
    server.stop()
    server.stop()

    with pytest.raises(httpx.ConnectError):
        ask(server)
    with pytest.raises(UserError, match="does not run"):
        server.close_port()


def test_a_server_stops_while_requests_hang_and_its_port_is_closed() -> None:
    with SimServer(SPEC) as server:
        server.faults.set(Fault("hang", seconds=60))
        with pytest.raises(httpx.ReadTimeout):
            ask(server, timeout=0.1)
        server.close_port()


def test_a_taken_port_is_an_error_that_names_it(start: Start) -> None:
    taken = start("vllm")

    with pytest.raises(UserError, match=str(taken.port)):
        SimServer(SimSpec("vllm", (SimModel("m"),), port=taken.port)).start()


def test_ipv6_loopback_works_where_there_is_one() -> None:
    try:
        with SimServer(SimSpec("vllm", (SimModel("sim-coder"),), host="::1")) as server:
            assert server.url.startswith("http://[::1]:")
            assert ask(server).status_code == 200
    except UserError as error:
        pytest.skip(str(error))


def test_requests_are_recorded_with_model_headers_and_body(start: Start) -> None:
    server = start("openai")

    ask(server, "hello", headers={"X-Trace": "7"})
    httpx.get(f"{server.url}/v1/models")
    httpx.get(f"{server.url}/sim/info")

    chat, models = server.requests
    assert (chat.path, chat.model, chat.headers["x-trace"]) == ("/v1/chat/completions", "sim-coder", "7")
    assert chat.body is not None
    assert chat.body["messages"] == [{"role": "user", "content": "hello"}]
    assert (models.path, models.model, models.body) == ("/v1/models", None, None)
    assert models.at >= chat.at


def test_a_large_body_is_answered_but_not_kept(start: Start) -> None:
    server = start("openai", models=(SimModel("sim-coder", context_window=1_000_000),))

    assert ask(server, "x" * KEPT_BODY_BYTES).status_code == 200
    assert (server.requests[-1].body, server.requests[-1].model) == (None, "sim-coder")


def test_struck_requests_are_recorded_and_not_served(start: Start) -> None:
    server = start("openai")
    server.faults.set(Fault("500"))

    ask(server)

    assert (len(server.requests), server.served) == (1, 0)


def test_no_prompt_reaches_a_log(
    start: Start, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    server = start("vllm")
    server.faults.set(Fault("cut_mid_stream", remaining=1))

    with pytest.raises(httpx.RemoteProtocolError):
        ask(server, "mysecretword")
    ask(server, "mysecretword")

    said = capfd.readouterr()
    assert "mysecretword" not in caplog.text + said.out + said.err


def _run(specs: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "signalbox.sim", "--spec", str(specs)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_where_it_listens_answers_and_exits_0_on_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    specs = tmp_path / "specs.json"
    specs.write_text(json.dumps([{"kind": "vllm", "models": ["a", "b"]}, {"kind": "ollama", "models": ["c"]}]))

    with _run(specs) as process:
        assert process.stdout is not None
        vllm, ollama, ready = (process.stdout.readline().split() for _ in range(3))
        body = {"model": "b", "messages": [{"role": "user", "content": "hi"}]}
        answer = httpx.post(f"{vllm[1]}/v1/chat/completions", json=body)
        process.send_signal(number)
        rest, complaints = process.communicate(timeout=20)

    assert (vllm[0], vllm[2:], ollama[0], ollama[2:], ready) == ("vllm", ["a", "b"], "ollama", ["c"], ["ready"])
    assert answer.status_code == 200
    assert (process.returncode, rest, complaints) == (0, "", "")


def test_the_command_exits_1_with_the_reason_when_the_file_is_wrong(tmp_path: Path) -> None:
    specs = tmp_path / "specs.json"
    specs.write_text('[{"kind": "vllm", "models": ["a"], "host": "0.0.0.0"}]')

    with _run(specs) as process:
        _, complaints = process.communicate(timeout=20)

    assert process.returncode == 1
    assert "specs.json: [0]" in complaints
    assert "Traceback" not in complaints
