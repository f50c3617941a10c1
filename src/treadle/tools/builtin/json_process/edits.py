"""The edits themselves; each takes and gives JSON as text, and raises ValueError for what it cannot do."""

import json
import re
from collections.abc import Sequence
from typing import TypeAlias

import jsonpath

from treadle.engine.values import JsonValue

Key: TypeAlias = int | str

_PLAIN_PATH = re.compile(r"""\$?(?:\.?([^\s.\[\]'"*?@]+)|\[(\d+)\]|\[(?:'([^']*)'|"([^"]*)")\])""")


def find(content: str, ascii_only: bool, path: str) -> str:
    """The values that `path` leads to: the one itself, or the list of all. A text comes without quotes."""
    found = [_at(data, place) for data in [_decoded(content)] for place in _places(data, path)]
    value: JsonValue = found[0] if len(found) == 1 else found
    return value if isinstance(value, str) else _encoded(value, ascii_only)


def insert(content: str, ascii_only: bool, path: str, text: str, decode: bool, create: bool, index: int | None) -> str:
    """With `text` (as JSON if `decode`) added: a list gets an item, an object the members of an object."""
    data = _decoded(content)
    value = _decoded(text) if decode else text
    places = _places(data, path)
    if not places and create:
        return _encoded(_created(data, _plain(path), value), ascii_only)
    for place in places:
        target = _at(data, place)
        if isinstance(target, list):
            target.insert(len(target) if index is None else index, value)
        elif isinstance(target, dict):
            members = value if isinstance(value, dict) else _decoded(text)
            if not isinstance(members, dict):
                raise ValueError("An object takes an object of new members.")
            target.update(members)
        else:
            raise ValueError(f"{path} leads to a value that nothing can be added to.")
    return _encoded(data, ascii_only)


def delete(content: str, ascii_only: bool, path: str) -> str:
    """Without what `path` leads to."""
    data = _decoded(content)
    for place in sorted(_places(data, path), key=_last_first):
        if not place:
            raise ValueError("The whole document cannot be deleted.")
        parent, key = _at(data, place[:-1]), place[-1]
        if isinstance(parent, list) and isinstance(key, int):
            del parent[key]
        elif isinstance(parent, dict):
            parent.pop(str(key), None)
    return _encoded(data, ascii_only)


def replace(content: str, ascii_only: bool, path: str, what: str, part: str, text: str, decode: bool) -> str:
    """With `text` (as JSON if `decode`) in the place of each `what`: a `value`, the `pattern` `part` of a text, or the
    `key` `part` (every key of that name in the objects found, or the key that the path ends in)."""
    data = _decoded(content)
    value = _decoded(text) if decode else text
    for place in sorted(_places(data, path), key=_last_first):
        target = _at(data, place)
        if what == "key":
            _rename(data, place, part, text)
        elif what == "pattern":
            if isinstance(target, str):
                data = _with(data, place, target.replace(part, text))
        else:
            data = _with(data, place, value)
    return _encoded(data, ascii_only)


def _rename(data: JsonValue, place: Sequence[Key], old: str, new: str) -> None:
    target = _at(data, place)
    if not (isinstance(target, dict) and old in target):
        target, old = _at(data, place[:-1]), str(place[-1]) if place else old
    if isinstance(target, dict) and old in target:
        members = {new if key == old else key: value for key, value in target.items()}
        target.clear()
        target.update(members)


def _places(data: JsonValue, path: str) -> list[tuple[Key, ...]]:
    if not isinstance(data, dict | list):
        raise ValueError("The content is no JSON object or list.")
    try:
        return [match.parts for match in jsonpath.finditer(path, data)]
    except jsonpath.JSONPathError as error:
        raise ValueError(f'"{path}" is no JSONPath: {error}.') from None


def _at(data: JsonValue, place: Sequence[Key]) -> JsonValue:
    for key in place:
        if isinstance(data, list) and isinstance(key, int):
            data = data[key]
        elif isinstance(data, dict):
            data = data.get(str(key))
    return data


def _with(data: JsonValue, place: Sequence[Key], value: JsonValue) -> JsonValue:
    """`data`, changed where it lies, or `value` when the place is the whole."""
    if not place:
        return value
    parent, key = _at(data, place[:-1]), place[-1]
    if isinstance(parent, list) and isinstance(key, int):
        parent[key] = value
    elif isinstance(parent, dict):
        parent[str(key)] = value
    return data


def _created(data: JsonValue, path: Sequence[Key], value: JsonValue) -> JsonValue:
    at = data
    for key, following in zip(path, [*path[1:], None], strict=True):
        new: JsonValue = value if following is None else [] if isinstance(following, int) else {}
        if isinstance(at, dict) and isinstance(key, str):
            at[key] = new if following is None else at.get(key, new)
            at = at[key]
        elif isinstance(at, list) and isinstance(key, int) and key <= len(at):
            if key == len(at):
                at.append(new)
            elif following is None:
                at[key] = new
            at = at[key]
        else:
            raise ValueError(f"The path cannot be created: {key!r} does not fit what is there.")
    return data


def _plain(path: str) -> list[Key]:
    """The keys of a path that names one place."""
    keys: list[Key] = []
    at = 0
    while at < len(path):
        match = _PLAIN_PATH.match(path, at)
        if match is None:
            raise ValueError(f'Only a path of plain keys can be created, and "{path}" is none.')
        name, index, single, double = match.groups()
        keys.append(int(index) if index else next(text for text in (name, single, double) if text is not None))
        at = match.end()
    return keys


def _last_first(place: Sequence[Key]) -> list[tuple[int, str]]:
    """Sorts places so that a change at one leaves the others where they are."""
    return [(-key, "") if isinstance(key, int) else (0, key) for key in place] + [(10**9, "")]


def _decoded(text: str) -> JsonValue:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"The text is not valid JSON: {error}.") from None


def _encoded(value: JsonValue, ascii_only: bool) -> str:
    return json.dumps(value, ensure_ascii=ascii_only)
