"""Servers on loopback are told apart by their answers."""

import threading
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.resources import endpoints
from signalbox.resources.finding import Finding, Look
from signalbox.resources.fingerprint import PATHS, identify
from signalbox.resources.reply import Reply
from tests.resources.servers import Answers, serve


def models(owner: str, *names: str) -> object:
    return {"object": "list", "data": [{"id": name, "object": "model", "owned_by": owner} for name in names]}


OLLAMA_TAGS = {
    "models": [
        {"name": "qwen2.5:7b", "model": "qwen2.5:7b", "size": 4683087332},
        {"name": "gpt-oss:120b-cloud", "model": "gpt-oss:120b-cloud", "remote_host": "https://ollama.com:443"},
    ]
}
SERVERS: dict[str, tuple[Answers, str, tuple[str, ...], str | None]] = {
    "ollama": (
        {
            "/": "Ollama is running",
            "/api/version": {"version": "0.12.1"},
            "/api/tags": OLLAMA_TAGS,
            "/v1/models": models("library", "qwen2.5:7b", "gpt-oss:120b-cloud"),
        },
        "ollama",
        ("qwen2.5:7b",),
        "0.12.1",
    ),
    "vllm": (
        {"/v1/models": models("vllm", "Qwen/Qwen2.5-7B-Instruct-AWQ"), "/version": {"version": "0.33.0"}},
        "vllm",
        ("Qwen/Qwen2.5-7B-Instruct-AWQ",),
        "0.33.0",
    ),
    "vllm that wants a key": (
        {
            "/v1/models": (401, {"error": "Unauthorized"}),
            "/version": {"version": "0.33.0"},
            "/metrics": '# HELP vllm:num_requests_running x\nvllm:num_requests_running{engine="0"} 0\n',
        },
        "vllm",
        (),
        "0.33.0",
    ),
    "sglang, which imitates Ollama": (
        {
            "/v1/models": models("sglang", "some/model"),
            "/api/version": {"version": "0.1"},
            "/api/tags": {"models": [{"name": "some/model"}]},
        },
        "sglang",
        ("some/model",),
        None,
    ),
    "sglang that wants a key": (
        {"/v1/models": (401, {"error": "Unauthorized"}), "/server_info": {"model_path": "m", "version": "0.5.23"}},
        "sglang",
        (),
        "0.5.23",
    ),
    "llama.cpp": (
        {"/v1/models": models("llamacpp", "model.gguf"), "/props": {"total_slots": 4, "build_info": "b6000-abc"}},
        "llamacpp",
        ("model.gguf",),
        "b6000-abc",
    ),
    "llama.cpp while it loads": (
        dict.fromkeys(("/", "/v1/models", "/props"), (503, {"error": {"code": 503, "message": "Loading model"}})),
        "llamacpp",
        (),
        None,
    ),
    "LM Studio": (
        {
            "/v1/models": models("organization_owner", "qwen"),
            "/api/v0/models": {"data": [{"id": "qwen", "state": "not-loaded", "max_context_length": 32768}]},
        },
        "lmstudio",
        ("qwen",),
        None,
    ),
    "Lemonade": (
        {
            "/v1/models": models("lemonade", "Qwen3-GGUF"),
            "/live": {"status": "ok"},
            "/v1/system-info": {"devices": {"cpu": {}}},
            "/v1/health": {"status": "ok", "version": "9.1.0"},
        },
        "lemonade",
        ("Qwen3-GGUF",),
        "9.1.0",
    ),
    "any other OpenAI server": ({"/v1/models": models("someone", "a", "b")}, "openai_compatible", ("a", "b"), None),
    "an OpenAI server that wants a key": (
        {"/v1/models": (401, {"error": {"message": "no key", "type": "auth"}})},
        "openai_compatible",
        (),
        None,
    ),
}


def look(*urls: str, ports: Sequence[int] = (), timeout: float = 1.5) -> Finding:
    return endpoints.probe(Look(environ={}, endpoints=tuple(urls), ports=tuple(ports), timeout=timeout))


@pytest.mark.parametrize("case", SERVERS)
def test_a_server_is_known_by_its_answers(case: str) -> None:
    answers, kind, names, version = SERVERS[case]
    with serve(answers) as server:
        finding = look(server.url)

    (found,) = finding.endpoints
    assert (found.url, found.kind, found.models, found.version) == (server.url, kind, names, version)


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"/": "<html>hello</html>", "/v1/models": "<html>hello</html>"},
        {"/v1/models": (401, {"status": 401, "error": "Unauthorized"})},
        {"/v1/models": "[" * 100_000},
        {"/v1/models": {"data": "none"}},
    ],
)
def test_other_web_servers_are_no_inference_servers(answers: Answers) -> None:
    with serve(answers) as server:
        finding = look(server.url)

    assert finding.endpoints == ()
    assert finding.state == "absent"
    assert "no inference server that we know" in finding.reason


def test_redirects_are_not_followed() -> None:
    with serve({"/v1/models": models("vllm", "m")}) as target:
        moved = {"/v1/models": (302, f"{target.url}/v1/models")}
        with serve(moved) as server:
            finding = look(server.url)

    assert finding.endpoints == ()
    assert target.asked == []


def test_a_body_without_end_is_read_to_its_limit_only() -> None:
    with serve({"/v1/models": models("vllm", "m"), "/metrics": "x" * (8 * 2**20)}) as server:
        finding = look(server.url)

    assert [found.kind for found in finding.endpoints] == ["vllm"]


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve({"/v1/models": models("vllm", "m")}) as server, serve({}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        finding = look(server.url)

    assert finding.state == "ok"
    assert proxy.asked == []


def test_local_ports_are_asked_and_a_configured_address_of_the_same_port_is_not_asked_twice() -> None:
    with serve({"/v1/models": models("vllm", "m")}) as server, serve({"/v1/models": models("x", "n")}) as other:
        finding = look(f"http://localhost:{server.port}/v1/", ports=(server.port, other.port))

    assert [found.url for found in finding.endpoints] == [f"http://localhost:{server.port}", other.url]


def test_a_configured_server_that_is_down_is_named_beside_the_others() -> None:
    with serve({}) as gone:
        pass
    with serve({"/v1/models": models("vllm", "m")}) as server:
        finding = look(gone.url, server.url)

    assert finding.state == "ok"
    assert finding.reason.startswith(f"{gone.url}: connection refused")


def test_nothing_on_the_local_ports_is_a_certain_no() -> None:
    with serve({}) as gone:
        pass

    assert look(ports=(gone.port,)).state == "absent"


def test_a_server_that_accepts_but_does_not_answer_is_unknown() -> None:
    with serve({}, hold=threading.Event()) as server:
        finding = look(server.url, timeout=0.3)

    assert finding.state == "unknown"
    assert finding.reason == f"{server.url}: timed out"


@pytest.mark.parametrize("url", ["http://[::1", "http://name.invalid:9", "ftp://127.0.0.1", "", "http://a b"])
def test_an_address_that_cannot_be_asked_is_no_error(url: str) -> None:
    finding = look(url)

    assert finding.state in ("absent", "unknown")


def test_names_that_a_terminal_would_obey_are_left_out() -> None:
    with serve({"/v1/models": models("vllm", "fine", "\x1b[2J", "x" * 500)}) as server:
        finding = look(server.url)

    assert finding.endpoints[0].models == ("fine",)


@given(
    st.dictionaries(
        st.sampled_from(["/v1/models", *PATHS]),
        st.builds(Reply, st.sampled_from([200, 401, 503]), st.text(max_size=20) | st.sampled_from(["{}", "[]", "1"])),
    )
)
def test_any_answers_are_judged_without_an_error(replies: dict[str, Reply]) -> None:
    found = identify("http://127.0.0.1:1", replies)

    assert found is None or found.kind
