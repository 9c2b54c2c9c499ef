"""Several processes that grab for the same money at once."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

from signalbox.ledger.store import open_ledger
from signalbox.schema.strategy import Budget
from signalbox.units import Usd
from tests.kit.meeting import meet

Job = tuple[Path, int, int, int, int, int, float]


def grab(job: Job) -> int:
    """How many of its reservations one worker got; each is settled at its full amount."""
    folder, workers, worker, attempts, micros, limit, now = job
    ledger = open_ledger(Budget(daily=Usd(limit)), folder)
    meet(folder / "meeting", workers)
    won = 0
    for attempt in range(attempts):
        name = f"{worker}-{attempt}"
        if ledger.reserve(name, micros, now):
            won += 1
            ledger.settle(name, micros, now)
    ledger.close()
    return won


def race(folder: Path, *, workers: int, attempts: int, micros: int, limit: int, now: float) -> list[int]:
    """Reservations won by each of `workers` fresh processes."""
    jobs: list[Job] = [(folder, workers, worker, attempts, micros, limit, now) for worker in range(workers)]
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        won = pool.map(grab, jobs, chunksize=1)
        pool.close()
        pool.join()
    return won
