"""Responses, messages, embeddings, and Ollama's own API."""

import json
from typing import Any

import httpx
import pytest
from anthropic import Anthropic
from openai import BadRequestError, OpenAI

from signalbox.sim import SimServer

from .conftest import Start, ask
from .test_chat import WEATHER


def _client(server: SimServer) -> OpenAI:
    return OpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0)


def test_responses_answer_whole_and_as_events(any_server: SimServer) -> None:
    with _client(any_server) as openai:
        whole = openai.responses.create(model="sim-coder", input="Why rails?", instructions="Be short")
        events = list(openai.responses.create(model="sim-coder", input="Why rails?", stream=True))

    assert 'You asked: "Why rails?"' in whole.output_text
    assert whole.status == "completed"
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == whole.output_text
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-1].type == "response.completed"


def test_responses_call_tools_and_say_when_they_are_cut(start: Start) -> None:
    tool: Any = {"type": "function", **WEATHER["function"], "strict": False}
    with _client(start("openai")) as openai:
        called = openai.responses.create(model="sim-coder", input="Weather?", tools=[tool])
        cut = openai.responses.create(model="sim-coder", input="Why?", max_output_tokens=2)

    assert called.output[0].type == "function_call"
    assert json.loads(called.output[0].arguments) == {"city": "example", "unit": "C"}
    assert cut.status == "incomplete"


def test_messages_answer_whole_as_events_and_with_tools(any_server: SimServer) -> None:
    tool: Any = {"name": "weather", "input_schema": WEATHER["function"]["parameters"]}
    question: Any = {"model": "sim-coder", "max_tokens": 200, "messages": [{"role": "user", "content": "Why rails?"}]}
    with Anthropic(base_url=any_server.url, api_key="k", max_retries=0) as anthropic:
        whole = anthropic.messages.create(**question)
        with anthropic.messages.stream(**question) as stream:
            streamed = stream.get_final_message()
        called = anthropic.messages.create(**question, tools=[tool])

    assert whole.content[0].type == "text"
    assert 'You asked: "Why rails?"' in whole.content[0].text
    assert streamed.content[0].type == "text"
    assert streamed.content[0].text == whole.content[0].text
    assert streamed.usage == whole.usage
    assert called.stop_reason == "tool_use"
    assert called.content[0].type == "tool_use"
    assert called.content[0].input == {"city": "example", "unit": "C"}


def test_embeddings_are_unit_vectors_that_depend_on_the_text_alone(any_server: SimServer) -> None:
    with _client(any_server) as openai:
        found = openai.embeddings.create(model="sim-embed", input=["red signal", "red signal lamp", "cheese"])
        again = openai.embeddings.create(model="sim-embed", input="red signal", encoding_format="float")

    first, near, far = (entry.embedding for entry in found.data)
    assert len(first) == 64
    assert sum(value * value for value in first) == pytest.approx(1, abs=1e-6)
    assert first == pytest.approx(again.data[0].embedding, abs=1e-6)
    assert _dot(first, near) > _dot(first, far)
    assert found.usage.prompt_tokens > 0


def test_a_chat_model_does_not_embed_and_an_embedding_model_does_not_chat(start: Start) -> None:
    server = start("vllm")

    with _client(server) as openai, pytest.raises(BadRequestError, match="does not support Embeddings"):
        openai.embeddings.create(model="sim-coder", input="x")
    assert ask(server, model="sim-embed").status_code == 400


def test_ollama_streams_lines_by_default_and_sends_one_object_when_told(start: Start) -> None:
    server = start("ollama")

    streamed = [json.loads(line) for line in ask(server, path="/api/chat").text.splitlines()]
    whole = ask(server, path="/api/chat", stream=False).json()

    assert "".join(line["message"]["content"] for line in streamed) == whole["message"]["content"]
    assert [line["done"] for line in streamed] == [False] * (len(streamed) - 1) + [True]
    assert whole["done_reason"] == "stop"
    assert whole["eval_count"] > 0


def test_ollama_generates_cuts_and_calls_tools(start: Start) -> None:
    server = start("ollama")

    generated = httpx.post(
        f"{server.url}/api/generate", json={"model": "sim-coder", "prompt": "Why?", "stream": False}
    ).json()
    cut = ask(server, path="/api/chat", stream=False, options={"num_predict": 2}).json()
    called = ask(server, path="/api/chat", stream=False, tools=[WEATHER]).json()
    shaped = ask(server, path="/api/chat", stream=False, format=WEATHER["function"]["parameters"]).json()

    assert 'You asked: "Why?"' in generated["response"]
    assert cut["done_reason"] == "length"
    assert called["message"]["tool_calls"][0]["function"]["arguments"] == {"city": "example", "unit": "C"}
    assert json.loads(shaped["message"]["content"]) == {"city": "example", "unit": "C"}


def test_ollama_embeds_and_words_its_errors_in_its_own_way(start: Start) -> None:
    server = start("ollama")

    found = httpx.post(f"{server.url}/api/embed", json={"model": "sim-embed:latest", "input": ["a", "b"]}).json()
    old = httpx.post(f"{server.url}/api/embeddings", json={"model": "sim-embed", "prompt": "a"}).json()
    missing = ask(server, path="/api/chat", model="nobody")

    assert len(found["embeddings"]) == 2
    assert old["embedding"] == found["embeddings"][0]
    assert (missing.status_code, missing.json()) == (404, {"error": "model 'nobody' not found"})


def _dot(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
