"""What a model costs: the catalogue's own figure, else the published price list of `genai-prices`.

The list takes a second and 96 MB to import, so the catalogue states the prices of the models it names, and the list is
asked only for models that it does not name.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from treadle.engine.usage import Price, PriceTier, SoundPrice

from .catalogue import Model, Provider

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice, Tier, TieredPrices

Listed: TypeAlias = "Decimal | TieredPrices | None"
"""A price of the list: None where it names none."""

_FREE = Price()


async def price_of(provider: Provider, model: Model) -> Price:
    """The list price of `model`; free where nobody knows it."""
    return await list_price(provider, model) or _FREE


async def list_price(provider: Provider, model: Model) -> Price | None:
    """The list price of `model`; None where nobody knows it."""
    if model.pricing is not None:
        return model.pricing.price()
    if provider.prices is None:
        return None
    return await asyncio.to_thread(listed_price, provider.prices, model.model)


@lru_cache(maxsize=1024)
def listed_price(provider: str, model: str, at: datetime | None = None) -> Price | None:
    """The price in `genai-prices` per million tokens; None if not listed.

    `at`: the moment that the price is for, now by default.
    """
    from genai_prices.data_snapshot import get_snapshot

    try:
        _, found = get_snapshot().find_provider_model(model, None, provider, None)
    except LookupError:
        return None
    prices = found.get_prices(at or datetime.now(UTC))
    each = (prices.input_mtok, prices.output_mtok, prices.cache_read_mtok, prices.cache_write_mtok)
    bounds = sorted({tier.start for price in each if price is not None for tier in _tiers(price)})
    fresh, output, cached, written = _above(None, *each)
    return Price(
        input=fresh,
        output=output,
        cached_input=cached,
        cache_write=written,
        sound=_sound(prices),
        tiers=tuple(_tier(bound, *_above(bound, *each)) for bound in bounds),
    )


def _sound(prices: "ModelPrice") -> SoundPrice | None:
    """Characters count per million, as tokens do; hours are hours."""
    sound = SoundPrice(
        input=_price(prices.input_audio_mtok, None),
        cached_input=_price(prices.cache_audio_read_mtok, None),
        output=_price(prices.output_audio_mtok, None),
        characters=_price(prices.input_mchars, None),
        hour=_price(prices.input_audio_hours or prices.audio_hours, None),
    )
    return None if sound == SoundPrice() else sound


def _tier(above: int, fresh: Decimal, output: Decimal, cached: Decimal | None, written: Decimal | None) -> PriceTier:
    return PriceTier(above=above, input=fresh, output=output, cached_input=cached, cache_write=written)


def _above(
    bound: int | None, fresh: Listed, output: Listed, cached: Listed, written: Listed
) -> tuple[Decimal, Decimal, Decimal | None, Decimal | None]:
    """The four prices beyond a bound; None for writing into the cache where it costs what the prompt costs."""
    paid = _price(fresh, bound) or Decimal(0)
    kept = _price(written, bound)
    return paid, _price(output, bound) or Decimal(0), _price(cached, bound), None if kept == paid else kept


def _price(price: Listed, bound: int | None) -> Decimal | None:
    if price is None or isinstance(price, Decimal):
        return price
    reached = [tier.price for tier in price.tiers if bound is not None and bound >= tier.start]
    return reached[-1] if reached else price.base


def _tiers(price: "Decimal | TieredPrices") -> "Sequence[Tier]":
    return () if isinstance(price, Decimal) else price.tiers
