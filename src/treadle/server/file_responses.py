"""Bytes of stored files as responses that a browser can be trusted with."""

from urllib.parse import quote

from starlette.responses import Response

from treadle.apps.tables import StoredFile

_SHOWN = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain", "text/csv", "text/markdown"}
)
"""Types that a browser shows; everything else (HTML and SVG above all) is downloaded."""


def file_response(row: StoredFile, data: bytes, *, download: bool, cache: str = "private, max-age=300") -> Response:
    """The file, shown in place where that is harmless, else as a download."""
    shown = row.mime_type in _SHOWN or row.mime_type.startswith(("audio/", "video/"))
    headers = {
        "Cache-Control": cache,
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if row.mime_type.startswith(("audio/", "video/")):
        headers["Accept-Ranges"] = "bytes"
    if download or not shown:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(row.name)}"
    media_type = "application/octet-stream" if download or row.mime_type in ("text/html",) else row.mime_type
    return Response(data, headers=headers, media_type=media_type)


def attachment(name: str) -> dict[str, str]:
    """The headers of a file that a browser saves under this name."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
