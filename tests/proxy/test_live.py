"""Live state in the running proxy: what servers say of themselves decides where requests go, before any of them fails."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from signalbox.sim.faults import Fault
from signalbox.sim.server import SimServer
from signalbox.sim.spec import SimModel, SimSpec
from tests.proxy.files import strategy
from tests.proxy.harness import Proxy, running, servers

pytestmark = pytest.mark.proxy


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy that asks its servers five times a second; `middle` has a second server, here under the name `other`."""
    spec = SimSpec(kind="vllm", models=(SimModel(name="middle", context_window=32_768),))
    with SimServer(spec) as other, servers() as found:
        at = {name: [server.url] for name, server in found.items()}
        made = strategy(at | {"middle": [*at["middle"], other.url]})
        watching = made.model_copy(update={"behaviour": made.behaviour.model_copy(update={"probe_every": 0.2})})
        with running(watching, found | {"other": other}, tmp_path_factory.mktemp("live")) as started:
            yield started


def until(proxy: Proxy, deployment: str, holds: Callable[[dict[str, Any]], bool]) -> None:
    deadline = time.monotonic() + 15
    while not holds(proxy.deployments()[deployment]):
        assert time.monotonic() < deadline, proxy.deployments()[deployment]
        time.sleep(0.05)


def test_a_server_that_loads_is_not_tried_until_it_is_ready(proxy: Proxy) -> None:
    until(proxy, "large-1", lambda place: place["state"] == "ready")
    proxy.servers["large"].faults.set(Fault(kind="loading"))
    until(proxy, "large-1", lambda place: place["state"] == "loading")

    answer = proxy.chat(model="large")
    explained = proxy.post("/signalbox/explain", {"prompt": "hello there"}).json()

    assert answer.headers["x-signalbox-model"] != "large"
    assert answer.headers["x-signalbox-fallback-depth"] == "0"
    assert {"model": "large", "reason": "its model still loads"} in explained["excluded"]
    proxy.heal()
    until(proxy, "large-1", lambda place: place["state"] == "ready")
    assert proxy.chat(model="large").headers["x-signalbox-model"] == "large"


def test_two_servers_of_a_model_share_what_many_talks_ask(proxy: Proxy) -> None:
    for place in ("middle-1", "middle-2"):
        until(proxy, place, lambda found: found["running"] == 0)
    talks = [proxy.chat(f"talk {number}", model="middle", x_signalbox_session=f"s{number}") for number in range(12)]
    shared = [proxy.servers[name].served for name in ("middle", "other")]
    again = [proxy.chat("more", model="middle", x_signalbox_session="s3") for _ in range(6)]
    then = [proxy.servers[name].served for name in ("middle", "other")]

    assert {answer.status_code for answer in talks + again} == {200}
    assert min(shared) >= 1
    assert sorted(after - before for before, after in zip(shared, then, strict=True)) == [0, 6], "a talk stays"


def test_the_page_for_prometheus_tells_what_the_servers_tell(proxy: Proxy) -> None:
    until(proxy, "middle-1", lambda place: place["running"] == 0)

    page = proxy.get("/signalbox/metrics").text

    assert 'signalbox_deployment_usable{deployment="middle-1"} 1.0' in page
    assert 'signalbox_deployment_running{deployment="middle-1"} 0.0' in page
    assert 'signalbox_deployment_running{deployment="small-1"}' not in page, "it does not say"
