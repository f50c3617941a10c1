"""The codes that callers get for a model that could not be asked (spec service-api §4.6, models-and-tools §1.11)."""

from collections.abc import Iterator

from treadle.engine.errors import (
    InvokeError,
    ModelCurrentlyNotSupportError,
    NodeError,
    ProviderNotInitializeError,
    QuotaExceededError,
)

_CODES: tuple[tuple[type[NodeError], str], ...] = (
    (InvokeError, "completion_request_error"),
    (ProviderNotInitializeError, "provider_not_initialize"),
    (ModelCurrentlyNotSupportError, "model_currently_not_support"),
    (QuotaExceededError, "provider_quota_exceeded"),
)
"""The code of a class is that of its subclasses too, unless they have one of their own further down."""


def _named(error: type[NodeError], code: str) -> Iterator[tuple[str, str]]:
    yield error.__name__, code
    for each in error.__subclasses__():
        yield from _named(each, code)


_BY_NAME = dict(pair for error, code in _CODES for pair in _named(error, code))


def code_of(error_type: str | None) -> str | None:
    """The code for the `error_type` of a failed node; None when that is no failure of a model."""
    return _BY_NAME.get(error_type or "")
