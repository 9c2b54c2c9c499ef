"""What an attacker with a key tries: private text out of the building, more money than the limit, other people's models.

The cloud of the first half is a recorder: it answers nothing, and whatever reaches it has left the building.
"""

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from signalbox.sim.faults import Fault
from tests.proxy.files import strategy
from tests.proxy.harness import MASTER, Proxy, key, running, servers

pytestmark = pytest.mark.proxy

SECRET = "zqxjk"
PHI = {"x-signalbox-data-class": "phi"}
BOUND = key(metadata={"signalbox": {"data_class": "phi"}})
BY_TEAM = key(team_metadata={"signalbox": {"data_class": "phi"}})
TEXT = f"{SECRET} hello there"
BODY: dict[str, Any] = {
    "model": "gpt",
    "max_tokens": 20,
    "messages": [{"role": "user", "content": TEXT}],
    "input": TEXT,
    "prompt": TEXT,
}


class Recorder:
    """A cloud that keeps every byte and answers 404."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                heard.append(f"{self.path}\n{self.headers}".encode() + self.rfile.read(length))
                self.send_response(404)
                self.send_header("content-length", "0")
                self.end_headers()

            do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - names of the base class

            def log_message(self, *args: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def knows(self, text: str) -> bool:
        """Whether a text reached the cloud."""
        return any(text.encode() in heard for heard in self.heard)

    def close(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()


class Watched:
    """A proxy whose cloud, and whose OPENAI_BASE_URL, is the recorder."""

    def __init__(self, proxy: Proxy, cloud: Recorder) -> None:
        self.proxy, self.cloud = proxy, cloud

    def ask(
        self,
        path: str,
        body: object,
        *,
        api_key: str = MASTER,
        headers: Mapping[str, str] | list[tuple[str, str]] | None = None,
    ) -> httpx.Response:
        """One request with headers that may repeat; what the cloud heard before is forgotten."""
        self.cloud.heard.clear()
        given = headers.items() if isinstance(headers, Mapping) else headers or ()
        return httpx.post(
            f"{self.proxy.url}{path}",
            content=json.dumps(body).encode(),
            headers=[("authorization", f"Bearer {api_key}"), ("content-type", "application/json"), *given],
            timeout=30,
            trust_env=False,
        )


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    def with_cache(config: dict[str, Any]) -> None:
        config["litellm_settings"] |= {"cache": True, "cache_params": {"type": "local"}}

    cloud = Recorder()
    with servers() as found, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", f"{cloud.url}/v1")
        patch.setenv("OPENAI_API_BASE", f"{cloud.url}/v1")
        at = {name: [server.url] for name, server in found.items()} | {"gpt": [cloud.url]}
        with running(strategy(at), found, tmp_path_factory.mktemp("watched"), change=with_cache) as proxy:
            yield Watched(proxy, cloud)
    cloud.close()


@pytest.fixture
def watched(started: Watched) -> Iterator[Watched]:
    yield started
    started.proxy.heal()


# --- routes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/v1/responses/input_tokens",
        "/responses/input_tokens",
        "/openai/v1/responses/input_tokens",
        "/v1beta/models/gpt:countTokens",
        "/models/gpt:countTokens",
        "/queue/chat/completions",
        "/rag/query",
        "/v1/rag/query",
        "/v1/threads/t/messages",
        "/v1/assistants",
    ],
)
def test_no_route_past_the_hooks_tells_the_cloud(watched: Watched, path: str) -> None:
    extra = {
        "contents": [{"role": "user", "parts": [{"text": TEXT}]}],
        "priority": 0,
        "role": "user",
        "content": TEXT,
        "instructions": TEXT,
        "custom_llm_provider": "openai",
        "retrieval_config": {"vector_store_id": "v", "custom_llm_provider": "openai"},
    }

    watched.ask(path, BODY | extra, headers=PHI)

    assert not watched.cloud.knows(SECRET)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/responses",
        "/v1/messages",
        "/v1/embeddings",
        "/v1beta/models/gpt:generateContent",
        "/models/gpt:streamGenerateContent",
        "/engines/gpt/chat/completions",
        "/openai/deployments/gpt/chat/completions",
        "/cursor/chat/completions",
        "/interactions",
        "/v1/responses/compact",
        "/v1/batches",
        "/v1/rerank",
        "/v1/audio/speech",
        "/v1/realtime/client_secrets",
        "/openai/v1/responses",
        "/anthropic/v1/messages",
        "/vllm/v1/chat/completions",
    ],
)
@pytest.mark.parametrize("how", ["header", "key", "team"])
def test_no_guarded_route_tells_the_cloud(watched: Watched, path: str, how: str) -> None:
    body = BODY | {"contents": [{"role": "user", "parts": [{"text": TEXT}]}], "query": TEXT, "documents": [TEXT]}
    api_key = {"header": MASTER, "key": BOUND, "team": BY_TEAM}[how]

    response = watched.ask(path, body, api_key=api_key, headers=PHI if how == "header" else None)

    assert response.status_code >= 400
    assert not watched.cloud.knows(SECRET)


@pytest.mark.parametrize("path", ["/v1/realtime?model=gpt", "/v1/responses?model=gpt", "/openai/v1/realtime?model=gpt"])
@pytest.mark.parametrize("how", ["header", "key"])
def test_no_websocket_tells_the_cloud(watched: Watched, path: str, how: str) -> None:
    watched.cloud.heard.clear()
    private = {"authorization": f"Bearer {MASTER}"} | PHI if how == "header" else {"authorization": f"Bearer {BOUND}"}

    async def talk() -> None:
        address = watched.proxy.url.replace("http", "ws", 1) + path
        async with connect(address, additional_headers=private, proxy=None, open_timeout=10) as socket:
            await socket.send(json.dumps({"type": "response.create", "model": "gpt", "input": TEXT}))
            await asyncio.wait_for(socket.recv(), 10)

    with suppress(Exception):  # a refused connection is as good an answer as an error in it
        asyncio.run(talk())

    assert not watched.cloud.heard


# --- fields, names and headers ----------------------------------------------------------------------------------------

ELSEWHERE = "http://127.0.0.1:9/v1"
FIELDS: dict[str, Any] = {
    "api_base": ELSEWHERE,
    "base_url": ELSEWHERE,
    "custom_llm_provider": "openai",
    "user_config": {"model_list": [{"model_name": "small", "litellm_params": {"model": "openai/gpt-4o-mini"}}]},
    "model_list": [{"model_name": "small", "litellm_params": {"model": "openai/gpt-4o-mini"}}],
    "fallbacks": ["gpt"],
    "default_fallbacks": ["gpt"],
    "context_window_fallbacks": [{"small": ["gpt"]}],
    "content_policy_fallbacks": [{"small": ["gpt"]}],
    "litellm_params": {"model": "openai/gpt-4o-mini"},
    "extra_body": {"model": "gpt", "fallbacks": ["gpt"]},
    "specific_deployment": True,
    "deployment_id": "gpt-1",
    "model_info": {"id": "gpt-1"},
    "metadata": {"signalbox": {"data_class": "public"}, "signalbox_decision_id": "x", "model_info": {"id": "gpt-1"}},
    "litellm_metadata": {"signalbox": {"data_class": "public"}, "signalbox_decision_id": "x"},
    "mock_testing_fallbacks": True,
    "request_kwargs": {"model": "gpt"},
    "proxy_server_request": {"headers": {}},
    "success_callback": ["langfuse"],
    "previous_response_id": "resp_x",
    "background": True,
}


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/v1/messages"])
@pytest.mark.parametrize("name", FIELDS)
def test_no_field_of_the_body_leads_a_bound_key_to_the_cloud(watched: Watched, name: str, path: str) -> None:
    for server in ("small", "middle", "large"):
        watched.proxy.servers[server].faults.set(Fault(kind="500"))

    watched.ask(path, BODY | {"model": "auto", name: FIELDS[name]}, api_key=BOUND)

    assert not watched.cloud.heard


@pytest.mark.parametrize("model", ["gpt", "gpt-1", "openai/gpt-4o-mini", "gpt,small", "auto,gpt", "GPT", "gpt ", "*"])
def test_no_name_of_a_model_leads_a_tagged_request_to_the_cloud(watched: Watched, model: str) -> None:
    for path in ("/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings"):
        watched.ask(path, BODY | {"model": model}, headers=PHI)

        assert not watched.cloud.heard


@pytest.mark.parametrize(
    "headers",
    [
        [("X-SIGNALBOX-DATA-CLASS", "phi")],
        [("x-signalbox-data_class", "phi")],
        [("x-signalbox-dataclass", "PHI")],
        [("x-signalbox-data-class", "phi, public")],
        [("x-signalbox-data-class", "public"), ("x-signalbox-data-class", "phi")],
        [("x-signalbox-data-class", "public"), ("x-signalbox-dataclass", "phi")],
        [("x-signalbox-data-class", "phi"), ("x-signalbox-data-class", "public")],
    ],
)
def test_no_spelling_of_the_header_loses_the_rule(watched: Watched, headers: list[tuple[str, str]]) -> None:
    response = watched.ask("/v1/chat/completions", BODY, headers=headers)

    assert response.status_code == 403
    assert not watched.cloud.heard


UNREAD = pytest.mark.xfail(
    strict=True, reason="LiteLLM drops metadata that is a string as a whole before a hook sees it"
)


@pytest.mark.parametrize(
    "metadata",
    [
        {"signalbox": {"data_class": "phi"}},
        {"signalbox": {"dataClass": "phi"}},
        {"signalbox": json.dumps({"data_class": "phi"})},
        {"signalbox": ["data_class", "phi"]},
        pytest.param(json.dumps({"signalbox": {"data_class": "phi"}}), marks=UNREAD),
    ],
)
def test_a_tag_in_the_metadata_counts_in_every_shape(watched: Watched, metadata: object) -> None:
    watched.ask("/v1/chat/completions", BODY | {"metadata": metadata})

    assert not watched.cloud.heard


@pytest.mark.parametrize(
    "bound",
    [
        {"metadata": {"signalbox": {"data_class": "phi"}}},
        {"team_metadata": {"signalbox": {"data_class": "phi"}}},
        {
            "metadata": {"signalbox": {"data_class": "phi"}},
            "team_metadata": {"signalbox": {"data_class": "public"}},
        },
        pytest.param(
            {
                "metadata": {"signalbox": {"data_class": "public"}},
                "team_metadata": {"signalbox": {"data_class": "phi"}},
            },
        ),
        {"metadata": {"signalbox": {"data_class": ["phi"]}}},
        {"metadata": {"signalbox": {"data-class": "phi"}}},
        {"metadata": {"signalbox": "phi"}},
    ],
)
def test_the_strictest_word_of_key_and_team_counts(watched: Watched, bound: dict[str, Any]) -> None:
    watched.ask("/v1/chat/completions", BODY, api_key=key(**bound))

    assert not watched.cloud.heard


# --- state ------------------------------------------------------------------------------------------------------------


def test_private_and_public_requests_at_once_do_not_mix(watched: Watched) -> None:
    async def ask() -> list[int]:
        headers = {"authorization": f"Bearer {MASTER}"}
        async with httpx.AsyncClient(base_url=watched.proxy.url, headers=headers, timeout=60, trust_env=False) as http:

            async def one(number: int) -> int:
                private = number % 2 == 0
                text = f"{SECRET if private else 'open'} {number}"
                body = {
                    "model": "lane/cloud",
                    "messages": [{"role": "user", "content": text}],
                    "stream": number % 3 == 0,
                }
                answer = await http.post("/v1/chat/completions", json=body, headers=PHI if private else {})
                return answer.status_code

            return await asyncio.gather(*(one(number) for number in range(100)))

    watched.cloud.heard.clear()

    assert set(asyncio.run(ask())) == {200}
    assert watched.cloud.knows("open")
    assert not watched.cloud.knows(SECRET)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"model": "large", "messages": [{"role": "user", "content": "kept?"}]}),
        ("/v1/messages", {"model": "large", "max_tokens": 9, "messages": [{"role": "user", "content": "kept?"}]}),
        ("/v1/responses", {"model": "large", "input": "kept?"}),
        ("/v1/embeddings", {"model": "vectors", "input": "kept?"}),
    ],
)
def test_a_private_answer_is_neither_kept_for_others_nor_taken_from_them(
    watched: Watched, path: str, body: dict[str, Any]
) -> None:
    server = watched.proxy.servers[body["model"]]
    before = server.served

    for headers in (PHI, {}, PHI):
        assert watched.ask(path, body, headers=headers).status_code == 200

    assert server.served == before + 3


# --- money ------------------------------------------------------------------------------------------------------------


def spend(proxy: Proxy) -> tuple[float, float]:
    """(booked this month, reserved), in dollars."""
    report = proxy.get("/signalbox/budget").json()
    return report["month_usd"], report["reserved_usd"]


def settled(proxy: Proxy, above: float = -1.0) -> tuple[float, float]:
    """The same, once more than `above` is booked and nothing is reserved, or after 15 s as it then is."""
    deadline = time.monotonic() + 15
    while True:
        booked, reserved = spend(proxy)
        if (booked > above and not reserved) or time.monotonic() > deadline:
            return booked, reserved
        time.sleep(0.05)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy with money enough, that books every call."""
    with servers() as found:
        at = {name: [server.url] for name, server in found.items()}
        budget = {"monthly": 1, "when_spent": "refuse"}
        with running(strategy(at, budget=budget), found, tmp_path_factory.mktemp("bank")) as proxy:
            yield proxy


@pytest.fixture
def rich(bank: Proxy) -> Iterator[Proxy]:
    yield bank
    bank.heal()


@pytest.fixture(scope="module")
def broke(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy that may spend less than any call to the cloud costs at most."""
    with servers() as found:
        at = {name: [server.url] for name, server in found.items()}
        budget = {"monthly": 0.000001, "when_spent": "refuse"}
        with running(strategy(at, budget=budget), found, tmp_path_factory.mktemp("broke")) as proxy:
            yield proxy


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/v1/messages"])
@pytest.mark.parametrize("model", ["gpt", "gpt-1", "openai/gpt-4o-mini"])
def test_without_money_no_name_leads_to_a_priced_model(broke: Proxy, path: str, model: str) -> None:
    before = broke.servers["gpt"].served

    broke.post(path, BODY | {"model": model})

    assert broke.servers["gpt"].served == before


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/interactions", "/queue/chat/completions"])
def test_without_money_no_other_way_leads_to_a_priced_model(broke: Proxy, path: str) -> None:
    model = "gpt,gpt" if path == "/v1/chat/completions" else "gpt"
    before = broke.servers["gpt"].served

    broke.post(path, BODY | {"model": model, "priority": 0})

    assert broke.servers["gpt"].served == before


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"n": 3},
        {"max_completion_tokens": 300},
        {"max_tokens": None, "extra_body": {"max_tokens": 300}},
        {"additional_drop_params": ["max_tokens"]},
        {"extra_body": {"max_tokens": None}},
        {"extra_body": {"n": 10}},
        {"n": 10.0},
        {"max_tokens": "5000"},
    ],
    ids=str,
)
def test_what_goes_out_is_bounded_by_what_was_reserved(rich: Proxy, more: dict[str, Any]) -> None:
    body = {"model": "gpt", "max_tokens": 20, "messages": [{"role": "user", "content": "hello there"}]} | more

    response = rich.post("/v1/chat/completions", body)

    if response.status_code == 400:
        return
    sent = rich.servers["gpt"].requests[-1].body
    assert sent is not None
    limits = [sent[name] for name in ("max_tokens", "max_completion_tokens") if sent.get(name) is not None]
    assert limits
    tokens = int(sent.get("n") or 1) * int(max(limits, key=int))
    assert tokens * 0.6e-6 <= float(response.headers["x-signalbox-cost"])  # gpt-4o-mini: $0.60 per million tokens


@pytest.mark.parametrize("chunks", [0, 1, 1000])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/v1/messages"])
def test_a_stream_that_the_client_cuts_is_paid_and_leaves_nothing_reserved(rich: Proxy, path: str, chunks: int) -> None:
    before, _ = settled(rich)

    with httpx.stream(
        "POST",
        f"{rich.url}{path}",
        json=BODY | {"stream": True},
        headers={"authorization": f"Bearer {MASTER}"},
        timeout=30,
        trust_env=False,
    ) as response:
        for number, _ in enumerate(response.iter_raw(16)):
            if number >= chunks:
                break

    booked, reserved = settled(rich, above=before)
    assert booked > before
    assert reserved == 0


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_does_not_wait_leaves_nothing_reserved(rich: Proxy, stream: bool) -> None:
    rich.servers["gpt"].faults.set(Fault(kind="hang", seconds=1))
    before, _ = settled(rich)

    with suppress(httpx.TimeoutException):
        httpx.post(
            f"{rich.url}/v1/chat/completions",
            json=BODY | {"stream": stream},
            headers={"authorization": f"Bearer {MASTER}"},
            timeout=0.3,
            trust_env=False,
        )

    booked, reserved = settled(rich, above=before)
    assert booked > before
    assert reserved == 0


@pytest.mark.parametrize(
    ("fault", "stream"),
    [
        ("500", False),
        ("500", True),
        ("garbage", False),
        ("cut_before_first_chunk", True),
        ("cut_mid_stream", True),
        ("garbage", True),
        ("empty", True),
    ],
)
def test_a_call_that_the_provider_breaks_leaves_nothing_reserved(rich: Proxy, fault: Any, stream: bool) -> None:
    rich.servers["gpt"].faults.set(Fault(kind=fault))

    with suppress(httpx.HTTPError):
        rich.post("/v1/chat/completions", BODY | {"stream": stream})

    assert settled(rich)[1] == 0


def test_a_stream_of_which_nobody_tells_the_end_is_paid_and_logged_as_abandoned(rich: Proxy) -> None:
    rich.servers["gpt"].faults.set(Fault(kind="empty"))
    before, _ = settled(rich)

    response = rich.post("/v1/chat/completions", BODY | {"stream": True})

    outcome = rich.logged(response.headers["x-signalbox-decision-id"])["outcome"]
    assert (outcome["success"], outcome["error"]) == (False, "Abandoned")
    assert settled(rich, above=before)[0] > before


def test_a_call_that_ends_while_the_ledger_is_locked_is_still_booked(tmp_path: Path) -> None:
    with servers() as found:
        at = {name: [server.url] for name, server in found.items()}
        with running(strategy(at, budget={"monthly": 1}), found, tmp_path) as proxy:
            found["gpt"].faults.set(Fault(kind="hang", seconds=1))
            call = threading.Thread(target=proxy.chat, kwargs={"model": "gpt"})
            call.start()
            while not spend(proxy)[1]:
                time.sleep(0.02)
            ledger = sqlite3.connect(tmp_path / "run" / "ledger.sqlite", isolation_level=None)
            ledger.execute("BEGIN EXCLUSIVE")
            call.join()
            time.sleep(7)  # longer than the ledger waits for its lock
            ledger.execute("ROLLBACK")
            ledger.close()
            found["gpt"].faults.clear()
            proxy.chat(model="gpt")
            booked, reserved = settled(proxy)

    assert reserved == 0
    assert booked > 0.00003  # one such call costs about 0.00002


def test_two_proxies_on_one_run_folder_share_one_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALBOX_RUN", str(tmp_path / "run"))

    async def ask(urls: tuple[str, str]) -> list[httpx.Response]:
        headers = {"authorization": f"Bearer {MASTER}"}
        body = {"model": "lane/cloud", "max_tokens": 200, "messages": [{"role": "user", "content": "hello there"}]}
        async with httpx.AsyncClient(headers=headers, timeout=60, trust_env=False) as http:
            return await asyncio.gather(
                *(http.post(f"{urls[number % 2]}/v1/chat/completions", json=body) for number in range(60))
            )

    with servers() as found:
        at = {name: [server.url] for name, server in found.items()}
        chosen = strategy(at, budget={"monthly": 0.0005, "when_spent": "local"})
        with running(chosen, found, tmp_path / "a") as one, running(chosen, found, tmp_path / "b") as other:
            answers = asyncio.run(ask((one.url, other.url)))
            booked, reserved = settled(one)
            same = settled(other)

    assert {answer.status_code for answer in answers} == {200}
    assert 0 < booked <= 0.0005
    assert reserved == 0
    assert same == (booked, reserved)


# --- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        "lane/coder",
        "lane/cloud",
        "tier/quality",
        "task/code",
        "gpt",
        "gpt-1",
        "large-1",
        "small,gpt",
        "openai/gpt-4o-mini",
    ],
)
def test_a_limited_key_reaches_nothing_else_by_any_name_or_path(proxy: Proxy, model: str) -> None:
    limited = key(models=["auto", "small"])
    before = {name: server.served for name, server in proxy.servers.items()}

    for path in ("/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/completions", "/interactions"):
        for name in ("auto", model):
            body = BODY | {"model": name, "fallbacks": ["gpt"], "context_window_fallbacks": [{"small": ["gpt"]}]}
            proxy.post(path, body, api_key=limited, x_signalbox_lane="cloud", x_signalbox_tier="quality")

    assert all(server.served == before[name] for name, server in proxy.servers.items() if name != "small")


# --- robustness -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"x_signalbox_max_cost": "1e999999999"},
        {"x_signalbox_max_cost": "9" * 4000},
        {"x_signalbox_max_latency_ms": "1" * 4500},
        {"x_signalbox_session": "s" * 8000},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_a_hint_beyond_all_measure_costs_nobody_an_answer(proxy: Proxy, headers: dict[str, str]) -> None:
    assert proxy.chat(**headers).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"messages":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"messages":[{"role":"user","content":' + b"[" * 900 + b"]" * 900 + b"}]}",
    ],
    ids=["too deep to read", "deep"],
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/signalbox/explain", "/v1/messages/count_tokens"])
def test_deep_json_is_answered_and_stops_nothing(proxy: Proxy, path: str, body: bytes) -> None:
    assert proxy.post(path, body).status_code in {200, 400, 500}
    assert proxy.chat().status_code == 200


def test_a_full_disk_under_the_decision_log_loses_lines_but_no_request(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "decisions.jsonl").symlink_to("/dev/full")

    with servers() as found:
        at = {name: [server.url] for name, server in found.items()}
        with running(strategy(at), found, tmp_path) as proxy:
            assert [proxy.chat().status_code for _ in range(5)] == [200] * 5
            deadline = time.monotonic() + 10
            while not (dropped := proxy.get("/signalbox/status").json()["log_lines_dropped"]):
                assert time.monotonic() < deadline
                time.sleep(0.1)

    assert dropped == 5
