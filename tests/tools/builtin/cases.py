"""A tool against the double of its upstream: what a good call gives, and how each way to fail is told."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.doubles.recording import JsonValue
from tests.doubles.upstreams.vendor import Vendor
from tests.tools.builtin.calls import a_call, given, open_http
from treadle.engine.errors import ToolCredentialsError, ToolInvokeError
from treadle.engine.values import Value
from treadle.tools.builtin import BuiltinProvider, Call, builtin_providers
from treadle.tools.messages import Message

KEY = "key-1"


@dataclass(frozen=True)
class Case:
    """One good call. `{origin}` in parameters, credentials and `gives` stands for the double's address.

    `malformed`: whether an answer that is no JSON must be refused (not so where texts or pictures are answered).
    """

    tool: str
    parameters: Mapping[str, Value]
    vendor: Callable[[], Vendor]
    gives: Sequence[Message]
    credentials: Mapping[str, Value] = field(default_factory=dict[str, Value])
    malformed: bool = True

    def __str__(self) -> str:
        return self.tool

    @property
    def provider(self) -> str:
        return self.tool.partition("/")[0]


def every(cases: Sequence[Case]) -> pytest.MarkDecorator:
    """The test for each of the cases."""
    return pytest.mark.parametrize("case", cases, ids=str)


@asynccontextmanager
async def calling(case: Case, vendor: Vendor, tmp_path: Path) -> AsyncIterator[tuple[BuiltinProvider, Call]]:
    """The provider, pointed at the running `vendor`, and the call."""
    provider = builtin_providers()[case.provider]
    several = len(provider.urls) > 1
    urls = {
        name: vendor.origin + (f"/{name}" if several else "") + urlsplit(url).path
        for name, url in provider.urls.items()
    }
    async with open_http(tmp_path) as http:
        call = a_call(
            {name: _filled(value, vendor) for name, value in case.parameters.items()},
            credentials={name: _filled(value, vendor) for name, value in case.credentials.items()},
            http=http,
        )
        yield provider.at(**urls), call


async def check_good_call(case: Case, tmp_path: Path) -> None:
    """The call gives exactly what the case says."""
    async with case.vendor() as vendor, calling(case, vendor, tmp_path) as (provider, call):
        messages = await given(provider, case.tool.partition("/")[2], call)
        if "{origin}" in repr(case.gives):
            assert repr(messages) == repr(case.gives).replace("{origin}", vendor.origin)
        else:
            assert messages == list(case.gives)


async def check_failures(case: Case, tmp_path: Path) -> None:
    """A wrong key, a rate limit, an outage and a malformed answer are each told in one sentence."""
    tool = case.tool.partition("/")[2]
    async with case.vendor() as vendor, calling(case, vendor, tmp_path) as (provider, call):
        for status, answer, error, words in _failures(case):
            vendor.failures = [(status, answer)]
            with pytest.raises(error) as caught:
                await given(provider, tool, call)
            assert words in str(caught.value)
            assert KEY not in str(caught.value)
    if not case.credentials or case.vendor().key is None:
        return
    async with case.vendor() as vendor, calling(case, vendor, tmp_path) as (provider, call):
        assert vendor.key is not None
        vendor.key = type(vendor.key)(
            vendor.key.where, vendor.key.name, "another", vendor.key.status, vendor.key.refusal
        )
        with pytest.raises(ToolCredentialsError) as refused:
            await given(provider, tool, call)
        assert KEY not in str(refused.value)


def _failures(case: Case) -> list[tuple[int, JsonValue | bytes, type[Exception], str]]:
    failures: list[tuple[int, JsonValue | bytes, type[Exception], str]] = [
        (403, {"message": "no access"}, ToolCredentialsError if case.credentials else ToolInvokeError, "no access"),
        (429, {"error": {"message": "slow down"}}, ToolInvokeError, "status 429): slow down"),
        (502, b"<html>bad gateway</html>", ToolInvokeError, "answered with status 502."),
    ]
    if case.malformed:
        failures.append((200, b"<html>login</html>", ToolInvokeError, "answered with something unexpected"))
        failures.append((200, "a text", ToolInvokeError, "answered with something unexpected"))
    return failures


async def check_said(case: Case, tmp_path: Path, answer: JsonValue | bytes, status: int = 200) -> str:
    """What the call says when the upstream answers so: the error's text, or the repr of what it gives."""
    async with case.vendor() as vendor, calling(case, vendor, tmp_path) as (provider, call):
        vendor.failures = [(status, answer)]
        try:
            return repr(await given(provider, case.tool.partition("/")[2], call))
        except ToolInvokeError as error:
            return f"{type(error).__name__}: {error}".replace(vendor.origin.removeprefix("http://"), "HOST")


def _filled(value: Value, vendor: Vendor) -> Value:
    return value.replace("{origin}", vendor.origin) if isinstance(value, str) else value
