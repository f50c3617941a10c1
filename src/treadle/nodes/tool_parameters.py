"""Parameters of tools: what the builder fixed, what a run gives, and the types that the tool declared.

Shared by the tool node and by agents. Source: spec models-and-tools §4.1 "Casting", workflow-nodes §21.2 and §21.3.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from treadle.engine.errors import ToolParameterError
from treadle.engine.ports import Tool, ToolParameter
from treadle.engine.values import File, JsonValue, Value, plain, to_text

from .config import as_value

_TRUE = frozenset({"true", "yes", "y", "1"})
_FALSE = frozenset({"false", "no", "n", "0"})
_TEXTS = frozenset({"string", "secret-input", "text-input", "select", "dynamic-select"})
_BOOLEANS = frozenset({"boolean", "checkbox"})
_FILE_LISTS = frozenset({"files", "system-files", "systme-files"})
_SELECTORS = frozenset({"model-selector", "app-selector"})
_MASK = "********"

FILE_TYPES: Final = frozenset({"file"}) | _FILE_LISTS
"""Parameter types that take files; a model cannot give those."""


def cast(parameter: ToolParameter, value: Value) -> Value:
    """`value` as the parameter's type has it. Raises ToolParameterError when it cannot be."""
    kind = parameter.type
    if kind in _TEXTS:
        return to_text(value)
    if kind in _BOOLEANS:
        return _boolean(value)
    if kind == "number":
        return _number(parameter, value)
    if kind == "file":
        return _file(parameter, value)
    if kind in _FILE_LISTS:
        return _files(parameter, value)
    if kind == "array":
        return _array(value)
    if kind == "object":
        return _object(value)
    if kind in _SELECTORS:
        if isinstance(value, dict):
            return value
        raise ToolParameterError(f'The parameter "{parameter.name}" must be an object as its selector gives it.')
    if kind == "array[tools]":
        if isinstance(value, list):
            return value
        raise ToolParameterError(f'The parameter "{parameter.name}" must be a list of tools.')
    return value


def fixed_value(parameter: ToolParameter, value: Value) -> Value:
    """What the builder chose: an empty choice (but not 0 or false) is the default.

    Raises ToolParameterError when a required one is still empty, or a choice is none of the options.
    """
    if _is_empty(value):
        value = as_value(parameter.default)
        if _is_empty(value):
            if parameter.required:
                raise ToolParameterError(f'The setting "{parameter.name}" of the tool is required; fill it in.')
            return None
    if parameter.type == "select" and parameter.options:
        offered = [option.value for option in parameter.options]
        if to_text(value) not in offered:
            raise ToolParameterError(
                f'The setting "{parameter.name}" of the tool is {to_text(value)!r}; choose one of {", ".join(offered)}.'
            )
    return cast(parameter, value)


def fixed_values(parameters: Sequence[ToolParameter], chosen: Mapping[str, Value]) -> dict[str, Value]:
    """The settings of a tool (`form` parameters), those without any value left out. Raises ToolParameterError."""
    values: dict[str, Value] = {}
    for parameter in parameters:
        if parameter.form == "form":
            value = fixed_value(parameter, chosen.get(parameter.name))
            if value is not None:
                values[parameter.name] = value
    return values


def run_values(parameters: Sequence[ToolParameter], given: Mapping[str, Value]) -> dict[str, Value]:
    """What a run gives, cast; names that the tool does not know become null.

    Required parameters that are missing take their default. Raises ToolParameterError when one has none.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Value] = {}
    for name, value in given.items():
        parameter = known.get(name)
        if parameter is None:
            values[name] = None
        elif (converted := cast(parameter, value)) is not None or parameter.type == "any":
            values[name] = converted
    for parameter in parameters:
        if parameter.form == "llm" and parameter.name not in values:
            default = as_value(parameter.default)
            if default is not None:
                values[parameter.name] = cast(parameter, default)
            elif parameter.required:
                raise ToolParameterError(f'The parameter "{parameter.name}" of the tool is required, but has no value.')
    return values


def call_values(tool: Tool, chosen: Mapping[str, Value], given: Mapping[str, Value]) -> dict[str, Value]:
    """What a tool node calls with: the run's values stand above the fixed ones. Raises ToolParameterError."""
    return {**fixed_values(tool.parameters, chosen), **run_values(tool.parameters, given)}


def agent_values(tool: Tool, chosen: Mapping[str, Value], arguments: Mapping[str, JsonValue]) -> dict[str, Value]:
    """What an agent calls with: the fixed values stand above the model's arguments, null ones of which count as absent.

    `chosen` may also fix parameters that the model would give. Raises ToolParameterError.
    """
    fixed = fixed_values(tool.parameters, chosen)
    given: dict[str, Value] = {}
    for parameter in tool.parameters:
        if parameter.form != "llm":
            continue
        if not _is_empty(chosen.get(parameter.name)):
            given[parameter.name] = chosen[parameter.name]
        elif arguments.get(parameter.name) is not None:
            given[parameter.name] = as_value(arguments[parameter.name])
    return {**run_values(tool.parameters, given), **fixed}


def for_the_log(parameters: Sequence[ToolParameter], values: Mapping[str, Value]) -> dict[str, Value]:
    """`values` with secrets made unreadable."""
    secret = {parameter.name for parameter in parameters if parameter.type == "secret-input"}
    return {name: _MASK if name in secret and value else value for name, value in values.items()}


def json_schema(parameters: Sequence[ToolParameter]) -> dict[str, JsonValue]:
    """What a model may give, as JSON Schema of an object: the `llm` parameters, those for files left out."""
    properties: dict[str, JsonValue] = {}
    required: list[JsonValue] = []
    for parameter in parameters:
        if parameter.form == "llm" and parameter.type not in FILE_TYPES:
            properties[parameter.name] = _property(parameter)
            if parameter.required:
                required.append(parameter.name)
    return {"type": "object", "properties": properties, "required": required}


def _property(parameter: ToolParameter) -> JsonValue:
    described: dict[str, JsonValue] = {"description": parameter.llm_description}
    if parameter.input_schema is not None:
        return {**parameter.input_schema, **described} if parameter.llm_description else dict(parameter.input_schema)
    kinds = {"number": "number", "boolean": "boolean", "checkbox": "boolean", "array": "array", "object": "object"}
    prop: dict[str, JsonValue] = {"type": kinds.get(parameter.type, "string"), **described}
    if parameter.type == "array":
        prop["items"] = {}
    if parameter.options:
        prop["enum"] = [option.value for option in parameter.options]
    return prop


def _is_empty(value: Value) -> bool:
    return value is None or value in ("", [], {})


def _boolean(value: Value) -> bool:
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
    return bool(value)


def _number(parameter: ToolParameter, value: Value) -> int | float | None:
    """Blank text is no number at all, and counts as absent."""
    if isinstance(value, (int, float)):
        return value
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, str):
        text = value.strip()
        try:
            return float(text) if "." in text or "e" in text.lower() else int(text)
        except ValueError:
            pass
    raise ToolParameterError(f'The parameter "{parameter.name}" is {_shown(value)}, which is no number.')


def _file(parameter: ToolParameter, value: Value) -> Value:
    if isinstance(value, list):
        if len(value) > 1:
            raise ToolParameterError(f'The parameter "{parameter.name}" takes one file, but was given {len(value)}.')
        value = value[0] if value else None
    if value is None or isinstance(value, File):
        return value
    if value == "":
        return None
    raise ToolParameterError(f'The parameter "{parameter.name}" takes a file, but was given {_shown(value)}.')


def _files(parameter: ToolParameter, value: Value) -> Value:
    if value is None or value == "":
        return None
    items: list[Value] = value if isinstance(value, list) else [value]
    for item in items:
        if not isinstance(item, File):
            raise ToolParameterError(f'The parameter "{parameter.name}" takes files, but was given {_shown(item)}.')
    return items


def _array(value: Value) -> Value:
    if value is None or isinstance(value, list):
        return value
    if isinstance(value, str):
        parsed = _parsed(value)
        if isinstance(parsed, list):
            return as_value(parsed)
    return [value]


def _object(value: Value) -> Value:
    if value is None or isinstance(value, dict):
        return value
    parsed = _parsed(value) if isinstance(value, str) else None
    return as_value(parsed) if isinstance(parsed, dict) else dict[str, Value]()


def _parsed(text: str) -> JsonValue:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _shown(value: Value) -> str:
    text = to_text(value) or json.dumps(plain(value), ensure_ascii=False)
    return f'"{text[:60]}…"' if len(text) > 60 else f'"{text}"'
