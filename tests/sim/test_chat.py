"""Chat through every kind of server: text, streams, tools, JSON, limits."""

import json
from typing import Any

import httpx
import jsonschema
import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from signalbox.sim import SimServer

from .conftest import Start, ask

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"enum": ["C", "F"]}, "days": {"type": "integer"}},
            "required": ["city", "unit"],
        },
    },
}
CLOCK: dict[str, Any] = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object"}}}


def client(server: SimServer) -> OpenAI:
    return OpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0)


def test_the_answer_says_model_label_place_and_the_question(any_server: SimServer) -> None:
    with client(any_server) as openai:
        found = openai.chat.completions.create(model="sim-coder", messages=[{"role": "user", "content": "Why rails?"}])

    text = found.choices[0].message.content
    assert text == (
        f"Simulated answer from model 'sim-coder' (lane coder) at {any_server.url} ({any_server.spec.kind}). "
        'You asked: "Why rails?".'
    )
    assert found.choices[0].finish_reason == "stop"
    assert found.usage is not None
    assert found.usage.prompt_tokens == len("Why rails?") // 4


def test_a_stream_brings_the_same_text_and_its_usage_last(any_server: SimServer) -> None:
    with client(any_server) as openai:
        whole = openai.chat.completions.create(model="sim-coder", messages=[{"role": "user", "content": "a  b\nc"}])
        chunks = list(
            openai.chat.completions.create(
                model="sim-coder",
                messages=[{"role": "user", "content": "a  b\nc"}],
                stream=True,
                stream_options={"include_usage": True},
            )
        )

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == whole.choices[0].message.content
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole.usage


def test_a_tool_is_called_with_arguments_that_fit_its_schema(any_server: SimServer) -> None:
    with client(any_server) as openai:
        found = openai.chat.completions.create(
            model="sim-coder",
            messages=[{"role": "user", "content": "Weather?"}],
            tools=[WEATHER, CLOCK],  # type: ignore[list-item]
        )

    assert found.choices[0].finish_reason == "tool_calls"
    (call,) = found.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert call.function.name == "weather"
    jsonschema.validate(json.loads(call.function.arguments), WEATHER["function"]["parameters"])


def test_a_streamed_tool_call_adds_up_to_the_whole_one(start: Start) -> None:
    server = start("vllm")

    with client(server) as openai:
        chunks = list(
            openai.chat.completions.create(
                model="sim-coder",
                messages=[{"role": "user", "content": "Weather?"}],
                tools=[WEATHER],  # type: ignore[list-item]
                stream=True,
            )
        )

    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    assert calls[0].function is not None
    assert calls[0].function.name == "weather"
    arguments = "".join(call.function.arguments or "" for call in calls if call.function)
    assert json.loads(arguments) == {"city": "example", "unit": "C"}
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ("auto", "weather"),
        ("required", "weather"),
        ("none", None),
        ({"type": "function", "function": {"name": "clock"}}, "clock"),
    ],
)
def test_the_tool_choice_is_obeyed(start: Start, choice: object, called: str | None) -> None:
    found = ask(start("vllm"), tools=[WEATHER, CLOCK], tool_choice=choice).json()

    calls = found["choices"][0]["message"].get("tool_calls", [])
    assert [call["function"]["name"] for call in calls] == ([called] if called else [])


def test_after_a_tool_result_comes_text(start: Start) -> None:
    messages = [
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": "sunny"},
    ]

    found = ask(start("vllm"), messages=messages, tools=[WEATHER]).json()["choices"][0]

    assert found["finish_reason"] == "stop"
    assert 'You asked: "Weather?"' in found["message"]["content"]


def test_a_json_schema_is_answered_with_a_document_that_fits(start: Start) -> None:
    schema = WEATHER["function"]["parameters"]
    form = {"type": "json_schema", "json_schema": {"name": "w", "schema": schema}}

    found = ask(start("vllm"), response_format=form).json()["choices"][0]["message"]["content"]

    jsonschema.validate(json.loads(found), schema)


def test_json_object_is_answered_with_an_object(start: Start) -> None:
    found = ask(start("openai"), response_format={"type": "json_object"}).json()["choices"][0]["message"]["content"]

    assert isinstance(json.loads(found), dict)


@pytest.mark.parametrize("key", ["max_tokens", "max_completion_tokens"])
def test_max_tokens_cuts_and_says_so(any_server: SimServer, key: str) -> None:
    found = ask(any_server, **{key: 3}).json()

    assert found["choices"][0]["finish_reason"] == "length"
    assert found["usage"]["completion_tokens"] == 3


def test_a_stop_sequence_ends_the_text_before_it(start: Start) -> None:
    found = ask(start("vllm"), stop=["answer"]).json()["choices"][0]

    assert found["message"]["content"] == "Simulated "
    assert found["finish_reason"] == "stop"


def test_n_choices_are_n_choices(start: Start) -> None:
    found = ask(start("vllm"), n=3).json()

    assert [choice["index"] for choice in found["choices"]] == [0, 1, 2]


def test_pictures_are_read_by_models_that_see_and_refused_by_others(start: Start) -> None:
    server = start("vllm")
    parts = [
        {"type": "text", "text": "What?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    ]
    messages = [{"role": "user", "content": parts}]

    assert ask(server, messages=messages).status_code == 200
    refused = ask(server, model="sim-blind", messages=messages)

    assert refused.status_code == 400
    assert "not a multimodal model" in refused.json()["error"]["message"]


def test_the_text_completion_answers_whole_and_as_a_stream(any_server: SimServer) -> None:
    with client(any_server) as openai:
        whole = openai.completions.create(model="sim-coder", prompt="Once", max_tokens=500)
        streamed = openai.completions.create(model="sim-coder", prompt="Once", max_tokens=500, stream=True)
        text = "".join(chunk.choices[0].text for chunk in streamed)

    assert 'You asked: "Once"' in whole.choices[0].text
    assert text == whole.choices[0].text


@pytest.mark.parametrize(
    ("kind", "wording"),
    [
        ("vllm", "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens"),
        ("openai", "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens"),
        ("llamacpp", "exceeds the available context size (4096 tokens)"),
        ("ollama", "the input length exceeds the context length"),
    ],
)
def test_a_prompt_beyond_the_window_is_refused_in_that_servers_words(start: Start, kind: str, wording: str) -> None:
    refused = ask(start(kind), "word" * 1000, max_tokens=4000)

    assert refused.status_code == 400
    assert wording in refused.json()["error"]["message"]


def test_the_refusal_of_a_long_prompt_carries_the_codes_clients_look_for(start: Start) -> None:
    with client(start("openai")) as openai, pytest.raises(BadRequestError) as caught:
        openai.chat.completions.create(model="sim-coder", messages=[{"role": "user", "content": "x" * 40_000}])
    llamacpp = ask(start("llamacpp"), "x" * 40_000).json()["error"]

    assert caught.value.code == "context_length_exceeded"
    assert llamacpp == llamacpp | {"type": "exceed_context_size_error", "n_prompt_tokens": 10_000, "n_ctx": 4096}


def test_an_unknown_model_is_404_in_openai_shape(any_server: SimServer) -> None:
    with client(any_server) as openai, pytest.raises(NotFoundError, match="nobody"):
        openai.chat.completions.create(model="nobody", messages=[{"role": "user", "content": "hi"}])


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"model": "sim-coder"}', b'{"model": "sim-coder", "messages": []}', b"[" * 100_000]
)
def test_bad_json_is_400(any_server: SimServer, body: bytes) -> None:
    refused = httpx.post(f"{any_server.url}/v1/chat/completions", content=body)

    assert refused.status_code == 400
    assert refused.json()["error"]["message"]


def test_a_lone_surrogate_is_said_back_and_breaks_nothing(start: Start) -> None:
    body = b'{"model": "sim-coder", "messages": [{"role": "user", "content": "a \\ud800 b"}]}'

    found = httpx.post(f"{start('vllm').url}/v1/chat/completions", content=body)

    assert found.status_code == 200
    assert b"\\ud800" in found.content


def test_a_body_of_twenty_mebibytes_is_taken_and_one_beyond_the_limit_refused(start: Start) -> None:
    server = start("openai")
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * (20 * 1024 * 1024)}}

    taken = ask(server, messages=[{"role": "user", "content": [picture]}])
    refused = httpx.post(f"{server.url}/v1/chat/completions", content=b" " * (32 * 1024 * 1024 + 1))

    assert taken.status_code == 200
    assert refused.status_code == 413


def test_a_missing_or_wrong_key_is_401_and_the_right_one_is_not(any_server: SimServer, start: Start) -> None:
    server = start(any_server.spec.kind, api_key="secret")

    assert ask(server).status_code == 401
    assert ask(server, headers={"authorization": "Bearer wrong"}).status_code == 401
    assert ask(server, headers={"authorization": "Bearer secret"}).status_code == 200
