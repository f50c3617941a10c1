"""Spreadsheets (https://open.feishu.cn/document/server-docs/docs/sheets-v3/overview)."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import msgspec

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.messages import Json, Message

from .client import listing, office, segment


class _Grid(msgspec.Struct):
    row_count: int = 0
    column_count: int = 0


class _Sheet(msgspec.Struct):
    sheet_id: str
    title: str = ""
    grid_properties: _Grid = msgspec.field(default_factory=_Grid)


class _Sheets(msgspec.Struct):
    sheets: list[_Sheet]


async def create_spreadsheet(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {name: value for name in ("title", "folder_token") if (value := call.text(name))}
    yield Json(await office(call, "POST", "sheets/v3/spreadsheets", json=body))


async def get_spreadsheet(call: Call) -> AsyncIterator[Message]:
    yield Json(await office(call, "GET", f"sheets/v3/spreadsheets/{_book(call)}"))


async def list_spreadsheet_sheets(call: Call) -> AsyncIterator[Message]:
    yield Json(await office(call, "GET", f"sheets/v3/spreadsheets/{_book(call)}/sheets/query"))


async def add_rows(call: Call) -> AsyncIterator[Message]:
    rows = listing(call, "values")
    if not all(isinstance(row, list) for row in rows):
        raise ToolParameterError('The parameter "values" must be a JSON list of lists.')
    sheet = await _sheet(call)
    body: dict[str, JsonValue] = {"valueRange": {"range": sheet.sheet_id, "values": rows}}
    query = {"insertDataOption": "INSERT_ROWS"}
    yield Json(await office(call, "POST", f"{_values(call)}/values_append", query=query, json=body))


async def add_cols(call: Call) -> AsyncIterator[Message]:
    sheet, number = await _sheet(call), call.integer("length", 1)
    body: dict[str, JsonValue] = {"sheetId": sheet.sheet_id, "majorDimension": "COLUMNS", "length": number}
    yield Json(await office(call, "POST", f"{_values(call)}/dimension_range", json={"dimension": body}))


async def read_rows(call: Call) -> AsyncIterator[Message]:
    sheet, first = await _sheet(call), call.integer("start_row", 1)
    last = first + call.integer("num_rows", 1) - 1
    yield await _read(call, sheet, f"A{first}:{column(sheet.grid_properties.column_count)}{last}")


async def read_cols(call: Call) -> AsyncIterator[Message]:
    sheet, first = await _sheet(call), call.integer("start_col", 1)
    last = first + call.integer("num_cols", 1) - 1
    yield await _read(call, sheet, f"{column(first)}1:{column(last)}{sheet.grid_properties.row_count}")


async def read_table(call: Call) -> AsyncIterator[Message]:
    yield await _read(call, await _sheet(call), call.required("query"))


def column(number: int) -> str:
    """The letters of a column: 1 is A, 27 is AA."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters or "A"


async def _read(call: Call, sheet: _Sheet, cells: str) -> Json:
    path = f"{_values(call)}/values/{quote(f'{sheet.sheet_id}!{cells}', safe='!:')}"
    return Json(await office(call, "GET", path, query={"valueRenderOption": "ToString"}))


async def _sheet(call: Call) -> _Sheet:
    """The sheet of this id or name; the first one without either. Raises ToolParameterError."""
    found = await office(call, "GET", f"sheets/v3/spreadsheets/{_book(call)}/sheets/query")
    try:
        sheets = msgspec.convert(found, _Sheets).sheets
    except msgspec.ValidationError as error:
        raise ToolInvokeError(f"The office answered with something unexpected: {error}.") from error
    wanted, name = call.text("sheet_id"), call.text("sheet_name")
    for sheet in sheets:
        if (not wanted or sheet.sheet_id == wanted) and (not name or sheet.title == name):
            return sheet
    raise ToolParameterError(f'There is no sheet "{wanted or name}"; there are {", ".join(s.title for s in sheets)}.')


def _book(call: Call) -> str:
    return segment(call, "spreadsheet_token")


def _values(call: Call) -> str:
    return f"sheets/v2/spreadsheets/{_book(call)}"
