"""Mails, books and plain formats."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Final, cast

from treadle.documents.epub import chapters
from treadle.documents.mail import part_text
from treadle.documents.markup import parse_xml
from treadle.documents.package import open_package
from treadle.documents.text import decode, json_text, properties_text, subtitles_text, yaml_text
from treadle.engine.errors import TextExtractionError
from treadle.knowledge.text.pieces import Piece

from .html import html_markdown
from .reading import Reading

_DEEPEST: Final = 50
_HEADERS: Final = ("From", "To", "Cc", "Date")


def plain_pieces(data: bytes, reading: Reading) -> Iterator[Piece]:
    """The text as it is."""
    return _whole(decode(data), reading)


def json_pieces(data: bytes, reading: Reading) -> Iterator[Piece]:
    return _whole(json_text(data, reading.bounds), reading)


def yaml_pieces(data: bytes, reading: Reading) -> Iterator[Piece]:
    return _whole(yaml_text(data, reading.bounds), reading)


def properties_pieces(data: bytes, reading: Reading) -> Iterator[Piece]:
    return _whole(properties_text(data, reading.bounds), reading)


def subtitles_pieces(data: bytes, reading: Reading) -> Iterator[Piece]:
    return _whole(subtitles_text(data, reading.bounds), reading)


def xml_pieces(data: bytes, reading: Reading) -> Iterator[Piece]:
    """The texts of the elements, a line each; a file that is no well-formed XML as it is."""
    try:
        root: Any = parse_xml(data)
    except Exception:  # the library's errors share no class with others
        reading.notice("The file is no well-formed XML, or is nested too deeply, and was taken as plain text.")
        return plain_pieces(data, reading)
    lines = (" ".join(str(text).split()) for text in root.itertext())
    return _whole("\n".join(line for line in lines if line), reading)


def _whole(text: str, reading: Reading) -> Iterator[Piece]:
    text = text.replace("\x00", "")
    return reading.counted([Piece(text)] if text.strip() else [])


def epub_pieces(data: bytes, reading: Reading) -> Iterator[Piece]:
    """A piece for every chapter, in the order of the book's spine."""
    with open_package(data, reading.bounds) as archive:
        texts = (html_markdown(chapter) for chapter in chapters(archive))
        yield from reading.counted(
            Piece(text, source=f"chapter {number}") for number, text in enumerate(texts, 1) if text
        )


def mail_pieces(data: bytes, reading: Reading) -> Iterator[Piece]:
    """Subject, people, date and body. Attachments are named, not read."""
    message = message_from_bytes(data, policy=policy.default)
    bodies = [text.strip() for text in _bodies(message, reading, 0)]
    subject = " ".join(str(message.get("Subject", "")).split())
    headers = [(name, " ".join(str(message.get(name, "")).split())) for name in _HEADERS]
    return _mail(subject, headers, bodies, reading)


def _bodies(part: EmailMessage, reading: Reading, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise TextExtractionError("The parts of the mail are nested too deeply.")
    kind = part.get_content_type()
    if part.is_attachment():
        reading.notice(f"The attachment {part.get_filename() or 'without a name'} was not read; add it as a document.")
    elif part.is_multipart():
        parts = [cast("EmailMessage", child) for child in part.iter_parts()] if kind != "message/rfc822" else []
        if kind == "multipart/alternative":
            parts = sorted(parts, key=lambda child: child.get_content_type() != "text/plain")[:1]
        for child in parts:
            yield from _bodies(child, reading, depth + 1)
    elif kind == "text/plain":
        yield part_text(part)
    elif kind == "text/html":
        yield html_markdown(part_text(part))


def outlook_pieces(data: bytes, reading: Reading) -> Iterator[Piece]:
    """The same of a mail that Outlook saved."""
    from oxmsg import Message

    message = Message.load(data)
    body = message.body
    text = body.replace("\r\n", "\n").strip() if body else html_markdown(message.html_body or "")
    for attachment in message.attachments:
        reading.notice(f"The attachment {attachment.file_name or 'without a name'} was not read; add it as a document.")
    sent = message.sent_date
    headers = [("From", message.sender or ""), ("Date", str(sent) if sent else "")]
    return _mail(" ".join((message.subject or "").split()), headers, [text], reading)


def _mail(subject: str, headers: list[tuple[str, str]], bodies: list[str], reading: Reading) -> Iterator[Piece]:
    head = "\n".join(f"{name}: {value}" for name, value in headers if value)
    parts = [f"# {subject}" if subject else "", head, *bodies]
    text = "\n\n".join(part for part in parts if part)
    return reading.counted([Piece(text.replace("\x00", ""), heading=(subject,) if subject else None)] if text else [])
