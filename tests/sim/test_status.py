"""What each kind of server tells about itself, in the shape of the real one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from signalbox.sim import SimServer

from .conftest import Start, ask


def get(server: SimServer, path: str) -> httpx.Response:
    return httpx.get(server.url + path)


def samples(server: SimServer) -> dict[tuple[str, str], float]:
    """Metric samples by name and model name."""
    families = text_string_to_metric_families(get(server, "/metrics").text)
    return {(s.name, s.labels.get("model_name", "")): s.value for family in families for s in family.samples}


def test_vllm_has_an_empty_health_a_version_and_its_window_in_the_model_list(start: Start) -> None:
    server = start("vllm")
    model = get(server, "/v1/models").json()["data"][0]

    assert (get(server, "/health").status_code, get(server, "/health").content) == (200, b"")
    assert get(server, "/ping").status_code == 200
    assert get(server, "/version").json() == {"version": "0.33.0"}
    assert model == model | {"id": "sim-coder", "owned_by": "vllm", "max_model_len": 4096, "parent": None}


def test_vllm_guards_only_v1_with_its_key(start: Start) -> None:
    server = start("vllm", api_key="secret")

    assert [get(server, path).status_code for path in ("/health", "/metrics", "/v1/models")] == [200, 200, 401]


def test_llamacpp_tells_health_slots_and_properties(start: Start) -> None:
    server = start("llamacpp", slots=3)
    model = get(server, "/v1/models").json()["data"][0]

    assert get(server, "/health").json() == {"status": "ok"}
    assert get(server, "/props").json()["total_slots"] == 3
    assert get(server, "/props").json()["default_generation_settings"]["n_ctx"] == 4096
    assert [slot["is_processing"] for slot in get(server, "/slots").json()] == [False] * 3
    assert (model["owned_by"], model["meta"]["n_ctx_train"]) == ("llamacpp", 4096)


def test_llamacpp_leaves_health_open_and_guards_the_rest(start: Start) -> None:
    server = start("llamacpp", api_key="secret")

    assert [get(server, path).status_code for path in ("/health", "/props", "/metrics")] == [200, 401, 401]


def test_ollama_tells_what_it_has_and_what_it_has_loaded(start: Start) -> None:
    server = start("ollama")
    cold = get(server, "/api/ps").json()
    ask(server)
    (loaded,) = get(server, "/api/ps").json()["models"]
    show = httpx.post(f"{server.url}/api/show", json={"model": "sim-coder"}).json()

    assert get(server, "/").text == "Ollama is running"
    assert get(server, "/api/version").json()["version"]
    assert [model["name"] for model in get(server, "/api/tags").json()["models"]] == [
        "sim-coder",
        "sim-embed",
        "sim-blind",
    ]
    assert cold == {"models": []}
    assert (loaded["name"], loaded["size_vram"], loaded["context_length"]) == ("sim-coder", loaded["size"], 4096)
    assert show["model_info"]["simulated.context_length"] == 4096
    assert "tools" in show["capabilities"]
    assert get(server, "/metrics").status_code == 404


def test_vllm_counts_every_request_and_token_under_concurrency(start: Start) -> None:
    server = start("vllm", slots=2)

    with ThreadPoolExecutor(8) as pool:
        answers = [found.json()["usage"] for found in pool.map(lambda _: ask(server), range(40))]
    found = samples(server)

    assert server.served == 40
    assert found["vllm:prompt_tokens_total", "sim-coder"] == sum(usage["prompt_tokens"] for usage in answers)
    assert found["vllm:generation_tokens_total", "sim-coder"] == sum(usage["completion_tokens"] for usage in answers)
    assert found["vllm:e2e_request_latency_seconds_count", "sim-coder"] == 40
    assert found["vllm:num_requests_running", "sim-coder"] == 0
    assert found["vllm:num_requests_waiting", "sim-coder"] == 0
    assert found["vllm:kv_cache_usage_perc", "sim-coder"] == 0
    assert found["vllm:prompt_tokens_total", "sim-blind"] == 0


@contextmanager
def in_flight(server: SimServer, count: int) -> Iterator[None]:
    """`count` requests have arrived and stay; they break at the end, when the server closes its port."""

    def broken_off() -> None:
        with suppress(httpx.TransportError):
            ask(server)

    threads = [Thread(target=broken_off) for _ in range(count)]
    for thread in threads:
        thread.start()
    while info(server)["running"] + info(server)["waiting"] < count:
        pass
    try:
        yield
    finally:
        server.close_port()
        for thread in threads:
            thread.join()


def info(server: SimServer) -> dict[str, Any]:
    found: dict[str, Any] = get(server, "/sim/info").json()
    return found


def test_running_and_waiting_are_live_and_fall_to_zero_when_clients_leave(start: Start) -> None:
    server = start("vllm", slots=2, delay_ms=60_000)

    with in_flight(server, 5):
        during = samples(server)
    server.open_port()
    after = samples(server)

    assert during["vllm:num_requests_running", "sim-coder"] == 2
    assert during["vllm:num_requests_waiting", "sim-coder"] == 3
    assert during["vllm:kv_cache_usage_perc", "sim-coder"] > 0
    assert after["vllm:num_requests_running", "sim-coder"] == 0
    assert after["vllm:num_requests_waiting", "sim-coder"] == 0
    assert server.served == 0


def test_llamacpp_shows_busy_slots_and_503_when_asked_to_fail_on_none(start: Start) -> None:
    server = start("llamacpp", slots=1, delay_ms=60_000)

    with in_flight(server, 2):
        slots, full, found = get(server, "/slots").json(), get(server, "/slots?fail_on_no_slot=1"), samples(server)

    assert [slot["is_processing"] for slot in slots] == [True]
    assert full.status_code == 503
    assert found["llamacpp:requests_processing", ""] == 1
    assert found["llamacpp:requests_deferred", ""] == 1


def test_the_control_route_tells_kind_models_and_served(any_server: SimServer) -> None:
    ask(any_server)

    found = info(any_server)

    assert (found["kind"], found["served"], found["faults"]) == (any_server.spec.kind, 1, [])
    assert found["models"][0] == {
        "name": "sim-coder",
        "context_window": 4096,
        "embedding_dims": None,
        "vision": True,
        "label": "lane coder",
    }
