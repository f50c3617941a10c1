"""How a provider's refusals and broken connections become the error taxonomy.

Source: spec models-and-tools §1.11.
"""

import contextlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import aiohttp

from treadle.engine.errors import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    QuotaExceededError,
)
from treadle.models.target import Target

MAX_REASON = 600


def refusal(target: Target, status: int, reason: str, headers: Mapping[str, str]) -> InvokeError:
    """The error for an answer with this HTTP status. `reason` is the provider's own text, "" if it gave none."""
    said = f": {shorten(reason)}" if reason else ""
    if status == 401:
        return InvokeAuthorizationError(
            target.says(f"the provider refused the API key (HTTP 401). Store a valid one: {target.command()}")
        )
    if status == 403:
        return InvokeAuthorizationError(
            target.says(f"the API key may not use this model (HTTP 403){said}. Ask the provider, or use another key.")
        )
    if status == 429:
        after = retry_after(headers)
        wait = (
            f" Try again in {after:g} s." if after is not None else " Try again later, or raise the provider's limit."
        )
        return InvokeRateLimitError(
            target.says(f"the provider's rate limit or quota is used up (HTTP 429){said}.{wait}"), after
        )
    if status == 402:
        return spent(target, reason, status)
    if status == 404:
        return InvokeBadRequestError(
            target.says(
                f"{target.base_url} has no such model or endpoint (HTTP 404){said}. Check its name and the base URL."
            )
        )
    if status == 408:
        return InvokeConnectionError(target.says(f"the provider gave up waiting (HTTP 408){said}. Try again."))
    if status >= 500:
        return InvokeServerUnavailableError(
            target.says(f"the provider has a fault (HTTP {status}){said}. Try again, or use another model.")
        )
    if status >= 400:
        return InvokeBadRequestError(
            target.says(
                f"the provider refused the request (HTTP {status}){said}. Change the prompt or the model's parameters."
            )
        )
    return InvokeError(
        target.says(
            f"the provider answered HTTP {status}, which is no reply{said}. Check the base URL {target.base_url}."
        )
    )


def spent(target: Target, reason: str, status: int) -> QuotaExceededError:
    """The error for an account that has nothing left to spend."""
    said = f": {shorten(reason)}" if reason else ""
    return QuotaExceededError(
        target.says(
            f"the account with the provider is used up (HTTP {status}){said}. "
            "Top it up, raise its limit, or use another account."
        )
    )


def broken_connection(target: Target, error: BaseException) -> InvokeConnectionError:
    """The error for a call that never got through, or broke off."""
    where = target.base_url
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return InvokeConnectionError(
            target.says(f"no trusted TLS connection to {where}: {error}. Check its certificate.")
        )
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return InvokeConnectionError(
            target.says(f"cannot connect to {where}: {error}. Check the base URL and the network.{_from_inside(where)}")
        )
    if isinstance(error, TimeoutError):
        return InvokeConnectionError(target.says(f"{where} fell silent for too long. Try again, or use another model."))
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
        return InvokeConnectionError(
            target.says(f"{where!r} is not an http(s) address. Correct the base URL: {target.command()}")
        )
    return InvokeConnectionError(target.says(f"the connection to {where} broke ({shorten(str(error))}). Try again."))


def _from_inside(address: str) -> str:
    """A hint for those who run Treadle in a container and name the machine around it by a loopback address."""
    host = urlsplit(address).hostname or ""
    if host != "localhost" and host != "::1" and not host.startswith("127."):
        return ""
    return f" Inside a container {host} is the container itself: use host.docker.internal or the machine's address."


def cut_off(target: Target) -> InvokeConnectionError:
    """The error for a stream that ended before its reply did."""
    return InvokeConnectionError(
        target.says(f"the connection to {target.base_url} ended in the middle of the reply. Try again.")
    )


def unreadable(target: Target, sent: bytes) -> InvokeServerUnavailableError:
    """The error for an answer that is not what the protocol says."""
    excerpt = shorten(sent.decode("utf-8", "replace"))
    return InvokeServerUnavailableError(
        target.says(
            f"the provider sent something that cannot be read: {excerpt!r}. Check the base URL {target.base_url}."
        )
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds to wait that `Retry-After` (seconds or a date) or `retry-after-ms` gives."""
    milliseconds, text = headers.get("retry-after-ms"), headers.get("retry-after")
    seconds: float | None = None
    with contextlib.suppress(ValueError):
        seconds = float(milliseconds) / 1000 if milliseconds else float(text) if text else None
    if seconds is None and text:
        with contextlib.suppress(ValueError):
            when = parsedate_to_datetime(text)
            seconds = (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(seconds, 0.0) if seconds is not None and math.isfinite(seconds) else None


def shorten(text: str) -> str:
    """At most MAX_REASON characters, in one line and without a full stop at the end."""
    text = " ".join(text.split())
    return (text if len(text) <= MAX_REASON else text[:MAX_REASON] + "…").rstrip(".")
