"""How long a recording is, read from its container; for what providers charge by the hour and do not count.

Source: the descriptions of RIFF, MPEG audio frames, FLAC, Ogg (RFC 3533, 7845), ISO base media, Matroska and AMR
(RFC 4867).
"""

import struct
from collections.abc import Callable, Iterator

_MP3_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_MP3_KBITS = {
    (3, 1): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (3, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 3): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (2, 1): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
}
"""By version (3: MPEG 1) and layer as the header numbers them (1: layer III)."""

_AMR = (12, 13, 15, 17, 19, 20, 26, 31, 5)
"""Bytes after the head of a frame of 20 ms, by its mode."""

_SEGMENT, _INFO, _CLUSTER = 0x18538067, 0x1549A966, 0x1F43B675
_SCALE, _DURATION, _TIME, _BLOCK, _GROUP, _GROUP_BLOCK = 0x2AD7B1, 0x4489, 0xE7, 0xA3, 0xA0, 0xA1


def seconds_of(data: bytes) -> float | None:
    """The length of a recording in seconds; None for a format that is not known, or a damaged file."""
    reader = _reader(data)
    if reader is None:
        return None
    try:
        return reader(data)
    except (struct.error, IndexError, ZeroDivisionError, OverflowError, KeyError):
        return None


def _reader(data: bytes) -> Callable[[bytes], float | None] | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return _wave
    if data[4:8] == b"ftyp":
        return _mp4
    if data[:5] == b"#!AMR":
        return _amr
    if data[:3] == b"ID3" or (data[:1] == b"\xff" and len(data) > 1 and data[1] & 0xE0 == 0xE0):
        return _mp3
    return {b"fLaC": _flac, b"OggS": _ogg, b"\x1aE\xdf\xa3": _webm}.get(data[:4])


def _wave(data: bytes) -> float | None:
    at, rate = 12, 0
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if name == b"fmt ":
            rate = struct.unpack_from("<I", data, at + 16)[0]
        elif name == b"data":
            return min(size, len(data) - at - 8) / rate
        at += 8 + size + size % 2
    return None


def _mp3(data: bytes) -> float | None:
    at = 0
    if data[:3] == b"ID3":
        at = 10 + sum((data[6 + place] & 0x7F) << 7 * (3 - place) for place in range(4))
    seconds = 0.0
    while at + 4 <= len(data):
        head = struct.unpack_from(">I", data, at)[0]
        version, layer, kbits, rate = head >> 19 & 3, head >> 17 & 3, head >> 12 & 15, head >> 10 & 3
        if head >> 21 != 0x7FF or version == 1 or not layer or kbits in (0, 15) or rate == 3:
            if seconds:  # what follows the last frame is no sound
                break
            at += 1
            continue
        hertz, padding = _MP3_RATES[version][rate], head >> 9 & 1
        rows = _MP3_KBITS[3 if version == 3 else 2, layer]
        samples = 384 if layer == 3 else 576 if layer == 1 and version != 3 else 1152
        size = samples // 8 * rows[kbits - 1] * 1000 // hertz
        seconds += samples / hertz
        at += size + (padding * 4 if layer == 3 else padding)
    return seconds or None


def _flac(data: bytes) -> float | None:
    packed = int.from_bytes(data[18:26], "big")
    return (packed & (1 << 36) - 1) / (packed >> 44) or None


def _ogg(data: bytes) -> float | None:
    last = data.rfind(b"OggS")
    granule = struct.unpack_from("<q", data, last + 6)[0]
    head = data.find(b"OpusHead", 0, 512)
    if head >= 0:
        return max(granule - struct.unpack_from("<H", data, head + 10)[0], 0) / 48_000
    head = data.find(b"\x01vorbis", 0, 512)
    return granule / struct.unpack_from("<I", data, head + 12)[0] if head >= 0 else None


def _mp4(data: bytes) -> float | None:
    at = data.find(b"mvhd")
    if at < 0:
        return None
    if data[at + 4]:
        scale, length = struct.unpack_from(">IQ", data, at + 24)
    else:
        scale, length = struct.unpack_from(">II", data, at + 16)
    return length / scale or None


def _amr(data: bytes) -> float | None:
    if data[5:6] != b"\n":  # AMR-WB has other frames
        return None
    at, frames = 6, 0
    while at < len(data):
        mode = data[at] >> 3 & 15
        at += 1 + (_AMR[mode] if mode < len(_AMR) else 0)
        frames += 1
    return frames * 0.02


def _webm(data: bytes) -> float | None:
    """What is recorded in a browser has no duration: the time of its last block is as good."""
    scale, stated, base, last = 1_000_000, 0.0, 0, 0
    for id, start, end in _elements(data, 0, len(data)):
        if id == _SCALE:
            scale = int.from_bytes(data[start:end], "big")
        elif id == _DURATION:
            stated = struct.unpack(">d" if end - start == 8 else ">f", data[start:end])[0]
        elif id == _TIME:
            last = base = int.from_bytes(data[start:end], "big")
        elif id in (_BLOCK, _GROUP_BLOCK):
            track = _vint(data, start)[1]
            last = max(last, base + struct.unpack_from(">h", data, start + track)[0])
    return (stated or last) * scale / 1e9 or None


def _elements(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The elements that hold values, with the bounds of their content; masters are gone into."""
    while at < end:
        length = 9 - data[at].bit_length()
        id = int.from_bytes(data[at : at + length], "big")
        size, width = _vint(data, at + length)
        at += length + width
        if id in (_SEGMENT, _INFO, _CLUSTER, _GROUP):
            continue
        if size is None:
            return
        yield id, at, min(at + size, end)
        at += size


def _vint(data: bytes, at: int) -> tuple[int | None, int]:
    """A number of variable length, None for "unknown", and how many bytes it takes."""
    width = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + width], "big") & (1 << 7 * width) - 1
    return None if value == (1 << 7 * width) - 1 else value, width
