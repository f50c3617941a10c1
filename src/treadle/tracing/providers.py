"""The tracing services by name, and what a form asks for each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from treadle.engine.ports import Http
from treadle.platform.refusals import InvalidParam

from .trace import Trace

Config = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigField:
    """A field of a form. `url`: http or https, or https alone."""

    name: str
    secret: bool = False
    required: bool = True
    default: str = ""
    url: tuple[str, ...] = ()


class Provider(Protocol):
    """A tracing service."""

    @property
    def name(self) -> str: ...

    @property
    def fields(self) -> tuple[ConfigField, ...]: ...

    async def verify(self, http: Http, config: Config) -> str:
        """The address of the project, empty where it has none. Raises TracingFailed."""
        ...

    async def send(self, http: Http, config: Config, traces: Sequence[Trace]) -> None:
        """Sending the same again does no harm. Raises TracingFailed."""
        ...


def checked(provider: Provider, given: Mapping[str, str]) -> Config:
    """The settings with defaults, without space around them. Raises InvalidParam."""
    unknown = sorted(set(given) - {field.name for field in provider.fields})
    if unknown:
        raise InvalidParam(f"`{unknown[0]}` is no setting of {provider.name}.", param=unknown[0])
    config: Config = {}
    for field in provider.fields:
        value = given.get(field.name, "").strip() or field.default
        if field.required and not value:
            raise InvalidParam(f"`{field.name}` is missing.", param=field.name)
        if any(ord(letter) < 32 for letter in value) or (field.secret and not value.isascii()):
            raise InvalidParam(f"`{field.name}` has letters that cannot be sent.", param=field.name)
        if field.url and value:
            _check_url(field, value)
        config[field.name] = value.rstrip("/") if field.url else value
    return config


def _check_url(field: ConfigField, value: str) -> None:
    schemes = " or ".join(f"{scheme}://" for scheme in field.url)
    try:
        parts = urlsplit(value)
        fits = parts.scheme in field.url and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits:
        raise InvalidParam(f"`{field.name}` must be an address that begins with {schemes}.", param=field.name)
