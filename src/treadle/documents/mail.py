"""Mails: what their body says."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Final, cast

from treadle.engine.errors import TextExtractionError

from .bounds import Bounds
from .html import html_lines
from .text import decode

_DEEPEST: Final = 50


def mail_text(data: bytes, bounds: Bounds) -> str:
    """The body, without headers and attachments; where it comes in two forms, the plain one."""
    message = message_from_bytes(data, policy=policy.default)
    return "\n".join(bounds.counted(text for text in _bodies(message, 0) if text))


def _bodies(part: EmailMessage, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise TextExtractionError("The parts of the mail are nested too deeply.")
    kind = part.get_content_type()
    if part.is_attachment():
        return
    if part.is_multipart():
        parts = [cast("EmailMessage", child) for child in part.iter_parts()] if kind != "message/rfc822" else []
        if kind == "multipart/alternative":
            parts = sorted(parts, key=lambda child: child.get_content_type() != "text/plain")[:1]
        for child in parts:
            yield from _bodies(child, depth + 1)
    elif kind == "text/plain":
        yield part_text(part).strip()
    elif kind == "text/html":
        yield "\n".join(html_lines(part_text(part)))


def part_text(part: EmailMessage) -> str:
    """The text of a part in the encoding that it names, or else in the likeliest."""
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset()
    if charset is None or charset == "us-ascii":
        return decode(raw)
    try:
        return raw.decode(charset, "replace").replace("\r\n", "\n")
    except LookupError:
        return decode(raw)


def outlook_text(data: bytes, bounds: Bounds) -> str:
    """The body of a mail that Outlook saved: the plain one, or else the lines of its HTML."""
    from oxmsg import Message

    message = Message.load(data)
    body = message.body
    lines = [body.replace("\r\n", "\n").strip()] if body else html_lines(message.html_body or "")
    return "\n".join(bounds.counted(lines))
