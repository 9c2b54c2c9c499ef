"""Money spent and promised, in SQLite: every worker of a machine shares one file, each change is one transaction."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from signalbox.errors import FileError
from signalbox.ledger.windows import Window, calendar_keys, windows
from signalbox.schema.budget import BudgetState
from signalbox.schema.strategy import Budget

FILE_NAME: Final = "ledger.sqlite"
LEASE_SECONDS: Final = 1800.0
"""A reservation that nobody settles (its worker died) ends after this."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS spend (window TEXT PRIMARY KEY, micros INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reservation (id TEXT PRIMARY KEY, micros INTEGER NOT NULL, expires REAL NOT NULL) WITHOUT ROWID;
"""


class Ledger:
    """Reserve before a call, settle or release after it. All amounts in micro-dollars, all times in epoch seconds.

    Spend plus reservations never exceed a limit: `reserve` looks and writes in one transaction.
    """

    def __init__(self, budget: Budget, path: Path) -> None:
        self._budget = budget
        self._one_at_a_time = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._unsettled: list[tuple[str, int, float]] = []
        self._db = sqlite3.connect(path, timeout=0.2, isolation_level=None, check_same_thread=False)
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error:
            self._db.close()
            raise

    @property
    def limited(self) -> bool:
        """Whether there is any limit over time; without one nothing is reserved."""
        return self._budget.daily is not None or self._budget.monthly is not None

    def state(self, now: float) -> BudgetState:
        """What is left of the tightest limit."""
        if not self.limited:
            return BudgetState()
        with self._one_at_a_time:
            left = [(self._left(window, now), window.ends) for window in self._windows(now)]
        return BudgetState(*min(left))

    def reserve(self, id: str, micros: int, now: float) -> bool:  # noqa: A002 - the decision's own field
        """Sets an amount aside; False if a limit would be passed, and nothing is changed."""
        if not self.limited or micros <= 0:
            return True
        if self._unsettled:
            self._book()
        with self._transaction():
            if any(self._left(window, now) < micros for window in self._windows(now)):
                return False
            self._db.execute("DELETE FROM reservation WHERE expires <= ?", (now,))
            self._db.execute("INSERT OR REPLACE INTO reservation VALUES (?, ?, ?)", (id, micros, now + LEASE_SECONDS))
        return True

    def settle(self, id: str, micros: int, now: float) -> None:  # noqa: A002
        """The call cost this much: spend it, and end its reservation."""
        if not self.limited and micros <= 0:
            return
        with self._one_at_a_time:
            self._unsettled.append((id, micros, now))
            with suppress(sqlite3.OperationalError):  # locked by another process for long: booked with the next call
                self._book()

    def _book(self) -> None:
        """Books all that waits, in one transaction."""
        with self._one_at_a_time:
            with self._transaction():
                for id, micros, now in self._unsettled:  # noqa: A001
                    self._db.execute("DELETE FROM reservation WHERE id = ?", (id,))
                    for key in calendar_keys(now) if micros > 0 else ():
                        self._db.execute(
                            "INSERT INTO spend VALUES (?, ?) "
                            "ON CONFLICT (window) DO UPDATE SET micros = micros + excluded.micros",
                            (key, micros),
                        )
            self._unsettled.clear()

    def release(self, id: str, now: float) -> None:  # noqa: A002
        """The call cost nothing: end its reservation."""
        self.settle(id, 0, now)

    def report(self, now: float) -> dict[str, Any]:
        """Spend of the day and the month, what is promised, and each limit with what is left of it; in dollars."""
        with self._one_at_a_time:
            with suppress(sqlite3.OperationalError):
                self._book()
            return self._report(now)

    def _report(self, now: float) -> dict[str, Any]:
        day, month = calendar_keys(now)
        return {
            "today_usd": self._spent(day) / 1e6,
            "month_usd": self._spent(month) / 1e6,
            "reserved_usd": self._reserved(now) / 1e6,
            "per_request_usd": None if self._budget.per_request is None else self._budget.per_request.dollars,
            "when_spent": self._budget.when_spent,
            "limits": [
                {
                    "name": window.name,
                    "limit_usd": window.limit / 1e6,
                    "left_usd": self._left(window, now) / 1e6,
                    "resets_at": window.ends,
                }
                for window in self._windows(now)
            ],
        }

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def _windows(self, now: float) -> tuple[Window, ...]:
        return windows(self._budget, now)

    def _left(self, window: Window, now: float) -> int:
        return window.limit - self._spent(window.key) - self._reserved(now)

    def _spent(self, key: str) -> int:
        row = self._db.execute("SELECT micros FROM spend WHERE window = ?", (key,)).fetchone()
        return int(row[0]) if row else 0

    def _reserved(self, now: float) -> int:
        row = self._db.execute("SELECT COALESCE(SUM(micros), 0) FROM reservation WHERE expires > ?", (now,)).fetchone()
        return int(row[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._one_at_a_time:  # a connection has one transaction, whatever thread asks
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


def open_ledger(budget: Budget, folder: Path) -> Ledger:
    """The ledger of a run folder. Raises FileError where its file cannot be used."""
    path = folder / FILE_NAME
    try:
        return Ledger(budget, path)
    except (sqlite3.Error, OSError) as error:
        remedy = "Restore it, or move it away to start with nothing spent"
        raise FileError(path, f"cannot be used as the ledger: {error}.", remedy=remedy) from error
