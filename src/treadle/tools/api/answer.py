"""What an API answered, as messages of a tool. Source: spec models-and-tools §4.4."""

import json
from collections.abc import Iterator
from email.message import Message as Head
from posixpath import basename
from typing import Final
from urllib.parse import unquote, urlsplit

from treadle.engine.errors import ToolInvokeError
from treadle.engine.ports import HttpResponse
from treadle.engine.values import JsonValue
from treadle.tools.messages import DEFAULT_MIME_TYPE, Blob, Json, Message, Text

NOTHING: Final = "The API answered with an empty body; the call may have succeeded all the same."
_SHOWN: Final = 4000
_FILES: Final = ("image/", "audio/", "video/", "font/")
_FILE_TYPES: Final = frozenset({"application/pdf", "application/zip", "application/gzip", DEFAULT_MIME_TYPE})


def messages_of(answer: HttpResponse) -> Iterator[Message]:
    """A file for bytes, else text; an object also as JSON. Raises ToolInvokeError for a status of 400 or above."""
    head = Head()
    head["content-type"] = answer.headers.get("content-type", "text/plain")
    if "content-disposition" in answer.headers:
        head["content-disposition"] = answer.headers["content-disposition"]
    media_type = head.get_content_type()
    if answer.status >= 400:
        said = _decoded(answer.body, head)[:_SHOWN]
        raise ToolInvokeError(f"The API answered with status {answer.status}: {said or 'nothing more'}")
    if not answer.body:
        yield Text(NOTHING)
        return
    if _is_file(head, media_type):
        name = head.get_filename() or basename(unquote(urlsplit(answer.url).path))
        yield Blob(answer.body, media_type, basename(name.replace("\\", "/")))
        return
    text = _decoded(answer.body, head)
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        yield Text(text)
        return
    yield Text(json.dumps(value, ensure_ascii=False))
    if isinstance(value, dict) and "json" in media_type:
        # An agent has read it in the text already.
        yield Json(value, suppressed=True)


def _is_file(head: Head, media_type: str) -> bool:
    if head.get_content_disposition() == "attachment":
        return True
    if media_type == "image/svg+xml":
        return True
    return media_type.startswith(_FILES) or media_type in _FILE_TYPES


def _decoded(body: bytes, head: Head) -> str:
    charset = head.get_content_charset() or "utf-8"
    try:
        return body.decode(charset, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")
