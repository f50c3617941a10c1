"""How a document is cleaned and cut, as the API writes it. Source: spec knowledge §1.2, §3.2, §7.1."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast

JsonObject: TypeAlias = Mapping[str, object]
Mode: TypeAlias = Literal["automatic", "custom", "hierarchical"]
ParentMode: TypeAlias = Literal["full-doc", "paragraph"]

EXTRA_SPACES: Final = "remove_extra_spaces"
URLS_EMAILS: Final = "remove_urls_emails"
STOPWORDS: Final = "remove_stopwords"
"""Accepted and kept, without any effect."""

SHORTEST: Final = 50
LONGEST: Final = 4000
"""What `max_tokens` may be, when no setting says otherwise."""

_MODES: Final = ("automatic", "custom", "hierarchical")
_CLEANING: Final = (EXTRA_SPACES, URLS_EMAILS, STOPWORDS)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([0-7]{1,3})|([ntrfv\\]))")
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "\\": "\\"}


class RuleError(ValueError):
    """A process rule that cannot be used; answered with status 400."""


@dataclass(frozen=True, slots=True)
class Segmentation:
    """`separator` is kept as it was typed; `max_tokens` and `chunk_overlap` are lengths in the unit of the server."""

    separator: str = "\n"
    max_tokens: int = 500
    chunk_overlap: int = 0

    @property
    def literal(self) -> str:
        """The separator with its escapes read: `\\n`, `\\t`, `\\u3002`, `\\x0a`, octal. Anything else stays."""
        return _ESCAPE.sub(_unescaped, self.separator)

    def check(self, longest: int = LONGEST) -> None:
        """Raises RuleError for lengths that no chunk can have."""
        if not SHORTEST <= self.max_tokens <= longest:
            raise RuleError(f"Custom segment length should be between {SHORTEST} and {longest}.")
        if self.chunk_overlap > self.max_tokens:
            raise RuleError(
                f"The chunk overlap of {self.chunk_overlap} is larger than the chunk length of {self.max_tokens}; "
                "make it smaller."
            )

    def dump(self) -> dict[str, object]:
        return {"separator": self.separator, "max_tokens": self.max_tokens, "chunk_overlap": self.chunk_overlap}


def _unescaped(found: re.Match[str]) -> str:
    code, byte, octal, letter = found.groups()
    if letter:
        return _LETTERS[letter]
    return chr(int(octal, 8) if octal else int(code or byte, 16))


AUTOMATIC_SEGMENTATION: Final = Segmentation("\n", 500, 50)
CHILD_SEGMENTATION: Final = Segmentation("\n", 512, 0)
"""How children are cut when a rule does not say it."""


@dataclass(frozen=True, slots=True)
class ProcessRule:
    """A rule that was found valid. `cleaning` names what is cleaned, in order; `off` what is listed but disabled."""

    mode: Mode = "automatic"
    cleaning: tuple[str, ...] = (EXTRA_SPACES,)
    off: tuple[str, ...] = (URLS_EMAILS,)
    segmentation: Segmentation = AUTOMATIC_SEGMENTATION
    parent_mode: ParentMode = "paragraph"
    children: Segmentation = CHILD_SEGMENTATION

    def check(self, longest: int = LONGEST) -> None:
        """Raises RuleError when the lengths are out of bounds. The automatic rule always holds."""
        if self.mode == "automatic":
            return
        if self.mode == "custom" or self.parent_mode == "paragraph":
            self.segmentation.check(longest)
        if self.mode == "hierarchical":
            self.children.check(longest)

    @classmethod
    def parse(cls, data: object) -> "ProcessRule":
        """The rule that `{mode, rules}` of a request or a row says. Raises RuleError.

        Both `separator` and `delimiter` are understood. Lengths are only checked when a document is cut (`check`).
        """
        body = _object(data, "process_rule")
        mode = body.get("mode")
        if mode not in _MODES:
            raise RuleError(f"process_rule.mode must be one of {', '.join(_MODES)}, not {mode!r}.")
        if mode == "automatic":
            return AUTOMATIC
        return _parsed(cast("Mode", mode), _object(body.get("rules"), "process_rule.rules"))

    def dump(self) -> dict[str, object]:
        """`{mode, rules}` with every key that clients read; the built-in sets name their separator twice."""
        segmentation = self.segmentation.dump()
        if self.mode == "automatic" or self == DEFAULT:
            segmentation = {"delimiter": self.segmentation.separator, **segmentation}
        rules: dict[str, object] = {
            "pre_processing_rules": [
                *({"id": name, "enabled": True} for name in self.cleaning),
                *({"id": name, "enabled": False} for name in self.off),
            ],
            "segmentation": segmentation,
        }
        if self.mode == "hierarchical":
            rules |= {"parent_mode": self.parent_mode, "subchunk_segmentation": self.children.dump()}
        return {"mode": self.mode, "rules": rules}


AUTOMATIC: Final = ProcessRule()
DEFAULT: Final = ProcessRule(mode="custom", segmentation=Segmentation("\n", 1024, 50))
"""What a page starts from that asks for no document's rule."""


def _parsed(mode: Mode, rules: JsonObject) -> ProcessRule:
    cleaning = _cleaning(rules.get("pre_processing_rules"))
    parent_mode = rules.get("parent_mode") or "paragraph"
    if parent_mode not in ("full-doc", "paragraph"):
        raise RuleError(f"process_rule.rules.parent_mode must be full-doc or paragraph, not {parent_mode!r}.")
    whole = mode == "hierarchical" and parent_mode == "full-doc"
    at, children_at = "process_rule.rules.segmentation", "process_rule.rules.subchunk_segmentation"
    segmentation = rules.get("segmentation")
    children = rules.get("subchunk_segmentation")
    return ProcessRule(
        mode=mode,
        cleaning=tuple(name for name, enabled in cleaning.items() if enabled),
        off=tuple(name for name, enabled in cleaning.items() if not enabled),
        segmentation=DEFAULT.segmentation if whole and not segmentation else _segmentation(segmentation, at),
        parent_mode=parent_mode,
        children=CHILD_SEGMENTATION
        if mode != "hierarchical" or children is None
        else _segmentation(children, children_at),
    )


def _cleaning(data: object) -> dict[str, bool]:
    """What is on and off by name, in order; of two entries with one id the last wins."""
    if not isinstance(data, list):
        raise RuleError("process_rule.rules.pre_processing_rules is missing; give a list of {id, enabled}.")
    found: dict[str, bool] = {}
    for number, entry in enumerate(cast("list[object]", data)):
        at = f"process_rule.rules.pre_processing_rules[{number}]"
        rule = _object(entry, at)
        name, enabled = rule.get("id"), rule.get("enabled")
        if not isinstance(name, str) or name not in _CLEANING:
            raise RuleError(f"{at}.id must be one of {', '.join(_CLEANING)}, not {name!r}.")
        if not isinstance(enabled, bool):
            raise RuleError(f"{at}.enabled must be true or false.")
        found.pop(name, None)
        found[name] = enabled
    return found


def _segmentation(data: object, at: str) -> Segmentation:
    body = _object(data, at)
    separator = body.get("separator", body.get("delimiter", "\n"))
    if separator is None:
        separator = body.get("delimiter")
    if not isinstance(separator, str) or not separator:
        raise RuleError(f"{at}.separator must be a text that is not empty.")
    size = body.get("max_tokens")
    if isinstance(size, bool) or not isinstance(size, int) or not size:
        raise RuleError(f"{at}.max_tokens must be a whole number above 0.")
    overlap = body.get("chunk_overlap", 0)
    overlap = 0 if overlap is None else overlap
    if isinstance(overlap, bool) or not isinstance(overlap, int) or overlap < 0:
        raise RuleError(f"{at}.chunk_overlap must be a whole number, 0 or more.")
    return Segmentation(separator, size, overlap)


def _object(data: object, at: str) -> JsonObject:
    if not isinstance(data, Mapping) or not data:
        raise RuleError(f"{at} is missing or no JSON object.")
    return cast("JsonObject", data)
