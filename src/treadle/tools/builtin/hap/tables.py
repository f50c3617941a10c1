"""What people read of a worksheet: values by their names, rows as a Markdown table."""

from collections.abc import Mapping, Sequence

import msgspec

from treadle.engine.values import JsonValue

_NAMES = ("fullname", "name", "departmentName", "organizeName", "original_file_full_path")
"""Members under which a part of a value says what it is, the most telling first."""


class _Option(msgspec.Struct):
    key: str
    value: str = ""
    isDeleted: bool = False  # noqa: N815 - the wire's names


class Field(msgspec.Struct):
    """A column of a worksheet."""

    controlId: str  # noqa: N815
    controlName: str  # noqa: N815
    type: int = 0
    required: bool = False
    options: list[_Option] = []


def said(value: JsonValue, field: Field | None = None) -> str:
    """A value as text. Choices are stored as a JSON list of keys, people and files as one of objects."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return str(value)
    match value:
        case None:
            return ""
        case list():
            return ", ".join(said(part, field) for part in value)
        case dict():
            return next((str(value[name]) for name in _NAMES if value.get(name)), msgspec.json.encode(value).decode())
        case bool():
            return str(value).lower()
        case _:
            choices = {option.key: option.value for option in field.options} if field else {}
            return choices.get(str(value), str(value))


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """The rows in Markdown, under the names of all columns."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [[*names], ["---"] * len(names), *([row.get(name, "") for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines) if names else "(no rows)"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
