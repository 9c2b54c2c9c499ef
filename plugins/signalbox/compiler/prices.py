"""What cloud models cost, from the table that the installed LiteLLM brings. LiteLLM itself is not imported."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

TABLE = "model_prices_and_context_window_backup.json"
_FREE_OUTPUT = frozenset({"embedding", "rerank"})


@dataclass(frozen=True, slots=True)
class Price:
    """Micro-dollars per million tokens; token limits where the table has them."""

    input: int
    output: int
    max_output_tokens: int | None = None
    context_window: int | None = None


@dataclass(frozen=True, slots=True)
class PriceBook:
    """Prices by LiteLLM's model name. `version` says which table: `litellm 1.106.2`; "" for an empty book."""

    version: str = ""
    _entries: Mapping[str, Price] = field(default_factory=dict)
    _providers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, table: Mapping[str, object], version: str = "") -> PriceBook:
        """From the shape of LiteLLM's table (dollars per token). Entries that are no clean prices are left out."""
        prices: dict[str, Price] = {}
        providers: dict[str, str] = {}
        for name, row in table.items():
            price = _price(row) if isinstance(row, Mapping) else None
            if price is not None and isinstance(row, Mapping):
                prices[name], providers[name] = price, str(row.get("litellm_provider", ""))
        return cls(version, MappingProxyType(prices), MappingProxyType(providers))

    def price(self, provider: str, model: str) -> Price | None:
        """The price of `provider`'s `model`; None: unknown, which is not free."""
        found = self._entries.get(f"{provider}/{model}")
        if found is not None:
            return found
        return self._entries.get(model) if self._providers.get(model) == provider else None


def litellm_prices() -> PriceBook:
    """The table of the installed LiteLLM; an empty book where it is missing or unreadable."""
    spec = find_spec("litellm")
    if spec is None or not spec.submodule_search_locations:
        return PriceBook()
    try:
        table = json.loads((Path(spec.submodule_search_locations[0]) / TABLE).read_text(encoding="utf-8"))
        release = version("litellm")
    except (OSError, ValueError, PackageNotFoundError):
        return PriceBook()
    return PriceBook.from_mapping(table, f"litellm {release}") if isinstance(table, dict) else PriceBook()


def _price(row: Mapping[str, object]) -> Price | None:
    paid = _micro_dollars(row.get("input_cost_per_token"))
    earned = _micro_dollars(row.get("output_cost_per_token"))
    if earned is None and row.get("mode") in _FREE_OUTPUT and "output_cost_per_token" not in row:
        earned = 0
    if paid is None or earned is None:
        return None
    return Price(paid, earned, _tokens(row.get("max_output_tokens")), _tokens(row.get("max_input_tokens")))


def _micro_dollars(per_token: object) -> int | None:
    """Dollars per token as micro-dollars per million tokens, rounded up: a bound must not be too low."""
    if isinstance(per_token, bool) or not isinstance(per_token, int | float):
        return None
    if not math.isfinite(per_token) or not 0 <= per_token < 1:
        return None
    return math.ceil(round(per_token * 1e12, 3))


def _tokens(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
