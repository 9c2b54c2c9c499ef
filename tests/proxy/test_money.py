"""Budgets over real HTTP: reserved before the call, settled after it, never overshot."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from tests.proxy.files import strategy
from tests.proxy.harness import MASTER, Proxy, running, servers

pytestmark = pytest.mark.proxy

BODY = {"model": "lane/cloud", "max_tokens": 200, "messages": [{"role": "user", "content": "hello there"}]}


@pytest.fixture(scope="module")
def frugal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy that may spend a fifth of a cent a month, then goes local."""
    with servers() as found:
        at = {name: [server.url] for name, server in found.items()}
        budget = {"monthly": 0.002, "per_request": 0.01, "when_spent": "local"}
        with running(strategy(at, budget=budget), found, tmp_path_factory.mktemp("frugal")) as proxy:
            yield proxy


def test_sixty_requests_at_once_never_pass_the_limit_and_then_stay_local(frugal: Proxy) -> None:
    async def ask() -> list[httpx.Response]:
        headers = {"authorization": f"Bearer {MASTER}"}
        async with httpx.AsyncClient(base_url=frugal.url, headers=headers, timeout=60, trust_env=False) as client:
            return await asyncio.gather(*(client.post("/v1/chat/completions", json=BODY) for _ in range(60)))

    responses = asyncio.run(ask())
    models = [response.headers["x-signalbox-model"] for response in responses]

    assert {response.status_code for response in responses} == {200}
    assert "gpt" in models
    assert "large" in models
    for response in responses:
        frugal.logged(response.headers["x-signalbox-decision-id"])
    report = frugal.get("/signalbox/budget").json()
    assert 0 < report["month_usd"] <= 0.002
    assert report["limits"][0]["left_usd"] >= 0
    assert report["reserved_usd"] == 0


def test_a_request_dearer_than_the_client_allows_goes_elsewhere(frugal: Proxy) -> None:
    response = frugal.post("/v1/chat/completions", BODY, x_signalbox_max_cost="0.000001")

    assert response.headers["x-signalbox-model"] == "large"
    assert response.headers["x-signalbox-reason"] == "budget"


def test_an_explicit_model_that_is_too_dear_is_refused_with_the_reset_time(frugal: Proxy) -> None:
    response = frugal.post("/v1/chat/completions", BODY | {"model": "gpt"}, x_signalbox_max_cost="0.000001")

    assert response.status_code == 429
    assert response.json()["error"]["type"] == "signalbox_budget_spent"
