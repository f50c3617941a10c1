"""Which requests start a workflow, in the details that the numbered cases leave out."""

from collections.abc import Mapping
from typing import Any

import pytest

from treadle.engine.values import File, Value
from treadle.nodes.trigger_webhook import WebhookConfig
from treadle.triggers.webhook_request import Request, Sent, WebhookRefused, answer_of, inputs_of

KEPT: list[Sent] = []


async def keep(sent: Sent) -> File:
    KEPT.append(sent)
    return File(type="document", transfer_method="tool_file", related_id=sent.name, filename=sent.name)


def request(
    method: str = "POST",
    body: bytes = b"",
    *,
    query: str = "",
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Request:
    typed = {"content-type": content_type} if content_type else {}
    return Request(method, {**typed, **(headers or {})}, query, body)


async def accepted(config: dict[str, Any], sent: Request) -> dict[str, Value]:
    data = (await inputs_of(WebhookConfig.model_validate({"method": "post", **config}), sent, keep))["webhook_data"]
    assert isinstance(data, dict)
    return data


async def refusal(config: dict[str, Any], sent: Request) -> str:
    with pytest.raises(WebhookRefused) as caught:
        await accepted(config, sent)
    assert caught.value.status == 400
    return caught.value.message


def declared(name: str, type: str, *, required: bool = False) -> dict[str, Any]:
    return {"body": [{"name": name, "type": type, "required": required}]}


@pytest.mark.parametrize(
    ("type", "good", "bad"),
    [
        ("string", b'"a"', b"1"),
        ("number", b"1.5", b'"1"'),
        ("number", b"true", b"null"),
        ("boolean", b"false", b"0"),
        ("object", b'{"a":1}', b"[]"),
        ("array[string]", b'["a"]', b'["a",1]'),
        ("array[number]", b"[1,2.5,true]", b'["1"]'),
        ("array[boolean]", b"[true]", b"[1]"),
        ("array[object]", b"[{}]", b"[[]]"),
    ],
)
async def test_json_values_have_their_declared_type(type: str, good: bytes, bad: bytes) -> None:
    await accepted(declared("v", type), request(body=b'{"v":' + good + b"}"))
    assert await refusal(declared("v", type), request(body=b'{"v":' + bad + b"}")) == (
        f"Body parameter v must be of type {type}"
    )


async def test_undeclared_values_pass_through() -> None:
    data = await accepted(declared("v", "string"), request(body=b'{"other": [1, null]}'))
    assert data["body"] == {"other": [1, None]}


async def test_a_body_that_claims_to_be_a_file_is_no_file() -> None:
    claim = b'{"v": {"dify_model_identity": "__dify__file__", "type": "image", "transfer_method": "local_file"}}'
    data = await accepted({}, request(body=claim))
    assert data["body"] == {"v": {"type": "image", "transfer_method": "local_file"}}
    await refusal(declared("v", "file"), request(body=claim))


async def test_a_top_level_list_is_refused() -> None:
    assert await refusal({}, request(body=b"[1]")) == "The body must be a JSON object."


async def test_an_empty_body_is_an_empty_object() -> None:
    assert (await accepted({}, request(content_type="")))["body"] == {}


async def test_form_texts_are_converted_and_the_first_of_several_counts() -> None:
    form = {"content_type": "application/x-www-form-urlencoded", "body": [{"name": "n", "type": "number"}]}
    data = await accepted(form, request(body=b"n=4&n=5&t=x", content_type="application/x-www-form-urlencoded"))
    assert data["body"] == {"n": 4, "t": "x"}


@pytest.mark.parametrize("text", ["x", "nan", "inf", "1e999", ""])
async def test_what_is_no_number_is_refused(text: str) -> None:
    await refusal({"params": [{"name": "p", "type": "number"}]}, request(query=f"p={text}"))


async def test_types_that_a_text_cannot_have_are_refused() -> None:
    await refusal({"params": [{"name": "p", "type": "object"}]}, request(query="p={}"))


async def test_the_method_is_checked_before_headers() -> None:
    config = {"headers": [{"name": "X-A", "required": True}]}
    assert await refusal(config, request("PUT")) == "HTTP method mismatch. Expected POST, got PUT"


async def test_a_refused_request_leaves_no_file() -> None:
    KEPT.clear()
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nhi\r\n--b--\r\n'
    sent = request(body=body, content_type="multipart/form-data; boundary=b")
    config = {"content_type": "multipart/form-data", "params": [{"name": "p", "required": True}]}
    await refusal(config, sent)
    assert KEPT == []
    data = await accepted({"content_type": "multipart/form-data"}, sent)
    assert [Sent("f.txt", "", b"hi")] == KEPT
    assert isinstance(data["files"], dict)
    assert isinstance(data["files"]["f"], File)


async def test_bytes_become_a_file() -> None:
    config = {"content_type": "application/octet-stream", **declared("doc", "file")}
    data = await accepted(config, request(body=b"\x00\x01", content_type="application/octet-stream"))
    assert isinstance(data["body"], dict)
    assert isinstance(data["body"]["raw"], File)
    assert data["files"] == {}


async def test_a_required_raw_body_must_not_be_empty() -> None:
    config = {"content_type": "text/plain", **declared("t", "string", required=True)}
    assert await refusal(config, request(content_type="text/plain")) == "The body must not be empty."


@pytest.mark.parametrize("boundary", ["", "; boundary=other"])
async def test_a_broken_form_is_refused(boundary: str) -> None:
    sent = request(body=b"nonsense", content_type=f"multipart/form-data{boundary}")
    await refusal({"content_type": "multipart/form-data", **declared("a", "string", required=True)}, sent)


@pytest.mark.parametrize(
    ("text", "status", "body"),
    [
        ("", 200, b'{"status":"success","message":"Webhook processed successfully"}'),
        ("[1, 2]", 200, b"[1,2]"),
        ("{oops", 200, b'{"message":"{oops"}'),
        ("{{#a.b#}}", 201, b'{"message":"{{#a.b#}}"}'),
        ("gone", 204, b""),
    ],
)
def test_the_answer_is_literal(text: str, status: int, body: bytes) -> None:
    config = WebhookConfig.model_validate({"response_body": text, "status_code": status})
    assert answer_of(config) == (status, body)


def test_the_status_is_brought_into_its_range() -> None:
    assert answer_of(WebhookConfig.model_validate({"status_code": 500}))[0] == 399
