"""Fallback over real HTTP: whatever the first choice does wrong, the next one answers, and the depth is told."""

import json
import time

import httpx
import pytest

from signalbox.sim.faults import Fault
from tests.proxy.harness import Proxy

pytestmark = pytest.mark.proxy

FAULTS = ["refuse", "429", "500", "503", "401", "404", "context", "hang"]


def answer(response: httpx.Response, *, stream: bool) -> str:
    if not stream:
        return str(response.json()["choices"][0]["message"]["content"])
    events = (line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: {"))
    deltas = (choice["delta"] for event in events for choice in json.loads(event)["choices"])
    return "".join(delta.get("content") or "" for delta in deltas)


def rested(proxy: Proxy) -> None:
    """Waits until the first choice is chosen first again: after failures in a row it rests a little longer each time."""
    deadline = time.monotonic() + 10
    while proxy.chat().headers["x-signalbox-model"] != "small":
        assert time.monotonic() < deadline, "it rests for ever"
        time.sleep(0.02)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_first_choice_is_replaced(proxy: Proxy, fault: str, stream: bool) -> None:
    rested(proxy)
    proxy.servers["small"].faults.set(Fault(kind=fault, seconds=10))  # type: ignore[arg-type]
    body = {"model": "auto", "messages": [{"role": "user", "content": "hello there"}], "stream": stream}

    response = proxy.post("/v1/chat/completions", body)

    assert response.status_code == 200, response.text
    assert "Simulated answer from model 'small'" not in answer(response, stream=stream)
    assert "Simulated answer from model" in answer(response, stream=stream)
    assert response.headers["x-signalbox-fallback-depth"] == "1"
    outcome = proxy.logged(response.headers["x-signalbox-decision-id"])["outcome"]
    assert outcome["success"]
    assert outcome["fallback_depth"] == 1
    assert outcome["model_used"] == response.headers["x-signalbox-model"] != "small"


@pytest.mark.parametrize("fault", ["garbage", "empty"])
def test_an_answer_that_is_none_is_replaced(proxy: Proxy, fault: str) -> None:
    rested(proxy)
    proxy.servers["small"].faults.set(Fault(kind=fault))  # type: ignore[arg-type]

    response = proxy.chat()

    assert response.status_code == 200
    assert response.headers["x-signalbox-fallback-depth"] == "1"


def test_a_stream_that_dies_before_its_first_chunk_is_replaced(proxy: Proxy) -> None:
    rested(proxy)
    proxy.servers["small"].faults.set(Fault(kind="cut_before_first_chunk"))
    body = {"model": "auto", "messages": [{"role": "user", "content": "hello there"}], "stream": True}

    response = proxy.post("/v1/chat/completions", body)

    assert "Simulated answer from model" in answer(response, stream=True)
    outcome = proxy.logged(response.headers["x-signalbox-decision-id"])["outcome"]
    assert outcome["fallback_depth"] == 1, "the headers were out before the stream died; the log knows"


def test_a_closed_port_is_replaced_and_used_again_when_it_opens(proxy: Proxy) -> None:
    rested(proxy)
    proxy.servers["small"].close_port()
    without = proxy.chat()
    proxy.servers["small"].open_port()

    assert without.headers["x-signalbox-model"] != "small"
    rested(proxy)


def test_two_hops_are_counted_as_two(proxy: Proxy) -> None:
    rested(proxy)
    first = proxy.chat().headers["x-signalbox-decision-id"]
    chain = proxy.logged(first)["fallbacks"]
    for name in ("small", chain[0]):
        proxy.servers[name].faults.set(Fault(kind="500"))

    response = proxy.chat()

    assert response.status_code == 200
    assert response.headers["x-signalbox-fallback-depth"] == "2"
    assert response.headers["x-signalbox-model"] == chain[1]


def test_when_everything_fails_the_client_gets_an_error_and_the_log_says_so(proxy: Proxy) -> None:
    for server in proxy.servers.values():
        server.faults.set(Fault(kind="500"))

    response = proxy.chat()

    assert response.status_code >= 429
    outcome = proxy.logged(response.headers["x-signalbox-decision-id"])["outcome"]
    assert not outcome["success"]
    assert outcome["error"]


def test_clients_cannot_bring_their_own_fallbacks(proxy: Proxy) -> None:
    rested(proxy)
    proxy.servers["small"].faults.set(Fault(kind="500"))
    body = {
        "model": "auto",
        "messages": [{"role": "user", "content": "hello there"}],
        "fallbacks": ["gpt"],
        "num_retries": 5,
    }
    before = len(proxy.servers["small"].requests)

    response = proxy.post("/v1/chat/completions", body, x_signalbox_data_class="phi")

    assert response.status_code == 200
    assert response.headers["x-signalbox-model"] != "gpt"
    assert len(proxy.servers["small"].requests) == before + 1
