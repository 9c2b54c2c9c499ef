"""Days and months of the limits, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.ledger.windows import calendar_keys, windows
from signalbox.schema.strategy import Budget
from signalbox.units import Usd

BOTH = Budget(daily=Usd(1), monthly=Usd(10))


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "day", "day_ends", "month", "month_ends"),
    [
        ("2026-11-20T12:00", "2026-11-20", "2026-11-21", "2026-11", "2026-12-01"),
        ("2026-12-31T23:59:59", "2026-12-31", "2027-01-01", "2026-12", "2027-01-01"),
        ("2027-01-01T00:00:00", "2027-01-01", "2027-01-02", "2027-01", "2027-02-01"),
        ("2026-01-31T05:00", "2026-01-31", "2026-02-01", "2026-01", "2026-02-01"),
        ("2026-02-28T23:00", "2026-02-28", "2026-03-01", "2026-02", "2026-03-01"),
        ("2028-02-28T23:00", "2028-02-28", "2028-02-29", "2028-02", "2028-03-01"),
        ("2028-02-29T23:00", "2028-02-29", "2028-03-01", "2028-02", "2028-03-01"),
        ("2026-04-30T23:00", "2026-04-30", "2026-05-01", "2026-04", "2026-05-01"),
    ],
)
def test_a_day_ends_at_midnight_and_a_month_at_its_own_end(
    now: str, day: str, day_ends: str, month: str, month_ends: str
) -> None:
    daily, monthly = windows(BOTH, at(now))

    assert (daily.key, daily.ends) == (day, at(day_ends))
    assert (monthly.key, monthly.ends) == (month, at(month_ends))


def test_only_limits_that_are_set_have_windows() -> None:
    assert windows(Budget(), 0.0) == ()
    assert [window.name for window in windows(Budget(daily=Usd(0)), 0.0)] == ["daily"]
    assert [window.name for window in windows(Budget(monthly=Usd(5)), 0.0)] == ["monthly"]


@given(st.floats(0, 4e9))
def test_any_instant_lies_in_its_windows_and_the_next_one_starts_where_they_end(now: float) -> None:
    for window, longest in zip(windows(BOTH, now), (86_400, 31 * 86_400), strict=True):
        assert now < window.ends <= now + longest
        assert window.key in calendar_keys(now)
        assert window.key not in calendar_keys(window.ends)
