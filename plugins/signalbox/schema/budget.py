"""What is left to spend, as an immutable value. Micro-dollars throughout."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BudgetState:
    """`left` is the tightest limit minus spend and reservations; None: no limit."""

    left: int | None = None
    resets_at: float | None = None
    """Epoch second at which the limit that binds starts anew; None: never, or no limit."""
