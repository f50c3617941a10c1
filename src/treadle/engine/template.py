"""`{{#node.variable#}}` templates: parsed once, rendered against a pool.

Source: spec app-dsl §11, workflow-nodes §0.3. An unresolved reference renders as nothing, and literal text is never
resolved (both are defects of the reference).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from .pool import VariablePool
from .values import Missing, Value, to_markdown, to_text

Selector: TypeAlias = tuple[str, ...]

_REFERENCE = re.compile(r"\{\{#([a-zA-Z0-9_]{1,50}(?:\.[a-zA-Z_][a-zA-Z0-9_]{0,29}){1,10})#\}\}")


class Template:
    """Literal texts and selectors, in order."""

    __slots__ = ("parts", "selectors")

    def __init__(self, parts: tuple[str | Selector, ...]) -> None:
        self.parts = parts
        self.selectors: tuple[Selector, ...] = tuple(part for part in parts if not isinstance(part, str))

    @staticmethod
    def parse(text: str) -> "Template":
        """Never fails: whatever is not a well-formed reference is literal text."""
        return _parse_short(text) if len(text) <= _SHORT else _parse(text)

    def text(self, pool: VariablePool) -> str:
        """Rendered for prompts and requests. One pass: references inside values stay as they are."""
        return self._render(pool, to_text)

    def markdown(self, pool: VariablePool) -> str:
        """Rendered for people: files as links, lists as bullets, objects indented."""
        return self._render(pool, to_markdown)

    def _render(self, pool: VariablePool, render: "Callable[[Value | Missing], str]") -> str:
        return "".join([part if isinstance(part, str) else render(pool.get(part)) for part in self.parts])


def _parse(text: str) -> Template:
    parts: list[str | Selector] = []
    position = 0
    for match in _REFERENCE.finditer(text):
        if match.start() > position:
            parts.append(text[position : match.start()])
        parts.append(tuple(match.group(1).split(".")))
        position = match.end()
    if position < len(text):
        parts.append(text[position:])
    return Template(tuple(parts))


_SHORT = 4096
"""Characters. Longer texts are not kept, so that the cache cannot hold more than a few megabytes."""
_parse_short = lru_cache(maxsize=1024)(_parse)


def render_text(text: str, pool: VariablePool) -> str:
    """`text` with its references replaced by the plain reading of their values."""
    return Template.parse(text).text(pool) if "{{#" in text else text
