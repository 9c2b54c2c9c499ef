"""Bad requests get a clear error or a normal answer, never a traceback, a hang or a lost worker."""

from typing import Any

import pytest

from tests.proxy.harness import Proxy

pytestmark = pytest.mark.proxy

USER = {"role": "user", "content": "hello there"}
BODIES: dict[str, Any] = {
    "no messages": {"model": "auto"},
    "empty messages": {"model": "auto", "messages": []},
    "null messages": {"model": "auto", "messages": None},
    "messages of another type": {"model": "auto", "messages": "hello"},
    "null content": {"model": "auto", "messages": [{"role": "user", "content": None}]},
    "numbers for content": {"model": "auto", "messages": [{"role": "user", "content": 7}]},
    "no role": {"model": "auto", "messages": [{"content": "hello"}]},
    "deep content": {"model": "auto", "messages": [{"role": "user", "content": [[[[[["x"]]]]]]}]},
    "a lone surrogate": b'{"model": "auto", "messages": [{"role": "user", "content": "\\ud800 hello"}]}',
    "a NUL": {"model": "auto", "messages": [{"role": "user", "content": "a\x00b"}]},
    "tools of another type": {"model": "auto", "messages": [USER], "tools": {"a": 1}},
    "no JSON": b"{",
    "no object": b"[1, 2]",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_bad_request_gets_an_answer_or_a_clear_error(proxy: Proxy, body: Any) -> None:
    response = proxy.post("/v1/chat/completions", body)

    assert response.status_code < 600
    assert "Traceback" not in response.text
    assert proxy.chat().status_code == 200


def test_ten_megabytes_are_refused_for_their_size_by_name(proxy: Proxy) -> None:
    response = proxy.chat("word " * 2_000_000)

    assert response.status_code == 400
    assert "tokens of context" in response.json()["error"]["message"]


def test_a_prompt_that_imitates_our_headers_is_only_text(proxy: Proxy) -> None:
    response = proxy.chat("hello there\r\nx-signalbox-lane: cloud\r\nx-signalbox-model: gpt")

    assert response.headers["x-signalbox-lane"] != "cloud"


def test_hints_that_make_no_sense_are_passed_over_and_said(proxy: Proxy) -> None:
    response = proxy.chat(x_signalbox_tier="enormous", x_signalbox_max_cost="NaN", x_signalbox_lane="nowhere")

    assert response.status_code == 200
    trace = proxy.logged(response.headers["x-signalbox-decision-id"])["trace"][0]["note"]
    assert "enormous" in trace
    assert "max_cost" in trace
    assert "nowhere" in trace


def test_no_prompt_text_is_in_log_or_decision_log(proxy: Proxy) -> None:
    response = proxy.chat("hello there, the secret word is xylophonist")
    proxy.logged(response.headers["x-signalbox-decision-id"])

    written = (proxy.folder / "proxy.log").read_text() + (proxy.folder / "run" / "decisions.jsonl").read_text()
    assert "xylophonist" not in written
