"""HTML as Markdown: headings, lists, tables, code and links of what a reader sees. Nothing is fetched."""

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urljoin

from treadle.documents.markup import walk_html
from treadle.documents.tables import markdown_table, short_rule
from treadle.documents.text import decode
from treadle.knowledge.text.pieces import Piece

from .reading import Reading

_BLOCKS: Final = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "div", "dl", "dt", "fieldset",
        "figcaption", "figure", "footer", "form", "header", "hr", "main", "nav", "option", "p", "section", "summary",
        "table", "tbody", "tfoot", "thead", "tr",
    }
)  # fmt: skip
_HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
_UNSEEN: Final = frozenset({"head", "noscript", "script", "style", "svg", "template", "title"})
_SPACE = re.compile(r"\s+")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_META = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([A-Za-z0-9_:-]{2,40})""", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_DEEPEST_LIST: Final = 8


def html_pieces(data: bytes, reading: Reading) -> Iterator[Piece]:
    """The page as one piece."""
    text = html_markdown(decode_html(data))
    return reading.counted([Piece(text)] if text else [])


def decode_html(data: bytes) -> str:
    """The text of a page in the encoding that it names for itself; without one, as any other text."""
    named = _META.search(_COMMENT.sub(b"", data[:4096]))
    if named and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        name = named.group(1).decode("ascii").lower()
        try:
            # What browsers do: these names stand for the encoding of Windows that has more letters.
            return data.decode({"iso-8859-1": "cp1252", "latin1": "cp1252", "gb2312": "gb18030"}.get(name, name))
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)


def html_markdown(page: str, base: str = "") -> str:
    """The Markdown of a page or of a part of one. Links are kept where they lead to a web address, seen from `base`."""
    walk = walk_html(page)
    writer = _Writer(base)
    for event, element in walk or ():
        name = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            if name in _UNSEEN or _hidden(element):
                walk.skip_subtree()
            else:
                writer.start(name, element)
        else:
            if not (name in _UNSEEN or _hidden(element)):
                writer.end(name, element)
            if element.tail:
                writer.text(element.tail)
    return writer.finished()


def _hidden(element: Any) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN.search(element.get("style") or ""))


class _Table:
    """A table being read. The content of one that only lays out a page is written as any other."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.row: list[str] | None = None
        self.cell: list[str] | None = None


class _Writer:
    def __init__(self, base: str) -> None:
        self._base = base
        self._blocks: list[tuple[str, bool]] = []
        self._line: list[str] = []
        self._prefix = ""
        self._lists: list[int | None] = []
        self._quotes = 0
        self._preformatted = 0
        self._table: _Table | None = None
        self._inner_tables = 0
        self._links: list[tuple[str, int, list[str]]] = []

    def finished(self) -> str:
        self._end_block()
        parts: list[str] = []
        tight_before = False
        for text, tight in self._blocks:
            parts += ["\n" if tight and tight_before else "\n\n", text]
            tight_before = tight
        return "".join(parts).strip()

    def text(self, text: str) -> None:
        if self._preformatted:
            self._line.append(text)
            return
        text = _SPACE.sub(" ", text)
        if text != " " or (self._line and not self._line[-1].endswith((" ", "\n"))):
            self._line.append(text)

    def start(self, name: str, element: Any) -> None:
        if self._table is not None:
            self._start_in_table(name)
        elif name == "table":
            self._end_block()
            if not _lays_out(element):
                self._table = _Table()
        elif name in _BLOCKS:
            self._end_block()
        match name:
            case _ if name in _HEADINGS and self._table is None:
                self._end_block()
                self._prefix = "#" * _HEADINGS[name] + " "
            case "ul" | "ol" if self._table is None:
                self._end_block()
                self._lists.append(_first_number(element) if name == "ol" else None)
            case "li" if self._table is None:
                self._end_block()
                self._prefix = self._item()
            case "blockquote":
                self._quotes += 1
            case "pre":
                if self._table is None:
                    self._end_block()
                self._preformatted += 1
            case "a":
                self._links.append((self._address(element.get("href")), len(self._line), self._line))
            case "code" if not self._preformatted:
                self._line.append("`")
            case "img":
                self._image(element)
            case "br":
                self._line.append("\n")
            case _:
                pass
        if element.text:
            self.text(element.text)

    def end(self, name: str, element: Any) -> None:
        match name:
            case "blockquote":
                self._end_block()
                self._quotes = max(self._quotes - 1, 0)
            case "pre":
                self._preformatted = max(self._preformatted - 1, 0)
                if self._table is None:
                    self._code(element)
            case "a" if self._links:
                self._link(*self._links.pop())
            case "code" if not self._preformatted:
                self._line.append("`")
            case "ul" | "ol" if self._table is None:
                self._end_block()
                if self._lists:
                    self._lists.pop()
            case _:
                pass
        if self._table is not None:
            self._end_in_table(name, self._table)
        elif name in _BLOCKS or name in _HEADINGS or name == "li":
            self._end_block()
        elif name in ("td", "th"):
            self.text(" ")

    def _start_in_table(self, name: str) -> None:
        table = self._table
        assert table is not None
        if name == "table":
            self._inner_tables += 1
        elif self._inner_tables:
            self._line.append(" ")
        elif name == "tr":
            table.row = []
        elif name in ("td", "th"):
            table.cell = self._line = []
        elif name in _BLOCKS or name == "li":
            self._line.append(" ")

    def _end_in_table(self, name: str, table: _Table) -> None:
        if name == "table" and self._inner_tables:
            self._inner_tables -= 1
        elif self._inner_tables:
            self._line.append(" ")
        elif name in ("td", "th") and table.cell is not None:
            text = " ".join("".join(table.cell).split())
            if table.row is None:
                table.row = []
            table.row.append(text)
            table.cell, self._line = None, []
        elif name == "tr" and table.row is not None:
            table.rows.append(table.row)
            table.row = None
        elif name == "caption":
            self._table = None
            self._end_block()
            self._table = table
        elif name == "table":
            if table.row:
                table.rows.append(table.row)
            self._table, self._line = None, []
            self._rows(table.rows)
        elif name in _BLOCKS or name == "li":
            self._line.append(" ")

    def _rows(self, rows: list[list[str]]) -> None:
        rows = [row for row in rows if any(row)]
        width = max((len(row) for row in rows), default=0)
        if width < 2:
            for row in rows:
                self._add(row[0])
        else:
            full = [[*row, *[""] * (width - len(row))] for row in rows]
            self._add(markdown_table(full, rule=short_rule).rstrip("\n"))

    def _item(self) -> str:
        """What stands before an item of the innermost list."""
        depth = min(len(self._lists), _DEEPEST_LIST)
        number = self._lists[-1] if self._lists else None
        if number is None:
            return "  " * (depth - 1) + "- "
        self._lists[-1] = number + 1
        return "  " * (depth - 1) + f"{number}. "

    def _end_block(self) -> None:
        text = "\n".join(" ".join(part.split()) for part in "".join(self._line).split("\n")).strip()
        self._line = []
        if text:
            self._add(self._prefix + text, tight=bool(self._lists))
            self._prefix = "  " * min(len(self._lists), _DEEPEST_LIST) if self._lists else ""
        elif not self._lists:
            self._prefix = ""

    def _add(self, text: str, *, tight: bool = False) -> None:
        if self._quotes:
            text = "\n".join(f"> {line}" for line in text.split("\n"))
        self._blocks.append((text, tight))

    def _code(self, element: Any) -> None:
        text = "".join(self._line).strip("\n").rstrip()
        self._line = []
        if text:
            fence = "````" if "```" in text else "```"
            self._add(f"{fence}{_language(element)}\n{text}\n{fence}")

    def _link(self, address: str, at: int, line: list[str]) -> None:
        if line is not self._line:
            return
        words = "".join(line[at:])
        text = " ".join(words.split())
        if address and text and "\n" not in words and not self._preformatted:
            before, after = (" " if words[:1] == " " else ""), (" " if words[-1:] == " " else "")
            line[at:] = [text if text == address else f"{before}[{text}]({address}){after}"]

    def _image(self, element: Any) -> None:
        address, text = self._address(element.get("src")), " ".join((element.get("alt") or "").split())
        if address:
            self._line.append(f"![{text}]({address})")
        elif text:
            self._line.append(text)

    def _address(self, written: str | None) -> str:
        """A web address without spaces or brackets, empty for anything else."""
        if not written or written.startswith("#"):
            return ""
        try:
            address = urljoin(self._base, written.strip()) if self._base else written.strip()
        except ValueError:
            return ""
        if not address.lower().startswith(("http://", "https://")):
            return ""
        return address.replace(" ", "%20").replace("(", "%28").replace(")", "%29")


def _lays_out(table: Any) -> bool:
    """True when the table holds what no cell of a Markdown table can."""
    return any(table.find(f".//{name}") is not None for name in ("table", "h1", "h2", "h3", "h4", "pre"))


def _first_number(element: Any) -> int:
    start = element.get("start") or "1"
    return int(start) if start.isdecimal() and len(start) < 7 else 1


def _language(element: Any) -> str:
    code = element.find("code")
    names = f"{element.get('class') or ''} {'' if code is None else code.get('class') or ''}".split()
    found = next((name.partition("-")[2] for name in names if name.startswith(("language-", "lang-"))), "")
    return found if found.replace("+", "").isalnum() else ""
