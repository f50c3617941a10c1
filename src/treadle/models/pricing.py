"""What a model costs: the catalogue's own figure, else the published price list of `genai-prices`.

The list takes a second and 96 MB to import, so the catalogue states the prices of the models it names, and the list is
asked only for models that it does not name.
"""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from treadle.engine.usage import Price

from .catalogue import Model, Provider

if TYPE_CHECKING:
    from genai_prices.types import TieredPrices

_FREE = Price()


async def price_of(provider: Provider, model: Model) -> Price:
    """The list price of `model`; free where nobody knows it."""
    if model.pricing is not None:
        return model.pricing.price()
    if provider.prices is None:
        return _FREE
    return await asyncio.to_thread(listed_price, provider.prices, model.model) or _FREE


@lru_cache(maxsize=1024)
def listed_price(provider: str, model: str, at: datetime | None = None) -> Price | None:
    """The price in `genai-prices` per million tokens, its first tier where there are tiers; None if not listed.

    `at`: the moment that the price is for, now by default.
    """
    from genai_prices.data_snapshot import get_snapshot

    try:
        _, found = get_snapshot().find_provider_model(model, None, provider, None)
    except LookupError:
        return None
    prices = found.get_prices(at or datetime.now(UTC))
    cached, written = _first_tier(prices.cache_read_mtok), _first_tier(prices.cache_write_mtok)
    fresh = _first_tier(prices.input_mtok) or Decimal(0)
    return Price(
        input=fresh,
        output=_first_tier(prices.output_mtok) or Decimal(0),
        cached_input=cached,
        cache_write=None if written == fresh else written,
    )


def _first_tier(price: "Decimal | TieredPrices | None") -> Decimal | None:
    return price if price is None or isinstance(price, Decimal) else price.base
