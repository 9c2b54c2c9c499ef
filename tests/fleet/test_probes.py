"""What each kind of server answers, read into a state; whatever it does not say stays unknown."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.fleet.probes import PROBES
from signalbox.resources.reply import Replies, Reply
from signalbox.schema.fleet import DeploymentState
from signalbox.schema.strategy import ServerKind

VLLM_PAGE = """# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="q"} 3.0
vllm:num_requests_running{engine="1",model_name="q"} 2.0
vllm:num_requests_waiting{engine="0",model_name="q"} 4.0
vllm:num_requests_waiting{engine="1",model_name="q"} 0.0
vllm:num_requests_waiting_by_reason{engine="0",model_name="q",reason="capacity"} 4.0
vllm:engine_sleep_state{engine="0",model_name="q",sleep_state="awake"} 1.0
vllm:engine_sleep_state{engine="0",model_name="q",sleep_state="discard_all"} 0.0
vllm:time_to_first_token_seconds_bucket{engine="0",le="0.001",model_name="q"} 0.0
"""
FINE = Reply(200, "")


def page(text: str) -> Reply:
    return Reply(200, text)


def document(value: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value))


def read(kind: ServerKind, model: str = "m", **replies: Reply | None) -> DeploymentState:
    """Replies by path, with `_` for `/`."""
    by_path = {path: replies.get(path.strip("/").replace("/", "_")) for path in PROBES[kind].paths}
    return PROBES[kind].read(by_path, model)


def test_vllm_tells_its_load_over_all_engines() -> None:
    kv = 'vllm:kv_cache_usage_perc{engine="0"} 0.2\nvllm:kv_cache_usage_perc{engine="1"} 0.4\n'

    found = read("vllm", health=FINE, metrics=page(VLLM_PAGE + kv))

    assert (found.state, found.running, found.waiting) == ("ready", 5, 4)
    assert found.cache_used == pytest.approx(0.3)


def test_the_older_name_of_vllms_cache_counts_too() -> None:
    assert read("vllm", health=FINE, metrics=page("vllm:gpu_cache_usage_perc 0.9\n")).cache_used == 0.9


def test_a_vllm_whose_weights_are_offloaded_sleeps() -> None:
    asleep = VLLM_PAGE.replace('"discard_all"} 0.0', '"discard_all"} 1.0')

    assert read("vllm", health=FINE, metrics=page(asleep)).state == "sleeping"


@pytest.mark.parametrize(
    "metrics",
    [
        None,
        Reply(404, "not found"),
        page("<html><body>vllm:</body></html>"),
        page('vllm:num_requests_running{engine="0 1'),
        page("vllm:num_requests_running NaN\nvllm:num_requests_waiting +Inf\nvllm:kv_cache_usage_perc -1\n"),
    ],
)
def test_figures_that_are_none_leave_a_healthy_server_ready(metrics: Reply | None) -> None:
    assert read("vllm", health=FINE, metrics=metrics) == DeploymentState("ready")


@pytest.mark.parametrize(
    ("kind", "path", "reply", "state"),
    [
        ("vllm", "health", Reply(503, ""), "down"),
        ("vllm", "health", Reply(404, ""), "unknown"),
        ("vllm", "health", Reply(401, ""), "unknown"),
        ("sglang", "ready", FINE, "ready"),
        ("sglang", "ready", Reply(503, ""), "loading"),
        ("llamacpp", "health", document({"status": "ok"}), "ready"),
        ("llamacpp", "health", document({"error": {"code": 503, "message": "Loading model"}}, 503), "loading"),
        ("ollama", "api_version", document({"version": "0.14"}), "ready"),
        ("lmstudio", "api_v0_models", document({"data": []}), "ready"),
        ("lemonade", "live", document({"status": "ok"}), "ready"),
        ("lmstudio", "api_v0_models", Reply(501, ""), "unknown"),
        ("lemonade", "live", Reply(502, "bad gateway"), "down"),
    ],
)
def test_health_is_read_as_each_kind_means_it(kind: ServerKind, path: str, reply: Reply, state: str) -> None:
    assert read(kind, **{path: reply}).state == state


def test_llamacpp_tells_a_queue_by_its_metrics() -> None:
    metrics = page("llamacpp:requests_processing 4\nllamacpp:requests_deferred 7\n")

    found = read("llamacpp", health=FINE, metrics=metrics)

    assert (found.running, found.waiting, found.saturated) == (4, 7, True)
    assert read("llamacpp", health=FINE, metrics=Reply(501, "{}")) == DeploymentState("ready")


def test_a_page_that_was_cut_off_ends_with_its_last_whole_line() -> None:
    cut = page("vllm:num_requests_waiting 2\nvllm:num_requests_running 1")  # it was 120

    found = read("vllm", health=FINE, metrics=cut)

    assert (found.running, found.waiting) == (None, 2)


def test_a_page_made_to_be_slow_is_left_unread() -> None:
    hostile = 'vllm:num_requests_running{a="' + '\\"' * 500_000 + '"} 1\n'

    assert read("vllm", health=FINE, metrics=page(hostile * 2)).running is None


def test_sglang_tells_its_queue() -> None:
    told = page("sglang:num_running_reqs 2\nsglang:num_queue_reqs 9\nsglang:token_usage 0.5\n")

    found = read("sglang", ready=FINE, metrics=told)

    assert (found.running, found.waiting, found.cache_used) == (2, 9, 0.5)


@pytest.mark.parametrize(("listed", "cold"), [("qwen2.5:7b", False), ("qwen2.5:7b:latest", False), ("other", True)])
def test_a_model_that_ollama_has_not_loaded_is_cold(listed: str, cold: bool) -> None:
    ps = document({"models": [{"name": listed, "size": 10, "size_vram": 10}]})

    found = read("ollama", "qwen2.5:7b", api_version=FINE, api_ps=ps)

    assert (found.state, found.cold) == ("ready", cold)


def test_ollama_says_how_much_of_a_model_is_on_the_gpu() -> None:
    ps = document({"models": [{"model": "m", "size": 1000, "size_vram": 400}]})

    assert read("ollama", api_version=FINE, api_ps=ps).reason == "40% of its model is on the GPU"


@pytest.mark.parametrize(
    ("model", "ps"),
    [("m", {"models": {}}), ("m", {}), ("big:120b-cloud", {"models": []}), ("", {"models": []})],
)
def test_ollama_is_cold_only_where_it_says_so(model: str, ps: object) -> None:
    assert read("ollama", model, api_version=FINE, api_ps=document(ps)) == DeploymentState("ready")


def test_lmstudio_and_lemonade_say_what_is_loaded() -> None:
    studio = document({"data": [{"id": "m", "state": "not-loaded"}, {"id": "n", "state": "loaded"}]})
    lemonade = document({"all_models_loaded": [{"model_name": "n"}]})

    assert [read("lmstudio", name, api_v0_models=studio).cold for name in "mnx"] == [True, False, False]
    odd = document({"all_models_loaded": [{"model_name": ["m"]}, {"model_name": {}}]})
    assert read("lemonade", "m", live=FINE, v1_health=odd).cold
    assert [read("lemonade", name, live=FINE, v1_health=lemonade).cold for name in "mn"] == [True, False]


bodies = st.text(max_size=40) | st.sampled_from(
    [
        "{}",
        "[]",
        "1",
        '{"models": 1}',
        '{"models": [1, {"name": 2}]}',
        '{"data": [{"id": []}]}',
        "[" * 5000,
        "vllm:num_requests_running 1e400\n",
        "vllm:num_requests_running 1e308\nvllm:num_requests_running 1e308\n",
        "vllm:num_requests_running{} x\n",
        'llamacpp:requests_processing{a="\\',
        '{"all_models_loaded": [{"model_name": []}]}',
    ]
)


@given(st.sampled_from(sorted(PROBES)), st.data())
def test_no_answer_is_an_error_and_none_that_says_nothing_is_unhealthy(kind: ServerKind, data: st.DataObject) -> None:
    replies: Replies = {
        path: data.draw(st.none() | st.builds(Reply, st.sampled_from([200, 204, 401, 404, 501]), bodies))
        for path in PROBES[kind].paths
    }

    first = replies[PROBES[kind].paths[0]]
    found = PROBES[kind].read(replies, "m")

    assert found.usable or (first and first.status >= 500)
