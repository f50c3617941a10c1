"""Worksheets of Mingdao HAP (https://help.mingdao.com/api), read and written with an application's key."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Message, Text

from .tables import Field, said, table

T = TypeVar("T")

_PAGE = 1000
"""The most records of one answer."""
_WORKSHEET = 0
"""The kind of a section's item that is no page."""


class _Answer(msgspec.Struct, Generic[T]):
    success: bool
    data: T | None = None
    error_code: int = 0
    error_msg: str = ""


class _Item(msgspec.Struct):
    id: str
    name: str
    type: int = _WORKSHEET
    notes: str | None = None


class _Section(msgspec.Struct):
    name: str = ""
    items: list[_Item] = []
    childSections: list["_Section"] = []  # noqa: N815 - the wire's names


class _Application(msgspec.Struct):
    sections: list[_Section] = []


class _Worksheet(msgspec.Struct):
    controls: list[Field]


class _Records(msgspec.Struct):
    rows: list[dict[str, Any]]
    total: int = 0


class _Pivot(msgspec.Struct):
    data: list[dict[str, Any]]
    metadata: dict[str, Any] = {}


async def list_worksheets(call: Call) -> AsyncIterator[Message]:
    query = {"appKey": call.required("appkey"), "sign": call.required("sign")}
    answer = await ask(call, _Answer[_Application], "GET", f"{_base(call)}/v1/open/app/get", query=query)
    rows = [
        {"worksheet_id": item.id, "name": item.name, "section": section.name, "notes": item.notes or ""}
        for section in _all_sections(_data(answer).sections)
        for item in section.items
        if item.type == _WORKSHEET
    ]
    yield _listed(call, "worksheets", rows)


async def get_worksheet_fields(call: Call) -> AsyncIterator[Message]:
    rows = [
        {
            "id": field.controlId,
            "name": field.controlName,
            "type": str(field.type),
            "required": "yes" if field.required else "",
            "options": ", ".join(f"{option.value} ({option.key})" for option in field.options if not option.isDeleted),
        }
        for field in await _fields(call)
    ]
    yield _listed(call, "fields", rows)


async def list_worksheet_records(call: Call) -> AsyncIterator[Message]:
    wanted = call.listed("field_ids")
    fields = [field for field in await _fields(call) if not wanted or field.controlId in wanted]
    body: dict[str, JsonValue] = {
        "pageSize": call.integer("limit", 1, _PAGE) if call.text("limit") else _PAGE,
        "pageIndex": call.integer("page_index", 1) if call.text("page_index") else 1,
        "filters": _json_list(call, "filters"),
    }
    if sort := call.text("sort_id"):
        body |= {"sortId": sort, "isAsc": call.flag("sort_is_asc")}
    found = await _asked(call, _Answer[_Records], "v2/open/worksheet/getFilterRows", body)
    rows = [{"rowid": str(row.get("rowid", "")), **_named(row, fields)} for row in found.rows]
    yield _listed(call, "records", rows, total=found.total)


async def add_worksheet_record(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {"controls": _json_list(call, "record_data", needed=True)}
    row = await _asked(call, _Answer[str], "v2/open/worksheet/addRow", body)
    yield Text(f"The record was added; its id is {row}.")


async def update_worksheet_record(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {
        "rowId": call.required("row_id"),
        "controls": _json_list(call, "record_data", needed=True),
    }
    await _asked(call, _Answer[bool], "v2/open/worksheet/editRow", body)
    yield Text("The record was changed.")


async def delete_worksheet_record(call: Call) -> AsyncIterator[Message]:
    await _asked(call, _Answer[bool], "v2/open/worksheet/deleteRow", {"rowId": call.required("row_id")})
    yield Text("The record was deleted.")


async def get_worksheet_pivot_data(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {
        "options": {"showTotal": True},
        "columns": _json_list(call, "x_column_fields", needed=True),
        "rows": _json_list(call, "y_row_fields"),
        "values": _json_list(call, "value_fields", needed=True),
        "filters": _json_list(call, "filters"),
        "sort": _json_list(call, "sort_fields"),
    }
    data = await _asked(call, _Answer[_Pivot], "report/getPivotData", body)
    if call.text("result_type") == "json":
        yield Text(msgspec.json.encode(data).decode())
    else:
        yield Text(table([{name: said(value) for name, value in row.items()} for row in data.data]))


def _named(row: Mapping[str, JsonValue], fields: Sequence[Field]) -> dict[str, str]:
    return {field.controlName: said(row.get(field.controlId), field) for field in fields}


async def _fields(call: Call) -> list[Field]:
    return (await _asked(call, _Answer[_Worksheet], "v2/open/worksheet/getWorksheetInfo", {})).controls


async def _asked(call: Call, kind: type[_Answer[T]], path: str, body: Mapping[str, JsonValue]) -> T:
    """What the worksheet answers. Raises ToolInvokeError for a refusal."""
    own: dict[str, JsonValue] = {
        "appKey": call.required("appkey"),
        "sign": call.required("sign"),
        "worksheetId": call.required("worksheet_id"),
    }
    return _data(await ask(call, kind, "POST", f"{_base(call)}/{path}", json={**own, **body}))


def _data(answer: _Answer[T]) -> T:
    if not answer.success or answer.data is None:
        raise ToolInvokeError(f"HAP refused: {answer.error_msg or 'no reason is given'} ({answer.error_code}).")
    return answer.data


def _base(call: Call) -> str:
    """Mingdao's own address, or the place of the API on a server of one's own."""
    host = call.text("host").rstrip("/")
    if not host:
        return call.urls["api"]
    return f"{host.removesuffix('/api')}/api"


def _json_list(call: Call, name: str, *, needed: bool = False) -> list[JsonValue]:
    """A parameter that is a JSON list. Raises ToolParameterError."""
    text = call.required(name) if needed else call.text(name)
    if not text:
        return []
    try:
        return msgspec.json.decode(text, type=list[Any])
    except msgspec.DecodeError as error:
        raise ToolParameterError(f'The parameter "{name}" is no JSON list: {error}.') from error


def _all_sections(sections: Sequence[_Section]) -> list[_Section]:
    return [each for section in sections for each in (section, *_all_sections(section.childSections))]


def _listed(call: Call, name: str, rows: Sequence[Mapping[str, str]], *, total: int | None = None) -> Text:
    """The rows as the call wants them."""
    count = {} if total is None else {"total": total}
    if call.text("result_type") == "json":
        return Text(msgspec.json.encode({name: rows, **count}).decode())
    return Text(table(rows) + (f"\n\n{total} in all" if total is not None else ""))
