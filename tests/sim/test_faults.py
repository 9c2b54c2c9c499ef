"""Every fault, as a client sees it."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.errors import UserError
from signalbox.sim import Fault, FaultBoard, FaultKind, SimServer

from .conftest import Start, ask

STATUS: dict[FaultKind, int] = {"429": 429, "500": 500, "503": 503, "401": 401, "404": 404, "context": 400}


@pytest.mark.parametrize(("kind", "status"), STATUS.items())
def test_a_fault_with_a_status_is_an_error_of_that_status(any_server: SimServer, kind: FaultKind, status: int) -> None:
    any_server.faults.set(Fault(kind))

    found = ask(any_server)

    assert found.status_code == status
    assert found.json()["error"]


def test_429_says_when_to_come_back(start: Start) -> None:
    server = start("openai")
    server.faults.set(Fault("429"))

    assert ask(server).headers["retry-after"] == "1"


@pytest.mark.parametrize("stream", [False, True])
def test_refuse_resets_the_connection_without_a_byte(any_server: SimServer, stream: bool) -> None:
    any_server.faults.set(Fault("refuse"))

    with pytest.raises(httpx.ReadError):
        ask(any_server, stream=stream)


def test_hang_is_silence_until_the_client_gives_up(start: Start) -> None:
    server = start("vllm")
    server.faults.set(Fault("hang", seconds=30))

    with pytest.raises(httpx.ReadTimeout):
        ask(server, timeout=0.2)


def test_hang_ends_with_the_usual_answer(start: Start) -> None:
    server = start("vllm")
    server.faults.set(Fault("hang", seconds=0.05))

    assert ask(server).status_code == 200


def test_garbage_is_html_and_empty_is_nothing(start: Start) -> None:
    server = start("vllm")
    server.faults.set(Fault("garbage", remaining=1), Fault("empty"))

    garbage, empty = ask(server), ask(server)

    assert (garbage.status_code, garbage.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (empty.status_code, empty.content) == (200, b"")


def _received(server: SimServer, path: str = "/v1/chat/completions") -> tuple[int, bytes]:
    """Status, and the bytes that come before the connection breaks."""
    body = {"model": "sim-coder", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    got: list[bytes] = []
    with httpx.stream("POST", server.url + path, json=body) as response:
        with pytest.raises(httpx.RemoteProtocolError):
            got.extend(response.iter_raw())
        return response.status_code, b"".join(got)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/api/chat"])
def test_a_cut_stream_breaks_before_or_after_its_first_chunks(start: Start, path: str) -> None:
    server = start("ollama", chunk_delay_ms=1)
    server.faults.set(Fault("cut_before_first_chunk", remaining=1), Fault("cut_mid_stream"))

    before, middle = _received(server, path), _received(server, path)

    assert before == (200, b"")
    assert middle[0] == 200
    assert b"Simulated" in middle[1]
    assert b"[DONE]" not in middle[1]


@pytest.mark.parametrize("kind", ["cut_before_first_chunk", "cut_mid_stream"])
def test_an_answer_that_is_no_stream_is_cut_as_well(start: Start, kind: FaultKind) -> None:
    server = start("vllm")
    server.faults.set(Fault(kind))

    with pytest.raises(httpx.RemoteProtocolError):
        ask(server)
    assert server.served == 0


def test_a_cut_request_is_counted_as_aborted_and_frees_its_slot(start: Start) -> None:
    server = start("vllm", slots=1)
    server.faults.set(Fault("cut_mid_stream", remaining=1))

    with pytest.raises(httpx.RemoteProtocolError):
        ask(server, stream=True)
    answered = ask(server)

    assert answered.status_code == 200
    assert 'finished_reason="abort"} 1.0' in httpx.get(f"{server.url}/metrics").text


def test_a_client_that_leaves_frees_its_slot(start: Start) -> None:
    server = start("vllm", slots=1, delay_ms=60_000)

    for _ in range(2):
        with pytest.raises(httpx.ReadTimeout):
            ask(server, timeout=0.2)
    while (info := httpx.get(f"{server.url}/sim/info").json())["running"]:
        pass

    assert (info["running"], info["waiting"], info["served"]) == (0, 0, 0)


def test_a_loading_llamacpp_says_so_everywhere(start: Start) -> None:
    server = start("llamacpp")
    server.faults.set(Fault("loading"))

    found = httpx.get(f"{server.url}/health")

    assert found.status_code == 503
    assert found.json() == {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}
    assert ask(server).status_code == 503


def test_a_loading_vllm_answers_nothing(start: Start) -> None:
    server = start("vllm")
    server.faults.set(Fault("loading"))

    with pytest.raises(httpx.ReadError):
        httpx.get(f"{server.url}/health")


def test_probes_are_struck_by_faults_of_the_whole_server_only(start: Start) -> None:
    server = start("vllm")

    server.faults.set(Fault("503"))
    assert httpx.get(f"{server.url}/health").status_code == 200
    server.faults.set(Fault("503", reach="everything"))
    assert httpx.get(f"{server.url}/health").status_code == 503
    server.faults.set(Fault("refuse", reach="inference"))
    assert httpx.get(f"{server.url}/health").status_code == 200


def test_a_fault_of_one_model_leaves_the_others_alone(start: Start) -> None:
    server = start("vllm")
    server.faults.set(Fault("500", model="sim-coder"))

    assert ask(server).status_code == 500
    assert ask(server, model="sim-blind").status_code == 200


def test_remaining_counts_down_and_then_all_is_well(start: Start) -> None:
    server = start("vllm")
    server.faults.set(Fault("500", remaining=2))

    assert [ask(server).status_code for _ in range(4)] == [500, 500, 200, 200]
    assert server.faults.active == ()


def test_a_share_strikes_about_that_many_requests_and_the_same_ones_each_time(start: Start) -> None:
    runs = []
    for _ in range(2):
        server = start("vllm", seed=7)
        server.faults.set(Fault("500", share=0.3))
        runs.append([ask(server).status_code for _ in range(60)])

    assert runs[0] == runs[1]
    assert 10 <= runs[0].count(500) <= 26


@given(st.integers(), st.integers(1, 50))
def test_remaining_is_never_exceeded(seed: int, remaining: int) -> None:
    board = FaultBoard(seed)
    board.set(Fault("500", share=0.5, remaining=remaining))

    struck = sum(board.draw("m", inference=True) is not None for _ in range(400))

    assert struck <= remaining


@pytest.mark.parametrize("wrong", [{"kind": "4o4"}, {"kind": "500", "share": 2}, {"kind": "500", "reach": "all"}])
def test_a_fault_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UserError):
        Fault(**wrong)  # type: ignore[arg-type]


def test_faults_are_set_listed_and_cleared_over_http(start: Start) -> None:
    server = start("vllm")
    control = f"{server.url}/sim/faults"

    set_ = httpx.post(control, json=[{"kind": "503", "model": "sim-coder", "remaining": 5}]).json()
    struck, listed = ask(server).status_code, httpx.get(f"{server.url}/sim/info").json()["faults"]
    httpx.post(control, json=[])

    assert set_["faults"][0]["kind"] == "503"
    assert (struck, listed[0]["remaining"]) == (503, 4)
    assert ask(server).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{}", b"[3]", b'[{"kind": "nope"}]', b'[{"kind": "500", "x": 1}]'])
def test_nonsense_sent_to_the_control_route_is_400_and_changes_nothing(start: Start, body: bytes) -> None:
    server = start("vllm")
    server.faults.set(Fault("500"))

    assert httpx.post(f"{server.url}/sim/faults", content=body).status_code == 400
    assert len(server.faults.active) == 1
