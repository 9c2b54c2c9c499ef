"""Labelled requests: what is read, and how a file that is wrong says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signalbox.errors import FileError
from signalbox.evidence.rows import Labelled, count_lines, labelled, read_lines

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = ("task", "task_alt", "difficulty_0_10", "suggested_tier", "correct", "tools", "messages", "prompt", "documents")


def read(folder: Path, *rows: object) -> list[Labelled]:
    file = folder / "rows.jsonl"
    file.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return [labelled(line) for line in read_lines(file)]


def test_a_row_gives_its_request_and_all_its_labels(tmp_path: Path) -> None:
    row = {
        "prompt": "Add 2 and 2.",
        "task": "math",
        "task_alt": "reasoning",
        "difficulty_0_10": 3,
        "difficulty_src": "a scale",
        "suggested_tier": "fast",
        "correct": {"weak": False, "strong": True, "absent": None},
        "source": "a source",
        "something_else": {"is": "ignored"},
    }

    (found,) = read(tmp_path, row)

    assert found.facts.prompt == "Add 2 and 2."
    assert (found.task, found.also) == ("math", ("reasoning",))
    assert (found.difficulty, found.scale, found.tier) == (3.0, "a scale", "fast")
    assert found.correct == (("weak", False), ("strong", True))
    assert found.source == "a source"


def test_messages_stand_for_the_request_and_a_reference_to_tools_counts_as_tools(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "first"}, {"role": "user", "content": "second"}]

    (found,) = read(tmp_path, {"prompt": "unused", "messages": messages, "tools_ref": "airline"})

    assert (found.facts.prompt, found.facts.earlier, found.facts.tools) == ("second", "first", 1)


def test_a_line_of_the_decision_log_names_its_task_unless_it_abstained(tmp_path: Path) -> None:
    sure = {"prompt": "x", "task": {"name": "math", "source": "signal"}}
    unsure = {"prompt": "x", "task": {"name": "general_qa", "source": "abstain"}}

    first, second = read(tmp_path, sure, unsure)

    assert (first.task, second.task) == ("math", None)


def test_blank_lines_a_mark_of_byte_order_and_a_missing_last_newline_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"prompt": "a"}\n\n  \n{"prompt": "b"}')

    found = [labelled(line) for line in read_lines(file)]

    assert [row.facts.prompt for row in found] == ["a", "b"]


def test_a_folder_is_all_its_files_by_name(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"prompt": name}) + "\n", encoding="utf-8")

    assert [line.data["prompt"] for line in read_lines(tmp_path)] == ["a", "b"]
    assert count_lines(tmp_path) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"prompt": "torn', "line 2: is no JSON"),
        ("[1, 2]", "line 2: is no JSON object"),
        ("[" * 100_000, "line 2: is no JSON"),
        ('{"task": "math"}', "line 2: has neither 'prompt' (text) nor 'messages'"),
        ('{"messages": "hello"}', "line 2: messages: is no list"),
        ('{"prompt": "x", "task": 7}', "line 2: task: is 7, not a name"),
        ('{"prompt": "x", "task_alt": [1]}', "line 2: task_alt: is neither a name nor a list of names"),
        ('{"prompt": "x", "difficulty_0_10": NaN}', "line 2: difficulty_0_10: is nan, not a number"),
        (
            '{"prompt": "x", "suggested_tier": "fasst"}',
            "line 2: suggested_tier: 'fasst' is no tier. Did you mean 'fast'?",
        ),
        ('{"prompt": "x", "correct": {"m": "yes"}}', "line 2: correct.m: is 'yes', neither true nor false"),
        ('{"prompt": "x", "correct": [true]}', "line 2: correct: is no object"),
    ],
)
def test_a_wrong_line_is_named_with_file_and_number(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(FileError) as error:
        read(tmp_path, {"prompt": "fine"}, line)

    assert f"{tmp_path / 'rows.jsonl'}: {said}" in str(error.value)


def test_bytes_that_are_no_text_are_named_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(b'{"prompt": "fine"}\n{"prompt": "\xff"}\n')

    with pytest.raises(FileError, match="line 2: is no JSON"):
        list(read_lines(tmp_path / "rows.jsonl"))


def test_no_file_and_an_empty_folder_say_so(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read: No such file"):
        list(read_lines(tmp_path / "absent.jsonl"))
    with pytest.raises(FileError, match=r"holds no \.jsonl file"):
        list(read_lines(tmp_path))


def test_names_with_half_a_character_can_be_printed(tmp_path: Path) -> None:
    row = {
        "prompt": "\ud800",
        "task": "a\ud800",
        "task_alt": ["b\udfff"],
        "source": "c\ud800",
        "correct": {"\ud800": True},
    }

    (found,) = read(tmp_path, row)

    assert (found.task, found.also, found.source, found.correct) == ("a?", ("b?",), "c?", (("?", True),))


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_object_gives_a_row_or_a_clear_error(tmp_path: Path, row: dict[str, Any]) -> None:
    found = attempt(tmp_path, row)

    assert isinstance(found, Labelled) or "rows.jsonl: line 1" in str(found)


def attempt(folder: Path, row: dict[str, Any]) -> Labelled | FileError:
    try:
        return read(folder, row)[0]
    except FileError as error:
        return error
