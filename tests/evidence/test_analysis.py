"""Figures from the log: right sums, the right order of files, and no trust in its lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signalbox.evidence.analysis import Entry, analyse, percentile, read_log
from signalbox.evidence.decision_log import FILE_NAME


def entry(**changes: Any) -> Entry:
    values: dict[str, Any] = {
        "at": 100.0, "task": "code", "model": "coder", "success": True, "depth": 0, "latency_ms": 10.0, "cost_usd": 0.0,
        "error": None, "refused": False,
    }  # fmt: skip
    return Entry(**{**values, **changes})


def written(at: float = 1.0, **outcome: Any) -> str:
    line = {"at": at, "task": {"name": "code"}, "model": "coder", "outcome": {"success": True, **outcome}}
    return json.dumps(line)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([], 50, None),
        ([7.0], 50, 7.0),
        ([7.0], 95, 7.0),
        ([1.0, 2.0], 50, 1.0),
        ([3.0, 1.0, 2.0], 50, 2.0),
        ([float(number) for number in range(1, 101)], 95, 95.0),
        ([float(number) for number in range(1, 101)], 50, 50.0),
        ([float(number) for number in range(1, 101)], 100, 100.0),
        ([1.0, 2.0], 0, 1.0),
    ],
)
def test_a_percentile_is_the_nearest_rank(values: list[float], percent: float, expected: float | None) -> None:
    assert percentile(values, percent) == expected


@given(st.lists(st.integers(0, 10**6).map(float), min_size=1), st.floats(0, 100))
def test_a_percentile_is_one_of_the_values_with_enough_of_them_at_or_below(values: list[float], percent: float) -> None:
    found = percentile(values, percent)

    assert found in values
    assert sum(value <= found for value in values) >= len(values) * percent / 100 - 1e-9


def test_rates_costs_and_latencies_are_given_over_all_by_task_and_by_model() -> None:
    found = analyse(
        [
            entry(latency_ms=10, cost_usd=0.1),
            entry(latency_ms=30, depth=1, model="cloud", cost_usd=0.2),
            entry(success=False, error="Timeout", latency_ms=9_999),
            entry(task="(refused)", model="(none)", success=False, error="signalbox_privacy", refused=True),
        ],
        since=0,
    )

    assert (found["requests"], found["errors"], found["error_rate"], found["fallback_rate"]) == (4, 2, 0.5, 0.25)
    assert (found["latency_p50_ms"], found["latency_p95_ms"], found["cost_usd"]) == (10, 30, 0.3)
    assert found["by_task"]["code"]["requests"] == 3
    assert found["by_model"]["cloud"]["fallback_rate"] == 1
    assert found["errors_by_kind"] == {"Timeout": 1, "signalbox_privacy": 1}
    assert found["fallback_depths"] == {"0": 2, "1": 1}


def test_only_entries_from_the_given_time_on_count() -> None:
    assert analyse([entry(at=99.9), entry(at=100.0), entry(at=100.1)], since=100)["requests"] == 2


def test_nothing_gives_zeros_and_unknown_latencies() -> None:
    found = analyse([], since=0)

    assert (found["requests"], found["error_rate"], found["latency_p50_ms"]) == (0, 0.0, None)


def test_rotated_files_are_read_oldest_first_and_others_are_left_alone(tmp_path: Path) -> None:
    for name, at in (
        ("", 5),
        (".1", 4),
        (".2", 3),
        (".10", 1),
        (".9", 2),
        (".gz", 99),
        (".old", 99),
        (".", 99),
        (".²", 99),
    ):
        (tmp_path / f"{FILE_NAME}{name}").write_text(written(at) + "\n")

    assert [found.at for found in read_log(tmp_path)] == [1, 2, 3, 4, 5]


def test_a_folder_without_a_log_has_no_entries(tmp_path: Path) -> None:
    assert list(read_log(tmp_path)) == []
    assert list(read_log(tmp_path / "none")) == []


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "null",
        "[]",
        "7",
        '"x"',
        "{}",
        '{"at": 1}',
        '{"at": 1, "outcome": []}',
        '{"at": "soon", "outcome": {"success": true}}',
        '{"outcome": {"success": true}}',
        written()[:-5],
        "[" * 100_000,
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
        written(fallback_depth="x"),
        written(fallback_depth=float("inf")),
        written(latency_ms=float("nan")),
        written(cost_usd=10**400),
        written(at=float("nan")),
        written(at=float("inf")),
        '{"at": 1, "outcome": {}}',
    ],
    ids=lambda line: line[:40],
)
def test_a_torn_or_foreign_line_is_passed_over(tmp_path: Path, line: str) -> None:
    (tmp_path / FILE_NAME).write_text(f"{written(1)}\n{line}\n{written(2)}\n")

    assert [found.at for found in read_log(tmp_path)] == [1, 2]


def test_an_error_of_an_odd_type_is_counted_by_its_text(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(written(error={"a": 1}) + "\n" + written(error=[7]) + "\n")

    assert analyse(read_log(tmp_path), since=0)["errors_by_kind"] == {"[7]": 1, "{'a': 1}": 1}


junk = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["at", "task", "name", "model", "outcome", "success", "error", "fallback_depth", "latency_ms"]
            ),
            inner,
        )
    ),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(junk.map(json.dumps) | st.text(), max_size=5))
def test_any_log_at_all_can_be_analysed(tmp_path: Path, lines: list[str]) -> None:
    (tmp_path / FILE_NAME).write_text("\n".join(lines), encoding="utf-8", errors="surrogatepass")

    found = analyse(read_log(tmp_path), since=0)

    assert json.dumps(found, allow_nan=False)
