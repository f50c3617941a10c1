"""What an HTTP answer is: text or a file, of which type and encoding (workflow-nodes §20, steps 7 to 9)."""

import codecs
import mimetypes
from email.message import Message
from posixpath import basename
from urllib.parse import unquote, urlsplit

from treadle.engine.errors import ResponseSizeError
from treadle.engine.ports import Files, HttpResponse
from treadle.engine.values import Value

from .limits import HttpLimits

_OCTETS = "application/octet-stream"
_TEXTUAL = ("json", "xml", "javascript", "x-www-form-urlencoded", "yaml", "graphql")
_TEXT_MARKS = ("{", "[", "<", "function", "var ", "const ", "let ")
_SAMPLE = 65_536


class _Head:
    """The headers that say what the body is."""

    def __init__(self, response: HttpResponse) -> None:
        self._message = Message()
        for name in ("content-type", "content-disposition"):
            if name in response.headers:
                self._message[name] = response.headers[name]
        self.named_type = self._message.get_content_type() if "content-type" in response.headers else ""
        self.charset = self._message.get_content_charset()
        self.filename = basename((self._message.get_filename() or "").replace("\\", "/"))
        self.is_attachment = self._message.get_content_disposition() == "attachment" or bool(self.filename)


async def outputs_of(response: HttpResponse, files: Files, limits: HttpLimits) -> dict[str, Value]:
    """The node's outputs: a file is stored, text is decoded. Raises ResponseSizeError."""
    head = _Head(response)
    outputs: dict[str, Value] = {
        "status_code": response.status,
        "body": "",
        "headers": dict[str, Value](response.headers),
        "files": list[Value](),
    }
    if _is_file(head, response.body):
        _check_size(response.body, limits.binary_size, "file")
        name, mime_type = _file_identity(head, response)
        outputs["files"] = [await files.save(response.body, filename=name, mime_type=mime_type)]
    else:
        _check_size(response.body, limits.text_size, "text")
        outputs["body"] = _decoded(response.body, head.charset)
    return outputs


def _check_size(body: bytes, limit: int, what: str) -> None:
    if len(body) > limit:
        raise ResponseSizeError(f"The answer is a {what} of {len(body)} bytes; at most {limit} are allowed.")


def _is_file(head: _Head, body: bytes) -> bool:
    if head.is_attachment:
        return True
    kind = head.named_type
    if not kind:
        return bool(body) and _utf8_start(body) is None
    if kind.startswith("text/"):
        return False
    if kind.startswith("application/"):
        if any(word in kind for word in _TEXTUAL):
            return False
        start = _utf8_start(body)
        return start is None or not any(mark in start for mark in _TEXT_MARKS)
    return kind.split("/")[0] in ("image", "audio", "video")


def _utf8_start(body: bytes) -> str | None:
    """The first 1024 bytes as text, None when they are none. A letter may be cut in two at the end."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(body[:1024], final=len(body) <= 1024)
    except UnicodeDecodeError:
        return None


def _file_identity(head: _Head, response: HttpResponse) -> tuple[str, str]:
    """A name and a MIME type for the file."""
    url_name = basename(unquote(urlsplit(response.url).path))
    mime_type = (
        mimetypes.guess_type(head.filename)[0]
        or (head.named_type if head.named_type != _OCTETS else "")
        or mimetypes.guess_type(url_name)[0]
        or _sniffed(response.body)
    )
    name = head.filename or (url_name if "." in url_name else f"file{mimetypes.guess_extension(mime_type) or ''}")
    return name, mime_type


def _sniffed(body: bytes) -> str:
    # Loading its tables takes time, and few answers need them.
    from puremagic import PureError, from_string  # pyright: ignore[reportUnknownVariableType]

    try:
        return from_string(body, mime=True) or _OCTETS  # pyright: ignore[reportUnknownVariableType]
    except (PureError, ValueError):
        return _OCTETS


def _decoded(body: bytes, charset: str | None) -> str:
    for encoding in (charset, "utf-8-sig"):
        try:
            if encoding:
                return body.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    from charset_normalizer import from_bytes  # few answers are in unnamed encodings

    best = from_bytes(body[:_SAMPLE]).best()
    return body.decode(best.encoding if best else "utf-8", errors="replace")
