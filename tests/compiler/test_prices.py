import sys
from math import inf, nan

import pytest

from signalbox.compiler.prices import Price, PriceBook, litellm_prices


def test_dollars_per_token_become_micro_dollars_per_million_tokens() -> None:
    row = {"input_cost_per_token": 2.8e-07, "output_cost_per_token": 4.2e-07, "max_output_tokens": 8192}

    book = PriceBook.from_mapping({"deepseek/chat": row | {"litellm_provider": "deepseek", "max_input_tokens": 131072}})

    assert book.price("deepseek", "chat") == Price(280_000, 420_000, 8192, 131072)


def test_a_bare_name_counts_only_for_its_own_provider() -> None:
    row = {"input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06, "litellm_provider": "openai"}
    book = PriceBook.from_mapping({"gpt": row})

    assert book.price("openai", "gpt") == Price(1_000_000, 2_000_000)
    assert book.price("azure", "gpt") is None


def test_an_embedding_without_an_output_price_has_free_output() -> None:
    book = PriceBook.from_mapping({"openai/embed": {"input_cost_per_token": 2e-08, "mode": "embedding"}})

    assert book.price("openai", "embed") == Price(20_000, 0)


@pytest.mark.parametrize("bad", [nan, inf, -1e-06, "1e-06", None, True, 5, [], {}])
def test_a_figure_that_is_no_price_is_unknown_and_not_free(bad: object) -> None:
    rows = {
        "p/in": {"input_cost_per_token": bad, "output_cost_per_token": 1e-06},
        "p/out": {"input_cost_per_token": 1e-06, "output_cost_per_token": bad, "mode": "embedding"},
        "p/row": bad,
    }

    book = PriceBook.from_mapping(rows)

    assert [book.price("p", name) for name in ("in", "out", "row")] == [None, None, None]


@pytest.mark.parametrize("bad", [nan, -5, "many", True, 0, 1.5])
def test_a_token_limit_that_is_no_count_is_unknown(bad: object) -> None:
    row = {"input_cost_per_token": 0, "output_cost_per_token": 0, "max_output_tokens": bad, "max_input_tokens": bad}

    assert PriceBook.from_mapping({"p/m": row}).price("p", "m") == Price(0, 0, None, None)


def test_the_installed_table_is_read_without_importing_litellm() -> None:
    loaded = "litellm" in sys.modules

    book = litellm_prices()

    price = book.price("openai", "gpt-4o")
    assert price is not None
    assert 100_000 < price.input < price.output < 100_000_000
    assert book.version.startswith("litellm 1.")
    assert ("litellm" in sys.modules) == loaded
