"""Money: set aside before a call, spent after it, and never more than the limit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from signalbox.errors import FileError
from signalbox.ledger.store import FILE_NAME, LEASE_SECONDS, Ledger, open_ledger
from signalbox.ledger.windows import calendar_keys
from signalbox.schema.budget import BudgetState
from signalbox.schema.strategy import Budget
from signalbox.units import Usd
from tests.ledger.racing import race

NOON = 1_795_176_000.0  # 2026-11-20 12:00 UTC
NEXT_DAY = NOON + 86_400
NEXT_MONTH = NOON + 15 * 86_400

Open = Callable[[Budget], Ledger]


@pytest.fixture
def open_(tmp_path: Path) -> Iterator[Open]:
    opened: list[Ledger] = []

    def make(budget: Budget) -> Ledger:
        opened.append(open_ledger(budget, tmp_path / "run"))
        return opened[-1]

    yield make
    for ledger in opened:
        ledger.close()


def daily(micros: int) -> Budget:
    return Budget(daily=Usd(micros))


def test_without_a_limit_everything_may_be_reserved_and_nothing_is_left_to_say(open_: Open) -> None:
    ledger = open_(Budget())

    assert ledger.reserve("a", 10**15, NOON)
    assert ledger.state(NOON) == BudgetState()
    assert not ledger.limited


def test_a_reservation_takes_from_what_is_left_until_it_is_released(open_: Open) -> None:
    ledger = open_(daily(100))

    assert ledger.reserve("a", 60, NOON)
    assert ledger.state(NOON).left == 40
    ledger.release("a", NOON)
    assert ledger.state(NOON).left == 100


def test_settling_spends_what_it_cost_and_gives_the_rest_back(open_: Open) -> None:
    ledger = open_(daily(100))
    ledger.reserve("a", 60, NOON)

    ledger.settle("a", 25, NOON)

    assert ledger.state(NOON).left == 75


def test_what_does_not_fit_is_refused_and_changes_nothing(open_: Open) -> None:
    ledger = open_(daily(100))
    ledger.reserve("a", 60, NOON)

    assert not ledger.reserve("b", 41, NOON)
    assert ledger.state(NOON).left == 40
    assert ledger.reserve("c", 40, NOON)


def test_what_costs_nothing_may_always_be_reserved(open_: Open) -> None:
    ledger = open_(daily(100))
    ledger.settle("a", 500, NOON)

    assert ledger.state(NOON).left == -400
    assert ledger.reserve("b", 0, NOON)
    assert not ledger.reserve("c", 1, NOON)


def test_a_limit_of_nothing_lets_nothing_through_that_costs(open_: Open) -> None:
    assert not open_(daily(0)).reserve("a", 1, NOON)


def test_the_tighter_of_two_limits_binds_and_says_when_it_ends(open_: Open) -> None:
    ledger = open_(Budget(daily=Usd(100), monthly=Usd(150)))
    ledger.settle("a", 90, NOON)

    assert ledger.state(NOON) == BudgetState(10, NOON + 43_200)
    assert ledger.state(NEXT_DAY).left == 60
    assert not ledger.reserve("b", 61, NEXT_DAY)


def test_a_new_day_and_a_new_month_start_with_nothing_spent(open_: Open) -> None:
    ledger = open_(Budget(daily=Usd(100), monthly=Usd(100)))
    ledger.settle("a", 100, NOON)

    assert ledger.state(NEXT_DAY).left == 0
    assert ledger.state(NEXT_MONTH).left == 100


def test_a_reservation_that_nobody_settles_ends_with_its_lease(open_: Open) -> None:
    ledger = open_(daily(100))
    ledger.reserve("crashed", 100, NOON)

    assert not ledger.reserve("b", 1, NOON + LEASE_SECONDS - 1)
    assert ledger.state(NOON + LEASE_SECONDS).left == 100
    assert ledger.reserve("b", 100, NOON + LEASE_SECONDS)


def test_a_call_that_outlived_its_lease_is_still_paid_for(open_: Open) -> None:
    ledger = open_(daily(100))
    ledger.reserve("slow", 50, NOON)

    ledger.settle("slow", 50, NOON + LEASE_SECONDS + 1)

    assert ledger.state(NOON + LEASE_SECONDS + 1).left == 50


def test_spend_and_reservations_survive_a_restart(open_: Open) -> None:
    first = open_(daily(100))
    first.reserve("a", 30, NOON)
    first.settle("b", 20, NOON)
    first.close()

    again = open_(daily(100))

    assert again.state(NOON).left == 50
    again.settle("a", 5, NOON)
    assert again.state(NOON).left == 75


def test_a_limit_that_is_set_later_counts_what_was_spent_before(open_: Open) -> None:
    open_(Budget()).settle("a", 70, NOON)

    assert open_(Budget(daily=Usd(100))).state(NOON).left == 30
    assert open_(Budget(monthly=Usd(50))).state(NOON).left == -20


def test_the_report_says_spend_promises_and_limits_in_dollars(open_: Open) -> None:
    ledger = open_(Budget(per_request=Usd(1_000_000), daily=Usd(5_000_000), when_spent="cheapest"))
    ledger.settle("a", 2_000_000, NOON)
    ledger.reserve("b", 500_000, NOON)

    report = ledger.report(NOON)

    assert (report["today_usd"], report["month_usd"], report["reserved_usd"]) == (2.0, 2.0, 0.5)
    assert (report["per_request_usd"], report["when_spent"]) == (1.0, "cheapest")
    assert report["limits"] == [{"name": "daily", "limit_usd": 5.0, "left_usd": 2.5, "resets_at": NOON + 43_200}]


def test_a_file_that_is_no_ledger_is_told_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"spent it all\n" * 500)

    with pytest.raises(FileError, match="move it away"):
        open_ledger(daily(1), tmp_path)


def test_many_threads_that_share_a_ledger_never_pass_its_limit(open_: Open) -> None:
    ledger = open_(daily(1_000))
    low: list[int] = []
    start = threading.Barrier(8)

    def worker(number: int) -> int:
        start.wait(30)
        won = 0
        for at in range(25):
            name = f"{number}-{at}"
            if ledger.reserve(name, 10, NOON):
                won += 1
                low.append(ledger.state(NOON).left or 0)
                ledger.settle(name, 10 if at % 2 else 0, NOON)
        return won

    with ThreadPoolExecutor(8) as pool:
        won = sum(pool.map(worker, range(8)))

    spent = ledger.report(NOON)["today_usd"] * 1e6
    assert won > 0
    assert min(low) >= 0
    assert spent <= 1_000


def test_several_processes_racing_for_the_last_money_never_pass_the_limit(tmp_path: Path) -> None:
    won = race(tmp_path, workers=3, attempts=60, micros=10, limit=900, now=NOON)

    assert sum(won) == 90
    ledger = open_ledger(daily(900), tmp_path)
    assert ledger.state(NOON).left == 0
    ledger.close()


class Purse(RuleBasedStateMachine):
    """The ledger against a dictionary: two workers, one file, time that only goes forward."""

    @initialize(daily=st.integers(0, 200), monthly=st.none() | st.integers(0, 400))
    def start(self, daily: int, monthly: int | None) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.budget = Budget(daily=Usd(daily), monthly=None if monthly is None else Usd(monthly))
        self.limits = {"daily": daily} | ({} if monthly is None else {"monthly": monthly})
        self.workers = [open_ledger(self.budget, Path(self.folder.name)) for _ in range(2)]
        self.now, self.number = NOON, 0
        self.spent: dict[str, int] = {}
        self.held: dict[str, tuple[int, float]] = {}

    def left(self) -> int:
        keys = dict(zip(("daily", "monthly"), calendar_keys(self.now), strict=True))
        promised = sum(micros for micros, ends in self.held.values() if ends > self.now)
        return min(limit - self.spent.get(keys[name], 0) - promised for name, limit in self.limits.items())

    @rule(worker=st.integers(0, 1), micros=st.integers(0, 120))
    def reserve(self, worker: int, micros: int) -> None:
        self.number += 1
        name = f"r{self.number}"
        fits = micros == 0 or micros <= self.left()

        assert self.workers[worker].reserve(name, micros, self.now) == fits

        if fits and micros:
            self.held[name] = (micros, self.now + LEASE_SECONDS)

    @precondition(lambda self: self.held)
    @rule(worker=st.integers(0, 1), pick=st.integers(0, 99), share=st.floats(0, 1))
    def settle(self, worker: int, pick: int, share: float) -> None:
        name = sorted(self.held)[pick % len(self.held)]
        micros = int(self.held.pop(name)[0] * share)

        self.workers[worker].settle(name, micros, self.now)

        for key in calendar_keys(self.now):
            self.spent[key] = self.spent.get(key, 0) + micros

    @rule(seconds=st.sampled_from((1.0, 600.0, LEASE_SECONDS, 43_200.0, 20 * 86_400.0)))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(worker=st.integers(0, 1))
    def restart(self, worker: int) -> None:
        self.workers[worker].close()
        self.workers[worker] = open_ledger(self.budget, Path(self.folder.name))

    @invariant()
    def agrees(self) -> None:
        if hasattr(self, "workers"):
            assert {worker.state(self.now).left for worker in self.workers} == {self.left()}

    def teardown(self) -> None:
        for worker in getattr(self, "workers", ()):
            worker.close()
        if hasattr(self, "folder"):
            self.folder.cleanup()


TestPurse = Purse.TestCase
TestPurse.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
