"""Privacy and key access over real HTTP: what may not happen does not happen, whatever a client tries."""

import httpx
import pytest

from signalbox.sim.faults import Fault
from tests.proxy.harness import MASTER, Proxy, key

pytestmark = pytest.mark.proxy


def refused(response: httpx.Response, status: int, code: str) -> None:
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["type"] == code
    assert error["message"].startswith("signalbox:")


@pytest.mark.parametrize("name", ["phi", "no-such-class"])
def test_a_tagged_request_for_a_cloud_model_is_refused_before_any_call(proxy: Proxy, name: str) -> None:
    before = proxy.servers["gpt"].served

    response = proxy.chat(model="gpt", x_signalbox_data_class=name)

    refused(response, 403, "signalbox_privacy")
    assert proxy.servers["gpt"].served == before


def test_a_tagged_request_in_a_cloud_lane_stays_local(proxy: Proxy) -> None:
    response = proxy.chat(model="lane/cloud", x_signalbox_data_class="phi")

    assert response.headers["x-signalbox-model"] == "large"


def test_a_tagged_request_does_not_fall_back_to_the_cloud(proxy: Proxy) -> None:
    before = proxy.servers["gpt"].served
    for name in ("small", "middle", "large"):
        proxy.servers[name].faults.set(Fault(kind="500"))

    response = proxy.chat(x_signalbox_data_class="phi")

    assert response.status_code >= 400
    assert proxy.servers["gpt"].served == before


def test_without_a_tag_the_cloud_is_the_last_fallback(proxy: Proxy) -> None:
    for name in ("small", "middle", "large"):
        proxy.servers[name].faults.set(Fault(kind="500"))

    response = proxy.chat()

    assert response.status_code == 200
    assert response.headers["x-signalbox-model"] == "gpt"


def test_a_deployment_id_does_not_get_a_tagged_request_past_the_rule(proxy: Proxy) -> None:
    before = proxy.servers["gpt"].served

    response = proxy.chat(model="gpt-1", x_signalbox_data_class="phi")

    assert response.status_code == 403
    assert proxy.servers["gpt"].served == before


def test_a_provider_name_does_not_get_a_tagged_request_past_the_rule(proxy: Proxy) -> None:
    before = proxy.servers["gpt"].served

    response = proxy.chat(model="openai/gpt-4o-mini", x_signalbox_data_class="phi")

    assert response.status_code >= 400
    assert proxy.servers["gpt"].served == before


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/messages", "/v1/completions", "/v1/chat/completions"])
def test_every_endpoint_keeps_the_rule(proxy: Proxy, path: str) -> None:
    body = {
        "model": "gpt",
        "max_tokens": 20,
        "input": "hello",
        "prompt": "hello",
        "messages": [{"role": "user", "content": "hello"}],
    }
    before = proxy.servers["gpt"].served

    response = proxy.post(path, body, x_signalbox_data_class="phi")

    assert response.status_code == 403, response.text
    assert proxy.servers["gpt"].served == before


@pytest.mark.parametrize("holder", ["metadata", "team_metadata"])
def test_a_client_cannot_loosen_what_its_key_is_bound_to(proxy: Proxy, holder: str) -> None:
    bound = key(**{holder: {"signalbox": {"data_class": "phi"}}})

    response = proxy.chat(model="gpt", api_key=bound, x_signalbox_data_class="public")

    refused(response, 403, "signalbox_privacy")


@pytest.mark.parametrize(
    "forged",
    [
        {"signalbox": {"data_class": 7}},
        {"signalbox": {"data_class": ["public"]}},
        {"signalbox": {"data-class": "phi"}},
        {"signalbox": {"data_class": "x" * 5000}},
    ],
)
def test_a_data_class_that_makes_no_sense_counts_as_private(proxy: Proxy, forged: dict[str, object]) -> None:
    body = {"model": "gpt", "messages": [{"role": "user", "content": "hello"}], "metadata": forged}

    refused(proxy.post("/v1/chat/completions", body), 403, "signalbox_privacy")


@pytest.mark.parametrize(
    "forged", [{"signalbox_decision_id": "x"}, {"signalbox": "x"}, {"signalbox": {"lane": {"a": 1}}}]
)
def test_forged_metadata_does_no_harm(proxy: Proxy, forged: dict[str, object]) -> None:
    body = {"model": "auto", "messages": [{"role": "user", "content": "hello there"}], "metadata": forged}

    response = proxy.post("/v1/chat/completions", body)

    assert response.status_code == 200
    assert response.headers["x-signalbox-model"] == "small"


def test_a_key_reaches_only_its_models_by_choice_and_by_fallback(proxy: Proxy) -> None:
    limited = key(models=["auto", "lane/coder", "small"])
    proxy.servers["small"].faults.set(Fault(kind="500"))
    before = {name: server.served for name, server in proxy.servers.items()}

    for model in ("auto", "lane/coder"):
        assert proxy.chat(model=model, api_key=limited).status_code >= 400

    assert all(server.served == before[name] for name, server in proxy.servers.items() if name != "small")


def test_a_key_without_any_model_of_the_plan_is_told_so(proxy: Proxy) -> None:
    refused(proxy.chat(api_key=key(models=["auto"])), 403, "signalbox_model_access_denied")


def test_a_key_for_one_model_gets_that_model(proxy: Proxy) -> None:
    response = proxy.chat("Write a Python function that reverses a list", api_key=key(models=["auto", "large"]))

    assert response.headers["x-signalbox-model"] == "large"


def test_a_model_that_the_key_may_not_use_is_refused_by_name(proxy: Proxy) -> None:
    response = proxy.chat(model="large", api_key=key(models=["auto", "small"]))

    assert response.status_code in {401, 403}


def test_pass_through_routes_are_closed_where_there_is_a_privacy_rule(proxy: Proxy) -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}

    response = proxy.post("/openai/v1/chat/completions", body)

    assert response.status_code == 403, response.text
    assert "leave past the rules" in response.text


def test_files_of_a_tagged_request_do_not_leave(proxy: Proxy) -> None:
    response = httpx.post(
        f"{proxy.url}/v1/files",
        headers={"authorization": f"Bearer {MASTER}", "x-signalbox-data-class": "phi"},
        data={"purpose": "assistants"},
        files={"file": ("a.jsonl", b"{}")},
        timeout=30,
    )

    assert response.status_code == 403, response.text


@pytest.mark.parametrize("path", ["/v1/moderations", "/v1/images/generations"])
def test_other_kinds_of_call_are_closed_to_tagged_requests(proxy: Proxy, path: str) -> None:
    response = proxy.post(path, {"model": "gpt", "input": "hello", "prompt": "hello"}, x_signalbox_data_class="phi")

    assert response.status_code == 403, response.text


@pytest.mark.parametrize("path", ["/v1/messages/count_tokens", "/utils/token_counter?call_endpoint=true"])
def test_counting_tokens_tells_no_provider_the_text(proxy: Proxy, path: str) -> None:
    before = len(proxy.servers["gpt"].requests)

    response = proxy.post(path, {"model": "gpt", "messages": [{"role": "user", "content": "hello there " * 50}]})

    assert response.status_code == 200
    counted = response.json()
    assert 100 < counted.get("input_tokens", counted.get("total_tokens")) < 300
    assert len(proxy.servers["gpt"].requests) == before
    assert proxy.post(path, {"messages": []}, api_key="nobody").status_code == 401
