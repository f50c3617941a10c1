"""The event stream of AWS: binary frames in, one JSON text each out.

Source: the vendor's description of `application/vnd.amazon.eventstream`.
"""

import struct
from functools import lru_cache
from zlib import crc32

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


class FrameReader:
    """Cuts a stream of bytes into its frames, however the network split them.

    What a frame holds comes out as `{"TYPE": PAYLOAD}`, TYPE being its event or its exception.
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes, in order. Raises BrokenFrame."""
        held = self._held + data if self._held else data
        found: list[bytes] = []
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
            opening = _opening(held[at + _PRELUDE.size : first])
            found.append(opening + (held[first:last] or b"{}") + b"}")
            at += total
        self._held = held[at:]
        return found

    def end(self) -> list[bytes]:
        """Nothing: a frame that is not whole says nothing."""
        self._held = b""
        return []


@lru_cache(maxsize=64)
def _opening(headers: bytes) -> bytes:
    """What stands before the payload: the same headers come with every frame of a kind."""
    named = _headers(headers)
    kind = named.get(b":event-type") or named.get(b":exception-type")
    if kind is not None:
        return b"{%s:" % _quoted(kind)
    code, said = named.get(b":error-code", b"error"), named.get(b":error-message", b"")
    return b'{"error":{"message":%s,"code":%s},"rest":' % (_quoted(said), _quoted(code))


def _headers(data: bytes) -> dict[bytes, bytes]:
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
