"""Code hosts, boards and messengers, each against its service's double (models-and-tools §4.9)."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.doubles.upstreams import work
from tests.doubles.upstreams.hap import hap
from tests.tools.builtin.calls import given
from tests.tools.builtin.cases import KEY, Case, calling, check_failures, check_good_call, check_said, every
from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.tools.messages import Json, Text

GITLAB_KEY = {"access_tokens": KEY, "site_url": "{origin}"}
TRELLO_KEY = {"trello_api_key": "app", "trello_api_token": KEY}
BOARD = {"id": "b1", "name": "Mill", "desc": "", "closed": False}
CARD = {"id": "c1", "name": "Weave", "desc": "", "closed": False, "idList": "l1", "idBoard": "b1"}
COMMIT = {"id": "c1", "title": "Weave", "author_name": "Ada", "created_at": "2024-01-31T08:00:00.000+00:00"}


def trello(tool: str, parameters: dict[str, str | bool], gives: Text | Json) -> Case:
    return Case(f"trello/{tool}", {**parameters}, work.trello, [gives], TRELLO_KEY)


DOCUMENT = {"id": 5, "slug": "loom", "title": "Looms", "format": "markdown", "body": "All about looms."}
YUQUE = [
    Case(f"aliyuque/{tool}", {**parameters}, work.yuque, [gives], {"token": KEY})
    for tool, parameters, gives in (
        (
            "aliyuque_create_document",
            {"book_id": "mill/stock", "title": "Looms", "body": "All.", "public": "1"},
            Json({**DOCUMENT}),
        ),
        ("aliyuque_update_document", {"book_id": "mill/stock", "id": 5, "slug": "loom"}, Json({**DOCUMENT})),
        ("aliyuque_delete_document", {"book_id": "mill/stock", "id": 5}, Text("The document was deleted.")),
        ("aliyuque_describe_documents", {"book_id": "mill/stock", "id": "loom"}, Json({**DOCUMENT})),
        (
            "aliyuque_describe_document_content",
            {"url": "https://www.yuque.com/mill/stock/loom?x=1"},
            Text("All about looms."),
        ),
        (
            "aliyuque_describe_book_table_of_contents",
            {"book_id": "mill/stock"},
            Json({"toc": [{"uuid": "u1", "title": "Looms", "level": 0}]}),
        ),
    )
]

SHEET = {"appkey": "ak", "sign": KEY, "worksheet_id": "w1"}
RECORD = '[{"controlId": "f1", "value": "Big"}]'
PIVOT = {
    "x_column_fields": '[{"controlId": "f2", "displayName": "Colour"}]',
    "value_fields": '[{"controlId": "f1", "displayName": "Count", "aggregation": "COUNT"}]',
}
HAP = [
    Case(f"hap/{tool}", {**SHEET, **parameters}, hap, [Text(text)])
    for tool, parameters, text in (
        (
            "get_worksheet_fields",
            {},
            "| id | name | type | required | options |\n| --- | --- | --- | --- | --- |\n| f1 | Name | 2 | yes |  |\n"
            "| f2 | Colour | 11 |  | Red (k1) |\n| f3 | Owner | 26 |  |  |",
        ),
        (
            "list_worksheet_records",
            {"sort_id": "f1", "sort_is_asc": True, "limit": 10, "filters": '[{"controlId": "f1"}]'},
            "| rowid | Name | Colour | Owner |\n| --- | --- | --- | --- |\n| r1 | Big \\| loom | Red | Ada |\n"
            "| r2 | Small |  |  |\n\n2 in all",
        ),
        (
            "list_worksheet_records",
            {"field_ids": "f1, f2", "result_type": "json"},
            '{"records":[{"rowid":"r1","Name":"Big | loom","Colour":"Red"},{"rowid":"r2","Name":"Small","Colour":""}],'
            '"total":2}',
        ),
        ("add_worksheet_record", {"record_data": RECORD}, "The record was added; its id is r3."),
        ("update_worksheet_record", {"record_data": RECORD, "row_id": "r1"}, "The record was changed."),
        ("delete_worksheet_record", {"row_id": "r1"}, "The record was deleted."),
        ("get_worksheet_pivot_data", PIVOT, "| Colour | Count |\n| --- | --- |\n| Red | 2 |"),
    )
]

CASES = [
    *HAP,
    Case(
        "hap/list_worksheets",
        {"appkey": "ak", "sign": KEY},
        hap,
        [
            Text(
                "| worksheet_id | name | section | notes |\n| --- | --- | --- | --- |\n| w1 | Looms | Stock |  |\n"
                "| w2 | Yarn | Yarn |  |"
            )
        ],
    ),
    Case(
        "github/github_repositories",
        {"query": "loom"},
        work.github,
        [
            Text(
                '[{"owner": "mill", "name": "loom", "description": "", "url": "https://g.example/loom", "star": 5, '
                '"watcher": 5, "updated": "2024-01-31"}]'
            )
        ],
        {"access_tokens": KEY},
    ),
    Case(
        "gitlab/gitlab_commits",
        {"repository": "mill/loom", "branch": "main", "change_type": "new"},
        work.gitlab,
        [Json({**COMMIT, "changes": [{"path": "a.py", "diff": "new"}]})],
        GITLAB_KEY,
    ),
    Case(
        "gitlab/gitlab_files",
        {"repository": "mill/loom", "path": "src"},
        work.gitlab,
        [Json({"path": "src/a.py", "branch": "main", "content": "print(1)\n"})],
        GITLAB_KEY,
    ),
    Case(
        "gitlab/gitlab_files",
        {"repository": "mill/loom", "path": "/src/a.py"},
        work.gitlab,
        [Json({"path": "src/a.py", "branch": "main", "content": "print(1)\n"})],
        GITLAB_KEY,
    ),
    Case(
        "gitlab/gitlab_mergerequests",
        {"repository": "mill/loom"},
        work.gitlab,
        [
            Json(
                {
                    "merge_requests": [
                        {
                            "iid": 3, "title": "Faster", "state": "opened", "author": "Ada", "source_branch": "f",
                            "target_branch": "main", "created_at": "2024-01-31", "web_url": "https://l.example/3",
                        }
                    ]
                }
            )
        ],
        GITLAB_KEY,
    ),
    Case(
        "gitlab/gitlab_projects",
        {"project_name": "loom"},
        work.gitlab,
        [
            Json(
                {
                    "projects": [
                        {
                            "id": 5, "path_with_namespace": "mill/loom", "name": "Loom", "description": None,
                            "web_url": "https://l.example/",
                        }
                    ]
                }
            )
        ],
        GITLAB_KEY,
    ),
    Case(
        "twilio/send_message",
        {"message": "Hi", "to_number": "whatsapp:+49151"},
        work.twilio,
        [Text("The message was handed to Twilio (SM1, queued).")],
        {"account_sid": "AC1", "auth_token": KEY, "from_number": "+1555"},
    ),
    *YUQUE,
    trello("create_board", {"name": "Mill"}, Text('The board "Mill" was made; its id is n1.')),
    trello("create_list_on_board", {"name": "Do", "id": "b1"}, Text('The list "Do" was made; its id is n1.')),
    trello(
        "create_card_on_board",
        {"name": "Spin", "desc": "Wool", "list_id": "l1"},
        Text('The card "Spin" was made; its id is n1.'),
    ),
    trello("delete_board", {"boardId": "b1"}, Text("The board was deleted.")),
    trello("delete_card", {"id": "c1"}, Text("The card was deleted.")),
    trello("fetch_all_boards", {}, Json({"boards": [{**BOARD}]})),
    trello("get_board_actions", {"boardId": "b1"}, Json({"actions": [{"id": "a1", "type": "createCard"}]})),
    trello("get_board_by_id", {"boardId": "b1"}, Json({**BOARD})),
    trello("get_board_cards", {"boardId": "b1"}, Json({"cards": [{**CARD}]})),
    trello("get_filterd_board_cards", {"boardId": "b1", "filter": "open"}, Json({"cards": [{**CARD}]})),
    trello("get_lists_on_board", {"boardId": "b1"}, Json({"lists": [{"id": "l1", "name": "To do", "closed": False}]})),
    trello("update_board", {"boardId": "b1", "name": "Mill", "closed": False}, Text('The board "Mill" was changed.')),
    trello("update_card", {"id": "c1", "list_id": "l1"}, Text('The card "Weave" was changed.')),
]  # fmt: skip


@every(CASES)
async def test_a_service_does_what_it_is_asked(case: Case, tmp_path: Path) -> None:
    await check_good_call(case, tmp_path)


@every(CASES)
async def test_a_failure_says_why(case: Case, tmp_path: Path) -> None:
    await check_failures(case, tmp_path)


SENT = [Text("The message was sent.")]
MESSENGERS = [
    Case("slack/slack_webhook", {"webhook_url": "{origin}/services/T0/B0/x", "content": "Hi"}, work.slack, SENT),
    Case(
        "discord/discord_webhook",
        {"webhook_url": "{origin}/api/webhooks/1/x", "content": "Hi", "username": "Ada"},
        work.discord,
        SENT,
    ),
    Case("wecom/wecom_group_bot", {"hook_key": KEY, "content": "Hi", "message_type": "markdown"}, work.wecom, SENT),
    Case(
        "dingtalk/dingtalk_group_bot",
        {"access_token": KEY, "sign_secret": "SEC1", "content": "Hi"},
        work.dingtalk,
        SENT,
    ),
    Case("feishu/feishu_group_bot", {"hook_key": KEY, "content": "Hi"}, work.feishu, SENT),
]


@every(MESSENGERS)
async def test_a_message_is_sent(case: Case, tmp_path: Path) -> None:
    await check_good_call(case, tmp_path)


@every(MESSENGERS)
async def test_a_message_that_is_refused_does_not_give_its_secret_away(case: Case, tmp_path: Path) -> None:
    tool = case.tool.partition("/")[2]
    async with case.vendor() as vendor, calling(case, vendor, tmp_path) as (provider, call):
        for status, answer in ((404, b"no_service"), (429, {"message": "slow down"}), (500, b"<html>")):
            vendor.failures = [(status, answer)]
            with pytest.raises(ToolInvokeError, match=f"refused the message with status {status}") as refused:
                await given(provider, tool, call)
            assert KEY not in str(refused.value)
            assert "/x" not in str(refused.value)
        await vendor.stop()
        with pytest.raises(ToolInvokeError, match="could not be reached") as unreachable:
            await given(provider, tool, call)
        assert KEY not in str(unreachable.value)
        assert "/x" not in str(unreachable.value)


async def test_messengers_refuse_in_the_body_too(tmp_path: Path) -> None:
    for case, answer, said in (
        (MESSENGERS[2], {"errcode": 93000, "errmsg": "invalid webhook url"}, "invalid webhook url (93000)"),
        (MESSENGERS[3], {"errcode": 310000, "errmsg": "sign not match"}, "sign not match (310000)"),
        (MESSENGERS[4], {"code": 19001, "msg": "param invalid", "data": {}}, "param invalid (19001)"),
    ):
        assert await check_said(case, tmp_path, answer) == f"ToolInvokeError: HOST refused the message: {said}."


async def test_other_addresses_are_no_webhooks(tmp_path: Path) -> None:
    case = Case(
        "slack/slack_webhook", {"webhook_url": "http://169.254.169.254/services/", "content": "x"}, work.slack, []
    )
    async with case.vendor() as vendor, calling(case, vendor, tmp_path) as (provider, call):
        with pytest.raises(ToolParameterError, match="is no webhook of Slack; it begins with"):
            await given(provider, "slack_webhook", call)
        assert vendor.requests == []


async def test_hap_tells_what_is_refused(tmp_path: Path) -> None:
    records = HAP[1]
    refused = {"data": None, "success": False, "error_code": 10102, "error_msg": "sign is invalid"}
    assert await check_said(records, tmp_path, refused) == "ToolInvokeError: HAP refused: sign is invalid (10102)."
    wrong = Case(records.tool, {**records.parameters, "filters": "f1 = 2"}, hap, [])
    with pytest.raises(ToolParameterError, match='"filters" is no JSON list'):
        await check_good_call(wrong, tmp_path)


async def test_a_hap_server_of_ones_own(tmp_path: Path) -> None:
    async with hap() as vendor, calling(HAP[0], vendor, tmp_path) as (provider, call):
        own = replace(call, parameters={**call.parameters, "host": f"{vendor.origin}/"})
        assert await given(provider, "get_worksheet_fields", own) == list(HAP[0].gives)
        assert vendor.requests[-1].path == "/api/v2/open/worksheet/getWorksheetInfo"
