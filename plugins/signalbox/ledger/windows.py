"""Calendar windows of the limits, in UTC: the day and the month that an instant lies in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from signalbox.schema.strategy import Budget


@dataclass(frozen=True, slots=True)
class Window:
    """A limit for one stretch of time. `limit` in micro-dollars, `ends` in epoch seconds."""

    key: str
    name: str
    limit: int
    ends: float


def windows(budget: Budget, now: float) -> tuple[Window, ...]:
    """The windows that `now` (epoch seconds) lies in, for the limits that the strategy sets."""
    instant = datetime.fromtimestamp(now, UTC)
    day, month = calendar_keys(now)
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    if budget.daily is not None:
        tomorrow = midnight + timedelta(days=1)
        found.append(Window(day, "daily", budget.daily, tomorrow.timestamp()))
    if budget.monthly is not None:
        next_month = (midnight.replace(day=28) + timedelta(days=4)).replace(day=1)
        found.append(Window(month, "monthly", budget.monthly, next_month.timestamp()))
    return tuple(found)


def calendar_keys(now: float) -> tuple[str, str]:
    """("2026-11-20", "2026-11"). Spend is booked under both, so that a limit set later knows what was spent."""
    instant = datetime.fromtimestamp(now, UTC)
    return f"{instant:%Y-%m-%d}", f"{instant:%Y-%m}"
