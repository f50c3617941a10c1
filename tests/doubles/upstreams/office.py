"""The office of Feishu and Lark (https://open.feishu.cn/document)."""

from tests.doubles.recording import JsonValue, Request
from tests.doubles.upstreams.vendor import ANY, BOOLEAN, INTEGER, TEXT, TEXTS, Endpoint, Vendor, obj

KEY = "key-1"


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
    named = obj({}, {"name": TEXT, "folder_token": TEXT})
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
    closed = [
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
    return Vendor(
        *open_endpoints,
        *(
            Endpoint(method, path, answer, query=query, headers=bearer, body=body)
            for method, path, answer, query, body in closed
        ),
    )
