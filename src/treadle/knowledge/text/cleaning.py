"""What is taken out of a piece before it is cut: every step in time linear in the text. Source: spec knowledge §6."""

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from .rules import EXTRA_SPACES, URLS_EMAILS

_CONTROL: Final = "".join(map(chr, (*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, 0xFFFE)))
_STRICT = re.compile("[\xef\xbf\xbe]")
_NEWLINES = re.compile(r"\n{3,}")
_SPACE: Final = "[\t\f\r \xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]"
_SPACES = re.compile(f"{_SPACE}{_SPACE}+")
_DOMAIN = re.compile(r"@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+")
_LOCAL = re.compile(r"[A-Za-z0-9_.+-]+\Z")
_LONGEST_LOCAL: Final = 320
_URL = re.compile(r"https?://\S+")
_LINK: Final = "]("


def clean(text: str, rules: Iterable[str] = (), *, strict: bool = False) -> str:
    """`text` without control characters and model marks, then cleaned by the named rules in their order.

    `strict` also takes out the letters ï, ¿ and ¾, as releases of old did by mistake.
    """
    text = text.replace("<|", "<").replace("|>", ">")
    for letter in _CONTROL:
        text = text.replace(letter, "")
    if strict:
        text = _STRICT.sub("", text)
    for rule in rules:
        if step := _STEPS.get(rule):
            text = step(text)
    return text


def _without_extra_spaces(text: str) -> str:
    return _SPACES.sub(" ", _NEWLINES.sub("\n\n", text) if "\n\n\n" in text else text)


def _without_addresses(text: str) -> str:
    """Without mail addresses and URLs; Markdown links and images stay whole."""
    return _URL.sub(_kept_in_link, _without_mails(text))


def _kept_in_link(found: re.Match[str]) -> str:
    """Nothing for a bare URL. One in a Markdown link, as its target or as its text, stays."""
    if found.string.startswith(_LINK, max(found.start() - 2, 0)) or "](http" in found.group():
        return found.group()
    return ""


def _without_mails(text: str) -> str:
    """The domain is looked for first and the name before it then: the other way round a long word costs its square."""
    kept: list[str] = []
    behind = 0
    for domain in _DOMAIN.finditer(text):
        before = max(behind, domain.start() - _LONGEST_LOCAL)
        local = _LOCAL.search(text[before : domain.start()].rpartition(" ")[2])
        if local:
            kept.append(text[behind : domain.start() - len(local.group())])
            behind = domain.end()
    kept.append(text[behind:])
    return "".join(kept)


_STEPS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {EXTRA_SPACES: _without_extra_spaces, URLS_EMAILS: _without_addresses}
)
