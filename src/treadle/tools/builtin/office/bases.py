"""Bases, which are tables with records (https://open.feishu.cn/document/server-docs/docs/bitable-v1/bitable-overview)."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from treadle.engine.errors import ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.messages import Json, Message

from .client import listing, office, paging, segment


async def create_base(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {name: value for name in ("name", "folder_token") if (value := call.text(name))}
    yield Json(await office(call, "POST", "bitable/v1/apps", json=body))


async def get_base_info(call: Call) -> AsyncIterator[Message]:
    yield Json(await office(call, "GET", _base(call)))


async def create_table(call: Call) -> AsyncIterator[Message]:
    table: dict[str, JsonValue] = {"name": call.required("table_name")}
    if view := call.text("default_view_name"):
        table["default_view_name"] = view
    if call.text("fields"):
        table["fields"] = listing(call, "fields")
    yield Json(await office(call, "POST", f"{_base(call)}/tables", json={"table": table}))


async def list_tables(call: Call) -> AsyncIterator[Message]:
    yield Json(await office(call, "GET", f"{_base(call)}/tables", query=paging(call)))


async def delete_tables(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {"table_ids": listing(call, "table_ids")}
    yield Json(await office(call, "POST", f"{_base(call)}/tables/batch_delete", json=body))


async def add_records(call: Call) -> AsyncIterator[Message]:
    records: list[JsonValue] = [{"fields": record} for record in listing(call, "records")]
    yield Json(await office(call, "POST", f"{_records(call)}/batch_create", json={"records": records}))


async def update_records(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {"records": listing(call, "records")}
    yield Json(await office(call, "POST", f"{_records(call)}/batch_update", json=body))


async def delete_records(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {"records": listing(call, "record_ids")}
    yield Json(await office(call, "POST", f"{_records(call)}/batch_delete", json=body))


async def read_records(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {"record_ids": listing(call, "record_ids")}
    yield Json(await office(call, "POST", f"{_records(call)}/batch_get", json=body))


async def search_records(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {name: listing(call, name) for name in ("field_names", "sort") if call.text(name)}
    if view := call.text("view_id"):
        body["view_id"] = view
    if text := call.text("filters"):
        body["filter"] = _filter(text)
    yield Json(await office(call, "POST", f"{_records(call)}/search", query=paging(call), json=body))


def _filter(text: str) -> JsonValue:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        raise ToolParameterError('The parameter "filters" must be a JSON object.') from None


def _base(call: Call) -> str:
    return f"bitable/v1/apps/{segment(call, 'app_token')}"


def _records(call: Call) -> str:
    return f"{_base(call)}/tables/{segment(call, 'table_id')}/records"
