"""Bytes, money and time as people write and read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.units import Bytes, Seconds, Usd

PARSERS = (Bytes.parse, Usd.parse, Seconds.parse)
NONSENSE = (
    -1,
    -0.5,
    "-1",
    math.nan,
    math.inf,
    "nan",
    "inf",
    "1e5",
    1e308,
    10**400,
    True,
    False,
    None,
    "",
    " ",
    "$",
    "GiB",
    "1 2",
    "1,000",
    "0x10",
    "١٢",
    "５",
    "1\u00a0s\u2003",
    "9" * 65,
    "1" * 100_000,
    [],
    {"a": 1},
    b"5",
    1j,
)


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("24GiB", 24 * 2**30),
        ("512 MB", 512_000_000),
        ("1.5TiB", 3 * 2**39),
        (" 7 b ", 7),
        ("1_000kb", 1_000_000),
        (".5kib", 512),
        (4096, 4096),
        ("0", 0),
    ],
)
def test_a_size_is_read_with_decimal_and_binary_units_in_any_case(written: object, size: int) -> None:
    assert Bytes.parse(written) == size


@pytest.mark.parametrize(
    ("written", "micros"),
    [
        ("$0.10", 100_000),
        ("5", 5_000_000),
        ("$1_000", 1_000_000_000),
        ("usd 2", 2_000_000),
        ("2 USD", 2_000_000),
        (0.000001, 1),
        (0, 0),
        (Usd(7), 7),
    ],
)
def test_an_amount_is_kept_in_micro_dollars(written: object, micros: int) -> None:
    assert Usd.parse(written) == micros


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("60s", 60), ("500ms", 0.5), ("2m", 120), ("2 min", 120), ("1h", 3600), ("1d", 86400), (3, 3)],
)
def test_a_span_is_kept_in_seconds(written: object, seconds: float) -> None:
    assert Seconds.parse(written) == seconds


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("nonsense", NONSENSE, ids=lambda value: f"{type(value).__name__}:{str(value)[:12]!a}")
def test_nonsense_is_refused_with_an_example_in_a_short_message(parse: object, nonsense: object) -> None:
    assert callable(parse)

    with pytest.raises(ValueError, match="write it like") as refused:
        parse(nonsense)

    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (Bytes(0), "0 B"),
        (Bytes(1023), "1023 B"),
        (Bytes(24 * 2**30), "24 GiB"),
        (Bytes(2**60), "1048576 TiB"),
        (Usd(100_000), "$0.10"),
        (Usd(1), "$0.000001"),
        (Usd(5_000_000), "$5.00"),
        (Usd(-500_000), "-$0.50"),
        (Seconds(60), "1m"),
        (Seconds(90), "90s"),
        (Seconds(0.5), "500ms"),
        (Seconds(0), "0s"),
        (Seconds(1_234_567.5), "1234567.5s"),
        (Seconds(172_800), "2d"),
    ],
)
def test_values_are_printed_as_people_read_them(value: object, printed: str) -> None:
    assert str(value) == printed


@given(st.integers(0, 2**60))
def test_a_printed_size_reads_back_nearly_the_same(size: int) -> None:
    again = Bytes.parse(str(Bytes(size)))

    assert again == pytest.approx(size, rel=1e-3)


@given(st.integers(0, 10**15))
def test_a_printed_amount_reads_back_the_same_and_so_does_its_number_of_dollars(micros: int) -> None:
    assert Usd.parse(str(Usd(micros))) == micros
    assert Usd.parse(Usd(micros).dollars) == micros


@given(st.floats(0.001, 1e9))
def test_a_printed_span_reads_back_nearly_the_same(seconds: float) -> None:
    assert Seconds.parse(str(Seconds(seconds))) == pytest.approx(seconds, rel=1e-5)


@given(st.text() | st.floats() | st.integers() | st.none() | st.lists(st.integers()))
def test_whatever_is_given_a_parser_answers_or_raises_value_error(anything: object) -> None:
    for parse in PARSERS:
        try:
            value = parse(anything)
        except ValueError:
            continue
        assert value >= 0
        assert math.isfinite(value)
