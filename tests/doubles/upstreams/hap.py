"""Worksheets of Mingdao HAP: the key is a member of each body, and refusals have the status of success."""

from collections.abc import Mapping
from typing import Any

from tests.doubles.recording import JsonValue, Request
from tests.doubles.upstreams.vendor import BOOLEAN, INTEGER, TEXT, Endpoint, Vendor, obj

KEY = "key-1"

_FIELDS: JsonValue = [
    {"controlId": "f1", "controlName": "Name", "type": 2, "required": True, "options": []},
    {
        "controlId": "f2",
        "controlName": "Colour",
        "type": 11,
        "required": False,
        "options": [
            {"key": "k1", "value": "Red", "isDeleted": False},
            {"key": "k2", "value": "Old", "isDeleted": True},
        ],
    },
    {"controlId": "f3", "controlName": "Owner", "type": 26, "required": False},
]
_ROWS: JsonValue = [
    {"rowid": "r1", "f1": "Big | loom", "f2": '["k1"]', "f3": '[{"accountId":"a1","fullname":"Ada"}]'},
    {"rowid": "r2", "f1": "Small", "f2": "", "f3": "[]"},
]
_YARN: JsonValue = {"name": "Yarn", "items": [{"id": "w2", "name": "Yarn", "type": 0}], "childSections": []}
_STOCK: JsonValue = {
    "name": "Stock",
    "items": [{"id": "w1", "name": "Looms", "type": 0, "notes": None}, {"id": "p1", "name": "Page", "type": 1}],
    "childSections": [_YARN],
}
_OBJECTS = {"type": "array", "items": {"type": "object"}}


def hap() -> Vendor:
    """https://help.mingdao.com/api; servers of one's own have it all below /api."""
    controls = {"type": "array", "items": obj({"controlId": TEXT, "value": {"type": "string"}}), "minItems": 1}
    page = {"pageSize": INTEGER, "pageIndex": INTEGER, "filters": _OBJECTS}
    pivot: JsonValue = {"metadata": {"totalRow": {}}, "data": [{"Colour": "Red", "Count": 2}]}
    lists = dict.fromkeys(("columns", "rows", "values", "filters", "sort"), _OBJECTS)
    sheet: JsonValue = {"worksheetId": "w1", "name": "Looms", "controls": _FIELDS}
    open_query = {"appKey": "ak", "sign": KEY}
    return Vendor(
        Endpoint("GET", "/v1/open/app/get", _done({"name": "Mill", "sections": [_STOCK]}), query=open_query),
        _endpoint("/v2/open/worksheet/getWorksheetInfo", sheet, {}),
        _endpoint("/api/v2/open/worksheet/getWorksheetInfo", sheet, {}),
        _endpoint(
            "/v2/open/worksheet/getFilterRows", {"rows": _ROWS, "total": 2}, page, {"sortId": TEXT, "isAsc": BOOLEAN}
        ),
        _endpoint("/v2/open/worksheet/addRow", "r3", {"controls": controls}),
        _endpoint("/v2/open/worksheet/editRow", True, {"controls": controls, "rowId": TEXT}),
        _endpoint("/v2/open/worksheet/deleteRow", True, {"rowId": TEXT}),
        _endpoint("/report/getPivotData", pivot, {"options": obj({"showTotal": True}), **lists}),
    )


def _endpoint(
    path: str, data: JsonValue, members: Mapping[str, Any], optional: Mapping[str, Any] | None = None
) -> Endpoint:
    def answer(request: Request) -> JsonValue:
        if request.json["sign"] != KEY:
            return {"data": None, "success": False, "error_code": 10102, "error_msg": "sign is invalid"}
        return _done(data)

    own = {"appKey": "ak", "sign": TEXT, "worksheetId": "w1"}
    return Endpoint("POST", path, answer, body=obj({**own, **members}, optional))


def _done(data: JsonValue) -> JsonValue:
    return {"data": data, "success": True, "error_code": 1}
