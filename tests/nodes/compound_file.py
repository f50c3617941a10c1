"""The old Office container, and the smallest files of its kind: an Excel workbook, an Outlook mail.

Source: MS-CFB for the container, MS-XLS and MS-OXMSG for what lies within.
"""

import struct
from collections.abc import Mapping, Sequence

SECTOR = 512
MINI = 64
CUTOFF = 4096
END_OF_CHAIN = 0xFFFFFFFE
FREE = 0xFFFFFFFF
FAT_SECTOR = 0xFFFFFFFD


def compound_file(streams: Mapping[str, bytes]) -> bytes:
    """A compound file with `streams` in its root. All of it fits into 64 KiB."""
    small = {name: data for name, data in streams.items() if len(data) < CUTOFF}
    mini_fat, mini_stream, mini_starts = chained(small, MINI)
    large = {name: data for name, data in streams.items() if name not in small}
    content = {"": mini_stream, "\0": struct.pack(f"<{len(mini_fat)}I", *mini_fat), **large}
    # The sectors: the allocation table, the directory, then everything in `content`.
    directory_sectors = -(-(len(streams) + 1) // 4)
    first = 1 + directory_sectors
    fat, body, starts = chained(content, SECTOR, first)
    table = [FAT_SECTOR, *chain(1, directory_sectors), *fat]
    assert len(table) <= SECTOR // 4
    table += [FREE] * (SECTOR // 4 - len(table))
    # The root has the shorter names first among its children; each points to the next one.
    names = sorted(streams, key=lambda name: (len(name), name.upper()))
    entries = [entry("Root Entry", 5, child=1, start=starts[""], size=len(mini_stream))]
    for at, name in enumerate(names, 1):
        start = mini_starts[name] if name in small else starts[name]
        following = at + 1 if at < len(names) else FREE
        entries.append(entry(name, 2, right=following, start=start, size=len(streams[name])))
    while len(entries) % 4:
        entries.append(entry("", 0))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    mini_start = starts["\0"] if mini_fat else END_OF_CHAIN
    mini_sectors = -(-len(mini_fat) * 4 // SECTOR)
    header += struct.pack("<9I", 0, 1, 1, 0, CUTOFF, mini_start, mini_sectors, END_OF_CHAIN, 0)
    header += struct.pack("<109I", 0, *[FREE] * 108)
    return header + struct.pack(f"<{len(table)}I", *table) + b"".join(entries) + body


def chain(first: int, count: int) -> list[int]:
    """The table entries of `count` sectors in a row, the first of which is sector `first`."""
    return [*range(first + 1, first + count), END_OF_CHAIN] if count else []


def chained(parts: Mapping[str, bytes], size: int, first: int = 0) -> tuple[list[int], bytes, dict[str, int]]:
    """Parts laid out in sectors of `size`: their table entries, their bytes, and where each begins."""
    table: list[int] = []
    body = b""
    starts: dict[str, int] = {}
    for name, data in parts.items():
        count = -(-len(data) // size)
        starts[name] = first + len(table) if count else END_OF_CHAIN
        table += chain(first + len(table), count)
        body += data.ljust(count * size, b"\0")
    return table, body, starts


def entry(
    name: str, kind: int, *, right: int = FREE, child: int = FREE, start: int = END_OF_CHAIN, size: int = 0
) -> bytes:
    """One entry of the directory."""
    coded = name.encode("utf-16-le")
    length = len(coded) + 2 if name else 0
    links = struct.pack("<HBB3I", length, kind, 1, FREE, right, child)
    return coded.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, size)


def xls(sheets: Mapping[str, Sequence[Sequence[str | float | bool | None]]]) -> bytes:
    """A workbook in the format of Excel 97."""
    bound = sum(4 + 8 + len(name) for name in sheets)
    offset = len(record(0x0809, bytes(16))) + bound + 4
    globals_, bodies = record(0x0809, struct.pack("<HH12x", 0x0600, 0x0005)), b""
    for name, rows in sheets.items():
        globals_ += record(
            0x0085, struct.pack("<IBBBB", offset + len(bodies), 0, 0, len(name), 0) + name.encode("ascii")
        )
        bodies += record(0x0809, struct.pack("<HH12x", 0x0600, 0x0010))
        for at, row in enumerate(rows):
            bodies += b"".join(cell(at, column, value) for column, value in enumerate(row))
        bodies += record(0x000A, b"")
    workbook = globals_ + record(0x000A, b"") + bodies
    return compound_file({"Workbook": workbook.ljust(CUTOFF, b"\0")})


def cell(row: int, column: int, value: str | float | bool | None) -> bytes:
    place = struct.pack("<3H", row, column, 0)
    match value:
        case None:
            return b""
        case str():
            return record(0x0204, place + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
        case bool():
            return record(0x0205, place + struct.pack("<BB", value, 0))
        case _:
            return record(0x0203, place + struct.pack("<d", value))


def record(number: int, data: bytes) -> bytes:
    return struct.pack("<HH", number, len(data)) + data


def msg(*, body: str = "", html: str = "") -> bytes:
    """A mail as Outlook saves it, with a plain body or an HTML one."""
    values = {0x1000001F: body.encode("utf-16-le"), 0x10130102: html.encode()}
    values = {tag: data for tag, data in values.items() if data}
    properties = bytes(32) + b"".join(struct.pack("<IIII", tag, 6, len(data), 0) for tag, data in values.items())
    properties += struct.pack("<IIII", 0x3FDE0003, 6, 65001, 0)
    streams = {f"__substg1.0_{tag:08X}": data for tag, data in values.items()}
    return compound_file({"__properties_version1.0": properties, **streams})
