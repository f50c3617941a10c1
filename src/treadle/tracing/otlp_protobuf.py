"""An export of spans in the binary encoding that every collector takes.

Source: opentelemetry.io, OTLP 1.x (trace.proto, common.proto, trace_service.proto); protobuf.dev, encoding.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .otlp_spans import OtlpSpan
from .wire import encoded

_VARINT, _FIXED64, _BYTES = 0, 1, 2
_INTERNAL, _OK, _ERROR = 1, 1, 2


def export(spans: Iterable[OtlpSpan], resource: Mapping[str, Any]) -> bytes:
    """The body of a request that exports spans."""
    scope = _field(1, _text(1, "treadle")) + b"".join(_field(2, _span(span)) for span in spans)
    return _field(1, _field(1, _attributes(1, resource)) + _field(2, scope))


def rejected(answer: bytes) -> tuple[int, str]:
    """How many spans the answer to an export refuses, and why. Raises ValueError for what is no such answer."""
    count, reason = 0, ""
    for number, partial in _fields(answer):
        if number == 1 and isinstance(partial, bytes):
            for member, value in _fields(partial):
                if member == 1 and isinstance(value, int):
                    count = value
                elif member == 2 and isinstance(value, bytes):
                    reason = value.decode("utf-8", "replace")
    return count, reason


def _span(span: OtlpSpan) -> bytes:
    status = _number(3, _OK) if span.error is None else _text(2, span.error) + _number(3, _ERROR)
    return b"".join(
        (
            _field(1, span.trace_id),
            _field(2, span.span_id),
            _field(4, span.parent_id) if span.parent_id else b"",
            _text(5, span.name),
            _number(6, _INTERNAL),
            _key(7, _FIXED64) + struct.pack("<Q", span.start),
            _key(8, _FIXED64) + struct.pack("<Q", span.end),
            _attributes(9, span.attributes),
            _field(15, status),
        )
    )


def _attributes(number: int, values: Mapping[str, Any]) -> bytes:
    return b"".join(_field(number, _text(1, name) + _field(2, _value(value))) for name, value in values.items())


def _value(value: Any) -> bytes:
    match value:
        case bool():
            return _number(2, value)
        case int():
            return _number(3, value)
        case float():
            return _key(4, _FIXED64) + struct.pack("<d", value)
        case str():
            return _text(1, value)
        case _:
            return _text(1, encoded(value).decode())


def _text(number: int, text: str) -> bytes:
    return _field(number, text.encode("utf-8", "replace"))


def _field(number: int, content: bytes) -> bytes:
    return _key(number, _BYTES) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _key(number, _VARINT) + _varint(value)


def _key(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; negative numbers as 64 bits of two's complement."""
    value &= 2**64 - 1
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    place = 0
    while place < len(message):
        key, place = _read_varint(message, place)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, place = _read_varint(message, place)
            yield number, value
        elif kind == _BYTES:
            size, place = _read_varint(message, place)
            if place + size > len(message):
                raise ValueError("a field is longer than its message")
            yield number, message[place : place + size]
            place += size
        elif kind in (_FIXED64, 5):
            place += 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {kind} is unknown")


def _read_varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(message) and shift < 70:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
    raise ValueError("a number does not end")
