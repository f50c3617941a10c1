"""Zipped documents (Office files, EPUB): opened only when what they unpack to is within bounds."""

import zipfile
import zlib
from io import BytesIO

from treadle.engine.errors import TextExtractionError

from .bounds import Bounds

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGIC = b"PK\x03\x04"

_CHUNK = 1024 * 1024


def open_package(data: bytes, bounds: Bounds, *, as_trees: bool = True) -> zipfile.ZipFile:
    """The archive. Sizes are those that its directory declares; a part is never read beyond what it declares.

    With `as_trees` its parts are going to be held as trees. What a part is does not count: its name may lie.

    Raises TextExtractionError for what is no archive, has a password, or unpacks to more than `bounds`.
    """
    if data.startswith(OLE_MAGIC):
        raise TextExtractionError(
            "The file is protected by a password or of an older format; save it anew without a password."
        )
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except zipfile.BadZipFile as error:
        raise TextExtractionError("The file is damaged: it is not the zip archive that this format is.") from error
    parts = archive.infolist()
    if len(parts) > bounds.parts:
        raise TextExtractionError(f"The file holds {len(parts):,} parts, more than {bounds.parts:,}.")
    if any(part.flag_bits & 1 for part in parts):
        raise TextExtractionError("The file is protected by a password; save it anew without one.")
    total = sum(part.file_size for part in parts)
    if total > bounds.unpacked:
        raise TextExtractionError(f"The file unpacks to {total:,} bytes, more than {bounds.unpacked:,}.")
    largest = max((part.file_size for part in parts), default=0)
    if largest > bounds.part:
        raise TextExtractionError(f"A part of the file unpacks to {largest:,} bytes, more than {bounds.part:,}.")
    if as_trees and sum(_markup(archive, part) for part in parts) > bounds.markup:
        raise TextExtractionError(f"The file holds more than {bounds.markup:,} tags and attributes; split it.")
    return archive


def _markup(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """At most as many tags and attributes as `part` has, if it is markup."""
    count = 0
    try:
        with archive.open(part) as stream:
            while chunk := stream.read(_CHUNK):
                count += chunk.count(b"<") + chunk.count(b"=")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise TextExtractionError(f"The file is damaged: its part {part.filename} cannot be unpacked.") from error
    return count
