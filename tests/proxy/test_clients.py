"""The openai and anthropic clients, unchanged, with model="auto"."""

from collections.abc import Iterator

import anthropic
import httpx
import openai
import pytest

from tests.proxy.harness import MASTER, Proxy

pytestmark = pytest.mark.proxy

TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture
def client(proxy: Proxy) -> Iterator[openai.OpenAI]:
    with httpx.Client(trust_env=False, timeout=30) as wire:
        yield openai.OpenAI(base_url=f"{proxy.url}/v1", api_key=MASTER, max_retries=0, http_client=wire)


@pytest.fixture
def claude(proxy: Proxy) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=proxy.url, api_key=MASTER, max_retries=0) as found:
        yield found


def ours(headers: httpx.Headers) -> dict[str, str]:
    return {
        name.removeprefix("x-signalbox-"): value for name, value in headers.items() if name.startswith("x-signalbox-")
    }


def test_a_chat_is_answered_by_the_model_that_the_headers_name(client: openai.OpenAI) -> None:
    response = client.chat.completions.with_raw_response.create(
        model="auto", messages=[{"role": "user", "content": "Write a Python function that reverses a list"}]
    )

    headers = ours(response.headers)
    assert headers["model"] == "middle"
    assert headers["lane"] == "coder"
    assert "model 'middle'" in (response.parse().choices[0].message.content or "")
    assert len(headers) <= 9


def test_a_stream_arrives_whole_and_its_tokens_are_logged(client: openai.OpenAI, proxy: Proxy) -> None:
    response = client.chat.completions.with_raw_response.create(
        model="auto", messages=[{"role": "user", "content": "hello there"}], stream=True
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in response.parse() if chunk.choices)

    assert "Simulated answer from model 'small'" in text
    outcome = proxy.logged(ours(response.headers)["decision-id"])["outcome"]
    assert outcome["success"]
    assert outcome["completion_tokens"] > 5


def test_tools_come_back_as_tool_calls(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="auto",
        messages=[{"role": "user", "content": "weather in Oslo?"}],
        tools=[TOOL],  # type: ignore[list-item]
    )

    calls = answer.choices[0].message.tool_calls
    assert calls
    assert calls[0].function.name == "weather"  # type: ignore[union-attr]


def test_embeddings_go_to_the_embedding_model(client: openai.OpenAI) -> None:
    response = client.embeddings.with_raw_response.create(model="auto", input=["one", "two"])

    assert ours(response.headers)["model"] == "vectors"
    assert len(response.parse().data) == 2


def test_the_responses_api_is_routed_in_and_out_of_streams(client: openai.OpenAI) -> None:
    response = client.responses.with_raw_response.create(model="auto", input="hello there")
    with client.responses.stream(model="auto", input="hello there") as stream:
        kinds = [event.type for event in stream]

    assert ours(response.headers)["model"] == "small"
    assert "Simulated answer" in response.parse().output_text
    assert kinds[-1] == "response.completed"


def test_completions_are_routed(client: openai.OpenAI) -> None:
    response = client.completions.with_raw_response.create(model="auto", prompt="hello there")

    assert ours(response.headers)["model"] == "small"
    assert "Simulated" in response.parse().choices[0].text


def test_anthropic_messages_are_routed_in_and_out_of_streams(claude: anthropic.Anthropic) -> None:
    question: anthropic.types.MessageParam = {"role": "user", "content": "hello there"}
    response = claude.messages.with_raw_response.create(model="auto", max_tokens=64, messages=[question])
    with claude.messages.stream(model="auto", max_tokens=64, messages=[question]) as stream:
        text = "".join(stream.text_stream)

    assert ours(response.headers)["model"] == "small"
    assert "Simulated answer" in text


@pytest.mark.parametrize("name", ["lane/coder", "task/code_generation", "middle"])
def test_lanes_tasks_and_models_can_be_named(proxy: Proxy, name: str) -> None:
    response = proxy.chat(model=name)

    assert response.headers["x-signalbox-model"] == "middle"


def test_a_tier_can_be_named(proxy: Proxy) -> None:
    response = proxy.chat(model="tier/quality")

    assert response.headers["x-signalbox-model"] == "large"


def test_hints_by_header_and_by_metadata_do_the_same(proxy: Proxy) -> None:
    body = {
        "model": "auto",
        "messages": [{"role": "user", "content": "hello there"}],
        "metadata": {"signalbox": {"lane": "coder"}},
    }

    by_header = proxy.chat(x_signalbox_lane="coder")
    by_metadata = proxy.post("/v1/chat/completions", body)

    assert by_header.headers["x-signalbox-lane"] == by_metadata.headers["x-signalbox-lane"] == "coder"
