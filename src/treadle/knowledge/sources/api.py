"""JSON over HTTP as the services of this package speak it, with patience for those that are busy."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias, cast

from treadle.engine.errors import HttpRequestNodeError, ResponseSizeError
from treadle.engine.ports import Http, HttpRequest, HttpResponse

from .errors import CredentialError, SourceError

Json: TypeAlias = dict[str, Any]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]

_BUSY: Final = frozenset({429, 500, 502, 503, 504, 529})
_REFUSED: Final = frozenset({401, 403})
_TRIES: Final = 4
_LONGEST_WAIT: Final = 30.0
_MAX_BYTES: Final = 64 * 1024 * 1024


class JsonApi:
    """A service called `name` for people, whose requests carry `headers`; those named in `secret` stay with it."""

    def __init__(
        self,
        http: Http,
        name: str,
        headers: Mapping[str, str],
        *,
        secret: tuple[str, ...] = ("authorization",),
        seconds: float = 60,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.name = name
        self._http = http
        self._headers = {"Accept": "application/json", "Content-Type": "application/json", **headers}
        self._secret = secret
        self._seconds = seconds
        self._sleep = sleep

    async def get(self, url: str) -> Json:
        return await self.call("GET", url)

    async def post(self, url: str, body: Mapping[str, object]) -> Json:
        return await self.call("POST", url, body)

    async def call(self, method: str, url: str, body: Mapping[str, object] | None = None) -> Json:
        """The JSON object of the answer; a busy service is asked again. Raises SourceError and CredentialError."""
        answer = await self.send(method, url, None if body is None else json.dumps(body).encode())
        if answer.status >= 400:
            raise self._refusal(answer)
        if not answer.body.strip():
            return {}
        try:
            value: object = json.loads(answer.body)
        except ValueError as error:
            raise SourceError(
                f"{self.name} answered with something that is no JSON; check the address of the service."
            ) from error
        if not isinstance(value, dict):
            raise SourceError(f"{self.name} answered with something that is no JSON object.")
        return cast("Json", value)

    async def send(self, method: str, url: str, body: bytes | None) -> HttpResponse:
        """The answer of whatever status, the last one of a service that stays busy. Raises SourceError."""
        request = HttpRequest(
            method=method,
            url=url,
            headers=tuple(self._headers.items()),
            body=body,
            read_timeout=self._seconds,
            max_bytes=_MAX_BYTES,
            secret_headers=self._secret,
        )
        for attempt in range(_TRIES):
            try:
                answer = await self._http.send(request)
            except (HttpRequestNodeError, ResponseSizeError) as error:
                raise SourceError(f"{self.name} could not be asked: {error}") from error
            if answer.status not in _BUSY or attempt == _TRIES - 1:
                return answer
            await self._sleep(_wait(answer, attempt))
        raise AssertionError("the last attempt returns")

    def _refusal(self, answer: HttpResponse) -> SourceError:
        said = error_text(answer.body)
        if answer.status in _REFUSED:
            return CredentialError(
                f"{self.name} refuses the key (status {answer.status}: {said}); check it and what it may read."
            )
        if answer.status == 402:
            return CredentialError(f"{self.name} wants to be paid first (status 402: {said}).")
        return SourceError(f"{self.name} answered with status {answer.status}: {said}")


def _wait(answer: HttpResponse, attempt: int) -> float:
    """Seconds until the next try: what the service asks for, else half a second, one, two."""
    asked = answer.headers.get("retry-after", "")
    return min(float(asked) if asked.isdecimal() else 0.5 * 2**attempt, _LONGEST_WAIT)


def error_text(body: bytes) -> str:
    """What an error body says: the message in it where there is one, in at most 300 characters."""
    text = body.decode("utf-8", "replace").strip()
    try:
        value: object = json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        for key in ("message", "error", "error_msg", "detail"):
            if isinstance(said := fields.get(key), str) and said:
                text = said
                break
    return " ".join(text.split())[:300] or "no reason given"
