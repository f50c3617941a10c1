"""The event stream of AWS: binary frames in, one JSON text each out.

Source: the vendor's description of `application/vnd.amazon.eventstream`.
"""

import struct
import zlib

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
        at, end = 0, len(held)
        while end - at >= _PRELUDE.size:
            total, headers, checksum = _PRELUDE.unpack_from(held, at)
            if zlib.crc32(held[at : at + 8]) != checksum or total > MAX_FRAME or headers + 16 > total:
                raise BrokenFrame("a frame of the event stream has a damaged beginning")
            if end - at < total:
                break
            frame = held[at : at + total]
            if zlib.crc32(frame[:-4]) != _CHECKSUM.unpack_from(frame, total - 4)[0]:
                raise BrokenFrame("a frame of the event stream was damaged on the way")
            found.append(_text_of(frame, headers))
            at += total
        self._held = held[at:]
        return found

    def end(self) -> list[bytes]:
        """Nothing: a frame that is not whole says nothing."""
        self._held = b""
        return []


def _text_of(frame: bytes, headers: int) -> bytes:
    first = _PRELUDE.size
    named = _headers(frame[first : first + headers])
    payload = frame[first + headers : -4] or b"{}"
    kind = named.get(b":event-type") or named.get(b":exception-type")
    if kind is None:
        code, said = named.get(b":error-code", b"error"), named.get(b":error-message", b"")
        return b'{"error":{"message":%s,"code":%s}}' % (_quoted(said), _quoted(code))
    return b"{%s:%s}" % (_quoted(kind), payload)


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
