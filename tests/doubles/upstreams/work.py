"""Where people work: code hosts, boards and messengers."""

import hashlib
import hmac
import re
from base64 import b64encode

from tests.doubles.recording import JsonValue, Request
from tests.doubles.upstreams.vendor import ANY, TEXT, Endpoint, Key, Vendor, obj

KEY = "key-1"


def github() -> Vendor:
    """https://docs.github.com/rest/search/search"""
    repository: JsonValue = {
        "id": 1, "name": "loom", "full_name": "mill/loom", "owner": {"login": "mill"}, "html_url": "https://g.example/loom",
        "description": None, "stargazers_count": 5, "watchers": 5, "updated_at": "2024-01-31T08:00:00Z",
    }  # fmt: skip
    answer: JsonValue = {"total_count": 1, "incomplete_results": False, "items": [repository]}
    query = {"q": ANY, "sort": "stars", "order": "desc", "per_page": r"\d+"}
    headers = {
        "accept": r"application/vnd\.github\+json",
        "x-github-api-version": r"\d{4}-\d\d-\d\d",
        "user-agent": ANY,
    }
    key = Key("header", "Authorization", f"Bearer {KEY}", 401, {"message": "Bad credentials", "status": "401"})
    return Vendor(Endpoint("GET", "/search/repositories", answer, query=query, headers=headers), key=key)


def gitlab() -> Vendor:
    """https://docs.gitlab.com/api/rest/"""
    project = "/api/v4/projects/mill%2Floom"
    commit: JsonValue = {
        "id": "c1", "short_id": "c1", "title": "Weave", "author_name": "Ada",
        "created_at": "2024-01-31T08:00:00.000+00:00",
    }  # fmt: skip
    diff: JsonValue = [{"old_path": "a.py", "new_path": "a.py", "diff": "@@ -1 +1 @@\n-old\n+new\n"}]
    request: JsonValue = {
        "id": 9, "iid": 3, "title": "Faster", "state": "opened", "author": {"id": 1, "name": "Ada"},
        "source_branch": "f", "target_branch": "main", "created_at": "2024-01-31", "web_url": "https://l.example/3",
    }  # fmt: skip
    listed: JsonValue = {
        "id": 5, "name": "Loom", "path_with_namespace": "mill/loom", "description": None, "web_url": "https://l.example/",
    }  # fmt: skip

    def tree(request: Request) -> JsonValue:
        entries: list[JsonValue] = [
            {"id": "1", "name": "sub", "type": "tree", "path": "src/sub", "mode": "040000"},
            {"id": "2", "name": "a.py", "type": "blob", "path": "src/a.py", "mode": "100644"},
        ]
        return entries if dict(request.query)["path"] == "src" else []

    return Vendor(
        Endpoint(
            "GET",
            f"{project}/repository/commits",
            [commit],
            query={"ref_name?": ANY, "author?": ANY, "since?": ANY, "until?": ANY, "per_page": r"\d+"},
        ),
        Endpoint("GET", f"{project}/repository/commits/c1/diff", diff),
        Endpoint(
            "GET",
            f"{project}/repository/tree",
            tree,
            query={"path": ANY, "ref": "main", "recursive": "true", "per_page": r"\d+"},
        ),
        Endpoint("GET", f"{project}/repository/files/src%2Fa.py/raw", b"print(1)\n", query={"ref": "main"}),
        Endpoint(
            "GET",
            f"{project}/merge_requests",
            [request],
            query={
                "state": "opened|closed|locked|merged|all", "target_branch?": ANY,
                "created_after?": ANY, "created_before?": ANY,
            },
        ),
        Endpoint(
            "GET",
            "/api/v4/projects",
            [listed],
            query={"membership": "true", "search?": ANY, "page": r"\d+", "per_page": r"\d+"},
        ),
        key=Key("header", "PRIVATE-TOKEN", KEY, 401, {"message": "401 Unauthorized"}),
    )  # fmt: skip


def yuque() -> Vendor:
    """https://www.yuque.com/yuque/developer/openapi"""
    document: JsonValue = {"id": 5, "slug": "loom", "title": "Looms", "format": "markdown", "body": "All about looms."}
    details = {"title": TEXT, "slug": TEXT, "format": {"enum": ["markdown", "html", "lake"]}, "body": TEXT}
    reach = {"public": {"enum": [0, 1, 2]}}
    docs = "/api/v2/repos/mill/stock/docs"
    return Vendor(
        Endpoint("GET", "/api/v2/user", {"data": {"id": 1, "login": "ada"}}),
        Endpoint("POST", docs, {"data": document}, body=obj(reach, details)),
        Endpoint("GET", f"{docs}/loom", {"data": document}),
        Endpoint("PUT", f"{docs}/5", {"data": document}, body=obj({"slug": TEXT, "format": TEXT})),
        Endpoint("DELETE", f"{docs}/5", {"data": document}),
        Endpoint("GET", "/api/v2/repos/mill/stock/toc", {"data": [{"uuid": "u1", "title": "Looms", "level": 0}]}),
        key=Key("header", "X-Auth-Token", KEY, 401, {"status": 401, "message": "Unauthorized"}),
    )


def slack() -> Vendor:
    """https://api.slack.com/messaging/webhooks"""
    return Vendor(Endpoint("POST", "/services/T0/B0/x", b"ok", body=obj({"text": TEXT})))


def discord() -> Vendor:
    """https://discord.com/developers/docs/resources/webhook"""
    body = obj({"content": TEXT}, {"username": TEXT, "avatar_url": TEXT})
    return Vendor(Endpoint("POST", "/api/webhooks/1/x", b"", body=body))


def wecom() -> Vendor:
    """https://developer.work.weixin.qq.com/document/path/91770"""
    content = obj({"content": TEXT})
    either = {"anyOf": [obj({"msgtype": "text", "text": content}), obj({"msgtype": "markdown", "markdown": content})]}
    answer: JsonValue = {"errcode": 0, "errmsg": "ok"}
    return Vendor(Endpoint("POST", "/cgi-bin/webhook/send", answer, query={"key": KEY}, body=either))


def dingtalk() -> Vendor:
    """https://open.dingtalk.com/document/robots/custom-robot-access"""
    moment = "1706690000000"
    signature = b64encode(hmac.new(b"SEC1", f"{moment}\nSEC1".encode(), hashlib.sha256).digest()).decode()
    query = {"access_token": KEY, "timestamp": moment, "sign": re.escape(signature)}
    body = obj({"msgtype": "text", "text": obj({"content": TEXT})})
    return Vendor(Endpoint("POST", "/robot/send", {"errcode": 0, "errmsg": "ok"}, query=query, body=body))


def feishu() -> Vendor:
    """https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot"""
    body = obj({"msg_type": "text", "content": obj({"text": TEXT})})
    answer: JsonValue = {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}
    return Vendor(Endpoint("POST", f"/open-apis/bot/v2/hook/{KEY}", answer, body=body))


def twilio() -> Vendor:
    """https://www.twilio.com/docs/messaging/api/message-resource"""
    answer: JsonValue = {"sid": "SM1", "status": "queued", "body": "Hi", "error_code": None}
    number = r"(whatsapp:)?\+\d+"
    form = {"Body": ANY, "From": number, "To": number}
    basic = b64encode(f"AC1:{KEY}".encode()).decode()
    refusal: JsonValue = {"code": 20003, "message": "Authenticate", "status": 401}
    return Vendor(
        Endpoint("POST", "/2010-04-01/Accounts/AC1/Messages.json", answer, form=form),
        Endpoint("GET", "/2010-04-01/Accounts/AC1.json", {"sid": "AC1", "status": "active"}),
        key=Key("header", "Authorization", f"Basic {basic}", 401, refusal),
    )


def trello() -> Vendor:
    """https://developer.atlassian.com/cloud/trello/rest/"""

    def made(request: Request) -> JsonValue:
        query = dict(request.query)
        return {"id": "n1", "name": query["name"], "desc": query.get("desc", ""), "url": "https://t.example/"}

    board: JsonValue = {"id": "b1", "name": "Mill", "desc": "", "closed": False}
    card: JsonValue = {"id": "c1", "name": "Weave", "desc": "", "closed": False, "idList": "l1", "idBoard": "b1"}
    fields = {"fields": r"\w+(,\w+)*"}
    changes = {"name?": ANY, "desc?": ANY, "closed?": "true|false"}
    return Vendor(
        Endpoint("POST", "/1/boards", made, query={"name": ANY}),
        Endpoint("POST", "/1/lists", made, query={"name": ANY, "idBoard": "b1"}),
        Endpoint("POST", "/1/cards", made, query={"name": ANY, "idList": "l1", "desc?": ANY}),
        Endpoint("DELETE", "/1/boards/b1", {"_value": None}),
        Endpoint("DELETE", "/1/cards/c1", {"limits": {}}),
        Endpoint("GET", "/1/members/me/boards", [board], query={**fields, "filter": "open|closed|all|starred"}),
        Endpoint("GET", "/1/boards/b1/actions", [{"id": "a1", "type": "createCard"}], query={"limit": r"\d+"}),
        Endpoint("GET", "/1/boards/b1", board),
        Endpoint("GET", "/1/boards/b1/cards", [card], query=fields),
        Endpoint("GET", "/1/boards/b1/cards/open", [card], query=fields),
        Endpoint("GET", "/1/boards/b1/lists", [{"id": "l1", "name": "To do", "closed": False}], query=fields),
        Endpoint("PUT", "/1/boards/b1", board, query=changes),
        Endpoint("PUT", "/1/cards/c1", card, query={**changes, "idList?": "l1"}),
        key=Key(
            "header", "Authorization", f'OAuth oauth_consumer_key="app", oauth_token="{KEY}"', 401, b"invalid token"
        ),
    )
