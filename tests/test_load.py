"""Every mistake in a file becomes a FileError that names file, key and remedy; nothing else ever comes out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from signalbox.errors import FileError, FileErrors
from signalbox.load import (
    LARGEST_FILE,
    load_catalogue,
    load_personas,
    load_plan,
    load_strategy,
    load_taxonomy,
    read_text,
    read_yaml,
)
from tests.kit.plans import plan

GOOD = """
name: small
models:
  coder: {card: qwen, served_by: vllm, at: [http://node:8000], gpu: t4}
  cloud: {card: deepseek, served_by: deepseek}
lanes:
  coder: {models: [coder], fallbacks: [cloud]}
tasks:
  code: {lane: coder, max_tokens: 4096, prefer: {fast: [coder]}}
  "*": cloud
requires:
  gpus: {class: [t4], count: 4, memory: 15GiB}
behaviour: {timeout: 60s, cache: true}
budget: {monthly: $50, when_spent: local}
"""


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "small.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


Write = Callable[[str | bytes], Path]


def mistakes(error: FileError) -> list[tuple[str, str]]:
    """(key, whole message) of each mistake."""
    found = error.errors if isinstance(error, FileErrors) else (error,)
    return [(one.key, str(one)) for one in found]


def told(load: Callable[[Path], object], path: Path) -> str:
    """What the user reads when a file is loaded: the error, or the path itself if all is well."""
    try:
        load(path)
    except FileError as error:
        return str(error)
    return str(path)


def test_a_good_strategy_loads_with_its_units_read(file: Write) -> None:
    strategy = load_strategy(file(GOOD))

    assert strategy.behaviour.timeout == 60
    assert strategy.budget.monthly == 50_000_000
    assert strategy.tasks["*"].lane == "cloud"
    assert strategy.requires.gpus is not None
    assert strategy.requires.gpus.classes == ("t4",)


@pytest.mark.parametrize(
    ("before", "after", "key", "hint"),
    [
        ("name: small", "nmae: small\nname: small", "nmae", "Did you mean 'name'?"),
        ("served_by: vllm", "serverd_by: vllm, served_by: vllm", "models.coder.serverd_by", "'served_by'"),
        ("fallbacks: [cloud]", "falbacks: [cloud]", "lanes.coder.falbacks", "'fallbacks'"),
        ("memory: 15GiB", "memroy: 15GiB", "requires.gpus.memroy", "'memory'"),
        ("class: [t4]", "clas: [t4]", "requires.gpus.clas", "'class'"),
        ("max_tokens: 4096", "max_token: 4096", "tasks.code.max_token", "'max_tokens'"),
        ("timeout: 60s", "timeuot: 60s", "behaviour.timeuot", "'timeout'"),
        ("when_spent: local", "when_spend: local", "budget.when_spend", "'when_spent'"),
        ("requires:", "requires:\n  any_of: [{slrum: true}]", "requires.any_of[0].slrum", "'slurm'"),
    ],
)
def test_an_unknown_key_at_any_depth_is_named_with_the_nearest_valid_one(
    file: Write, before: str, after: str, key: str, hint: str
) -> None:
    path = file(GOOD.replace(before, after, 1))

    with pytest.raises(FileError) as refused:
        load_strategy(path)

    assert [found for found, _ in mistakes(refused.value)] == [key]
    assert str(refused.value).startswith(f"{path}: {key}: ")
    assert hint in str(refused.value)


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("models: [coder]", "models: [codre]", "lanes.coder.models[0]"),
        ("fallbacks: [cloud]", "fallbacks: [coder, cluod]", "lanes.coder.fallbacks[1]"),
        ("lane: coder", "lane: codre", "tasks.code.lane"),
        ("fast: [coder]", "fast: [codre]", "tasks.code.prefer.fast[0]"),
        ('"*": cloud', '"*": cluod', "tasks.*.lane"),
        ("name: small", "name: small\nlock: cluod", "lock"),
        ("name: small", "name: small\npersonas: [casual]\ndefault_persona: casaul", "default_persona"),
        ("name: small", "name: small\nexperiments: {t: {lane: codre, model: cloud, share: 0.5}}", "experiments.t.lane"),
        (
            "name: small",
            "name: small\nexperiments: {t: {lane: coder, model: cluod, share: 0.5}}",
            "experiments.t.model",
        ),
    ],
)
def test_a_reference_to_nothing_is_named_with_what_was_meant(file: Write, before: str, after: str, key: str) -> None:
    path = file(GOOD.replace(before, after, 1))

    with pytest.raises(FileError, match="Did you mean") as refused:
        load_strategy(path)

    assert [found for found, _ in mistakes(refused.value)] == [key]


def test_a_strategy_without_a_general_task_is_told_how_to_add_one(file: Write) -> None:
    with pytest.raises(FileError, match=r'add  "\*": <lane>'):
        load_strategy(file(GOOD.replace('  "*": cloud\n', "")))


def test_several_mistakes_are_all_told_at_once(file: Write) -> None:
    text = (
        GOOD.replace("fallbacks: [cloud]", "falbacks: [cloud]").replace("60s", "soon").replace("count: 4", "count: 0")
    )

    with pytest.raises(FileErrors) as refused:
        load_strategy(file(text))

    assert {key for key, _ in mistakes(refused.value)} == {
        "lanes.coder.falbacks",
        "behaviour.timeout",
        "requires.gpus.count",
    }


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("name: small\ntasks: {'*': x}", "models", "is missing"),
        ("name: [small]\nmodels: {}\ntasks: {'*': x}", "name", "string"),
        (GOOD.replace("$50", "-5"), "budget.monthly", "no amount"),
        (GOOD.replace("$50", ".nan"), "budget.monthly", "no amount"),
        (GOOD.replace("$50", ".inf"), "budget.monthly", "no amount"),
        (GOOD.replace("60s", "90:30"), "behaviour.timeout", "no duration"),
        (GOOD.replace("60s", "2026-01-01"), "behaviour.timeout", "no duration"),
        (GOOD.replace("name: small", "name: 2026-01-01x y"), "name", "pattern"),
        (GOOD.replace("http://node:8000", "http://me:secret@node:8000"), "models.coder.at[0]", "pattern"),
        (GOOD.replace("name: small", "name: small\nprivacy: loca_only"), "privacy", "local_only"),
        (GOOD.replace("name: small", "name: small\ntiers: {fast_below: 8, quality_from: 2}"), "tiers", "swap"),
        (GOOD.replace("  coder: {card", "  'bad name': {card"), "models.bad name", "pattern"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_by_its_key(file: Write, text: str, key: str, words: str) -> None:
    with pytest.raises(FileError) as refused:
        load_strategy(file(text))

    assert any(found == key and words in message for found, message in mistakes(refused.value))


def test_an_address_with_a_password_is_refused_without_repeating_it(file: Write) -> None:
    with pytest.raises(FileError) as refused:
        load_strategy(file(GOOD.replace("http://node:8000", "http://me:hunter2@node:8000")))

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty, not a mapping"),
        (b"# nothing\n", "is empty, not a mapping"),
        (b"- a\n- b\n", "is a list, not a mapping"),
        (b"just words", "is a str, not a mapping"),
        (b"name: \xff\xfe", "is not UTF-8 text (byte 6)"),
        ("name: klein".encode("utf-16"), "is not UTF-8 text"),
        (b"name:\n\tx: 1", "line 2, column 1"),
        (b"name: [a", "line 1"),
        (b"name: a\nname: b", "line 2, column 1: the key 'name' stands here twice"),
        (b"a: {b: 1, b: 2}", "the key 'b' stands here twice"),
        (b"a: &x [1]\nb: *x", "line 2, column 4: aliases"),
        (b"a: !!python/object:os.system x", "tags"),
        (b"a: !!int ''", "tags"),
        (b"a: !!timestamp soon", "tags"),
        (b"a: !!bool maybe", "tags"),
        (b"? [a, b]\n: c", "a key must be a plain word"),
        (b"? {a: b}\n: c", "a key must be a plain word"),
        (b"a: 1\n---\nb: 2", "another document"),
        (b"a: \x00", "special characters"),
        (b"a: " + b"9" * 5000, "is not YAML"),
        (b"a: " + b"[" * 30 + b"]" * 30, "nested deeper than 20 levels"),
        (b"[" * 100_000, "nested deeper than 20 levels"),
        (b"{a: " * 100_000, "nested deeper than 20 levels"),
        (b"- " * 100_000, "nested deeper than 20 levels"),
        (b"x" * (LARGEST_FILE + 1), "is larger than 2 MiB. Split or shorten it"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_what_is_no_usable_yaml_is_told_with_its_place(file: Write, content: bytes, words: str) -> None:
    path = file(content)

    with pytest.raises(FileError) as refused:
        read_yaml(path)

    assert str(refused.value).startswith(f"{path}: ")
    assert words in str(refused.value)


def test_a_bomb_of_aliases_is_refused_before_it_grows(file: Write) -> None:
    levels = [f"l{at}: &l{at} [{', '.join([f'*l{at - 1}'] * 9)}]" for at in range(1, 30)]

    with pytest.raises(FileError, match="aliases"):
        read_yaml(file("l0: &l0 [x]\n" + "\n".join(levels)))


@pytest.mark.parametrize(
    "written", ["12:30", "190:20:30", "2026-01-01", "2026-01-01 10:00:00", "0b101x", "1_000:30", "0o17"]
)
def test_times_and_dates_stay_the_text_that_was_written(file: Write, written: str) -> None:
    assert read_yaml(file(f"a: {written}")) == {"a": written}


@pytest.mark.parametrize(
    ("written", "value"),
    [("7", 7), ("-7", -7), ("1_000", 1000), ("0x1F", 31), ("0.5", 0.5), (".5", 0.5), ("1.5e+3", 1500.0)],
)
def test_plain_numbers_stay_numbers(file: Write, written: str, value: float) -> None:
    assert read_yaml(file(f"a: {written}")) == {"a": value}


def test_a_byte_order_mark_does_no_harm(file: Write) -> None:
    assert read_yaml(file(b"\xef\xbb\xbfa: 1")) == {"a": 1}


def test_a_missing_file_a_folder_and_an_impossible_path_are_file_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path, Path("a\0b")):
        with pytest.raises(FileError):
            read_text(path)


def test_a_device_without_end_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="larger than"):
        read_text(Path("/dev/zero"))


def test_a_parent_that_is_no_kind_and_a_circle_of_parents_are_told(file: Write) -> None:
    with pytest.raises(FileError, match="'codee' is no kind"):
        load_taxonomy(file("kinds: {a: {description: x, parent: codee}}"))
    with pytest.raises(FileError, match="circle"):
        load_taxonomy(file("kinds: {a: {description: x, parent: b}, b: {description: y, parent: a}}"))


@pytest.mark.parametrize(
    "when", ["complexity < 3; import os", "__import__('os')", "complexity < " + "1" * 200, "task = code"]
)
def test_a_persona_rule_is_a_comparison_and_never_code(file: Write, when: str) -> None:
    with pytest.raises(FileError) as refused:
        load_personas(file("personas: {x: {rules: [{when: " + json.dumps(when) + ", tier: fast}]}}"))

    assert refused.value.key == "personas.x.rules[0].when"


def test_a_rule_that_does_two_things_is_refused(file: Write) -> None:
    with pytest.raises(FileError, match="exactly one thing"):
        load_personas(file("personas: {x: {rules: [{when: complexity < 3, tier: fast, move: up}]}}"))


def test_a_catalogue_names_the_card_whose_figure_is_wrong(file: Write) -> None:
    with pytest.raises(FileError) as refused:
        load_catalogue(file("models: {m: {source: s, context_window: 0}}\nproviders: {}\nbenchmark_weights: {}"))

    assert refused.value.key == "models.m.context_window"


def test_a_plan_that_was_written_is_read_back_the_same(tmp_path: Path) -> None:
    made = plan()
    path = tmp_path / "routing_plan.json"
    path.write_text(made.model_dump_json())

    assert load_plan(path) == made


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"format": 2}', "[" * 100_000, '"\\ud800"', "NaN"])
def test_a_torn_plan_says_that_it_must_be_compiled_anew(tmp_path: Path, content: str) -> None:
    path = tmp_path / "routing_plan.json"
    path.write_text(content)

    with pytest.raises(FileError, match="signalbox compile"):
        load_plan(path)


words = st.sampled_from(
    [
        "a",
        "models",
        "lanes",
        "tasks",
        ": ",
        "- ",
        "\n",
        "  ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "&x",
        "*x",
        "!!int ",
        "!x ",
        "? ",
        "|",
        ">",
        '"',
        "'",
        "0_",
        "0x",
        "1:30",
        ".",
        "~",
        "<<",
        "=",
        "%YAML",
        "---",
        "...",
        "\t",
        "#",
        "\u2028",
        "\ufeff",
        "@",
        "`",
        "2026-01-01",
    ]
)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.lists(words | st.text(max_size=5)).map("".join).map(str.encode)
    | st.binary()
    | st.text().map(lambda t: t.encode("utf-8", "replace"))
)
@example(content=b"<<: 5")
@example(content=b"<<: {a: 1}\na: 2")
@example(content=b"{1: x, null: y, 1.5: z}")
def test_any_bytes_give_a_value_or_a_file_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any.yaml"
    path.write_bytes(content)

    for load in (load_strategy, load_catalogue, load_taxonomy, load_personas, load_plan):
        assert told(load, path).startswith(str(path))


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "models", "lanes", "tasks", "*", "at", "card", "requires", "budget", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=json_like)
def test_any_tree_of_values_is_a_strategy_or_a_file_error(tmp_path: Path, value: object) -> None:
    path = tmp_path / "any.yaml"
    path.write_text(json.dumps(value))

    assert told(load_strategy, path).startswith(str(path))
