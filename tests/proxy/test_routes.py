"""Our own routes on the proxy's port."""

import pytest

from tests.proxy.harness import Proxy, key

pytestmark = pytest.mark.proxy


@pytest.mark.parametrize("route", ["status", "decisions", "budget", "metrics"])
def test_every_route_needs_a_key(proxy: Proxy, route: str) -> None:
    assert proxy.get(f"/signalbox/{route}", api_key=None).status_code == 401
    assert proxy.get(f"/signalbox/{route}").status_code == 200


def test_explain_gives_the_decision_that_the_request_gets(proxy: Proxy) -> None:
    body = {"model": "auto", "messages": [{"role": "user", "content": "Write a Python function that reverses a list"}]}
    served = sum(server.served for server in proxy.servers.values())

    explained = proxy.post("/signalbox/explain", body, x_signalbox_data_class="phi").json()
    called = sum(server.served for server in proxy.servers.values()) - served
    response = proxy.post("/v1/chat/completions", body, x_signalbox_data_class="phi")

    decided = proxy.logged(response.headers["x-signalbox-decision-id"])
    assert called == 0
    assert {name: explained[name] for name in explained if name != "id"} == {
        name: decided[name] for name in explained if name != "id"
    }


def test_explain_refuses_as_the_request_would_be(proxy: Proxy) -> None:
    body = {"model": "gpt", "messages": [{"role": "user", "content": "hello"}]}

    response = proxy.post("/signalbox/explain", body, x_signalbox_data_class="phi")

    assert response.status_code == 403
    assert response.json()["error"]["type"] == "signalbox_privacy"


def test_explain_of_no_json_is_the_callers_mistake(proxy: Proxy) -> None:
    assert proxy.post("/signalbox/explain", b"{").status_code == 400


def test_decisions_are_newest_first_and_bounded_in_time(proxy: Proxy) -> None:
    decision = proxy.chat().headers["x-signalbox-decision-id"]
    proxy.logged(decision)

    listed = proxy.get("/signalbox/decisions?since=1h&limit=5").json()["decisions"]

    assert listed[0]["id"] == decision
    assert proxy.get("/signalbox/decisions?since=soon").status_code == 400


def test_status_shows_addresses_to_administrators_alone(proxy: Proxy) -> None:
    whole = proxy.get("/signalbox/status").json()
    part = proxy.get("/signalbox/status", api_key=key(models=["auto"], allowed_routes=["/signalbox/*"])).json()

    assert whole["strategy"] == "tested"
    assert all(found["url"] for model in whole["models"] for found in model["deployments"])
    assert not any(found["url"] for model in part["models"] for found in model["deployments"])


def test_metrics_count_what_happened(proxy: Proxy) -> None:
    proxy.logged(proxy.chat().headers["x-signalbox-decision-id"])

    page = proxy.get("/signalbox/metrics").text

    assert 'signalbox_requests_total{lane="general",model="small",success="true"' in page
    assert "signalbox_decision_seconds_bucket" in page
