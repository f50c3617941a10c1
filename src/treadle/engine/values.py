"""Typed values of a run: what a variable may hold, its type name, and how it reads as text.

Source: spec workflow-engine §1, workflow-nodes §0.4 and §0.5.
"""

import json
from enum import StrEnum
from typing import Final, Literal, TypeAlias

import msgspec

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
"""Anything that JSON can say."""

FileType: TypeAlias = Literal["image", "document", "audio", "video", "custom"]
TransferMethod: TypeAlias = Literal["remote_url", "local_file", "tool_file", "datasource_file"]


FILE_MARK: Final = "dify_model_identity"
"""The member that tells the map of a File from any other map."""


class File(msgspec.Struct, frozen=True, kw_only=True, tag_field=FILE_MARK, tag="__dify__file__"):
    """A file as a value: a descriptor, never the bytes.

    `related_id` is the id of the stored upload or tool file; `size` is in bytes, -1 when unknown; `extension`
    carries its dot; `url` is fetchable (signed for stored files) and is absent in stored inputs.
    """

    type: FileType
    transfer_method: TransferMethod
    id: str | None = None
    tenant_id: str | None = None
    remote_url: str | None = None
    related_id: str | None = None
    filename: str | None = None
    extension: str | None = None
    mime_type: str | None = None
    size: int = -1
    url: str | None = None

    def attribute(self, name: str) -> "Value | Missing":
        """The selectable attribute `name` (`name`, `size`, `type`, `url`, ...), or MISSING."""
        if name == "name":
            return self.filename
        if name in _FILE_ATTRIBUTES:
            return getattr(self, name)
        return MISSING

    def markdown(self) -> str:
        """An image embedded, anything else linked."""
        label = self.filename or self.url or ""
        return f"![{label}]({self.url or ''})" if self.type == "image" else f"[{label}]({self.url or ''})"


_FILE_ATTRIBUTES = frozenset({"type", "size", "mime_type", "transfer_method", "url", "extension", "related_id"})

Value: TypeAlias = "bool | int | float | str | File | list[Value] | dict[str, Value] | None"
"""Anything that a variable may hold."""


class Missing:
    """The type of MISSING: a variable that was never written, which is not the same as one that holds null."""

    __slots__ = ()

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()


class ValueType(StrEnum):
    """Type names as app files, logs and the API spell them."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    OBJECT = "object"
    SECRET = "secret"
    FILE = "file"
    ARRAY_STRING = "array[string]"
    ARRAY_NUMBER = "array[number]"
    ARRAY_BOOLEAN = "array[boolean]"
    ARRAY_OBJECT = "array[object]"
    ARRAY_FILE = "array[file]"
    ARRAY_ANY = "array[any]"
    NONE = "none"

    @property
    def is_array(self) -> bool:
        return self.value.startswith("array[")


_ARRAY_OF = {
    ValueType.STRING: ValueType.ARRAY_STRING,
    ValueType.NUMBER: ValueType.ARRAY_NUMBER,
    ValueType.BOOLEAN: ValueType.ARRAY_BOOLEAN,
    ValueType.OBJECT: ValueType.ARRAY_OBJECT,
    ValueType.FILE: ValueType.ARRAY_FILE,
}


def type_of(value: Value) -> ValueType:
    """The type that `value` shows. Lists of one element type have that array type, all others are `array[any]`."""
    match value:
        case None:
            return ValueType.NONE
        case bool():
            return ValueType.BOOLEAN
        case str():
            return ValueType.STRING
        case int() | float():
            return ValueType.NUMBER
        case dict():
            return ValueType.OBJECT
        case File():
            return ValueType.FILE
        case list():
            kinds = {type_of(item) for item in value}
            return _ARRAY_OF.get(kinds.pop(), ValueType.ARRAY_ANY) if len(kinds) == 1 else ValueType.ARRAY_ANY
    raise TypeError(f"{type(value).__name__} is not a type a variable can hold")


def to_text(value: "Value | Missing") -> str:
    """`value` as it reads inside prompts, HTTP requests and tool arguments."""
    match value:
        case str():
            return value
        case None | Missing() | File():
            return ""
        case bool() | int() | float():
            return str(value)
        case dict():
            return json_text(value)
        case list():
            kind = type_of(value)
            if not value or kind is ValueType.ARRAY_FILE:
                return ""
            return json_text(value) if kind is ValueType.ARRAY_STRING else str(plain(value))
    raise TypeError(f"{type(value).__name__} is not a type a variable can hold")


def to_markdown(value: "Value | Missing") -> str:
    """`value` as it reads inside an answer."""
    match value:
        case dict():
            return json_text(value, indent=2)
        case File():
            return value.markdown()
        case list():
            if type_of(value) is ValueType.ARRAY_FILE:
                return "\n".join(item.markdown() for item in value if isinstance(item, File))
            return "\n".join(f"- {_list_item(item)}" for item in value)
        case _:
            return to_text(value)


def _list_item(value: Value) -> str:
    return value.markdown() if isinstance(value, File) else value if isinstance(value, str) else str(plain(value))


def json_text(value: Value, indent: int | None = None) -> str:
    """JSON with `", "` and `": "` separators and non-ASCII letters kept."""
    return json.dumps(plain(value), ensure_ascii=False, indent=indent)


def plain(value: Value) -> JsonValue:
    """`value` with every File replaced by its map, ready for any JSON encoder."""
    match value:
        case File():
            return msgspec.to_builtins(value)
        case list():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case _:
            return value


def revive(value: JsonValue) -> Value:
    """The inverse of `plain`: maps that carry the file mark become File again. Raises msgspec.ValidationError."""
    match value:
        case list():
            return [revive(item) for item in value]
        case dict():
            if value.get(FILE_MARK) == "__dify__file__":
                return msgspec.convert(value, File)
            return {key: revive(item) for key, item in value.items()}
        case _:
            return value


def unmarked(value: JsonValue) -> JsonValue:
    """`value` from outside without the mark of files, by which `revive` would take a map for a file that exists."""
    match value:
        case list():
            return [unmarked(item) for item in value]
        case dict():
            return {key: unmarked(item) for key, item in value.items() if key != FILE_MARK}
        case _:
            return value


def files_in(value: Value) -> list[File]:
    """Every File in `value`, depth first."""
    match value:
        case File():
            return [value]
        case list():
            return [file for item in value for file in files_in(item)]
        case dict():
            return [file for item in value.values() for file in files_in(item)]
        case _:
            return []
