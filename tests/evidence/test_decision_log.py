"""Lines are appended by a thread of their own: none lost, none torn, never blocking, at most so many files."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from signalbox.evidence.decision_log import FILE_NAME, DecisionLog
from tests.kit.meeting import meet


def lines(folder: Path) -> list[str]:
    """All lines of all files, oldest first."""
    files = sorted(
        folder.glob(f"{FILE_NAME}*"), key=lambda path: int(path.suffix[1:]) if path.suffix[1:].isdecimal() else 0
    )
    return [line for path in reversed(files) for line in path.read_text().splitlines()]


def write_many(job: tuple[Path, str, int, int, float]) -> int:
    """Writes `count` lines from a process of its own, pausing after each; returns how many were dropped."""
    folder, name, count, largest, pause = job
    log = DecisionLog(folder, largest=largest, keep=2_000)
    meet(folder / "meeting", 2)
    for number in range(count):
        log.write(json.dumps({"from": name, "number": number, "filler": "x" * 100}))
        if pause:
            time.sleep(pause)
    log.close(timeout=60)
    return log.dropped


def test_close_writes_what_waits_in_order(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "run")
    for number in range(2_000):
        log.write(str(number))

    log.close(timeout=30)

    assert lines(tmp_path / "run") == [str(number) for number in range(2_000)]
    assert log.dropped == 0


def test_the_log_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "run")
    log.write("x")
    log.close(timeout=30)

    assert stat.S_IMODE((tmp_path / "run" / FILE_NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700


def test_a_second_log_appends_to_the_first(tmp_path: Path) -> None:
    for text in ("one", "two"):
        log = DecisionLog(tmp_path)
        log.write(text)
        log.close(timeout=30)

    assert lines(tmp_path) == ["one", "two"]


def test_a_full_file_is_rotated_and_the_oldest_are_dropped(tmp_path: Path) -> None:
    for number in range(10):
        log = DecisionLog(tmp_path, largest=20, keep=3)
        log.write(f"line number {number:010}")
        log.close(timeout=30)

    assert sorted(path.name for path in tmp_path.glob(f"{FILE_NAME}*")) == [
        FILE_NAME,
        f"{FILE_NAME}.1",
        f"{FILE_NAME}.2",
    ]
    assert [int(line.split()[-1]) for line in lines(tmp_path)] == [7, 8, 9]


def test_a_file_that_someone_moved_away_is_made_anew(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path)
    (tmp_path / FILE_NAME).rename(tmp_path / "moved")

    log.write("after")
    log.close(timeout=30)

    assert (tmp_path / FILE_NAME).read_text() == "after\n"
    assert (tmp_path / "moved").read_text() == ""


def test_when_the_disk_cannot_keep_up_lines_are_dropped_and_counted_and_nobody_waits(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE_NAME)  # a file that takes no more until somebody reads
    reader = os.open(tmp_path / FILE_NAME, os.O_RDONLY | os.O_NONBLOCK)
    log = DecisionLog(tmp_path)

    for _ in range(30_000):
        log.write("x" * 200)

    assert log.dropped > 0
    log.close(timeout=0.01)
    os.close(reader)  # the stuck write fails, and the thread ends


def test_a_folder_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file in the way")

    with pytest.raises(OSError, match="run"):
        DecisionLog(tmp_path / "run")


def test_a_disk_that_refuses_costs_lines_but_not_the_log(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    log = DecisionLog(folder)
    (folder / FILE_NAME).unlink()
    folder.rmdir()
    log.write("lost")
    while log.dropped == 0:
        threading.Event().wait(0.01)
    folder.mkdir()

    log.write("kept")
    log.close(timeout=30)

    assert lines(folder) == ["kept"]
    assert log.dropped == 1


def test_two_processes_share_a_file_without_losing_or_tearing_a_line(tmp_path: Path) -> None:
    jobs = [(tmp_path, name, 3_000, 40_000_000, 0.0) for name in ("a", "b")]

    with multiprocessing.get_context("spawn").Pool(2) as pool:
        dropped = pool.map(write_many, jobs, chunksize=1)
        pool.close()
        pool.join()

    found = [json.loads(line) for line in lines(tmp_path)]
    assert dropped == [0, 0]
    assert Counter(line["from"] for line in found) == {"a": 3_000, "b": 3_000}


def test_two_processes_that_rotate_the_same_file_lose_and_tear_no_line(tmp_path: Path) -> None:
    jobs = [(tmp_path, name, 500, 500, 0.0005) for name in ("a", "b")]

    with multiprocessing.get_context("spawn").Pool(2) as pool:
        dropped = pool.map(write_many, jobs, chunksize=1)
        pool.close()
        pool.join()

    found = [json.loads(line) for line in lines(tmp_path)]
    assert dropped == [0, 0]
    assert len({(line["from"], line["number"]) for line in found}) == len(found) == 1_000
