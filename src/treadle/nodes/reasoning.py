"""Telling a model's thinking from its answer, while both stream (workflow-nodes §4.10, models-and-tools §1.9)."""

import re
from typing import Protocol

_OPEN = re.compile(r"<think(?:\s[^<>]*)?>", re.IGNORECASE)
_CLOSE = re.compile(r"</think\s*>", re.IGNORECASE)
_OPEN_START = re.compile(r"<(?:t(?:h(?:i(?:n(?:k(?:\s[^<>]{0,100})?)?)?)?)?)?\Z", re.IGNORECASE)
_CLOSE_START = re.compile(r"<(?:/(?:t(?:h(?:i(?:n(?:k\s{0,100})?)?)?)?)?)?\Z", re.IGNORECASE)
_BLOCK = re.compile(r"<think(?:\s[^<>]*)?>.*?</think\s*>", re.IGNORECASE | re.DOTALL)
_BLANK_LINES = re.compile(r"\n\s*\n")


class Splitter(Protocol):
    """Takes a reply piece by piece and gives pieces of text and of thinking."""

    def feed(self, text: str, reasoning: str) -> tuple[str, str]:
        """Pieces that can be shown now, either may be empty."""
        ...

    def close(self) -> tuple[str, str]:
        """What was held back."""
        ...


class Tagged:
    """Thinking stays in the text, between `<think>` tags; thinking that the provider sends apart is put there."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open = False

    def feed(self, text: str, reasoning: str) -> tuple[str, str]:
        shown = ""
        if reasoning:
            shown = reasoning if self._open else f"<think>\n{reasoning}"
            self._open = True
        if text and self._open:
            shown += "\n</think>"
            self._open = False
        return shown + text, ""

    def close(self) -> tuple[str, str]:
        shown = "\n</think>" if self._open else ""
        self._open = False
        return shown, ""


class Separated:
    """Thinking leaves the text. Blocks are trimmed and follow each other on new lines; blank lines are collapsed.

    The pieces of text put together are the text output, and those of thinking the reasoning output. A block that is
    never closed is thinking to its end.
    """

    __slots__ = ("_apart", "_block", "_held", "_inside", "_text", "_thinking")

    def __init__(self) -> None:
        self._text = _Trimmed(collapse=True)
        self._thinking = False
        self._block = _Trimmed()
        self._inside = False
        self._apart = False
        self._held = ""

    def feed(self, text: str, reasoning: str) -> tuple[str, str]:
        thought = ""
        if reasoning:
            if not self._apart:
                self._apart = True
                self._new_block()
            thought = self._think(reasoning)
        if not text:
            return "", thought
        if self._apart:
            self._apart = False
        shown = ""
        self._held += text
        while self._held:
            match = (_CLOSE if self._inside else _OPEN).search(self._held)
            if match is None:
                start = (_CLOSE_START if self._inside else _OPEN_START).search(self._held)
                end = start.start() if start else len(self._held)
                piece, self._held = self._held[:end], self._held[end:]
            else:
                piece, self._held = self._held[: match.start()], self._held[match.end() :]
            if self._inside:
                thought += self._think(piece)
            else:
                shown += self._text.feed(piece)
            if match is None:
                break
            self._inside = not self._inside
            if self._inside:
                self._new_block()
        return shown, thought

    def close(self) -> tuple[str, str]:
        held, self._held = self._held, ""
        return ("", self._think(held)) if self._inside else (self._text.feed(held), "")

    def _new_block(self) -> None:
        self._block = _Trimmed()

    def _think(self, piece: str) -> str:
        begins = not self._block.started
        shown = self._block.feed(piece)
        if shown and begins:
            if self._thinking:
                shown = "\n" + shown
            self._thinking = True
        return shown


class _Trimmed:
    """Drops white space at both ends; white space in between waits until something follows it."""

    __slots__ = ("_collapse", "_space", "started")

    def __init__(self, *, collapse: bool = False) -> None:
        self._collapse = collapse
        self._space = ""
        self.started = False

    def feed(self, piece: str) -> str:
        body = piece.rstrip()
        space = piece[len(body) :]
        if not body:
            self._space += space
            return ""
        shown = self._space + body if self.started else body.lstrip()
        self.started = True
        self._space = space
        return _BLANK_LINES.sub("\n\n", shown) if self._collapse else shown


def without_thinking(text: str) -> str:
    """`text` without its thinking blocks, for parsers."""
    return _BLOCK.sub("", text)
