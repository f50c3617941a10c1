"""What the doubles of several vendors share: a key, scripted failures, and streams that are split or broken off."""

import asyncio
import itertools
from abc import abstractmethod
from collections.abc import Iterable

from aiohttp import web

from tests.doubles.http_double import HttpDouble, Refused
from tests.doubles.recording import JsonValue, Request
from tests.doubles.script import ModelScript


class ScriptedVendor(ModelScript, HttpDouble):
    """A vendor's server that answers by script. `bytes_per_write`: how streams are cut, 0 for whole events."""

    def __init__(self, *, key: str = "sk-scripted") -> None:
        ModelScript.__init__(self)
        HttpDouble.__init__(self)
        self.key = key
        self.bytes_per_write = 0
        self.ids = itertools.count(1)

    @abstractmethod
    def broken_off(self) -> bytes:
        """What the vendor sends in the middle of a stream when it fails."""

    def admit(self, recorded: Request) -> None:
        self.check_key(recorded)
        failure = self.next_failure(recorded)
        if failure is not None:
            headers = {} if failure.retry_after is None else {"Retry-After": f"{failure.retry_after:g}"}
            raise Refused(failure.status, failure.message, kind=None, code=failure.code, headers=headers)

    def check_key(self, recorded: Request) -> None:
        """Raises Refused for a call without the key."""
        if recorded.bearer != self.key:
            raise Refused(401, "invalid api token", kind="auth")

    def error_body(self, refused: Refused) -> JsonValue:
        return {"message": refused.message}

    async def streamed(
        self, request: web.Request, events: Iterable[bytes], content_type: str = "text/event-stream"
    ) -> web.StreamResponse:
        """The events as the script's style has them sent."""
        hang = self.next_hang()
        response = web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        for count, event in enumerate(events):
            if hang is not None and count == (hang.after_events or 0):
                await asyncio.Event().wait()
            if count == self.style.cut_after and request.transport is not None:
                request.transport.close()
                return response
            if count == self.style.error_after:
                await response.write(self.broken_off())
                break
            size = self.bytes_per_write or len(event)
            for at in range(0, len(event), size):
                await response.write(event[at : at + size])
                await asyncio.sleep(0)
        await response.write_eof()
        return response
