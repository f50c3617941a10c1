"""The event stream of AWS: binary frames in, one JSON text each out.

Source: the vendor's description of `application/vnd.amazon.eventstream`.
"""

import struct
from functools import lru_cache
from zlib import crc32

import msgspec

from treadle.models.sse import SseReader

MAX_FRAME = 24 * 2**20
_PRELUDE = struct.Struct(">III")
_CHECKSUM = struct.Struct(">I")
_LENGTH = struct.Struct(">H")
_STRING = 7
_SIZED = (6, _STRING)
_WIDTHS = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Bytes of the values of each type of header that has a fixed size."""


class BrokenFrame(ValueError):
    """Bytes that are no frame, or that changed on the way."""


class Frames:
    """Cuts a stream of bytes into its frames, however the network split them."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = b""

    def cut(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """Headers and payload of the frames that `data` completes, in order. Raises BrokenFrame."""
        held = self._held + data if self._held else data
        found: list[tuple[bytes, bytes]] = []
        view = memoryview(held)
        at, end = 0, len(held)
        while end - at >= _PRELUDE.size:
            total, headers, checksum = _PRELUDE.unpack_from(held, at)
            begun = crc32(view[at : at + 8])
            if begun != checksum or total > MAX_FRAME or headers + 16 > total:
                raise BrokenFrame("a frame of the event stream has a damaged beginning")
            if end - at < total:
                break
            last = at + total - 4
            if crc32(view[at + 8 : last], begun) != _CHECKSUM.unpack_from(held, last)[0]:
                raise BrokenFrame("a frame of the event stream was damaged on the way")
            first = at + _PRELUDE.size + headers
            found.append((held[at + _PRELUDE.size : first], held[first:last]))
            at += total
        self._held = held[at:]
        return found

    def end(self) -> list[bytes]:
        """Nothing: a frame that is not whole says nothing."""
        self._held = b""
        return []


class FrameReader(Frames):
    """What each frame holds, as `{"TYPE": PAYLOAD}`, TYPE being its event or its exception."""

    __slots__ = ()

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes, in order. Raises BrokenFrame."""
        return [_opening(headers) + (payload or b"{}") + b"}" for headers, payload in self.cut(data)]


class PartReader(Frames):
    """The payloads of the events that lie, however cut, in the frames `PayloadPart`; a failure as `{"error": …}`."""

    __slots__ = ("_events",)

    def __init__(self) -> None:
        super().__init__()
        self._events = SseReader(b"\n")

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that `data` completes, in order. Raises BrokenFrame and EventTooLong."""
        found: list[bytes] = []
        for headers, payload in self.cut(data):
            kind = headers_in(headers)
            if kind.get(b":event-type") == b"PayloadPart":
                found += self._events.feed(payload)
            else:
                code = kind.get(b":exception-type") or kind.get(b":error-code") or b"error"
                said = payload.decode("utf-8", "replace")
                found.append(msgspec.json.encode({"error": {"message": said, "code": code.decode()}}))
        return found

    def end(self) -> list[bytes]:
        """The payload of a last line that nothing ended."""
        super().end()
        return self._events.end()


@lru_cache(maxsize=64)
def _opening(headers: bytes) -> bytes:
    """What stands before the payload: the same headers come with every frame of a kind."""
    named = headers_in(headers)
    kind = named.get(b":event-type") or named.get(b":exception-type")
    if kind is not None:
        return b"{%s:" % _quoted(kind)
    code, said = named.get(b":error-code", b"error"), named.get(b":error-message", b"")
    return b'{"error":{"message":%s,"code":%s},"rest":' % (_quoted(said), _quoted(code))


def headers_in(data: bytes) -> dict[bytes, bytes]:
    """The headers whose values are texts."""
    found: dict[bytes, bytes] = {}
    at = 0
    try:
        while at < len(data):
            name = data[at + 1 : at + 1 + data[at]]
            at += 1 + data[at]
            kind = data[at]
            at += 1
            size = _LENGTH.unpack_from(data, at)[0] if kind in _SIZED else _WIDTHS[kind]
            at += 2 if kind in _SIZED else 0
            if kind == _STRING:
                found[name] = data[at : at + size]
            at += size
    except (IndexError, KeyError, struct.error) as error:
        raise BrokenFrame("a frame of the event stream has unreadable headers") from error
    return found


def _quoted(text: bytes) -> bytes:
    return b'"%s"' % text.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b" ")
