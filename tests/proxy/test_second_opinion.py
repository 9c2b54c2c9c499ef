"""Embeddings are asked where the fast model is unsure: bounded, private, and never missed when they are gone."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalbox.errors import BudgetRefusal
from signalbox.ledger.store import open_ledger
from signalbox.proxy.embedding import GroupEmbedder, Vectors, embed_words
from signalbox.proxy.second_opinion import Adviser, Breaker, confidence, open_adviser
from signalbox.routing.pipeline import Pipeline
from signalbox.routing.signals.model import TextModel
from signalbox.schema.facts import Caller, Hints
from signalbox.schema.plan import Plan
from signalbox.schema.signals import TaskSignal
from signalbox.schema.strategy import Behaviour, Budget, SecondOpinion
from signalbox.schema.taxonomy import Taxonomy
from tests.kit.plans import facts, model, plan
from tests.proxy.files import TAXONOMY, strategy
from tests.proxy.harness import Proxy, running, servers

KINDS = {
    "general_qa": {"description": "knowledge"},
    "code": {"description": "programs"},
    "invoices": {
        "description": "bills",
        "keywords": ["booking code"],
        "utterances": ["please pay the attached invoice", "the bill from our supplier is wrong"],
    },
    "travel": {"description": "journeys", "utterances": ["find me a hotel near the station", "book a flight"]},
}
OURS = Taxonomy.model_validate({"kinds": KINDS})
BILL = "The supplier sent a wrong bill, what now?"
SEA = "Write a poem about the sea"
MODEL = TextModel.load()


class Recorder:
    """Hashed words as an embedding server: it remembers what it was asked, and fails while it is told to."""

    def __init__(self) -> None:
        self.asked: list[Sequence[str]] = []
        self.broken = False

    async def __call__(self, texts: Sequence[str]) -> Vectors:
        self.asked.append(texts)
        if self.broken:
            raise ConnectionError("nobody listens")
        return await embed_words(texts)


def unsure_plan(*, local: bool = True, **changes: Any) -> Plan:
    """A plan whose fast model abstains from everything it has only learned."""
    values: dict[str, Any] = {
        "taxonomy": OURS,
        "behaviour": Behaviour(abstain_below=1.0, second_opinion=SecondOpinion(model="vectors")),
        "tasks": {"*": "general", "invoices": "office"},
        "lanes": {"general": ["chat"], "office": ["clerk"]},
        "data_classes": {"phi": "local_only"},
        **changes,
    }
    return plan(model("chat"), model("clerk"), model("vectors", local=local, capabilities=("embeddings",)), **values)


class Desk:
    """An adviser at work, and its pipeline."""

    def __init__(
        self, of: Plan | None = None, embed: Callable[[Sequence[str]], Awaitable[Vectors]] | None = None
    ) -> None:
        self.plan = of or unsure_plan()
        self.recorder = Recorder()
        self.pipeline = Pipeline(self.plan, MODEL)
        config = self.plan.behaviour.second_opinion
        assert config is not None
        self.adviser = Adviser(self.plan, config, embed or self.recorder)

    async def ask(self, prompt: str = BILL, now: float = 0.0, **said: Any) -> TaskSignal | None:
        """One request."""
        return await self.adviser.advise(self.pipeline, facts(prompt, **said), now)

    async def prepare(self, now: float = 0.0) -> None:
        """Until the utterances are embedded; nothing asked so far counts."""
        for number in range(500):
            if await self.ask(f"{BILL} {number}", now) is not None:
                self.recorder.asked.clear()
                return
            await asyncio.sleep(0.01)
        raise AssertionError("no adviser after 5 s")


async def beat() -> None:
    """Long enough for what was started in the background to call its embedder."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture(scope="module", autouse=True)
def semantic_router() -> None:
    """Its import warns on its own account, so it happens here."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("semantic_router.routers", reason="the extra signalbox[semantic] is not installed")


def test_the_most_similar_utterance_answers_for_a_model_that_abstains() -> None:
    async def scene() -> None:
        desk = Desk()
        await desk.prepare()

        opinion = await desk.ask(BILL)

        assert opinion is not None
        assert (opinion.name, opinion.source, opinion.note) == ("invoices", "utterance", "second opinion")
        assert 0.5 < opinion.confidence < 0.95
        decision = desk.pipeline.decide(facts(BILL), id="x", second_opinion=opinion)
        assert (decision.lane, decision.model, decision.task.name) == ("office", "clerk", "invoices")
        line = next(line.note for line in decision.trace if line.stage == "task")
        assert "(utterance, second opinion) -> lane office" in line

    asyncio.run(scene())


def test_without_an_opinion_the_decision_is_as_ever() -> None:
    pipeline = Desk().pipeline

    decision = pipeline.decide(facts(BILL), id="x")

    assert (decision.reason, decision.lane) == ("abstain", "general")
    assert decision == pipeline.decide(facts(BILL), id="x", second_opinion=None)


def test_nothing_similar_is_no_opinion_and_is_remembered_as_such() -> None:
    async def scene() -> None:
        desk = Desk()
        await desk.prepare()

        assert await desk.ask(SEA) is None
        assert await desk.ask(SEA) is None
        assert len(desk.recorder.asked) == 1

    asyncio.run(scene())


def test_a_request_before_the_utterances_are_ready_waits_for_nothing() -> None:
    async def scene() -> None:
        desk = Desk()

        assert await desk.ask() is None
        assert await desk.ask() is None
        await beat()
        assert len(desk.recorder.asked) == 1
        assert desk.recorder.asked[0] == [text for kind in OURS.kinds.values() for text in kind.utterances]
        await desk.prepare()
        assert await desk.ask() is not None

    asyncio.run(scene())


def test_the_same_text_is_embedded_once_and_five_hundred_characters_of_it_at_most() -> None:
    async def scene() -> None:
        desk = Desk()
        await desk.prepare()
        text = f"{BILL} ".ljust(600, "x")

        first = await desk.ask(text)
        second = await desk.ask(text + " and another end")

        assert first == second
        assert desk.recorder.asked == [[text[:500]]]

    asyncio.run(scene())


def test_two_thousand_texts_are_remembered_and_the_oldest_goes_first() -> None:
    async def scene() -> None:
        desk = Desk()
        await desk.prepare()

        for number in range(2_001):
            await desk.ask(f"{number} bills")
        desk.recorder.asked.clear()
        await desk.ask("2000 bills")
        assert desk.recorder.asked == []
        await desk.ask("0 bills")
        assert desk.recorder.asked == [["0 bills"]]

    asyncio.run(scene())


def test_three_failures_end_the_asking_for_thirty_seconds() -> None:
    async def scene() -> None:
        desk = Desk()
        await desk.prepare()
        desk.recorder.broken = True
        texts = (f"{BILL} {number} times" for number in count())

        answers = [await desk.ask(next(texts), now=10.0) for _ in range(50)]
        assert answers == [None] * 50
        assert len(desk.recorder.asked) == 3

        assert [await desk.ask(next(texts), now=39.9), await desk.ask(next(texts), now=40.0)] == [None, None]
        assert await desk.ask(next(texts), now=40.1) is None
        assert len(desk.recorder.asked) == 4

        desk.recorder.broken = False
        assert await desk.ask(next(texts), now=69.9) is None
        assert await desk.ask(next(texts), now=70.0) is not None
        assert await desk.ask(next(texts), now=70.0) is not None

    asyncio.run(scene())


def test_utterances_that_cannot_be_embedded_are_tried_again_after_the_rest() -> None:
    async def scene() -> None:
        desk = Desk()
        desk.recorder.broken = True
        for _ in range(30):
            assert await desk.ask(now=5.0) is None
            await beat()

        assert len(desk.recorder.asked) == 3
        desk.recorder.broken = False
        await desk.prepare(now=35.0)
        assert await desk.ask(now=35.0) is not None

    asyncio.run(scene())


def test_a_server_that_does_not_answer_is_given_up_in_time() -> None:
    async def scene() -> None:
        silent = asyncio.Event()
        recorder = Recorder()

        async def embed(texts: Sequence[str]) -> Vectors:
            vectors = await recorder(texts)
            if recorder.broken or any("silence" in text for text in texts):
                await silent.wait()
            return vectors

        config = SecondOpinion(model="vectors", timeout="20ms")  # type: ignore[arg-type]
        desk = Desk(unsure_plan(behaviour=Behaviour(abstain_below=1.0, second_opinion=config)), embed)
        for number in range(500):
            if await desk.ask(f"{BILL} {number}") is not None:
                break
            await asyncio.sleep(0.01)
        recorder.asked.clear()

        answers = [await desk.ask(f"silence {number}") for number in range(10)]

        assert answers == [None] * 10
        assert len(recorder.asked) == 3

    asyncio.run(scene())


@pytest.mark.parametrize("broken", [[], [[0.0] * 7], [[float("nan")] * 1024], [[1.0], [2.0]]])
def test_vectors_that_make_no_sense_are_no_opinion(broken: Vectors) -> None:
    async def scene() -> None:
        async def embed(texts: Sequence[str]) -> Vectors:
            return broken if any("nonsense" in text for text in texts) else await embed_words(texts)

        desk = Desk(embed=embed)
        await desk.prepare()

        assert await desk.ask("nonsense") is None
        assert await desk.ask(BILL) is not None

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("local", "privacy", "hints", "caller", "asked"),
    [
        (False, "cloud_allowed", Hints(), Caller(), True),
        (False, "cloud_allowed", Hints(data_class="phi"), Caller(), False),
        (False, "cloud_allowed", Hints(data_class="never heard of"), Caller(), False),
        (False, "cloud_allowed", Hints(), Caller(data_class="phi"), False),
        (False, "local_only", Hints(), Caller(), False),
        (True, "cloud_allowed", Hints(data_class="phi"), Caller(data_class="phi"), True),
        (True, "local_only", Hints(), Caller(), True),
        (True, "cloud_allowed", Hints(), Caller(allowed=frozenset({"chat"})), False),
        (True, "cloud_allowed", Hints(), Caller(allowed=frozenset({"chat", "vectors"})), True),
        (True, "cloud_allowed", Hints(task="code"), Caller(), False),
        (True, "cloud_allowed", Hints(model="chat"), Caller(), False),
    ],
)
def test_a_text_goes_only_where_its_request_may_go(
    local: bool, privacy: str, hints: Hints, caller: Caller, asked: bool
) -> None:
    async def scene() -> None:
        desk = Desk(unsure_plan(local=local, privacy=privacy))

        await desk.ask(hints=hints, caller=caller)
        await beat()

        assert bool(desk.recorder.asked) is asked
        desk.adviser.close()

    asyncio.run(scene())


def test_a_private_text_stays_even_where_public_ones_are_compared() -> None:
    async def scene() -> None:
        desk = Desk(unsure_plan(local=False))
        await desk.prepare()

        assert await desk.ask(hints=Hints(data_class="phi")) is None
        assert desk.recorder.asked == []

    asyncio.run(scene())


def test_a_task_that_is_certain_by_other_means_is_not_asked_of_anybody() -> None:
    async def scene() -> None:
        desk = Desk()

        await desk.ask("the booking code of that bill")
        await desk.ask(" ")
        await beat()

        assert desk.recorder.asked == []

    asyncio.run(scene())


def test_an_opinion_replaces_only_what_is_less_certain() -> None:
    pipeline = Pipeline(unsure_plan(behaviour=Behaviour(abstain_below=0.0)), MODEL)
    first = pipeline.extract_signals(facts(SEA)).task

    def after(prompt: str, name: str, sure: float) -> TaskSignal:
        return pipeline.extract_signals(facts(prompt), TaskSignal(name, sure, "utterance")).task

    assert first.source == "signal"
    assert after(SEA, "travel", first.confidence + 0.001).name == "travel"
    assert after(SEA, "travel", first.confidence) == first
    assert after(SEA, "no kind", 1.0) == first
    assert after("my booking code", "travel", 1.0).source == "keyword"


@settings(max_examples=30, deadline=None)
@given(prompt=st.text(st.characters(), max_size=700))
def test_any_text_at_all_gets_an_opinion_or_none(prompt: str) -> None:
    async def scene() -> None:
        desk = Desk(embed=embed_words)
        await desk.prepare()

        opinion = await desk.ask(prompt)

        assert opinion is None or (opinion.name in OURS.kinds and 0.5 <= opinion.confidence <= 0.95)

    asyncio.run(scene())


@given(score=st.floats(0.0, 1.1), least=st.floats(0.0, 0.99))
def test_confidence_rises_with_similarity(score: float, least: float) -> None:
    if score >= least:
        assert 0.5 <= confidence(score, least) <= confidence(max(score, 1.0), least) <= 0.9501


def test_a_rest_begins_once() -> None:
    breaker = Breaker()

    assert [breaker.failed(0.0) for _ in range(5)] == [False, False, True, False, False]
    assert not breaker.admits(29.9)
    assert breaker.admits(30.0)
    breaker.worked()
    assert breaker.admits(30.0)


def test_hashed_words_are_near_where_words_are_shared() -> None:
    one, other, empty = asyncio.run(embed_words(["pay the invoice", "pay these invoices", " "]))

    assert 0.3 < sum(a * b for a, b in zip(one, other, strict=True)) < 1
    assert sum(map(abs, empty)) == 0


def test_an_adviser_is_opened_only_where_the_strategy_asks_for_one(tmp_path: Path) -> None:
    ledger = open_ledger(Budget(), tmp_path)
    local = Behaviour(second_opinion=SecondOpinion(encoder="local"))
    absent = Behaviour(second_opinion=SecondOpinion(model="left_out"))

    found = [open_adviser(unsure_plan(behaviour=how), ledger, str) for how in (Behaviour(), local, absent)]

    assert [adviser is not None for adviser in found] == [False, True, False]
    assert open_adviser(unsure_plan(), ledger, str) is not None
    ledger.close()


def test_without_the_extra_there_is_one_warning_and_no_adviser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "semantic_router", None)
    ledger = open_ledger(Budget(), tmp_path)

    with caplog.at_level(logging.WARNING, "signalbox"):
        assert open_adviser(unsure_plan(), ledger, str) is None

    assert len(caplog.records) == 1
    assert "pip install 'signalbox[semantic]'" in caplog.text
    ledger.close()


def test_semantic_router_is_not_imported_before_it_is_needed() -> None:
    program = "import sys, signalbox.proxy.runtime, signalbox.proxy.second_opinion; sys.exit('semantic_router' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_budget_that_is_spent_pays_for_no_opinion(tmp_path: Path) -> None:
    def refused(**changes: Any) -> bool:
        cloud = model("vectors", local=False, capabilities=("embeddings",), **changes)
        ledger = open_ledger(Budget(monthly=0.000001), tmp_path)  # type: ignore[arg-type]
        try:
            asyncio.run(GroupEmbedder(cloud, ledger, lambda _local: nullcontext("trip"))([BILL]))
        except BudgetRefusal:
            return ledger.report(0)["reserved_usd"] == 0
        finally:
            ledger.close()
        return False

    assert refused(input_price=1_000_000)
    assert refused(priced=False)


@pytest.fixture(scope="module")
def advised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy with a task of its users' own. Its embedding group has a second deployment, by hand, that is not local."""
    with servers() as found:
        at = {name: [server.url] for name, server in found.items()}
        kinds = {"invoices": KINDS["invoices"], "travel": KINDS["travel"]}
        taxonomy = Taxonomy.model_validate({"kinds": {**TAXONOMY.model_dump()["kinds"], **kinds}})
        behaviour = {
            "abstain_below": 1.0,
            "second_opinion": {"model": "vectors", "timeout": "5s", "min_score": 0.25},
            "probe_every": 0,
        }
        asking = strategy(
            at,
            behaviour=behaviour,
            tasks={"code": "coder", "invoices": "coder", "embeddings": "vectors", "*": "general"},
        )

        def sneak(config: dict[str, Any]) -> None:
            params = {"model": "hosted_vllm/gpt-4o-mini", "api_base": f"{at['gpt'][0]}/v1", "api_key": "k"}
            config["model_list"].append(
                {"model_name": "vectors", "litellm_params": params, "model_info": {"id": "sneaked"}}
            )

        folder = tmp_path_factory.mktemp("advised")
        with running(asking, found, folder, change=sneak, taxonomy=taxonomy) as proxy:
            yield proxy


def tasks_of(proxy: Proxy, *texts: str) -> list[tuple[str, bool]]:
    """(task, whether it is a second opinion) of requests with these texts; all of them are answered."""
    found = []
    for text in texts:
        response = proxy.chat(text)
        assert response.status_code == 200
        line = proxy.logged(response.headers["x-signalbox-decision-id"])
        note = next(stage["note"] for stage in line["trace"] if stage["stage"] == "task")
        found.append((line["task"]["name"], "second opinion" in note))
    return found


@pytest.mark.proxy
def test_a_real_proxy_asks_its_embedding_server_and_does_not_miss_it_when_it_is_gone(advised: Proxy) -> None:
    for number in range(100):
        if tasks_of(advised, f"monday brought a bill from some supplier {number}")[0][1]:
            break
    vectors = advised.servers["vectors"]
    bills = [f"supplier bill from monday, still {word}" for word in ("late", "lost", "gone", "big", "odd")]
    before = vectors.served

    asked = tasks_of(advised, *bills, *bills)

    assert asked == [("invoices", True)] * 10
    assert vectors.served - before == 5
    assert not [request.path for request in advised.servers["gpt"].requests if "embed" in request.path]
    assert tasks_of(advised, "zzz qqq") == [("general_qa", False)]

    vectors.close_port()
    try:
        alone = tasks_of(
            advised, *(f"supplier bill from monday, still {word}" for word in ("small", "old", "hard", "new"))
        )
        remembered = tasks_of(advised, bills[0])
    finally:
        vectors.open_port()

    assert alone == [("general_qa", False)] * 4
    assert remembered == [("invoices", True)]
    log = (advised.folder / "proxy.log").read_text()
    assert log.count("no second opinions for now") == 1
    assert "Traceback" not in log
    assert not any(place["in_flight"] for place in advised.deployments().values())


@pytest.mark.proxy
def test_explaining_a_request_calls_no_embedding_server(advised: Proxy) -> None:
    vectors = advised.servers["vectors"]
    before = len(vectors.requests)

    body = {"model": "auto", "messages": [{"role": "user", "content": "a bill that our supplier never sent"}]}
    explained = advised.post("/signalbox/explain", body).json()

    assert explained["reason"] == "abstain"
    assert len(vectors.requests) == before
