"""Word files as Markdown: paragraphs a line each, headings, lists, links, tables and images in their order."""

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, cast

from treadle.documents.markup import parse_xml
from treadle.documents.package import open_package
from treadle.documents.word import word_blocks, word_parts, word_table
from treadle.knowledge.text.pieces import Piece

from .reading import Reading

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.text.hyperlink import Hyperlink
    from docx.text.paragraph import Paragraph

_NAMESPACE: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
_BLIP: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
_BOX: Final = f"{_NAMESPACE}txbxContent"
_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_MORE_THAN_A_PAGE: Final = 12
"""Letters beside a page number that make a line worth reading."""
_BULLETS: Final = frozenset({"bullet", "none"})


def word_pieces(data: bytes, reading: Reading) -> Iterator[Piece]:
    """The document as one piece."""
    from docx import Document

    open_package(data, reading.bounds).close()
    document = Document(BytesIO(data))
    lines = list(reading.bounds.counted(_lines(document, reading)))
    text = "\n".join(lines).strip()
    if margins := list(_margins(document, text)):
        text = "\n".join([text, "", *margins]).strip()
    _tell_comments(document, reading)
    return reading.counted([Piece(text)] if text else [])


def _lines(document: "WordDocument", reading: Reading) -> Iterator[str]:
    from docx.table import Table

    styles, notes = _Styles(document), _Notes(document)
    for block in word_blocks(document):
        if isinstance(block, Table):
            if table := word_table(block, reading.bounds):
                yield f"\n{table}"
            continue
        text = _text(block, reading, notes)
        marker = styles.marker(block) if text else ""
        yield f"\n{marker}{text}" if marker.startswith("#") else f"{marker}{text}"
        yield from _boxes(block)
    yield from notes.lines()


def _text(paragraph: "Paragraph", reading: Reading, notes: "_Notes") -> str:
    from docx.text.hyperlink import Hyperlink

    parts: list[str] = []
    for part in word_parts(paragraph):
        if isinstance(part, Hyperlink):
            parts.append(_link(part))
            continue
        parts.append(part.text)
        parts += notes.marks(cast("Any", part)._r)
        if reading.keep_image is not None:
            parts += _images(cast("Any", part)._r, paragraph, reading)
    return "".join(parts).strip()


def _link(link: "Hyperlink") -> str:
    text, address = link.text.strip(), link.url
    return f"[{text}]({address})" if text and address.startswith(("http://", "https://", "mailto:")) else link.text


def _images(run: Any, paragraph: "Paragraph", reading: Reading) -> Iterator[str]:
    for blip in run.iter(_BLIP):
        part = cast("Any", paragraph.part).related_parts.get(blip.get(_RELATION))
        if part is not None and hasattr(part, "blob"):
            yield reading.image(part.blob, str(part.content_type))


def _boxes(paragraph: "Paragraph") -> Iterator[str]:
    """The lines of text boxes that hang on a paragraph."""
    for box in cast("Any", paragraph)._p.iter(_BOX):
        if any(above.tag == _FALLBACK for above in box.iterancestors()):
            continue
        for inner in box.iter(f"{_NAMESPACE}p"):
            text = "".join(part.text or "" for part in inner.iter(f"{_NAMESPACE}t")).strip()
            if text:
                yield text


class _Notes:
    """Footnotes and endnotes, numbered together in the order in which the text refers to them."""

    def __init__(self, document: "WordDocument") -> None:
        self._texts: dict[tuple[str, str], str] = {}
        self._referred: list[tuple[str, str]] = []
        for kind in ("footnote", "endnote"):
            for root in _parts(document, f"{kind}s"):
                for note in root.iterfind(f"{_NAMESPACE}{kind}"):
                    if text := _said(note):
                        self._texts[kind, note.get(f"{_NAMESPACE}id") or ""] = text

    def marks(self, run: Any) -> Iterator[str]:
        """`[1]` for each note that a run refers to."""
        if not self._texts:
            return
        for kind in ("footnote", "endnote"):
            for reference in run.iterfind(f"{_NAMESPACE}{kind}Reference"):
                key = (kind, reference.get(f"{_NAMESPACE}id") or "")
                if key in self._texts:
                    if key not in self._referred:
                        self._referred.append(key)
                    yield f"[{self._referred.index(key) + 1}]"

    def lines(self) -> Iterator[str]:
        """The notes, a line each; those that nothing refers to last and without a number."""
        for number, key in enumerate(self._referred, 1):
            yield f"[{number}] {self._texts[key]}"
        yield from (text for key, text in self._texts.items() if key not in self._referred)


def _margins(document: "WordDocument", body: str) -> Iterator[str]:
    """What headers and footers say, each line once, without page numbers and what stands in the text."""
    told: set[str] = set()
    for kind in ("header", "footer"):
        for root in _parts(document, kind):
            for paragraph in root.iter(f"{_NAMESPACE}p"):
                line = _said(paragraph)
                letters = sum(letter.isalpha() for letter in line)
                if letters >= (_MORE_THAN_A_PAGE if _counts_pages(paragraph) else 1) and line not in told:
                    told.add(line)
                    if line not in body:
                        yield line


def _counts_pages(paragraph: Any) -> bool:
    codes = [part.text or "" for part in paragraph.iter(f"{_NAMESPACE}instrText")]
    codes += [part.get(f"{_NAMESPACE}instr") or "" for part in paragraph.iter(f"{_NAMESPACE}fldSimple")]
    return any("PAGE" in code for code in codes)


def _tell_comments(document: "WordDocument", reading: Reading) -> None:
    count = sum(len(list(root.iterfind(f"{_NAMESPACE}comment"))) for root in _parts(document, "comments"))
    if count:
        reading.notice(f"{'1 comment' if count == 1 else f'{count:,} comments'} of reviewers left out.")


def _parts(document: "WordDocument", kind: str) -> Iterator[Any]:
    """What stands beside the body: the roots of the parts of this kind."""
    for relation in cast("Any", document.part).rels.values():
        if str(relation.reltype).rpartition("/")[2] == kind and not relation.is_external:
            yield parse_xml(relation.target_part.blob)


def _said(element: Any) -> str:
    """The text within an element, on one line; tabs and breaks part words."""
    kept = (f"{_NAMESPACE}t", f"{_NAMESPACE}tab", f"{_NAMESPACE}br", f"{_NAMESPACE}p")
    parts = (part.text or "" if part.tag == kept[0] else " " for part in element.iter(*kept))
    return " ".join("".join(parts).split())


class _Styles:
    """What the styles and lists of a document make of its paragraphs."""

    def __init__(self, document: "WordDocument") -> None:
        self._levels: dict[str, int] = {}
        self._lists: dict[str, str] = {}
        self._formats = _list_formats(document)
        self._numbers: dict[tuple[str, int], int] = {}
        for style in cast("Any", document.styles.element).iter(f"{_NAMESPACE}style"):
            name = _value(style.find(f"{_NAMESPACE}name")).lower()
            key = style.get(f"{_NAMESPACE}styleId") or ""
            outline = style.find(f"{_NAMESPACE}pPr/{_NAMESPACE}outlineLvl")
            if name == "title":
                self._levels[key] = 1
            elif name.startswith("heading ") and name[8:].isdecimal():
                self._levels[key] = min(int(name[8:]), 6)
            elif outline is not None and _value(outline) in "012345":
                self._levels[key] = int(_value(outline)) + 1
            elif name.startswith("list "):
                self._lists[key] = "decimal" if name.startswith("list number") else "bullet"

    def marker(self, paragraph: "Paragraph") -> str:
        """`## ` before a heading, `- ` or `1. ` before an item of a list, else nothing."""
        properties: Any = cast("Any", paragraph)._p.find(f"{_NAMESPACE}pPr")
        if properties is None:
            return ""
        style = _value(properties.find(f"{_NAMESPACE}pStyle"))
        outline = _value(properties.find(f"{_NAMESPACE}outlineLvl"))
        level = int(outline) + 1 if outline and outline in "012345" else self._levels.get(style)
        if level is not None:
            return "#" * level + " "
        numbering = properties.find(f"{_NAMESPACE}numPr")
        if numbering is None and style not in self._lists:
            return ""
        depth_text = "" if numbering is None else _value(numbering.find(f"{_NAMESPACE}ilvl"))
        depth = int(depth_text) if depth_text.isdecimal() and len(depth_text) == 1 else 0
        number = "" if numbering is None else _value(numbering.find(f"{_NAMESPACE}numId"))
        if number == "0":
            return ""
        kind = self._formats.get((number, depth)) or self._lists.get(style, "bullet")
        return "  " * depth + ("- " if kind in _BULLETS else f"{self._counted(number or style, depth)}. ")

    def _counted(self, key: str, depth: int) -> int:
        for deeper in [entry for entry in self._numbers if entry[0] == key and entry[1] > depth]:
            del self._numbers[deeper]
        count = self._numbers[(key, depth)] = self._numbers.get((key, depth), 0) + 1
        return count


def _list_formats(document: "WordDocument") -> dict[tuple[str, int], str]:
    """How the items of each list and level are numbered."""
    try:
        root: Any = cast("Any", document.part).numbering_part.element
    except (KeyError, NotImplementedError, AttributeError):
        return {}
    kinds: dict[tuple[str, int], str] = {}
    for abstract in root.iterfind(f"{_NAMESPACE}abstractNum"):
        key = abstract.get(f"{_NAMESPACE}abstractNumId") or ""
        for level in abstract.iterfind(f"{_NAMESPACE}lvl"):
            depth = level.get(f"{_NAMESPACE}ilvl") or ""
            if depth.isdecimal() and len(depth) == 1:
                kinds[(key, int(depth))] = _value(level.find(f"{_NAMESPACE}numFmt"))
    formats: dict[tuple[str, int], str] = {}
    for number in root.iterfind(f"{_NAMESPACE}num"):
        abstract_key = _value(number.find(f"{_NAMESPACE}abstractNumId"))
        for depth in range(10):
            if (abstract_key, depth) in kinds:
                formats[(number.get(f"{_NAMESPACE}numId") or "", depth)] = kinds[(abstract_key, depth)]
    return formats


def _value(element: Any) -> str:
    return "" if element is None else element.get(f"{_NAMESPACE}val") or ""
