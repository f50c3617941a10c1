"""What a start form asks for, and the check of what was given, before a run begins.

Source: spec workflow-engine §5, workflow-nodes §1.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, TypeAlias

from pydantic import Field

from treadle.engine.values import FILE_MARK, File, JsonValue, Value

from .config import JsonField, NodeConfig

InputType = Literal[
    "text-input", "paragraph", "select", "number", "checkbox", "json_object", "file", "file-list", "external_data_tool"
]  # fmt: skip

Given: TypeAlias = "Value | JsonValue"
"""What a caller sent, or what was kept from an earlier turn."""

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})


class InputVariable(NodeConfig):
    """One question of a start form. `max_length` counts characters of texts and items of file lists; 0 is no limit."""

    variable: str
    label: str = ""
    type: InputType = Field(default="text-input", json_schema_extra={"ui": "input-type"})
    required: bool = False
    max_length: int | None = None
    default: JsonField = None
    options: tuple[str, ...] = ()
    description: str = ""
    hide: bool = False
    json_schema: JsonField = Field(default=None, json_schema_extra={"ui": "json-schema"})
    allowed_file_types: tuple[str, ...] = ()
    allowed_file_extensions: tuple[str, ...] = ()
    allowed_file_upload_methods: tuple[str, ...] = ()


class InputError(Exception):
    """An input cannot be accepted. The message is a sentence for the caller and names the variable."""

    def __init__(self, variable: str, message: str) -> None:
        super().__init__(message)
        self.variable = variable
        self.message = message


class FileResolver(Protocol):
    """Finds the file that a mapping `{type, transfer_method, upload_file_id | url | tool_file_id}` stands for."""

    async def resolve(self, mapping: Mapping[str, JsonValue]) -> File:
        """Raises ValueError with a sentence when there is no such file in the caller's workspace."""
        ...


async def validate_inputs(
    variables: Sequence[InputVariable],
    given: Mapping[str, JsonValue],
    *,
    stored: Mapping[str, Value] | None = None,
    files: FileResolver,
) -> dict[str, Value]:
    """Every variable's value: what was given, else what the conversation has `stored`, else its default.

    Inputs that the form does not name are dropped; variables without any value are null. Raises InputError for the
    first one at fault. A stored value that the form no longer accepts counts as absent.
    """
    accepted: dict[str, Value] = {}
    for variable in variables:
        name = variable.variable
        raw = given.get(name)
        if raw is None or (raw == "" and _blank_is_absent(variable)):
            accepted[name] = await _absent(variable, stored, files)
        else:
            accepted[name] = await _accept(variable, raw, files)
    return accepted


def _blank_is_absent(variable: InputVariable) -> bool:
    return not variable.required and variable.type in ("select", "file", "file-list")


async def _absent(variable: InputVariable, stored: Mapping[str, Value] | None, files: FileResolver) -> Value:
    kept = stored.get(variable.variable) if stored else None
    if kept is not None:
        try:
            return await _accept(variable, kept, files)
        except InputError:
            kept = None
    if variable.required:
        raise InputError(variable.variable, f"{variable.variable} is required in input form")
    if variable.default is None or (variable.default == "" and variable.type not in ("text-input", "paragraph")):
        return None
    return await _accept(variable, variable.default, files)


async def _accept(variable: InputVariable, value: Given, files: FileResolver) -> Value:
    match variable.type:
        case "text-input" | "paragraph":
            return _text(variable, value)
        case "select":
            return _choice(variable, value)
        case "number":
            return _number(variable, value)
        case "checkbox":
            return _flag(variable, value)
        case "json_object":
            return _object(variable, value)
        case "file":
            return await _file(variable, value, files)
        case "file-list":
            return await _files(variable, value, files)
        case "external_data_tool":
            return _other(variable, value)


def _refuse(variable: InputVariable, reason: str) -> InputError:
    return InputError(variable.variable, f"{variable.variable} in input form {reason}")


def _text(variable: InputVariable, value: Given) -> str:
    if not isinstance(value, str):
        raise _refuse(variable, "must be a string")
    if variable.max_length and len(value) > variable.max_length:
        raise _refuse(variable, f"must be less than {variable.max_length} characters")
    return value.replace("\0", "")


def _choice(variable: InputVariable, value: Given) -> str:
    text = _text(variable, value)
    if text not in variable.options:
        raise _refuse(variable, f"must be one of the following: {', '.join(variable.options)}")
    return text


def _number(variable: InputVariable, value: Given) -> int | float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        text = value.replace("\0", "").strip()
        if not text:
            return None
        try:
            return float(text) if "." in text else int(text)
        except ValueError:
            pass
    raise _refuse(variable, "must be a valid number")


def _flag(variable: InputVariable, value: Given) -> bool:
    text = value.strip().lower() if isinstance(value, str) else value
    if isinstance(text, str):
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
    elif isinstance(text, (int, float)) and text in (0, 1):
        return bool(text)
    raise _refuse(variable, "must be true or false")


def _object(variable: InputVariable, value: Given) -> Value:
    if not isinstance(value, dict):
        raise _refuse(variable, "must be a JSON object")
    return _without_nul(value)


def _other(variable: InputVariable, value: Given) -> Value:
    if isinstance(value, (dict, File)) or (isinstance(value, list) and any(isinstance(item, dict) for item in value)):
        raise _refuse(variable, "has an invalid input type")
    return _without_nul(value)


def _without_nul(value: Given) -> Value:
    """Texts without NUL, and maps without the mark of files: only the files of the caller are files."""
    match value:
        case str():
            return value.replace("\0", "")
        case list():
            return [_without_nul(item) for item in value]
        case dict():
            return {key: _without_nul(item) for key, item in value.items() if key != FILE_MARK}
        case _:
            return value


async def _file(variable: InputVariable, value: Given, files: FileResolver) -> File:
    if isinstance(value, File):
        return _allowed(variable, value)
    if not isinstance(value, dict):
        raise _refuse(variable, "must be a file")
    mapping: dict[str, JsonValue] = {key: item for key, item in value.items() if isinstance(item, (str, int))}
    try:
        file = await files.resolve(mapping)
    except ValueError as error:
        reason = str(error).rstrip(".")
        raise InputError(variable.variable, f"{variable.variable} in input form: {reason}") from error
    return _allowed(variable, file)


async def _files(variable: InputVariable, value: Given, files: FileResolver) -> list[Value]:
    if not isinstance(value, list):
        raise _refuse(variable, "must be a list of files")
    if variable.max_length and len(value) > variable.max_length:
        raise _refuse(variable, f"must have at most {variable.max_length} files")
    return [await _file(variable, item, files) for item in value]


def _allowed(variable: InputVariable, file: File) -> File:
    """`file`, if its kind, extension and way of transfer are allowed. Extensions matter for the kind `custom` only."""
    extensions = {"." + extension.lower().lstrip(".") for extension in variable.allowed_file_extensions}
    listed = (file.extension or "").lower() in extensions
    kinds = variable.allowed_file_types
    as_custom = "custom" in kinds and (listed or not extensions)
    by_kind = not kinds or (file.type in kinds and file.type != "custom") or as_custom
    if not by_kind:
        raise _refuse(variable, f"has a file of a kind that is not allowed: {file.extension or file.type}")
    methods = variable.allowed_file_upload_methods
    if methods and file.transfer_method not in methods and file.transfer_method != "tool_file":
        raise _refuse(variable, f"has a file that was sent in a way that is not allowed: {file.transfer_method}")
    return file
