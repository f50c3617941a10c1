"""What model calls cost: counts and decimal prices, summed over a node and over a run.

Source: spec models-and-tools §1.6, service-api §4.5.
"""

from decimal import ROUND_HALF_UP, Decimal

import msgspec

from .values import JsonValue

_ZERO = Decimal(0)
_PRICE_QUANTUM = Decimal("0.0000001")


def _beyond(price: Decimal | None, usual: Decimal) -> Decimal:
    """How much dearer than usual; negative where it is cheaper."""
    return _ZERO if price is None else price - usual


class PriceTier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all tokens of a call cost whose prompt has more than `above` tokens; members as in `Price`."""

    above: int
    input: Decimal
    output: Decimal = _ZERO
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None


class Sound(msgspec.Struct, frozen=True, kw_only=True):
    """The sound in model calls: tokens among those of prompt, cache and reply, seconds of recordings, characters that
    were read aloud."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    characters: int = 0

    def __add__(self, other: "Sound") -> "Sound":
        return Sound(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            seconds=self.seconds + other.seconds,
            characters=self.characters + other.characters,
        )


SILENCE = Sound()


class SoundPrice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What sound costs: tokens of sound per unit of the price it belongs to, heard and spoken; characters that are read
    aloud per unit likewise; and an hour of recordings. None where it costs what other tokens cost, or nothing.
    """

    input: Decimal | None = None
    cached_input: Decimal | None = None
    output: Decimal | None = None
    characters: Decimal | None = None
    hour: Decimal | None = None


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """List prices of one model: `input` and `output` per `unit` tokens (unit 0.000001 = per million).

    `cached_input` is the price of prompt tokens that the provider's cache held, `cache_write` of those that it was made
    to keep; None where they cost the same. `tiers`, by ascending bounds, are for long prompts.
    """

    input: Decimal = _ZERO
    output: Decimal = _ZERO
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    sound: SoundPrice | None = None
    unit: Decimal = Decimal("0.000001")
    currency: str = "USD"
    tiers: tuple[PriceTier, ...] = ()

    def at(self, prompt_tokens: int) -> "Price":
        """The prices of a call with a prompt of this length."""
        reached = [tier for tier in self.tiers if prompt_tokens > tier.above]
        if not reached:
            return self
        tier = reached[-1]
        return Price(
            input=tier.input,
            output=tier.output,
            cached_input=tier.cached_input,
            cache_write=tier.cache_write,
            sound=self.sound,
            unit=self.unit,
            currency=self.currency,
        )

    def of(self, tokens: int, price: Decimal) -> Decimal:
        """The amount for `tokens`, rounded half-up to 7 decimals."""
        return (tokens * price * self.unit).quantize(_PRICE_QUANTUM, ROUND_HALF_UP)

    def of_sound(self, sound: Sound, cached_input: Decimal) -> Decimal:
        """What the prompt's sound costs beyond what its tokens cost as others."""
        rates = self.sound or SoundPrice()
        cached = min(sound.cached_tokens, sound.prompt_tokens)
        amount = self.of(sound.prompt_tokens - cached, _beyond(rates.input, self.input))
        amount += self.of(cached, _beyond(rates.cached_input, cached_input))
        amount += self.of(sound.characters, rates.characters or _ZERO)
        hours = Decimal(str(sound.seconds)) / 3600
        return amount + (hours * (rates.hour or _ZERO)).quantize(_PRICE_QUANTUM, ROUND_HALF_UP)


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens, prices and seconds of one or more model calls. `cached_tokens` and `cache_written_tokens` are among
    `prompt_tokens`."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    cache_written_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    prompt_unit_price: Decimal = _ZERO
    prompt_price_unit: Decimal = _ZERO
    prompt_price: Decimal = _ZERO
    completion_unit_price: Decimal = _ZERO
    completion_price_unit: Decimal = _ZERO
    completion_price: Decimal = _ZERO
    total_price: Decimal = _ZERO
    currency: str = "USD"
    latency: float = 0.0
    time_to_first_token: float | None = None
    time_to_generate: float | None = None
    sound: Sound = SILENCE

    @classmethod
    def priced(
        cls,
        prompt_tokens: int,
        completion_tokens: int,
        price: Price,
        *,
        cached_tokens: int = 0,
        cache_written_tokens: int = 0,
        latency: float = 0.0,
        time_to_first_token: float | None = None,
        time_to_generate: float | None = None,
        sound: Sound = SILENCE,
    ) -> "Usage":
        """Usage of one call of a model with the list prices `price`."""
        price = price.at(prompt_tokens)
        cached_input = price.input if price.cached_input is None else price.cached_input
        cache_write = price.input if price.cache_write is None else price.cache_write
        cached_tokens = min(cached_tokens, prompt_tokens)
        cache_written_tokens = min(cache_written_tokens, prompt_tokens - cached_tokens)
        prompt_price = (
            price.of(prompt_tokens - cached_tokens - cache_written_tokens, price.input)
            + price.of(cached_tokens, cached_input)
            + price.of(cache_written_tokens, cache_write)
        )
        completion_price = price.of(completion_tokens, price.output)
        if price.sound is not None and sound != SILENCE:
            prompt_price += price.of_sound(sound, cached_input)
            completion_price += price.of(
                min(sound.completion_tokens, completion_tokens), _beyond(price.sound.output, price.output)
            )
        return cls(
            prompt_tokens=prompt_tokens,
            cached_tokens=cached_tokens,
            cache_written_tokens=cache_written_tokens,
            completion_tokens=completion_tokens,
            total_tokens=prompt_tokens + completion_tokens,
            prompt_unit_price=price.input,
            prompt_price_unit=price.unit,
            prompt_price=prompt_price,
            completion_unit_price=price.output,
            completion_price_unit=price.unit,
            completion_price=completion_price,
            total_price=prompt_price + completion_price,
            currency=price.currency,
            latency=latency,
            time_to_first_token=time_to_first_token,
            time_to_generate=time_to_generate,
            sound=sound,
        )

    def __add__(self, other: "Usage") -> "Usage":
        """Counts, prices and latency add up; unit prices and currency are those of the later call."""
        if not self.total_tokens and not self.total_price:
            return other
        return msgspec.structs.replace(
            other,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            cache_written_tokens=self.cache_written_tokens + other.cache_written_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            total_tokens=self.total_tokens + other.total_tokens,
            prompt_price=self.prompt_price + other.prompt_price,
            completion_price=self.completion_price + other.completion_price,
            total_price=self.total_price + other.total_price,
            latency=self.latency + other.latency,
            sound=self.sound + other.sound,
        )

    def to_map(self) -> dict[str, JsonValue]:
        """The `usage` object of outputs and events: prices as plain decimal strings. Sound stands there if there was
        any."""
        heard = {name: value for name, value in msgspec.structs.asdict(self.sound).items() if value}
        return {
            "prompt_tokens": self.prompt_tokens,
            "prompt_unit_price": f"{self.prompt_unit_price:f}",
            "prompt_price_unit": f"{self.prompt_price_unit:f}",
            "prompt_price": f"{self.prompt_price:f}",
            "completion_tokens": self.completion_tokens,
            "completion_unit_price": f"{self.completion_unit_price:f}",
            "completion_price_unit": f"{self.completion_price_unit:f}",
            "completion_price": f"{self.completion_price:f}",
            "total_tokens": self.total_tokens,
            "total_price": f"{self.total_price:f}",
            "currency": self.currency,
            "latency": round(self.latency, 6),
            "time_to_first_token": self.time_to_first_token,
            "time_to_generate": self.time_to_generate,
            **({"sound": heard} if heard else {}),
        }

    def metadata(self) -> dict[str, JsonValue]:
        """The members of `execution_metadata` that a model-using node reports."""
        return {
            "total_tokens": self.total_tokens,
            "total_price": f"{self.total_price:f}",
            "currency": self.currency,
        }


NO_USAGE = Usage()
