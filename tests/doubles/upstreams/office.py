"""The office of Feishu and Lark (https://open.feishu.cn/document)."""

from collections.abc import Callable
from typing import Any

from tests.doubles.recording import JsonValue, Request
from tests.doubles.upstreams.vendor import ANY, BOOLEAN, INTEGER, TEXT, TEXTS, Endpoint, Vendor, obj

KEY = "key-1"

Row = tuple[str, str, JsonValue, dict[str, str], dict[str, Any] | None]
Good = Callable[..., JsonValue]


def office() -> Vendor:
    """Every request but that for a token carries the token. The webhooks of groups take none."""

    def token(request: Request) -> JsonValue:
        if request.json["app_secret"] != KEY:
            return {"code": 10014, "msg": "app secret invalid"}
        return {"code": 0, "msg": "ok", "tenant_access_token": "t-1", "expire": 7200}

    def good(**data: JsonValue) -> JsonValue:
        return {"code": 0, "msg": "success", "data": data}

    bearer = {"authorization": "Bearer t-1"}
    api = "/open-apis"
    pages = {"page_size": r"\d+", "page_token?": ANY}
    run = obj({"elements": {"type": "array", "items": obj({"text_run": obj({"content": TEXT})})}})
    block = obj({"block_type": 2, "text": run})
    blocks = obj({"children": {"type": "array", "items": block, "maxItems": 50}, "index": INTEGER})
    time = obj({"timestamp": {"type": "string", "pattern": r"^\d{13}$"}, "is_all_day": BOOLEAN})
    details = {"summary": TEXT, "description": TEXT, "start": time, "due": time, "completed_at": TEXT}
    member = obj({"id": TEXT, "type": "user", "role": {"enum": ["assignee", "follower"]}})
    record = obj({"fields": {"type": "object"}}, {"record_id": TEXT})
    records = obj({"records": {"type": "array", "items": record}})
    field = obj({"field_name": TEXT, "type": INTEGER})
    table = obj({"name": TEXT}, {"default_view_name": TEXT, "fields": {"type": "array", "items": field}})
    search = obj({}, {"view_id": TEXT, "field_names": TEXTS, "sort": {"type": "array"}, "filter": {"type": "object"}})
    made: JsonValue = {"document_id": "d1", "revision_id": 1, "title": "Looms"}
    document, task = f"{api}/docx/v1/documents/d1", f"{api}/task/v2/tasks/g1"
    base = f"{api}/bitable/v1/apps/a1"
    rows = f"{base}/tables/t1/records"
    kinds = {"enum": ["text", "interactive", "post"]}
    sent = obj({"receive_id": TEXT, "msg_type": kinds, "content": TEXT})
    hooked = {
        "anyOf": [
            obj({"msg_type": "text", "content": obj({"text": TEXT})}),
            obj({"msg_type": "interactive", "card": {"type": "object"}}),
        ]
    }
    chat = {
        "container_id_type": "chat|thread",
        "container_id": ANY,
        "sort_type": "ByCreateTimeAsc|ByCreateTimeDesc",
        "start_time?": r"\d+",
        "end_time?": r"\d+",
        **pages,
    }
    open_endpoints = [
        Endpoint(
            "POST",
            f"{api}/auth/v3/tenant_access_token/internal",
            token,
            body=obj({"app_id": TEXT, "app_secret": TEXT}),
        ),
        Endpoint("POST", f"{api}/bot/v2/hook/h1", good(), body=hooked),
    ]
    closed: list[Row] = [
        ("POST", f"{api}/docx/v1/documents", good(document=made), {}, obj({"title": TEXT}, {"folder_token": TEXT})),
        ("POST", f"{document}/blocks/d1/children", good(children=[]), {}, blocks),
        ("GET", f"{document}/raw_content", good(content="All about looms.\n"), {"lang": "0"}, None),
        ("GET", f"{document}/blocks", good(items=[{"block_id": "b1"}], has_more=False), pages, None),
        ("POST", f"{api}/im/v1/messages", good(message_id="m1"), {"receive_id_type": "open_id|chat_id"}, sent),
        ("GET", f"{api}/im/v1/messages", good(items=[{"message_id": "m1"}], has_more=False), chat, None),
        ("POST", f"{api}/task/v2/tasks", good(task={"guid": "g1"}), {}, obj({"summary": TEXT}, details)),
        ("PATCH", task, good(task={"guid": "g1"}), {}, obj({"task": obj({}, details), "update_fields": TEXTS})),
        ("DELETE", task, good(), {}, None),
        (
            "POST",
            f"{task}/add_members",
            good(task={"guid": "g1"}),
            {},
            obj({"members": {"type": "array", "items": member}}),
        ),
        ("GET", f"{api}/wiki/v2/spaces/s1/nodes", good(items=[]), {**pages, "parent_node_token?": ANY}, None),
        (
            "POST",
            f"{api}/bitable/v1/apps",
            good(app={"app_token": "a1"}),
            {},
            obj({}, {"name": TEXT, "folder_token": TEXT}),
        ),
        ("GET", base, good(app={"app_token": "a1"}), {}, None),
        ("POST", f"{base}/tables", good(table_id="t1"), {}, obj({"table": table})),
        ("GET", f"{base}/tables", good(items=[{"table_id": "t1"}]), pages, None),
        ("POST", f"{base}/tables/batch_delete", good(), {}, obj({"table_ids": TEXTS})),
        ("POST", f"{rows}/batch_create", good(records=[{"record_id": "r1"}]), {}, records),
        ("POST", f"{rows}/batch_update", good(records=[{"record_id": "r1"}]), {}, records),
        ("POST", f"{rows}/batch_delete", good(records=[{"deleted": True}]), {}, obj({"records": TEXTS})),
        ("POST", f"{rows}/batch_get", good(records=[{"record_id": "r1"}]), {}, obj({"record_ids": TEXTS})),
        ("POST", f"{rows}/search", good(items=[{"record_id": "r1"}], total=1), pages, search),
    ]
    closed += [*_calendars(good), *_spreadsheets(good)]
    return Vendor(
        *open_endpoints,
        *(
            Endpoint(method, path, answer, query=query, headers=bearer, body=body)
            for method, path, answer, query, body in closed
        ),
    )


def _calendars(good: Good) -> list[Row]:
    events = "/open-apis/calendar/v4/calendars/c1/events"
    moment = obj({"timestamp": {"type": "string", "pattern": r"^\d{10}$"}})
    details = {
        "summary": TEXT,
        "description": TEXT,
        "need_notification": BOOLEAN,
        "start_time": moment,
        "end_time": moment,
    }
    attendee = obj({"type": "user", "user_id": TEXT})
    guests = obj({"attendees": {"type": "array", "items": attendee}, "need_notification": BOOLEAN})
    found = obj({"query": TEXT}, {"filter": obj({}, {"start_time": moment, "end_time": moment})})
    calendar: JsonValue = {"calendar_id": "c1", "type": "primary"}
    users: JsonValue = [
        {"user_id": "ou_1", "email": "a@b.c"},
        {"user_id": "ou_2", "mobile": "+8613"},
        {"email": "x@y.z"},
    ]
    span = {"start_time?": r"\d{10}", "end_time?": r"\d{10}"}
    pages = {"page_size": r"\d+", "page_token?": ANY}
    kind = {"user_id_type": "open_id|union_id|user_id"}
    contacts = obj({"emails": TEXTS, "mobiles": TEXTS})
    primary = "/open-apis/calendar/v4/calendars/primary"
    people = "/open-apis/contact/v3/users/batch_get_id"
    return [
        ("POST", primary, good(calendars=[{"calendar": calendar, "user_id": "ou_0"}]), kind, None),
        ("POST", events, good(event={"event_id": "e1"}), {}, obj({"summary": TEXT}, details)),
        ("GET", events, good(items=[{"event_id": "e1"}]), {**pages, **span}, None),
        ("POST", f"{events}/search", good(items=[{"event_id": "e1"}]), pages, found),
        ("PATCH", f"{events}/e1", good(event={"event_id": "e1"}), {}, obj({}, details)),
        ("DELETE", f"{events}/e1", good(), {"need_notification": "true|false"}, None),
        ("POST", people, good(user_list=users), {"user_id_type": "open_id"}, contacts),
        ("POST", f"{events}/e1/attendees", good(attendees=[{"user_id": "ou_1"}]), {"user_id_type": "open_id"}, guests),
    ]


def _spreadsheets(good: Good) -> list[Row]:
    sheets, values = "/open-apis/sheets/v3/spreadsheets", "/open-apis/sheets/v2/spreadsheets/s1"
    sheet: JsonValue = {"sheet_id": "h1", "title": "Wool", "grid_properties": {"row_count": 9, "column_count": 28}}
    cells = {"type": "array", "items": {"type": "array"}}
    append = obj({"valueRange": obj({"range": "h1", "values": cells})})
    added = obj({"dimension": obj({"sheetId": "h1", "majorDimension": "COLUMNS", "length": INTEGER})})
    read: JsonValue = {"range": "x", "values": [["Merino", 3]], "revision": 1}
    rendering = {"valueRenderOption": "ToString"}
    made: JsonValue = {"spreadsheet_token": "s1", "title": "Stock"}
    ranges = ("h1!A2:AB4", "h1!C1:D9", "h1!A1:B2")
    return [
        ("POST", sheets, good(spreadsheet=made), {}, obj({}, {"title": TEXT, "folder_token": TEXT})),
        ("GET", f"{sheets}/s1", good(spreadsheet=made), {}, None),
        ("GET", f"{sheets}/s1/sheets/query", good(sheets=[sheet]), {}, None),
        (
            "POST",
            f"{values}/values_append",
            good(updates={"updatedRows": 1}),
            {"insertDataOption": "INSERT_ROWS"},
            append,
        ),
        ("POST", f"{values}/dimension_range", good(addCount=2), {}, added),
        *(("GET", f"{values}/values/{each}", good(valueRange=read), rendering, None) for each in ranges),
    ]
