"""The smallest valid image, sound and film files."""

import struct
import zlib
from math import pi, sin

SAMPLE_RATE = 8000


def png(width: int = 8, height: int = 8, colour: tuple[int, int, int] = (30, 120, 200)) -> bytes:
    """An opaque one-colour PNG."""
    rows = (b"\x00" + bytes(colour) * width) * height

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def pcm(seconds: float = 0.1, hertz: int = 440) -> bytes:
    """A tone as 16-bit little-endian mono samples at 8 kHz."""
    count = int(SAMPLE_RATE * seconds)
    return b"".join(struct.pack("<h", int(8000 * sin(2 * pi * hertz * i / SAMPLE_RATE))) for i in range(count))


def wav(seconds: float = 0.1) -> bytes:
    """The tone of `pcm` as a WAV file."""
    samples = pcm(seconds)
    layout = struct.pack("<HHIIHH", 1, 1, SAMPLE_RATE, SAMPLE_RATE * 2, 2, 16)
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(layout)) + layout + b"data" + struct.pack("<I", len(samples))
    return b"RIFF" + struct.pack("<I", len(body) + len(samples)) + body + samples


def mp3(frames: int = 8) -> bytes:
    """Silent MPEG-1 layer III frames of 32 kbit/s, 44.1 kHz mono, behind an ID3v2 tag."""
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 0, 0])
    frame = b"\xff\xfb\x10\xc4" + bytes(144 * 32000 // 44100 - 4)
    return tag + frame * frames


def mp4() -> bytes:
    """An MP4 container with a movie header and no tracks: enough for type detection and storage."""

    def box(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", 8 + len(data)) + kind + data

    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    movie = struct.pack(">IIIIIIH10x", 0, 0, 0, 1000, 1000, 0x10000, 0x100) + matrix + bytes(24) + struct.pack(">I", 1)
    return (
        box(b"ftyp", b"isom" + struct.pack(">I", 512) + b"isomiso2mp41")
        + box(b"moov", box(b"mvhd", movie))
        + box(b"mdat", b"")
    )
