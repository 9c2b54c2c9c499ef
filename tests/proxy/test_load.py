"""Many requests at once, while a third of the servers is failing at any time."""

import asyncio
import random
import time
from itertools import cycle

import httpx
import pytest

from signalbox.sim.faults import Fault
from tests.proxy.harness import MASTER, Proxy

pytestmark = pytest.mark.proxy

REQUESTS = 1_000
CONCURRENCY = 32
CHATTING = ("small", "middle", "large")


def test_a_thousand_requests_survive_a_failing_third(proxy: Proxy) -> None:
    """Each second another server fails in another way; one healthy candidate is always there."""
    statuses = asyncio.run(_flood(proxy))

    assert sum(status == 200 for status in statuses) >= 0.999 * REQUESTS
    deadline = time.monotonic() + 10  # a hanging server answers late
    while in_flight := sum(place["in_flight"] for place in proxy.deployments().values()):
        assert time.monotonic() < deadline, f"{in_flight} requests never came back"
        time.sleep(0.1)


async def _flood(proxy: Proxy) -> list[int]:
    chance = random.Random(7)  # noqa: S311 - which server fails is no secret
    gate = asyncio.Semaphore(CONCURRENCY)
    body = {"model": "auto", "messages": [{"role": "user", "content": "hello there"}]}

    async def fail_in_turn() -> None:
        for kind in cycle(("500", "refuse", "429", "hang", "503")):
            for server in proxy.servers.values():
                server.faults.clear()
            proxy.servers[chance.choice(CHATTING)].faults.set(Fault(kind=kind, seconds=3))  # type: ignore[arg-type]
            await asyncio.sleep(1)

    async def ask(client: httpx.AsyncClient) -> int:
        async with gate:
            answer = await client.post("/v1/chat/completions", json=body)
            return answer.status_code

    headers = {"authorization": f"Bearer {MASTER}"}
    async with httpx.AsyncClient(base_url=proxy.url, headers=headers, timeout=60, trust_env=False) as client:
        trouble = asyncio.create_task(fail_in_turn())
        try:
            return await asyncio.gather(*(ask(client) for _ in range(REQUESTS)))
        finally:
            trouble.cancel()
