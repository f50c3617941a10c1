"""Chunks of a document, alike for the preview and for what is indexed. Source: spec knowledge §7."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Final, Literal, TypeAlias

from .cleaning import clean
from .pieces import Piece
from .rules import LONGEST, ProcessRule, Segmentation
from .splitting import Length, Span, split_fixed, split_recursive

DocForm: TypeAlias = Literal["text_model", "hierarchical_model", "qa_model"]

PREVIEW_CHUNKS: Final = 10
PREVIEW_CHILDREN: Final = 50
QUESTIONS_A_CHUNK: Final = 20
"""How many question-answer pairs a chunk is taken to give, before a model was asked."""

_LEADING = re.compile("[\u2000-\u206f\u2e00-\u2e7f\u3000-\u303f\"#$%&'()*+,./:;<=>?@\\[\\]^_`~]+")
_LINK = re.compile(r"!?\[[^\[\]\n]*\]\([^()\s]*\)")
_HEADING = re.compile(r"^(#{1,6})[ \t]+(\S.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is indexed as one: `answer` for questions, `children` for parents. `page` counts from 0."""

    content: str
    answer: str | None = None
    children: tuple[str, ...] = ()
    page: int | None = None
    heading: tuple[str, ...] | None = None
    hash: str = ""
    source: str | None = None

    @property
    def word_count(self) -> int:
        """Characters, those of the answer included."""
        return len(self.content) + len(self.answer or "")


@dataclass(frozen=True, slots=True)
class Preview:
    """How many chunks a document gives, and the first of them."""

    total_segments: int
    shown: tuple[Chunk, ...]


def text_hash(text: str) -> str:
    """The hash that every interface knows a text by (spec knowledge §1.4)."""
    return sha256(f"{text}None".encode("utf-8", "replace")).hexdigest()


def chunks(
    pieces: Iterable[Piece],
    rule: ProcessRule,
    doc_form: DocForm = "text_model",
    length: Length | None = None,
    *,
    longest: int = LONGEST,
    strict: bool = False,
) -> list[Chunk]:
    """All chunks of a document in order. `length` counts in another unit than characters, `longest` bounds sizes.

    Those of a `qa_model` document are the texts that a model is then asked about. Raises RuleError.
    """
    return list(iter_chunks(pieces, rule, doc_form, length, longest=longest, strict=strict))


def iter_chunks(
    pieces: Iterable[Piece],
    rule: ProcessRule,
    doc_form: DocForm = "text_model",
    length: Length | None = None,
    *,
    longest: int = LONGEST,
    strict: bool = False,
) -> Iterator[Chunk]:
    """`chunks`, one after another."""
    rule.check(longest)
    if doc_form == "hierarchical_model" and rule.mode == "hierarchical" and rule.parent_mode == "full-doc":
        yield from _whole(pieces, rule, length)
        return
    for piece in pieces:
        text = clean(piece.text, rule.cleaning, strict=strict)
        outline = _Outline(text, piece.heading, inner=piece.heading is None or piece.page is not None)
        for span in _spans(text, rule, length):
            part = text[span.start : span.end].strip()
            if not part:
                continue
            content = _without_stop(part) if doc_form == "hierarchical_model" else _without_leading_symbols(part)
            if content:
                yield Chunk(
                    content,
                    children=_children(content, rule.children, length) if doc_form == "hierarchical_model" else (),
                    page=piece.page,
                    heading=outline.at(span),
                    hash=text_hash(part),
                    source=piece.source,
                )


def preview(found: Iterable[Chunk], doc_form: DocForm = "text_model") -> Preview:
    """The first chunks, with the first of their children, and how many there are (questions: about how many)."""
    count = 0
    shown: list[Chunk] = []
    for count, chunk in enumerate(found, 1):
        if count <= PREVIEW_CHUNKS:
            shown.append(chunk)
    return Preview(count * QUESTIONS_A_CHUNK if doc_form == "qa_model" else count, tuple(shown))


def _whole(pieces: Iterable[Piece], rule: ProcessRule, length: Length | None) -> Iterator[Chunk]:
    """One parent that holds all pieces, as they were read, and its children."""
    content = _without_stop("\n".join(piece.text for piece in pieces).replace("\x00", "").strip())
    if content:
        yield Chunk(content, children=_children(content, rule.children, length), hash=text_hash(content))


def shown_children(chunk: Chunk, rule: ProcessRule) -> tuple[str, ...]:
    """The children that a preview shows: of a full document the first ones."""
    most = PREVIEW_CHILDREN if rule.parent_mode == "full-doc" else len(chunk.children)
    return tuple(islice(chunk.children, most))


def _spans(text: str, rule: ProcessRule, length: Length | None) -> Iterator[Span]:
    cut = rule.segmentation
    if rule.mode == "automatic":
        return split_recursive(text, cut.max_tokens, cut.chunk_overlap, length)
    return split_fixed(text, cut.literal, cut.max_tokens, cut.chunk_overlap, length)


def _children(parent: str, cut: Segmentation, length: Length | None) -> tuple[str, ...]:
    spans = split_fixed(parent, cut.literal, cut.max_tokens, cut.chunk_overlap, length)
    found = (_without_stop(parent[span.start : span.end].strip()) for span in spans)
    return tuple(text for text in found if text)


def _without_stop(text: str) -> str:
    return text[1:].strip() if text.startswith((".", "。")) else text


def _without_leading_symbols(text: str) -> str:
    """Without the punctuation that a cut leaves in front; a Markdown link or image stays."""
    return text if _LINK.match(text) else text[_leading(text) :].strip()


def _leading(text: str) -> int:
    """How many characters in front go: up to the first that is no symbol, or that begins a link."""
    found = _LEADING.match(text)
    end = found.end() if found else 0
    link = text.find("[", 0, end)
    return link if link >= 0 and _LINK.match(text, link) else end


class _Outline:
    """What a chunk of a piece stands under: the headings above the piece, or with `inner` the Markdown ones in it."""

    def __init__(self, text: str, above: tuple[str, ...] | None, *, inner: bool) -> None:
        self._above = above
        self._starts: list[int] = []
        self._paths: list[tuple[str, ...]] = []
        if not inner or "#" not in text:
            return
        levels = list(enumerate(above or (), 1))
        for found in _HEADING.finditer(text):
            level = len(found.group(1))
            levels = [*(entry for entry in levels if entry[0] < level), (level, _title(found.group(2)))]
            self._starts.append(found.start())
            self._paths.append(tuple(name for _, name in levels))

    def at(self, span: Span) -> tuple[str, ...] | None:
        """The headings above the span's first character; one that the span begins with counts."""
        if not self._starts:
            return self._above
        index = bisect_right(self._starts, span.start)
        return self._paths[index - 1] if index else self._above


def _title(line: str) -> str:
    """The words of a heading, without the marks that may close it."""
    line = line.rstrip()
    bare = line.rstrip("#")
    return bare.rstrip() if bare.endswith((" ", "\t")) else line
