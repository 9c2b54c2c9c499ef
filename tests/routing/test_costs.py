"""The upper bound of what a request may cost, in micro-dollars."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.routing.costs import upper_bound
from signalbox.routing.signals.needs import needs_signal, with_output_limit
from signalbox.schema.strategy import Behaviour
from tests.kit.plans import facts, model


@pytest.mark.parametrize(
    ("tokens", "output", "most", "micros"),
    [(0, 0, None, 0), (1, 0, None, 3), (1_000_000, 0, None, 3_000_000), (0, 1_000, None, 15_000), (0, 1_000, 10, 150)],
)
def test_tokens_times_price_rounded_up_and_no_more_output_than_the_model_gives(
    tokens: int, output: int, most: int | None, micros: int
) -> None:
    priced = model("m", input_price=3_000_000, output_price=15_000_000, max_output_tokens=most)
    asked = facts(prompt_tokens=tokens, max_output_tokens=output or None)
    needs = needs_signal(asked, Behaviour())

    cost = upper_bound(priced, asked, needs if output else needs_signal(facts(endpoint="embedding"), Behaviour()))

    assert cost == micros


@given(st.integers(0, 10**8), st.integers(1, 10**7), st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_bound_is_never_below_the_exact_cost(tokens: int, output: int, price_in: int, price_out: int) -> None:
    asked = facts(prompt_tokens=tokens, max_output_tokens=output)
    needs = needs_signal(asked, Behaviour())

    cost = upper_bound(model("m", input_price=price_in, output_price=price_out), asked, needs)

    exact = Fraction(tokens * price_in + output * price_out, 1_000_000)
    assert exact <= cost < exact + 1


def test_a_routes_limit_stands_in_for_a_missing_one_and_never_for_a_given_one() -> None:
    silent, spoken = facts(), facts(max_output_tokens=7)

    assert with_output_limit(needs_signal(silent, Behaviour()), silent, 50).output_tokens == 50
    assert with_output_limit(needs_signal(spoken, Behaviour()), spoken, 50).output_tokens == 7
    assert with_output_limit(needs_signal(silent, Behaviour()), silent, None).output_tokens == 1_024


def test_an_embedding_has_no_output_whatever_its_route_says() -> None:
    asked = facts(endpoint="embedding", max_output_tokens=500)

    assert with_output_limit(needs_signal(asked, Behaviour()), asked, 50).output_tokens == 0
