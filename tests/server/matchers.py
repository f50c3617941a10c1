"""Placeholders for the members of a payload that differ from run to run: `expected == payload` checks their form."""

import re
import time
from collections.abc import Callable
from typing import Any

import httpx


class Matching:
    """Equal to every value that `holds` is true of."""

    def __init__(self, name: str, holds: Callable[[Any], bool]) -> None:
        self._name = name
        self._holds = holds

    def __eq__(self, other: object) -> bool:
        return self._holds(other)

    def __hash__(self) -> int:
        return hash(self._name)

    def __repr__(self) -> str:
        return f"<{self._name}>"


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

ID = Matching("UUID text", lambda value: isinstance(value, str) and _UUID.fullmatch(value) is not None)
NOW = Matching("Unix seconds of now", lambda value: type(value) is int and abs(value - time.time()) < 300)
SECONDS = Matching("seconds", lambda value: type(value) is float and 0 <= value < 120)
COUNT = Matching("positive integer", lambda value: type(value) is int and value > 0)
TEXT = Matching("text with something in it", lambda value: isinstance(value, str) and value != "")
ISO_TIME = Matching(
    "ISO 8601 time", lambda value: isinstance(value, str) and re.fullmatch(r"[\d-]{10}T[\d:]{8}", value) is not None
)


def usage(**members: Any) -> dict[str, Any]:
    """The usage of a model without prices."""
    zero = "0.0000000"
    return {
        "prompt_tokens": COUNT,
        "prompt_unit_price": Matching("price", _is_zero),
        "prompt_price_unit": Matching("price", lambda value: isinstance(value, str)),
        "prompt_price": zero,
        "completion_tokens": COUNT,
        "completion_unit_price": Matching("price", _is_zero),
        "completion_price_unit": Matching("price", lambda value: isinstance(value, str)),
        "completion_price": zero,
        "total_tokens": COUNT,
        "total_price": zero,
        "currency": "USD",
        "latency": SECONDS,
        "time_to_first_token": Matching("seconds or null", _is_seconds_or_null),
        "time_to_generate": Matching("seconds or null", _is_seconds_or_null),
        **members,
    }


def _is_zero(value: object) -> bool:
    return isinstance(value, str) and float(value) == 0


def _is_seconds_or_null(value: object) -> bool:
    return value is None or value == SECONDS


def refused(response: httpx.Response, status: int, code: str, *, params: str | None = None) -> None:
    """Asserts the whole error envelope (spec service-api §1.5); `params` only where the caller names it."""
    body = response.json()
    assert (response.status_code, body.get("code")) == (status, code), response.text
    assert response.headers["content-type"] == "application/json"
    expected = {"code": code, "message": TEXT, "status": status}
    if "params" in body or params is not None:
        expected["params"] = params if params is not None else TEXT
    assert body == expected
