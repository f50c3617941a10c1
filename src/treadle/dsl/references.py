"""Which nodes and variables a node's data refers to, found without knowing the node's type.

Only for telling about references that lead nowhere; resolving them is the engine's work.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from treadle.dsl.graph_view import NodeView
from treadle.dsl.problems import path_of
from treadle.dsl.sections import JsonMap

_PLACEHOLDER = re.compile(r"\{\{#([a-zA-Z0-9_]{1,50})((?:\.[a-zA-Z_][a-zA-Z0-9_]{0,29}){1,10})#\}\}")
_LISTS_THAT_SELECT = frozenset({"variable", "query", "file"})
_TYPE_KEYS = ("type", "input_type", "value_type")
_NOT_TEMPLATES = frozenset(
    {
        "code",
        "default_value",
        "desc",
        "instructions",
        "output_schema",
        "paramSchemas",
        "params",
        "schemas",
        "structured_output",
        "title",
        "topics",
    }
)
_USERS_OF_VARIABLES = frozenset(
    {"code", "start", "template-transform", "trigger-webhook", "variable-aggregator", "variable-assigner"}
)
_AGGREGATORS = frozenset({"variable-aggregator", "variable-assigner"})


@dataclass(frozen=True, slots=True)
class Reference:
    """`path` from a field: `[node id or namespace, name, …]`."""

    field: str
    path: tuple[str, ...]


def references(node: NodeView) -> Iterator[Reference]:
    """The references in a node's data, in the order of the file, as selectors and as `{{#…#}}` (app-dsl §11).

    Passed over: fields that have no effect (switched off, leftovers of older shapes), code, Jinja and schemas.
    """
    waiting: list[tuple[tuple[int | str, ...], JsonValue]] = [((), dict(_live(node)))]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            for found in _PLACEHOLDER.finditer(value):
                yield Reference(path_of("", path), (found[1], *found[2][1:].split(".")))
            continue
        inside: list[tuple[tuple[int | str, ...], JsonValue]] = []
        for key, item in _entries(value):
            if selector := _selector(key, item, value, path):
                yield Reference(path_of("", (*path, key)), selector)
            else:
                inside.append(((*path, key), item))
        waiting.extend(reversed(inside))


def _entries(value: JsonValue) -> Iterator[tuple[int | str, JsonValue]]:
    """What is inside a list or a map; nothing when the map is switched off."""
    if isinstance(value, list):
        yield from enumerate(value)
    elif isinstance(value, dict) and value.get("enabled") is not False:
        for key, item in value.items():
            if key not in _NOT_TEMPLATES and not _is_jinja(key, value):
                yield key, item


def _live(node: NodeView) -> Iterator[tuple[str, JsonValue]]:
    """The top fields that have an effect."""
    data = node.data
    settings = data.get("advanced_settings")
    grouped = isinstance(settings, dict) and settings.get("group_enabled") is True
    for key, value in data.items():
        match key:
            case "conditions":
                has_effect = node.type != "if-else"
            case "template":
                has_effect = node.type != "template-transform"
            case "advanced_settings":
                has_effect = grouped
            case "variables":
                has_effect = node.type in _USERS_OF_VARIABLES and not (node.type in _AGGREGATORS and grouped)
            case _:
                has_effect = not key.startswith("_")
        if has_effect:
            yield key, value


def _selector(
    key: int | str, value: JsonValue, around: JsonValue, path: tuple[int | str, ...]
) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        return None
    if isinstance(key, int):
        selects = bool(path) and path[-1] == "variables"
    else:
        types = [around.get(name) for name in _TYPE_KEYS] if isinstance(around, dict) else []
        selects = key.endswith("selector") or key in _LISTS_THAT_SELECT or (key == "value" and "variable" in types)
    return tuple(str(item) for item in value) if selects else None


def _is_jinja(key: str, siblings: JsonMap) -> bool:
    return key in ("text", "jinja2_text") and siblings.get("edition_type") == "jinja2"
