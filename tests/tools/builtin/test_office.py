"""The office of Feishu and Lark (models-and-tools §4.9), against its double."""

from pathlib import Path

import pytest

from tests.doubles.upstreams.office import office
from tests.tools.builtin.calls import given
from tests.tools.builtin.cases import KEY, Case, calling, check_failures, check_good_call, check_said, every
from treadle.engine.errors import ToolCredentialsError, ToolParameterError
from treadle.engine.values import JsonValue, Value
from treadle.tools.messages import Json, Text

APP = {"app_id": "cli_1", "app_secret": KEY}
TABLE: dict[str, Value] = {"app_token": "a1", "table_id": "t1"}
SPAN: dict[str, Value] = {"start_time": "2024-01-31 08:30:00", "end_time": "2024-01-31 09:30:00"}
BOOK: dict[str, Value] = {"spreadsheet_token": "s1"}
CELLS = Json({"valueRange": {"range": "x", "values": [["Merino", 3]], "revision": 1}})

GIVEN: list[tuple[str, dict[str, Value], Json | Text]] = [
    (
        "document/create_document",
        {"title": "Looms", "content": "One\n\nTwo"},
        Json({"document_id": "d1", "revision_id": 1, "title": "Looms"}),
    ),
    ("document/get_document_content", {"document_id": "d1"}, Text("All about looms.\n")),
    ("document/get_document_content", {"document_id": "https://x.example/docx/d1?a=b"}, Text("All about looms.\n")),
    (
        "document/list_document_blocks",
        {"document_id": "d1", "page_token": "p2"},
        Json({"items": [{"block_id": "b1"}], "has_more": False}),
    ),
    (
        "document/write_document",
        {"document_id": "d1", "content": "Three", "position": "start"},
        Text("The text was added to the document."),
    ),
    ("message/send_bot_message", {"receive_id": "ou_1", "content": "Hi"}, Json({"message_id": "m1"})),
    (
        "message/get_chat_messages",
        {"container_id": "oc_1", "start_time": "1706690000"},
        Json({"items": [{"message_id": "m1"}], "has_more": False}),
    ),
    (
        "message/get_thread_messages",
        {"container_id": "omt_1"},
        Json({"items": [{"message_id": "m1"}], "has_more": False}),
    ),
    (
        "task/create_task",
        {"summary": "Weave", "start_time": "2024-01-31 08:30:00", "end_time": "2024-02-01T08:30:00+08:00"},
        Json({"task": {"guid": "g1"}}),
    ),
    (
        "task/update_task",
        {"task_guid": "g1", "description": "Wool", "completed_time": "2024-01-31"},
        Json({"task": {"guid": "g1"}}),
    ),
    ("task/delete_task", {"task_guid": "g1"}, Text("The task was deleted.")),
    ("task/add_members", {"task_guid": "g1", "member_ids": "ou_1, ou_2"}, Json({"task": {"guid": "g1"}})),
    ("wiki/get_wiki_nodes", {"space_id": "s1", "parent_node_token": "w1"}, Json({"items": []})),
    ("base/create_base", {"name": "Stock"}, Json({"app": {"app_token": "a1"}})),
    ("base/get_base_info", {"app_token": "a1"}, Json({"app": {"app_token": "a1"}})),
    (
        "base/create_table",
        {"app_token": "a1", "table_name": "Wool", "fields": '[{"field_name": "Name", "type": 1}]'},
        Json({"table_id": "t1"}),
    ),
    ("base/list_tables", {"app_token": "a1"}, Json({"items": [{"table_id": "t1"}]})),
    ("base/delete_tables", {"app_token": "a1", "table_ids": '["t1"]'}, Json({})),
    ("base/add_records", {**TABLE, "records": '[{"Name": "Merino"}]'}, Json({"records": [{"record_id": "r1"}]})),
    (
        "base/update_records",
        {**TABLE, "records": '[{"record_id": "r1", "fields": {"Name": "x"}}]'},
        Json({"records": [{"record_id": "r1"}]}),
    ),
    ("base/delete_records", {**TABLE, "record_ids": '["r1"]'}, Json({"records": [{"deleted": True}]})),
    ("base/read_records", {**TABLE, "record_ids": '["r1"]'}, Json({"records": [{"record_id": "r1"}]})),
    (
        "base/search_records",
        {**TABLE, "field_names": '["Name"]', "filters": '{"conjunction": "and", "conditions": []}'},
        Json({"items": [{"record_id": "r1"}], "total": 1}),
    ),
    (
        "calendar/get_primary_calendar",
        {},
        Json({"calendars": [{"calendar": {"calendar_id": "c1", "type": "primary"}, "user_id": "ou_0"}]}),
    ),
    ("calendar/create_event", {"summary": "Weave", **SPAN}, Json({"event": {"event_id": "e1"}})),
    (
        "calendar/update_event",
        {"event_id": "e1", "summary": "Spin", "need_notification": False},
        Json({"event": {"event_id": "e1"}}),
    ),
    ("calendar/delete_event", {"event_id": "e1"}, Text("The event was deleted.")),
    ("calendar/list_events", SPAN, Json({"items": [{"event_id": "e1"}]})),
    ("calendar/search_events", {"query": "Weave", **SPAN}, Json({"items": [{"event_id": "e1"}]})),
    (
        "calendar/add_event_attendees",
        {"event_id": "e1", "attendee_phone_or_email_list": "a@b.c, +8613, x@y.z"},
        Json({"attendees": [{"user_id": "ou_1"}]}),
    ),
    (
        "spreadsheet/create_spreadsheet",
        {"title": "Stock"},
        Json({"spreadsheet": {"spreadsheet_token": "s1", "title": "Stock"}}),
    ),
    ("spreadsheet/get_spreadsheet", BOOK, Json({"spreadsheet": {"spreadsheet_token": "s1", "title": "Stock"}})),
    (
        "spreadsheet/list_spreadsheet_sheets",
        BOOK,
        Json(
            {"sheets": [{"sheet_id": "h1", "title": "Wool", "grid_properties": {"row_count": 9, "column_count": 28}}]}
        ),
    ),
    ("spreadsheet/add_rows", {**BOOK, "values": '[["Merino", 3]]'}, Json({"updates": {"updatedRows": 1}})),
    ("spreadsheet/add_cols", {**BOOK, "sheet_id": "h1", "length": 2}, Json({"addCount": 2})),
    ("spreadsheet/read_rows", {**BOOK, "sheet_name": "Wool", "start_row": 2, "num_rows": 3}, CELLS),
    ("spreadsheet/read_cols", {**BOOK, "start_col": 3, "num_cols": 2}, CELLS),
    ("spreadsheet/read_table", {**BOOK, "query": "A1:B2"}, CELLS),
]

CASES = [
    Case(f"{vendor}_{tool}", parameters, office, [gives], APP)
    for vendor in ("feishu", "lark")
    for tool, parameters, gives in GIVEN
]


@every(CASES)
async def test_the_office_does_what_it_is_asked(case: Case, tmp_path: Path) -> None:
    await check_good_call(case, tmp_path)


@every(CASES[: len(GIVEN)])
async def test_a_failure_says_why(case: Case, tmp_path: Path) -> None:
    await check_failures(case, tmp_path)


@pytest.mark.parametrize("vendor", ["feishu", "lark"])
async def test_a_webhook_is_posted_to(vendor: str, tmp_path: Path) -> None:
    hook = {"webhook": "{origin}/open-apis/bot/v2/hook/h1"}
    sent = [Text("The message was sent.")]
    for content in ({"content": "Hi"}, {"content": '{"elements": []}', "msg_type": "interactive"}):
        await check_good_call(
            Case(f"{vendor}_message/send_webhook_message", {**hook, **content}, office, sent), tmp_path
        )
    elsewhere = Case(
        f"{vendor}_message/send_webhook_message", {"webhook": "https://x.example/", "content": "x"}, office, []
    )
    with pytest.raises(ToolParameterError, match='"webhook" is no webhook of this office'):
        await check_good_call(elsewhere, tmp_path)


async def test_the_app_is_tried_by_its_token(tmp_path: Path) -> None:
    case = CASES[1]
    async with case.vendor() as vendor, calling(case, vendor, tmp_path) as (provider, call):
        await provider.validate(APP, call)
        with pytest.raises(ToolCredentialsError, match=r"refused the app's id and secret: app secret invalid"):
            await provider.validate({**APP, "app_secret": "wrong"}, call)
        assert len(vendor.requests) == 2


async def test_a_long_text_is_written_in_pieces(tmp_path: Path) -> None:
    text = "\n".join(f"line {number}" for number in range(60))
    for position, indexes in (("end", [-1, -1]), ("start", [0, 50])):
        parameters = {"document_id": "d1", "content": text, "position": position}
        case = Case("feishu_document/write_document", parameters, office, [], APP)
        async with case.vendor() as vendor, calling(case, vendor, tmp_path) as (provider, call):
            await given(provider, "write_document", call)
            bodies = [request.json for request in vendor.requests_to("/children")]
            assert [len(body["children"]) for body in bodies] == [50, 10]
            assert [body["index"] for body in bodies] == indexes


async def test_refusals_in_the_envelope_are_failures(tmp_path: Path) -> None:
    refused: JsonValue = {"code": 99991663, "msg": "token invalid"}
    assert "refused the app's id and secret: token invalid (99991663)" in await check_said(CASES[1], tmp_path, refused)


@pytest.mark.parametrize(
    ("tool", "wrong", "reason"),
    [
        ("feishu_base/delete_records", {**TABLE, "record_ids": "r1"}, '"record_ids" must be a JSON list'),
        ("feishu_base/search_records", {**TABLE, "filters": "x"}, '"filters" must be a JSON object'),
        ("feishu_spreadsheet/read_table", {**BOOK, "query": "A1", "sheet_name": "x"}, 'no sheet "x"; there are Wool'),
        ("feishu_spreadsheet/add_rows", {**BOOK, "values": "[1]"}, '"values" must be a JSON list of lists'),
        ("feishu_task/update_task", {"task_guid": "g1"}, "Nothing is given"),
        ("feishu_task/create_task", {"summary": "x", "end_time": "soon"}, '"soon" is no time'),
        ("feishu_message/send_bot_message", {"receive_id": "x", "content": "x", "msg_type": "post"}, "a JSON object"),
    ],
)
async def test_what_cannot_be_sent_is_refused(tool: str, wrong: dict[str, Value], reason: str, tmp_path: Path) -> None:
    with pytest.raises(ToolParameterError, match=reason):
        await check_good_call(Case(tool, wrong, office, [], APP), tmp_path)
