"""YAML text to plain JSON data, safely: bounded in size, depth and expansion, never anything but data."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from pydantic import JsonValue
from yaml.error import Mark

from treadle.dsl.problems import Problem, ProblemKind
from treadle.dsl.scalars import plain_value
from treadle.dsl.syntax_reasons import reason_in_words

MAX_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 100
MAX_VALUES = 500_000
MAX_DIRECTIVES = 16
MAX_REPORTED_KEYS = 20

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAG = "tag:yaml.org,2002:"
_RESOLVED_TAGS = frozenset({f"{_TAG}int", f"{_TAG}float", f"{_TAG}bool", f"{_TAG}null"})
_TEXT_TAGS = frozenset({"!", f"{_TAG}str", f"{_TAG}timestamp", f"{_TAG}binary"})
_COLLECTION_TAGS = frozenset({None, "!", f"{_TAG}map", f"{_TAG}seq"})


@dataclass(slots=True)
class Read:
    """What reading gave: `data` is meaningless when `problems` holds an error."""

    data: JsonValue = None
    problems: list[Problem] = field(default_factory=list[Problem])


class UnreadableError(Exception):
    """Carries the one problem that ends the reading."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read_yaml(source: str | bytes) -> Read:
    """Reads one YAML document into JSON data (app-dsl §1); never raises.

    Refused, each with one problem: more than 10 MiB, text that is not UTF-8 or has control characters, bad
    syntax, several documents, more than 100 levels, more than 500,000 values with aliases written out, aliases
    to themselves and tags other than YAML's own. A key given twice keeps its last value, with a warning.
    """
    read = Read()
    try:
        text = _decode(source)
        read.data = _Builder(text, read.problems).build()
    except UnreadableError as unreadable:
        read.problems.append(unreadable.problem)
    except yaml.MarkedYAMLError as error:
        read.problems.append(_syntax_problem(error, _decode(source)))
    except yaml.YAMLError as error:
        read.problems.append(_problem(ProblemKind.BAD_YAML, "file", f"The file is not valid YAML ({error})."))
    return read


def _problem(kind: ProblemKind, where: str, message: str) -> Problem:
    return Problem(kind=kind, severity="error", where=where, message=message)


def _place(line: int, column: int) -> str:
    return f"line {line + 1}, column {column + 1}"


def _refuse(kind: ProblemKind, mark: Mark, reason: str) -> UnreadableError:
    place = _place(mark.line, mark.column)
    return UnreadableError(_problem(kind, place, f"{place.capitalize()}: {reason}."))


def _too_deep(mark: Mark) -> UnreadableError:
    reason = f"the file is nested deeper than {MAX_DEPTH} levels here: flatten this value or write it as text"
    return _refuse(ProblemKind.TOO_DEEP, mark, reason)


def _decode(source: str | bytes) -> str:
    size = len(source)
    if isinstance(source, str) and size * 4 > MAX_BYTES >= size:
        size = len(source.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise UnreadableError(
            _problem(
                ProblemKind.TOO_LARGE,
                "file",
                f"The file is larger than 10 MiB ({size:,} bytes or more): app files hold no documents or images, "
                "so take large texts out of it.",
            )
        )
    try:
        text = source if isinstance(source, str) else source.decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start)
        column = error.start - (error.object.rfind(b"\n", 0, error.start) + 1)
        raise UnreadableError(
            _problem(
                ProblemKind.NOT_TEXT,
                _place(line, column),
                f"Line {line + 1}, byte {column + 1} is not UTF-8: save the file with the UTF-8 encoding.",
            )
        ) from None
    text = text.removeprefix("\ufeff")
    if found := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, found.start())
        place = _place(line, found.start() - (text.rfind("\n", 0, found.start()) + 1))
        name = "a NUL character" if found[0] == "\0" else f"the control character U+{ord(found[0]):04X}"
        raise UnreadableError(
            _problem(ProblemKind.NOT_TEXT, place, f"{place.capitalize()} holds {name}, which YAML forbids: remove it.")
        )
    # libyaml compares every tag directive with all earlier ones, so many of them take quadratic time.
    if text.count("\n%TAG") > MAX_DIRECTIVES:
        raise UnreadableError(
            _problem(ProblemKind.BAD_YAML, "line 1", "The file has too many %TAG directives: remove them.")
        )
    return text


def _syntax_problem(error: yaml.MarkedYAMLError, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return _problem(ProblemKind.BAD_YAML, "file", f"The file is not valid YAML ({error.problem}).")
    if "maximum nesting depth" in (error.problem or ""):
        return _too_deep(mark).problem
    place = _place(mark.line, mark.column)
    reason = reason_in_words(error, mark, text)
    return _problem(ProblemKind.BAD_YAML, place, f"{place.capitalize()}: {reason}.")


@dataclass(slots=True)
class _Anchor:
    value: JsonValue
    size: int
    finished: bool


@dataclass(slots=True)
class _Frame:
    """One collection being read; in a map, `key` is the key whose value comes next."""

    value: dict[str, JsonValue] | list[JsonValue]
    anchor: _Anchor | None
    first: int
    key: str | None = None
    merge_next: bool = False
    merged: list[dict[str, JsonValue]] | None = None


class _Builder:
    """Builds the data from the parser's events with a stack of its own, so that depth costs no recursion."""

    def __init__(self, text: str, problems: list[Problem]) -> None:
        self._text = text
        self._problems = problems
        self._anchors: dict[str, _Anchor] = {}
        self._stack: list[_Frame] = []
        self._count = 0
        self._root: JsonValue = None

    def build(self) -> JsonValue:
        documents = 0
        for event in self._events():
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.MappingStartEvent):
                self._open(event, {})
            elif isinstance(event, yaml.SequenceStartEvent):
                self._open(event, [])
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close(event)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    reason = "a second document begins here: keep one app in one file"
                    raise _refuse(ProblemKind.BAD_YAML, event.start_mark, reason)
        return self._root

    def _events(self) -> Iterator[yaml.Event]:
        return yaml.parse(self._text, Loader=_LOADER)  # pyright: ignore[reportUnknownVariableType]

    def _spend(self, values: int, mark: Mark) -> None:
        self._count += values
        if self._count > MAX_VALUES:
            reason = f"the file holds more than {MAX_VALUES:,} values, aliases written out: it is no app file"
            raise _refuse(ProblemKind.TOO_MANY_VALUES, mark, reason)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        frame = self._stack[-1] if self._stack else None
        if frame is not None and frame.key is None and not frame.merge_next and isinstance(frame.value, dict):
            self._key(frame, event)
            return
        self._spend(1, event.start_mark)
        tag = event.tag
        value: JsonValue
        if tag is None:
            value = plain_value(event.value) if event.implicit[0] else event.value
        elif tag in _TEXT_TAGS:
            value = event.value
        elif tag in _RESOLVED_TAGS:
            value = plain_value(event.value)
        else:
            raise self._bad_tag(event)
        if event.anchor:
            self._anchors[event.anchor] = _Anchor(value, 1, finished=True)
        self._place(value, event)

    def _key(self, frame: _Frame, event: yaml.ScalarEvent) -> None:
        key: str = event.value
        self._spend(1, event.start_mark)
        if event.anchor:
            self._anchors[event.anchor] = _Anchor(key, 1, finished=True)
        if key == "<<" and event.implicit[0]:
            frame.merge_next = True
            return
        if key in frame.value and len(self._problems) < MAX_REPORTED_KEYS:
            place = _place(event.start_mark.line, event.start_mark.column)
            message = f'{place.capitalize()}: the key "{key[:60]}" occurs twice in this map and the last one counts.'
            self._problems.append(
                Problem(kind=ProblemKind.DUPLICATE_KEY, severity="warning", where=place, message=message)
            )
        frame.key = key

    def _open(
        self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, value: dict[str, JsonValue] | list[JsonValue]
    ) -> None:
        if event.tag not in _COLLECTION_TAGS:
            raise self._bad_tag(event)
        self._require_value_place(event)
        if len(self._stack) >= MAX_DEPTH:
            raise _too_deep(event.start_mark)
        anchor = None
        if event.anchor:
            anchor = self._anchors[event.anchor] = _Anchor(value, 0, finished=False)
        self._stack.append(_Frame(value, anchor, self._count))
        self._spend(1, event.start_mark)

    def _close(self, event: yaml.Event) -> None:
        frame = self._stack.pop()
        value = frame.value
        if frame.merged and isinstance(value, dict):
            for merged in frame.merged:
                for key, inherited in merged.items():
                    value.setdefault(key, inherited)
        if frame.anchor is not None:
            frame.anchor.size = self._count - frame.first
            frame.anchor.finished = True
        self._place(value, event)

    def _alias(self, event: yaml.AliasEvent) -> None:
        self._require_value_place(event)
        anchor = self._anchors.get(event.anchor)
        if anchor is None:
            reason = (
                f"the alias *{event.anchor} has no anchor &{event.anchor} above it: quote the text or add the anchor"
            )
            raise _refuse(ProblemKind.BAD_ALIAS, event.start_mark, reason)
        if not anchor.finished:
            reason = f"the alias *{event.anchor} stands inside its own anchor: a value cannot contain itself"
            raise _refuse(ProblemKind.BAD_ALIAS, event.start_mark, reason)
        self._spend(anchor.size, event.start_mark)
        self._place(self._copy(anchor.value, len(self._stack), event), event)

    def _copy(self, value: JsonValue, depth: int, event: yaml.AliasEvent) -> JsonValue:
        if depth > MAX_DEPTH:
            raise _too_deep(event.start_mark)
        if isinstance(value, dict):
            return {key: self._copy(item, depth + 1, event) for key, item in value.items()}
        if isinstance(value, list):
            return [self._copy(item, depth + 1, event) for item in value]
        return value

    def _require_value_place(self, event: yaml.NodeEvent) -> None:
        frame = self._stack[-1] if self._stack else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None and not frame.merge_next:
            raise _refuse(ProblemKind.BAD_YAML, event.start_mark, "a key must be text: put it in quotes")

    def _place(self, value: JsonValue, event: yaml.Event) -> None:
        if not self._stack:
            self._root = value
            return
        frame = self._stack[-1]
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif frame.merge_next:
            frame.merge_next = False
            frame.merged = [*(frame.merged or []), *self._mergeable(value, event)]
        elif frame.key is not None:
            frame.value[frame.key] = value
            frame.key = None

    def _mergeable(self, value: JsonValue, event: yaml.Event) -> list[dict[str, JsonValue]]:
        maps = [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]
        if len(maps) != (len(value) if isinstance(value, list) else 1):
            reason = "the merge key << takes a map or a list of maps: quote it if it is an ordinary key"
            raise _refuse(ProblemKind.BAD_YAML, event.start_mark, reason)
        return maps

    def _bad_tag(self, event: yaml.CollectionStartEvent | yaml.ScalarEvent) -> UnreadableError:
        reason = f"the tag {str(event.tag).replace(_TAG, '!!')[:60]} is not supported: remove it"
        return _refuse(ProblemKind.BAD_YAML, event.start_mark, reason)
