"""What a part of a graph must be given to run alone, and where it comes from.

Source: spec workflow-engine §19.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from treadle.apps.uploads import Uploads
from treadle.dsl import NodeView
from treadle.dsl.references import references
from treadle.engine.pool import VariablePool
from treadle.engine.values import FILE_MARK, MISSING, File, JsonValue, Missing, Value, unmarked
from treadle.nodes.config import as_value
from treadle.nodes.inputs import FileResolver
from treadle.platform.refusals import InvalidParam

_CHOOSES = frozenset({"variable-aggregator", "variable-assigner"})
"""Types that take the first of their variables that is there."""


@dataclass(frozen=True, slots=True)
class Needed:
    """A variable that a part reads: `path` is its selector, `field` the first setting that names it."""

    path: tuple[str, ...]
    field: str
    node_id: str
    optional: bool = False

    @property
    def key(self) -> str:
        """The name under which a caller gives it."""
        return ".".join(self.path)


def needed_by(nodes: Sequence[NodeView]) -> list[Needed]:
    """The variables that `nodes`, run together, do not have from each other, each once."""
    own = {node.id for node in nodes}
    found: dict[tuple[str, ...], Needed] = {}
    for node in nodes:
        for reference in references(node):
            if len(reference.path) < 2 or reference.path[0] in own:
                continue
            optional = node.type in _CHOOSES
            known = found.get(reference.path)
            if known is None or (known.optional and not optional):
                found[reference.path] = Needed(reference.path, reference.field, node.id, optional)
    return list(found.values())


def give(pool: VariablePool, given: Mapping[str, Value], node: NodeView, needed: Iterable[Needed]) -> None:
    """Put what a caller gave into `pool`.

    Keys are `node_id.name` (also within `#`), with further parts for members of objects, or the name that the node
    itself has for the variable.
    """
    for path, value in paths_given(given, node, needed).items():
        scope, name, *rest = path
        pool.set(scope, name, with_member(pool.get((scope, name)), rest, value))


def paths_given(given: Mapping[str, Value], node: NodeView, needed: Iterable[Needed]) -> dict[tuple[str, ...], Value]:
    """What a caller gave, by the selectors of the variables that are meant; keys as in `give`."""
    paths = {need.key: need.path for need in needed}
    bound = dict(_bindings(node))
    found: dict[tuple[str, ...], Value] = {}
    for key, value in given.items():
        name = key.removeprefix(f"{node.id}.") if key.removeprefix(f"{node.id}.") in bound else key
        name = name.strip("#")
        path = bound.get(name) or paths.get(name) or tuple(name.split(".", 1))
        if len(path) >= 2:
            found[path] = value
    return found


def with_member(around: "Value | Missing", path: Sequence[str], value: Value) -> Value:
    """`around` with `value` at `path` within it; `value` itself for an empty path. What is no object gives way."""
    if not path:
        return value
    first, *rest = path
    inside = around if isinstance(around, dict) else {}
    return {**inside, first: with_member(inside.get(first), rest, value)}


def missing(pool: VariablePool, needed: Iterable[Needed]) -> list[Needed]:
    """Those that have no value and are wanted."""
    return [need for need in needed if not need.optional and pool.get(need.path) is MISSING]


async def resolved(value: JsonValue, files: FileResolver, param: str) -> Value:
    """`value` with its descriptions of files turned into files. Raises InvalidParam for one of somebody else."""
    match value:
        case {"transfer_method": str()}:
            try:
                return await files.resolve(_asked_for(value))
            except ValueError as error:
                raise InvalidParam(f"`{param}`: {error}", param=param) from error
        case list():
            return [await resolved(item, files, param) for item in value]
        case dict():
            return {key: await resolved(item, files, param) for key, item in value.items() if key != FILE_MARK}
        case _:
            return as_value(value)


async def with_links(value: Value, uploads: Uploads, workspace_id: str) -> Value:
    """`value` with the links of its files made anew: those that were kept with it may have expired.

    Only for files of this workspace, whoever wrote the value.
    """
    match value:
        case File():
            known = await uploads.stored(value.related_id or "", workspace_id) if value.related_id else None
            return uploads.with_url(value) if known is not None else value
        case list():
            return [await with_links(item, uploads, workspace_id) for item in value]
        case dict():
            return {key: await with_links(item, uploads, workspace_id) for key, item in value.items()}
        case _:
            return value


def _asked_for(mapping: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """A file as callers name one; as a value shows it, its id stands elsewhere."""
    asked = unmarked(dict(mapping))
    assert isinstance(asked, dict)
    stored = asked.get("related_id")
    method = asked.get("transfer_method")
    if method == "local_file":
        asked.setdefault("upload_file_id", stored)
    elif method == "tool_file":
        asked.setdefault("tool_file_id", stored)
    elif asked.get("remote_url"):
        asked["url"] = asked["remote_url"]
    return asked


def _bindings(node: NodeView) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names that a node has for variables of others."""
    variables = node.data.get("variables")
    for item in variables if isinstance(variables, list) else ():
        if not isinstance(item, dict):
            continue
        name, selector = item.get("variable"), item.get("value_selector")
        if isinstance(name, str) and isinstance(selector, list) and len(selector) >= 2:
            yield name, tuple(str(part) for part in selector)
