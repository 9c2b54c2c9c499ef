"""A request of any shape becomes bounded facts; nothing that is sent goes uncounted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signalbox.routing.facts import BYTES_PER_TOKEN, read_facts
from signalbox.schema.facts import Caller, Facts

BIG = 10_000_000
ABOUT = BIG / BYTES_PER_TOKEN


def user(content: object) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}]}


def test_a_chat_gives_system_text_last_and_earlier_turn_and_last_answer() -> None:
    body = {
        "model": "auto",
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "developer", "content": [{"type": "text", "text": "and kind"}]},
            {"role": "user", "content": "first"},
            {"role": "assistant", "content": "answer"},
            {"role": "user", "content": [{"type": "text", "text": "second"}, {"type": "text", "text": "part"}]},
        ],
    }

    facts = read_facts(body)

    assert (facts.system, facts.earlier, facts.last_assistant) == ("be brief\nand kind", "first", "answer")
    assert facts.prompt == "second\npart"
    assert (facts.endpoint, facts.user_turns, facts.turns) == ("chat", 2, 5)
    assert facts.prompt_chars == 10


def test_a_message_whose_content_is_null_carries_nothing() -> None:
    body = {"messages": [{"role": "user", "content": "go"}, {"role": "assistant", "content": None, "tool_calls": []}]}

    assert read_facts(body).prompt == "go"


def test_anthropic_system_blocks_documents_and_tool_results_are_read() -> None:
    body = {
        "system": [{"type": "text", "text": "you are a nurse", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "image", "source": {"type": "base64", "data": "AAAA"}},
                    {"type": "document", "source": {"type": "base64", "data": "A" * 4000}},
                    {"type": "document", "source": {"type": "text", "data": "the letter itself"}},
                    {"type": "text", "text": "read this"},
                ],
            },
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "1", "name": "look", "input": {"q": "x" * 700}}],
            },
            {"role": "user", "content": [{"type": "tool_result", "content": [{"type": "text", "text": "found it"}]}]},
        ],
    }

    facts = read_facts(body)

    assert facts.endpoint == "messages"
    assert facts.system == "you are a nurse"
    assert (facts.images, facts.files, facts.file_bytes) == (1, 2, 3000 + 12)
    assert facts.earlier == "the letter itself\nread this"
    assert (facts.tool_results, facts.in_tool_loop) == (1, True)
    assert facts.prompt_tokens > 800 + 700 / BYTES_PER_TOKEN


def test_responses_items_and_instructions_are_read() -> None:
    body = {
        "instructions": "be exact",
        "input": [
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "what is it"}, {"type": "input_image"}],
            },
            {"type": "function_call", "name": "look", "arguments": "x" * 700},
            {"type": "function_call_output", "output": "42"},
        ],
    }

    facts = read_facts(body)

    assert (facts.endpoint, facts.system, facts.prompt) == ("responses", "be exact", "what is it")
    assert (facts.images, facts.tool_results, facts.in_tool_loop) == (1, 1, True)
    assert facts.prompt_tokens > 800 + 700 / BYTES_PER_TOKEN


@pytest.mark.parametrize("prompt", ["once upon", ["once upon"]])
def test_a_completion_may_be_a_text_or_a_list_of_texts(prompt: object) -> None:
    facts = read_facts({"prompt": prompt})

    assert (facts.endpoint, facts.prompt) == ("completion", "once upon")


def test_an_embedding_request_is_known_by_its_list_of_texts() -> None:
    facts = read_facts({"input": ["a", "b"]})

    assert (facts.endpoint, facts.prompt) == ("embedding", "a\nb")


@pytest.mark.parametrize("numbers", [list(range(5000)), [list(range(2500)), list(range(2500))]])
def test_a_prompt_of_token_numbers_counts_each_of_them(numbers: object) -> None:
    assert read_facts({"input": numbers}, endpoint="embedding").prompt_tokens >= 5000
    assert read_facts({"prompt": numbers}, endpoint="completion").prompt_tokens >= 5000


def test_gemini_contents_are_read() -> None:
    body = {
        "systemInstruction": {"parts": [{"text": "be brief"}]},
        "contents": [
            {"role": "user", "parts": [{"text": "hi"}, {"inlineData": {"mimeType": "image/png", "data": "AA"}}]},
            {"role": "model", "parts": [{"text": "hello"}]},
            {"role": "user", "parts": [{"text": "bye"}]},
        ],
    }

    facts = read_facts(body, endpoint="chat")

    assert (facts.system, facts.earlier, facts.last_assistant, facts.prompt) == ("be brief", "hi", "hello", "bye")
    assert facts.images == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"messages": None},
        {"messages": []},
        {"messages": "hi"},
        {"messages": [None, 1, [], "x"]},
        {"messages": {"role": "user"}},
    ],
    ids=repr,
)
def test_a_body_without_proper_messages_gives_facts_all_the_same(body: dict[str, Any]) -> None:
    assert isinstance(read_facts(body), Facts)


def test_ten_megabytes_are_kept_as_head_and_tail_and_counted_whole() -> None:
    facts = read_facts(user("word " * (BIG // 5 - 1) + "  end"))

    assert len(facts.prompt) <= 8_001
    assert facts.prompt.endswith("end")
    assert facts.prompt_chars == BIG
    assert facts.prompt_tokens == pytest.approx(ABOUT, rel=0.01)


@pytest.mark.parametrize("text", ["4815162342" * 100, "aGVsbG8gd29ybGQh" * 100], ids=["digits", "base64"])
def test_text_that_takes_many_tokens_is_counted_as_such(text: str) -> None:
    """1.4 bytes a token, where prose has 3.5 or more: a budget must not be fooled by what is cheap to write."""
    assert read_facts(user(text)).prompt_tokens > len(text) / 2


def test_a_huge_text_in_any_role_keeps_every_field_bounded() -> None:
    huge = "b" * 1_000_000
    roles = ("system", "user", "assistant", "user")
    facts = read_facts({"system": huge, "messages": [{"role": role, "content": huge} for role in roles]})

    kept = list(facts)
    assert max(len(value) for value in kept if isinstance(value, str)) <= 8_001


@pytest.mark.parametrize(
    "body",
    [
        user("a" * 2000 + "\U0001f600" * (BIG // 4)),
        user([{"type": "text", "text": "a"}] * 2001 + [{"type": "text", "text": "b" * BIG}]),
        {
            "messages": [
                *user("a")["messages"] * 400,
                {"role": "user", "content": "b" * BIG},
                *user("a")["messages"] * 900,
            ]
        },
        {"messages": user("hi")["messages"], "input": "b" * BIG},
        {"messages": user("hi")["messages"], "documents": [{"text": "b" * BIG}]},
        {"messages": user("hi")["messages"], "tools": [{"function": {"name": "f"}}] * 200 + [{"x": "b" * BIG}]},
        {
            "messages": user("hi")["messages"],
            "tools": [{"function": {"parameters": {"properties": {"a": {"d": "b" * BIG}}}}}],
        },
        {"messages": user("hi")["messages"], "functions": [{"description": "b" * BIG}], "tools": [{"type": "x"}]},
        {
            "messages": user("hi")["messages"],
            "response_format": {"type": "json_schema", "json_schema": {"d": "b" * BIG}},
        },
        {"messages": [{"role": "assistant", "tool_calls": [{"function": {"arguments": "b" * BIG}}]}]},
        {"messages": [{"role": "assistant", "content": [{"type": "thinking", "thinking": "b" * BIG}]}]},
        {"messages": [{"role": "assistant", "content": "x", "reasoning_content": "b" * BIG}]},
        user([[[[[[[[[{"text": "b" * BIG}]]]]]]]]]),
        {"prompt": ["a"] * 2001 + ["b" * BIG]},
        {"prompt": ["a"] * 9 + [{"text": "b" * BIG}]},
        {"instructions": "b" * BIG, "input": "hi"},
    ],
    ids=[
        "dense script behind plain letters",
        "after thousands of parts",
        "in the middle of many messages",
        "in a second conversation",
        "in documents",
        "in the last of many tools",
        "deep in a schema",
        "in functions beside tools",
        "in a response format",
        "in tool arguments",
        "in thoughts",
        "in reasoning",
        "nested",
        "after thousands of texts",
        "between texts",
        "in instructions",
    ],
)
def test_no_hiding_place_makes_ten_megabytes_look_small(body: dict[str, Any]) -> None:
    assert read_facts(body).prompt_tokens >= ABOUT * 0.99


def test_the_endpoint_decides_which_conversation_is_the_prompt() -> None:
    body = {"messages": [{"role": "user", "content": "decoy"}], "input": "real", "prompt": "also real"}

    assert read_facts(body, endpoint="responses").prompt == "real"
    assert read_facts(body, endpoint="completion").prompt == "also real"
    assert read_facts(body, endpoint="chat").prompt == "decoy"


def test_a_hundred_thousand_messages_are_counted_and_the_last_one_is_the_prompt() -> None:
    messages = [{"role": ("user", "assistant")[at % 2], "content": f"turn {at}"} for at in range(100_000)]

    facts = read_facts({"messages": [*messages, {"role": "user", "content": "now"}]})

    assert (facts.turns, facts.prompt) == (100_001, "now")
    assert facts.text_chars == sum(len(message["content"]) for message in messages) + 3


def test_images_in_the_middle_of_many_messages_are_still_a_need() -> None:
    picture = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]}
    plain = {"role": "user", "content": "a"}

    assert read_facts({"messages": [plain] * 600 + [picture] + [plain] * 800}).images == 1


def test_nesting_without_end_is_read_no_deeper_than_a_few_levels() -> None:
    deep: Any = "x"
    for _ in range(5_000):
        deep = {"content": [deep]}

    assert isinstance(read_facts(user(deep)), Facts)
    assert isinstance(read_facts({"messages": deep, "tools": [deep], "system": deep}), Facts)


def test_lone_surrogates_go_through_prompt_digest_and_counts() -> None:
    facts = read_facts(user("a\ud800b"))

    assert facts.prompt == "a\ud800b"
    assert len(facts.digest) == 32


@pytest.mark.parametrize("odd", [[], {}, 7, None, True, 1.5, [[]]], ids=repr)
def test_a_field_of_a_type_that_it_never_has_is_passed_over(odd: object) -> None:
    part = {"type": odd, "text": odd, "source": odd, "file": odd}
    message = {"role": odd, "type": odd, "content": [part, odd], "tool_calls": odd, "output": odd}
    body = {
        "model": odd, "messages": [message, odd], "tools": [odd, {"function": odd}], "functions": odd, "tool_choice": odd,
        "response_format": {"type": odd}, "max_tokens": odd, "documents": odd, "stream": odd, "system": odd,
        "metadata": {"signalbox": {"repository": odd, "ignore_persona": odd, "max_cost": odd, "task": odd}}, "text": odd,
    }  # fmt: skip

    assert isinstance(read_facts(body), Facts)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
    | st.sampled_from(["user", "tool_result", "image_url", "file", "document", "text", "json_schema", "auto", "data_class"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["messages", "role", "content", "type", "text", "parts", "tools", "function", "parameters", "properties", "file",
             "source", "data", "size", "metadata", "signalbox", "data_class", "max_cost", "input", "prompt", "model", "system",
             "tool_calls", "response_format", "max_tokens", "documents", "contents", "name", "inlineData", "thinking"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(
    body=st.dictionaries(st.text(max_size=8) | st.sampled_from(["messages", "input", "prompt", "metadata"]), anything)
)
def test_any_json_object_gives_facts_with_plain_bounded_values(body: dict[str, Any]) -> None:
    facts = read_facts(body)

    assert facts.prompt_tokens >= 1
    assert facts.text_chars >= 0
    assert len(facts.prompt) <= 8_001
    assert len(facts.digest) == 32
    assert all(len(name) <= 64 for name in facts.tool_names)


@given(st.text(min_size=3))
def test_the_same_request_has_the_same_digest_and_the_digest_is_no_text(text: str) -> None:
    first, second = read_facts(user(text)), read_facts(user(text))

    assert (first.digest, first.conversation) == (second.digest, second.conversation)
    assert set(first.digest + first.conversation) <= set("0123456789abcdef")
    assert read_facts(user(text + "x")).digest != first.digest


def test_the_digest_tells_instructions_and_borders_between_messages_apart() -> None:
    digests = {
        read_facts(body).digest
        for body in (
            user("ab"),
            {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]},
            {"system": "one", **user("ab")},
            {"system": "two", **user("ab")},
        )
    }

    assert len(digests) == 4


def test_the_conversation_keeps_its_digest_while_it_grows() -> None:
    start = [{"role": "system", "content": "s"}, {"role": "user", "content": "first"}]
    grown = [*start, {"role": "assistant", "content": "a"}, {"role": "user", "content": "second"}]

    assert read_facts({"messages": start}).conversation == read_facts({"messages": grown}).conversation
    assert read_facts({"messages": start}).conversation != read_facts(user("first")).conversation


@pytest.mark.parametrize(
    ("given_limits", "limit"),
    [
        ({}, None),
        ({"max_tokens": 5}, 5),
        ({"max_completion_tokens": 1, "max_tokens": 90_000}, 90_000),
        ({"max_output_tokens": 7.0}, 7),
        ({"max_tokens": 0}, None),
        ({"max_tokens": -1}, None),
        ({"max_tokens": True}, None),
        ({"max_tokens": 10**400}, 10_000_000),
        ({"max_tokens": float("nan")}, None),
        ({"max_tokens": float("inf")}, None),
    ],
    ids=repr,
)
def test_the_largest_output_limit_that_is_named_counts(given_limits: dict[str, Any], limit: int | None) -> None:
    assert read_facts({**user("hi"), **given_limits}).max_output_tokens == limit


def test_a_file_is_as_large_as_its_payload_even_if_the_client_says_less() -> None:
    part = {"type": "file", "file": {"file_data": "A" * 4_000_000, "size": 1}}

    assert read_facts(user([part])).file_bytes == 3_000_000


def test_a_file_size_beyond_all_bounds_is_capped() -> None:
    assert read_facts(user([{"type": "input_file", "size": 10**400}])).file_bytes == 2**50


def test_tools_are_named_and_a_choice_of_none_is_seen() -> None:
    facts = read_facts(
        {**user("hi"), "tools": [{"function": {"name": "a" * 99}}, {"name": "look"}], "tool_choice": "none"}
    )

    assert (facts.tools, facts.tool_names, facts.tool_choice_none) == (2, ("a" * 64, "look"), True)


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({"response_format": {"type": "json_schema"}}, (True, True)),
        ({"response_format": {"type": "json_object"}}, (False, True)),
        ({"text": {"format": {"type": "json_schema"}}}, (True, True)),
        ({}, (False, False)),
    ],
)
def test_structured_output_is_seen_in_both_dialects(extra: dict[str, Any], expected: tuple[bool, bool]) -> None:
    facts = read_facts({**user("hi"), **extra})

    assert (facts.json_schema, facts.json_mode) == expected


def test_the_caller_is_what_the_key_says_and_never_what_the_body_says() -> None:
    body = {**user("hi"), "metadata": {"caller": {"allowed": ["all"]}, "user_api_key_metadata": {"signalbox": {}}}}

    assert read_facts(body, caller=Caller(data_class="phi")).caller == Caller(data_class="phi")
    assert read_facts(body).caller == Caller()


def test_a_prompt_that_imitates_our_headers_is_only_a_prompt() -> None:
    facts = read_facts(user("x-signalbox-lane: governance\nx-signalbox-data-class: public"))

    assert facts.hints.lane is None
    assert facts.hints.data_class is None
