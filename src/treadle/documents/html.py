"""What an HTML page says: the text of its elements, a line for each block."""

from typing import Final

from .markup import walk_html

_BLOCKS: Final = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "br", "caption", "dd", "details", "div", "dl", "dt",
        "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
        "main", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
    }
)  # fmt: skip
_CELLS: Final = frozenset({"td", "th"})
_UNSEEN: Final = frozenset({"head", "noscript", "script", "style", "template", "title"})


def html_lines(page: str) -> list[str]:
    """The lines that a reader sees, white space joined, without empty ones.

    Nothing is fetched, and neither scripts nor styles are part of the text.
    """
    walk = walk_html(page)
    lines: list[str] = []
    line: list[str] = []

    def end_line() -> None:
        text = " ".join("".join(line).split())
        if text:
            lines.append(text)
        line.clear()

    for event, element in walk or ():
        name = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            if name in _BLOCKS:
                end_line()
            if name in _UNSEEN:
                walk.skip_subtree()
            elif name and element.text:
                line.append(element.text)
            continue
        if name in _BLOCKS:
            end_line()
        elif name in _CELLS:
            line.append(" ")
        if element.tail:
            line.append(element.tail)
    end_line()
    return lines
