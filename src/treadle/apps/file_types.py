"""What kind of file something is, by its content where that says so, else by its name.

Source: spec service-api §3.11.
"""

import mimetypes
import os
from typing import Any, cast

import puremagic

from treadle.engine.values import FileType

_CLASSES: dict[FileType, frozenset[str]] = {
    "image": frozenset({"jpg", "jpeg", "png", "webp", "gif", "svg"}),
    "video": frozenset({"mp4", "mov", "mpeg", "webm"}),
    "audio": frozenset({"mp3", "m4a", "wav", "amr", "mpga"}),
    "document": frozenset(
        {
            "txt", "markdown", "md", "mdx", "pdf", "html", "htm", "xlsx", "xls", "docx", "doc", "csv", "eml", "msg",
            "pptx", "ppt", "xml", "epub", "vtt", "properties", "json", "yaml", "yml",
        }
    ),
}  # fmt: skip
_UNKNOWN = "application/octet-stream"
_HEAD = 8192
_SURE = 0.6
MAX_NAME = 200
ILLEGAL = frozenset('/\\:*?"<>|')


def extension_of(name: str) -> str:
    """The part behind the last dot, lower-case; empty without a dot."""
    return os.path.splitext(name)[1].lstrip(".").lower()


def class_of(extension: str, mime_type: str = "") -> FileType:
    """The class of a file by its extension, else by its MIME type, else `custom`."""
    for kind, extensions in _CLASSES.items():
        if extension in extensions:
            return kind
    main = mime_type.partition("/")[0]
    if main == "image":
        return "image"
    if main == "video":
        return "video"
    if main == "audio":
        return "audio"
    return "document" if main == "text" else "custom"


def mime_type_of(name: str, declared: str, head: bytes) -> str:
    """The MIME type: what the first bytes say for sure, else what was declared, else what the name says."""
    guessed = mimetypes.guess_type(name)[0] or ""
    sure = _sure_types(head[:_HEAD])
    if sure and extension_of(name) not in sure:
        return next(iter(sure.values()))
    if declared and declared != _UNKNOWN:
        return declared
    return guessed or _UNKNOWN


def _sure_types(head: bytes) -> dict[str, str]:
    """MIME types that the first bytes show beyond doubt, by extension, the likeliest first."""
    try:
        # The library carries no types.
        matches: list[Any] = cast(Any, puremagic).magic_string(head) if head else []
    except (puremagic.PureError, ValueError):
        return {}
    return {
        str(match.extension).lstrip("."): str(match.mime_type)
        for match in matches
        if match.confidence >= _SURE and match.mime_type
    }


def kept_name(name: str) -> str:
    """A name of at most 200 characters before its extension."""
    if len(name) <= MAX_NAME:
        return name
    extension = extension_of(name)
    return f"{name[:MAX_NAME]}.{extension}" if extension else name[:MAX_NAME]
