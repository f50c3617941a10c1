"""The result of user code, checked against what its node declares (workflow-nodes §8.4)."""

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal, Self

from pydantic import Field

from treadle.engine.errors import CodeNodeError, DepthLimitError, OutputValidationError
from treadle.engine.values import FILE_MARK, JsonValue, Value

from .config import NodeConfig
from .limits import CodeLimits

OutputType = Literal[
    "string", "number", "boolean", "object", "array[string]", "array[number]", "array[boolean]", "array[object]"
]  # fmt: skip

_SCIENTIFIC = re.compile(r"-?\d+(?:\.\d+)?[eE][+-]\d+")


class CodeOutput(NodeConfig):
    """A declared output. `children` are the members of an object, or of the objects of an array."""

    type: OutputType = Field(json_schema_extra={"ui": "value-type"})
    children: dict[str, Self] | None = None


class ResultCheck:
    """Checks and converts results under `limits`. Errors name the value as `output.member[position]`."""

    __slots__ = ("_limits",)

    def __init__(self, limits: CodeLimits) -> None:
        self._limits = limits

    def members(
        self, result: Mapping[str, JsonValue], declared: Mapping[str, CodeOutput], prefix: str = "", depth: int = 1
    ) -> dict[str, Value]:
        """The declared values of `result`.

        Raises OutputValidationError for a value that is missing or breaks its type or a limit, CodeNodeError for
        names that are not declared, DepthLimitError for objects nested too deeply.
        """
        self._check_depth(depth)
        checked: dict[str, Value] = {}
        for name, output in declared.items():
            path = f"{prefix}.{name}" if prefix else name
            if name not in result:
                raise OutputValidationError(f"Output {path} is missing.")
            checked[name] = self._declared(result[name], output, path, depth)
        extra = [name for name in result if name not in declared]
        if extra:
            where = f" in {prefix}" if prefix else ""
            raise CodeNodeError(f"Not all outputs{where} are declared: {', '.join(extra[:5])}.")
        return checked

    def _check_depth(self, depth: int) -> None:
        if depth > self._limits.depth:
            raise DepthLimitError(f"Depth limit {self._limits.depth} reached, object too deep.")

    def _declared(self, value: JsonValue, output: CodeOutput, path: str, depth: int) -> Value:
        if value is None:
            return None
        match output.type:
            case "string":
                return self._text(value, path)
            case "number":
                return self._number(_number_of(value), path)
            case "boolean":
                return self._flag(value, path)
            case "object":
                return self._object(value, output, path, depth)
            case "array[string]":
                items = self._items(value, path, "strings", self._limits.string_array)
                return [None if item is None else self._text(item, f"{path}[{i}]") for i, item in enumerate(items)]
            case "array[number]":
                items = self._items(value, path, "numbers", self._limits.number_array)
                return [self._number(_number_of(item), f"{path}[{i}]") for i, item in enumerate(items)]
            case "array[boolean]":
                items = self._items(value, path, "booleans", None)
                return [None if item is None else self._flag(item, f"{path}[{i}]") for i, item in enumerate(items)]
            case "array[object]":
                items = self._items(value, path, "objects", self._limits.object_array)
                return [
                    None if item is None else self._object(item, output, f"{path}[{i}]", depth)
                    for i, item in enumerate(items)
                ]

    def _items(self, value: JsonValue, path: str, what: str, limit: int | None) -> Sequence[JsonValue]:
        if not isinstance(value, list):
            raise OutputValidationError(f"Output {path} is not an array of {what}, got {_kind(value)} instead.")
        if limit is not None and len(value) > limit:
            raise OutputValidationError(f"The length of output {path} must be at most {limit}, but is {len(value)}.")
        return value

    def _text(self, value: JsonValue, path: str) -> str:
        if not isinstance(value, str):
            raise OutputValidationError(f"Output {path} must be a string, got {_kind(value)} instead.")
        limit = self._limits.string_length
        if len(value) > limit:
            raise OutputValidationError(f"The length of output {path} must be at most {limit} characters.")
        return value.replace("\0", "")

    def _flag(self, value: JsonValue, path: str) -> bool:
        if not isinstance(value, bool):
            raise OutputValidationError(f"Output {path} must be a boolean, got {_kind(value)} instead.")
        return value

    def _number(self, value: JsonValue, path: str) -> int | float:
        if isinstance(value, bool):
            return int(value)
        if not isinstance(value, (int, float)):
            raise OutputValidationError(f"Output {path} must be a number, got {_kind(value)} instead.")
        limits = self._limits
        if not math.isfinite(value) or not limits.min_number <= value <= limits.max_number:
            raise OutputValidationError(
                f"Output {path} is {value}, which is not between {limits.min_number} and {limits.max_number}."
            )
        if isinstance(value, float):
            exponent = Decimal(repr(value)).normalize().as_tuple().exponent
            if isinstance(exponent, int) and -exponent > limits.precision:
                raise OutputValidationError(f"Output {path} has more than {limits.precision} decimals.")
        return value

    def _object(self, value: JsonValue, output: CodeOutput, path: str, depth: int) -> dict[str, Value]:
        if not isinstance(value, dict):
            raise OutputValidationError(f"Output {path} is not an object, got {_kind(value)} instead.")
        if output.children:
            return self.members(value, output.children, path, depth + 1)
        return self._free_object(value, path, depth + 1)

    def _free_object(self, value: Mapping[str, JsonValue], path: str, depth: int) -> dict[str, Value]:
        """Contents that are not declared: checked by what they are. No code makes a file by writing its mark."""
        self._check_depth(depth)
        return {
            name: self._free(member, f"{path}.{name}", depth) for name, member in value.items() if name != FILE_MARK
        }

    def _free(self, value: JsonValue, path: str, depth: int) -> Value:
        value = _number_of(value)
        match value:
            case None | bool():
                return value
            case int() | float():
                return self._number(value, path)
            case str():
                return self._text(value, path)
            case dict():
                return self._free_object(value, path, depth + 1)
            case list():
                return self._free_list(value, path, depth)

    def _free_list(self, values: Sequence[JsonValue], path: str, depth: int) -> list[Value]:
        """All items are of the kind of the first one, or null."""
        first = _kind(values[0]) if values else "null"
        if first != "null" and any(_kind(value) not in (first, "null") for value in values):
            raise OutputValidationError(f"Output {path} is not a valid array: its items are of different types.")
        return [self._free(value, f"{path}[{position}]", depth) for position, value in enumerate(values)]


def _number_of(value: JsonValue) -> JsonValue:
    """Text in scientific notation with a sign, as the number that it is; declared texts are not looked at."""
    return float(value) if isinstance(value, str) and _SCIENTIFIC.fullmatch(value) else value


def _kind(value: JsonValue) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case dict():
            return "object"
        case list():
            return "array"
