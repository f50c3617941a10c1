"""Zipped documents (Office files, EPUB): opened only when what they unpack to is within bounds."""

import zipfile
from io import BytesIO

from treadle.engine.errors import TextExtractionError

from .bounds import Bounds

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGIC = b"PK\x03\x04"

_MARKUP = (".xml", ".rels", ".html", ".htm", ".xhtml", ".opf", ".ncx", ".vml")


def open_package(data: bytes, bounds: Bounds) -> zipfile.ZipFile:
    """The archive. Sizes are those that its directory declares; a part is never read beyond what it declares.

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
    largest = max((part.file_size for part in parts if part.filename.lower().endswith(_MARKUP)), default=0)
    if largest > bounds.markup:
        raise TextExtractionError(f"A part of the file has {largest:,} bytes of markup, more than {bounds.markup:,}.")
    return archive
