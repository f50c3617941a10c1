"""What can be wrong with an app file, said in one sentence each."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic_core import ErrorDetails

Severity = Literal["error", "warning"]


class ProblemKind(StrEnum):
    """The closed set of things this package complains about, for callers that decide by kind."""

    TOO_LARGE = "too-large"
    NOT_TEXT = "not-text"
    EMPTY = "empty"
    BAD_YAML = "bad-yaml"
    TOO_DEEP = "too-deep"
    TOO_MANY_VALUES = "too-many-values"
    BAD_ALIAS = "bad-alias"
    DUPLICATE_KEY = "duplicate-key"
    ROOT_NOT_MAP = "root-not-map"
    BAD_VERSION = "bad-version"
    OTHER_VERSION = "other-version"
    NOT_AN_APP = "not-an-app"
    NO_APP = "no-app"
    NO_MODE = "no-mode"
    UNKNOWN_MODE = "unknown-mode"
    NO_WORKFLOW = "no-workflow"
    NO_MODEL_CONFIG = "no-model-config"
    BAD_FIELD = "bad-field"
    BAD_FEATURE = "bad-feature"
    BAD_VARIABLE = "bad-variable"
    DUPLICATE_VARIABLE = "duplicate-variable"
    NO_NODES = "no-nodes"
    BAD_NODE = "bad-node"
    BAD_EDGE = "bad-edge"
    DUPLICATE_NODE = "duplicate-node"
    NO_ROOT = "no-root"
    SEVERAL_STARTS = "several-starts"
    START_AND_TRIGGER = "start-and-trigger"
    CYCLE = "cycle"
    DANGLING_EDGE = "dangling-edge"
    BORDER_EDGE = "border-edge"
    UNREACHABLE_NODE = "unreachable-node"
    UNKNOWN_CONTAINER = "unknown-container"
    CONTAINER_CYCLE = "container-cycle"
    NO_ENTRY = "no-entry"
    PARALLEL_DEPTH = "parallel-depth"
    UNKNOWN_REFERENCE = "unknown-reference"
    SHORT_SELECTOR = "short-selector"
    NO_MODEL = "no-model"


RUNS_ANYWAY = frozenset(
    {
        ProblemKind.BAD_EDGE,
        ProblemKind.DANGLING_EDGE,
        ProblemKind.BORDER_EDGE,
        ProblemKind.UNKNOWN_CONTAINER,
        ProblemKind.CONTAINER_CYCLE,
    }
)
"""Errors that must stop a publish, while a run leaves the broken part out and goes on (workflow-engine §6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a file.

    `where` is a place in the file ("line 3, column 5") or a path ("app.mode"); `field` is a path inside the
    node's data. `message` is a whole sentence: what, where and what to do.
    """

    kind: ProblemKind
    severity: Severity
    where: str
    message: str
    node: str | None = None
    node_title: str | None = None
    field: str | None = None

    @property
    def blocks_run(self) -> bool:
        """Whether a run must be refused as well as a publish."""
        return self.severity == "error" and self.kind not in RUNS_ANYWAY


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether any of the problems is an error."""
    return any(problem.severity == "error" for problem in problems)


def kind_of_value(value: object) -> str:
    """A value's kind in words a reader of YAML knows: never the value, which may be a secret."""
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "a map"
        case _:
            return "something else"


_WANTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "a map",
    "model_type": "a map",
}


def path_of(prefix: str, steps: Iterable[int | str]) -> str:
    """`prefix` followed by keys and list positions: `path_of("a", ["b", 0])` is `a.b[0]`."""
    path = prefix
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def field_problem(error: ErrorDetails, prefix: str, kind: ProblemKind, severity: Severity) -> Problem:
    """The plain sentence for one of pydantic's errors about the map at `prefix`."""
    where = path_of(prefix, error["loc"])
    if error["type"] == "missing":
        reason = "is missing: add it"
    elif error["type"] in _WANTED:
        reason = f"must be {_WANTED[error['type']]}, but is {kind_of_value(error['input'])}"
    elif error["type"] in ("enum", "literal_error"):
        reason = f"must be {error.get('ctx', {}).get('expected', 'a known word')}, but is {_shown(error['input'])}"
    else:
        reason = error["msg"].removeprefix("Value error, ")
    return Problem(kind=kind, severity=severity, where=where, message=f"{where} {reason}.")


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f'"{value[:40]}…"' if len(value) > 40 else f'"{value}"'
    return kind_of_value(value)
