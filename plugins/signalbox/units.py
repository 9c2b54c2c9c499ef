"""Bytes, money and time: parsed from what people write, printed as people read.

`Bytes` is an int of bytes (`24GiB`, `512 MB`, `1.5TiB`; a bare number is bytes). `Usd` is an int of micro-dollars
(`$0.10`, `5`, `$1_000`). `Seconds` is a float of seconds (`60s`, `500ms`, `2m`, `1h`, `1d`; a bare number is seconds).
All parsers raise ValueError with the accepted forms; none accepts negatives, NaN or infinity.
"""

from __future__ import annotations

import re
from typing import Self

_NUMBER = r"(?P<number>\d[\d_]*(?:\.\d+)?|\.\d+)"
_QUANTITY = re.compile(rf"\s*{_NUMBER}\s*(?P<unit>[A-Za-z]*)\s*\Z", re.ASCII)
_MONEY = re.compile(rf"\s*(?:\$|USD\s*)?\s*{_NUMBER}\s*(?:USD)?\s*\Z", re.IGNORECASE | re.ASCII)
_BYTES = {"": 1, "b": 1} | {
    f"{prefix}{suffix}": base**power
    for power, prefix in enumerate("kmgtp", start=1)
    for suffix, base in (("b", 1000), ("ib", 1024))
}
_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST = 64
_LARGEST = 1e30
"""Beyond any size, sum or span; far enough from the end of floats that no factor reaches infinity."""


def _shown(value: object) -> str:
    """A value for a message: short, and never the digits of an endless number."""
    if isinstance(value, int) and abs(value) > _LARGEST:
        return "a number this large"
    return repr(value)[:_LONGEST]


def _finite(value: object, what: str, example: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LARGEST:
        raise ValueError(f"{_shown(value)} is no {what}; write it like {example}")
    return float(value)


def _parse(value: object, units: dict[str, int] | dict[str, float], what: str, example: str) -> float:
    if not isinstance(value, str):
        return _finite(value, what, example)
    match = _QUANTITY.match(value) if len(value) <= _LONGEST else None
    factor = units.get(match["unit"].lower()) if match else None
    if match is None or factor is None:
        raise ValueError(f"{value[:_LONGEST]!r} is no {what}; write it like {example}")
    return _finite(float(match["number"].replace("_", "")) * factor, what, example)


class Bytes(int):
    """A size in bytes."""

    @classmethod
    def parse(cls, value: object) -> Self:
        """`24GiB` -> Bytes(25769803776). Raises ValueError."""
        return cls(round(_parse(value, _BYTES, "size", "24GiB or 512MB")))

    @property
    def gib(self) -> float:
        """The size in GiB (2**30 bytes)."""
        return self / 2**30

    def __str__(self) -> str:
        size = float(self)
        for unit in ("B", "KiB", "MiB", "GiB"):
            if size < 1024:
                return f"{size:.4g} {unit}" if unit != "B" else f"{int(size)} B"
            size /= 1024
        return f"{size:.4g} TiB" if size < 1000 else f"{size:.0f} TiB"


class Usd(int):
    """An amount in micro-dollars."""

    @classmethod
    def parse(cls, value: object) -> Self:
        """`$0.10` -> Usd(100000). Raises ValueError."""
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            match = _MONEY.match(value) if len(value) <= _LONGEST else None
            if match is None:
                raise ValueError(f"{value[:_LONGEST]!r} is no amount; write it like $0.10 or 5")
            value = float(match["number"].replace("_", ""))
        return cls(round(_finite(value, "amount", "$0.10 or 5") * 1_000_000))

    @property
    def dollars(self) -> float:
        """The amount in dollars, for people and JSON; never for sums."""
        return self / 1_000_000

    def __str__(self) -> str:
        sign, amount = "-" if self < 0 else "", abs(self.dollars)
        return sign + (f"${amount:.6f}".rstrip("0").rstrip(".") if self % 10_000 else f"${amount:.2f}")


class Seconds(float):
    """A span of time in seconds."""

    @classmethod
    def parse(cls, value: object) -> Self:
        """`500ms` -> Seconds(0.5). Raises ValueError."""
        return cls(_parse(value, _SECONDS, "duration", "60s, 500ms, 2m, 1h or 1d"))

    def __str__(self) -> str:
        for unit, size in (("d", 86400.0), ("h", 3600.0), ("m", 60.0)):
            if self >= size and self % size == 0:
                return f"{int(self / size)}{unit}"
        return f"{_plain(self)}s" if self >= 1 or not self else f"{_plain(self * 1000)}ms"


def _plain(number: float) -> str:
    """Up to six decimals, never an exponent: what is printed can be parsed."""
    return f"{number:.6f}".rstrip("0").rstrip(".")
