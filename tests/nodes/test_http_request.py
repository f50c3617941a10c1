"""The HTTP request node beyond its numbered tests (spec workflow-nodes §20)."""

from collections.abc import Mapping

import pytest

from treadle.engine.errors import HttpRequestNodeError
from treadle.engine.events import NodeStatus
from treadle.engine.ports import HttpRequest, HttpResponse
from treadle.engine.values import File, JsonValue, Value

from .harness import failure_of, outputs_of, run_node
from .ports import MemoryFiles, RecordedHttp, a_world, file, http_answer


def http(**changes: JsonValue) -> dict[str, JsonValue]:
    return {"method": "get", "url": "http://e/u", "headers": "", "params": "", **changes}


async def request(data: dict[str, JsonValue], files: MemoryFiles | None = None, **values: Value) -> HttpRequest:
    recorded = RecordedHttp([http_answer()])
    await outputs_of("http-request", data, scopes={"s": values}, ports=a_world(http=recorded, files=files))
    return recorded.requests[0]


async def error(data: dict[str, JsonValue], **values: Value) -> tuple[str | None, str]:
    record = await failure_of("http-request", data, scopes={"s": values})
    return record.error_type, record.error or ""


@pytest.mark.parametrize(
    ("url", "params", "sent"),
    [
        ("http://e", "", "http://e"),
        ("  HTTPS://e/p#part ", "", "https://e/p"),
        ("http://e/a b/é?q=ü x", "", "http://e/a%20b/%C3%A9?q=%C3%BC%20x"),
        ("http://e/%20?x=%2F", "", "http://e/%20?x=%2F"),
        ("http://e/?q=two\nlines\r\n\tin\n", "", "http://e/?q=two%0Alines%0D%0A%09in"),
        ("http://bücher.example:81/", "", "http://xn--bcher-kva.example:81/"),
        ("http://e/?a=1&b=2&a=3", "a:9\na:8", "http://e/?a=9&a=8&b=2"),
        ("http://e/", "a\n:ignored\n\n b : c ", "http://e/?a=&b=c"),
        ("http://e/?t={{#s.t#}}", "k{{#s.t#}}:{{#s.t#}}", "http://e/?t=x&y&kx%26y=x%26y"),
    ],
)
async def test_urls(url: str, params: str, sent: str) -> None:
    assert (await request(http(url=url, params=params), t="x&y")).url == sent


@pytest.mark.parametrize("url", ["", "   ", "e/u", "ftp://e", "http://", "http:///p", "http://[::1", "http://e:port/"])
async def test_urls_that_are_refused(url: str) -> None:
    error_type, _ = await error(http(url=url))
    assert error_type == "InvalidURLError"


@pytest.mark.parametrize("method", ["get", "POST", "Put", "patch", "delete", "head", "options"])
async def test_methods(method: str) -> None:
    assert (await request(http(method=method))).method == method.upper()


async def test_an_unknown_method_is_refused() -> None:
    assert (await error(http(method="trace")))[0] == "InvalidHttpMethodError"


async def test_values_cannot_add_headers() -> None:
    sent = await request(http(headers="A: {{#s.v#}}\nB: {{#s.v#}}"), v="x\r\nHost: evil")
    assert sent.headers == (("A", "xHost: evil"), ("B", "xHost: evil"))


async def test_later_headers_win_and_bad_names_are_refused() -> None:
    assert (await request(http(headers="a: 1\nb: 2\nA: 3"))).headers == (("b", "2"), ("A", "3"))
    assert (await error(http(headers="a b: 1")))[0] == "HttpRequestNodeError"


@pytest.mark.parametrize(
    ("config", "header"),
    [
        ({"type": "bearer", "api_key": "{{#s.k#}}"}, ("Authorization", "Bearer key")),
        ({"type": "basic", "api_key": "a2V5"}, ("Authorization", "Basic a2V5")),
        ({"type": "custom", "api_key": "k", "header": "x-key"}, ("x-key", "k")),
        ({"type": "custom", "api_key": "k", "header": ""}, ("Authorization", "k")),
    ],
)
async def test_authorization(config: JsonValue, header: tuple[str, str]) -> None:
    data = http(headers="authorization: own\nX-Key: own", authorization={"type": "api-key", "config": config})
    sent = await request(data, k="key\n")
    assert sent.headers[-1] == header
    assert len(sent.headers) == 2


@pytest.mark.parametrize(
    "config", [None, {"type": "bearer", "api_key": "{{#s.none#}}"}, {"type": "basic", "api_key": " "}]
)
async def test_an_empty_key_is_refused(config: JsonValue) -> None:
    assert (await error(http(authorization={"type": "api-key", "config": config})))[0] == "AuthorizationConfigError"


def body(kind: str, *items: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return http(method="post", body={"type": kind, "data": list(items)})


@pytest.mark.parametrize(
    ("data", "content", "content_type"),
    [
        (body("none"), None, None),
        (body("raw-text", {"value": "é {{#s.t#}}"}), "é x".encode(), "text/plain"),
        (body("json", {"value": '{"a": "line\nbreak"}'}), b'{"a":"line\\nbreak"}', "application/json"),
        (body("json", {"value": "{{#s.o#}}"}), '{"k":["ü"]}'.encode(), "application/json"),
        (body("json", {"value": "{'a': 1,}"}), b'{"a":1}', "application/json"),
        (body("json", {"value": '"text"'}), b'"text"', "application/json"),
        (
            body(
                "x-www-form-urlencoded",
                {"key": "a b", "value": "1&{{#s.t#}}"},
                {"key": "c", "value": "1"},
                {"key": "c"},
            ),
            b"a+b=1%26x&c=",
            "application/x-www-form-urlencoded",
        ),
        (body("binary", {"type": "file", "file": ["s", "f"]}), b"FILE", "image/png"),
    ],
)
async def test_bodies(data: dict[str, JsonValue], content: bytes | None, content_type: str | None) -> None:
    files = MemoryFiles({"a.png": b"FILE"})
    sent = await request(data, files, t="x", o={"k": ["ü"]}, f=file("a.png"))
    assert sent.body == content
    assert dict(sent.headers).get("Content-Type") == content_type


async def test_a_content_type_of_the_user_wins() -> None:
    data = {**body("json", {"value": "{}"}), "headers": "content-type: application/vnd.api+json"}
    assert (await request(data)).headers == (("content-type", "application/vnd.api+json"),)


@pytest.mark.parametrize(
    ("data", "error_type"),
    [
        (body("json"), "RequestBodyError"),
        (body("json", {"value": "a"}, {"value": "b"}), "RequestBodyError"),
        (body("json", {"value": ""}), "RequestBodyError"),
        (body("raw-text"), "RequestBodyError"),
        (body("binary"), "RequestBodyError"),
        (body("binary", {"file": ["s", "gone"]}), "FileFetchError"),
        (body("binary", {"file": ["s", "lost"]}), "FileFetchError"),
    ],
)
async def test_bodies_that_are_refused(data: dict[str, JsonValue], error_type: str) -> None:
    assert (await error(data, lost=file("lost.png")))[0] == error_type


async def test_multipart_repeats_a_field_for_each_file_and_leaves_missing_ones_out() -> None:
    files = MemoryFiles({'a".png': b"A", "b.png": b"B"})
    data = body(
        "form-data",
        {"key": "f", "type": "file", "file": ["s", "fs"]},
        {"key": "gone", "type": "file", "file": ["s", "gone"]},
        {"key": "t\n", "value": "{{#s.t#}}"},
    )
    sent = await request(data, files, fs=[file('a".png'), file("b.png")], t="text")
    assert sent.body is not None
    assert sent.body.count(b'name="f"') == 2
    assert b'filename="a%22.png"' in sent.body
    assert b'name="t%0A"\r\n\r\ntext\r\n' in sent.body
    assert b"gone" not in sent.body


async def test_timeouts_are_bounded() -> None:
    sent = await request(http(timeout={"connect": 3, "read": 9999, "write": 0}))
    assert (sent.connect_timeout, sent.read_timeout, sent.write_timeout) == (3, 600, 600)
    sent = await request(http(timeout={"max_connect_timeout": 0}, ssl_verify=False))
    assert (sent.connect_timeout, sent.verify_tls) == (10, False)


async def test_the_log_shows_the_request_without_key_and_file() -> None:
    data = {
        **body("binary", {"file": ["s", "f"]}),
        "url": "http://u:p@e/x?y=1",
        "headers": "A: 1",
        "authorization": {"type": "api-key", "config": {"type": "bearer", "api_key": "secret"}},
    }
    ports = a_world(files=MemoryFiles({"a.png": b"\x00\x01"}), http=RecordedHttp([HttpRequestNodeError("refused")]))
    record = await failure_of("http-request", data, scopes={"s": {"f": file("a.png")}}, ports=ports)
    assert record.process_data["request"] == (
        "POST /x?y=1 HTTP/1.1\r\nHost: e\r\nA: 1\r\nContent-Type: image/png\r\nAuthorization: ********\r\n"
        "Content-Length: 2\r\n\r\n<2 bytes of a.png>"
    )


async def received(body: bytes, headers: Mapping[str, str], url: str = "http://e/u") -> Mapping[str, Value]:
    answer = http_answer(body, headers=headers, url=url)
    return await outputs_of("http-request", http(), ports=a_world(http=RecordedHttp([answer])))


PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00" * 20


@pytest.mark.parametrize(
    ("content", "headers", "text"),
    [
        (b"", {}, ""),
        (b"plain", {}, "plain"),
        (b"a,b", {"content-type": "text/csv"}, "a,b"),
        (b"{}", {"content-type": "application/problem+json"}, "{}"),
        (b"<a/>", {"content-type": "application/atom+xml; charset=utf-8"}, "<a/>"),
        (b"var x", {"content-type": "application/octet-stream"}, "var x"),
        ("café".encode("latin-1"), {"content-type": "text/plain; charset=ISO-8859-1"}, "café"),
        ("\ufeffx".encode(), {"content-type": "text/plain"}, "x"),
        ("中文网页内容测试".encode("gb18030"), {"content-type": "text/html; charset=wrong"}, None),
        (b"\xff\xfe", {"content-type": "text/plain"}, None),
        (("{" + "é" * 600).encode(), {"content-type": "application/octet-stream"}, "{" + "é" * 600),
    ],
)  # fmt: skip
async def test_text_answers(content: bytes, headers: dict[str, str], text: str | None) -> None:
    outputs = await received(content, headers)
    assert outputs["files"] == []
    assert isinstance(outputs["body"], str)
    if text is not None:
        assert outputs["body"] == text


@pytest.mark.parametrize(
    ("content", "headers", "url", "name", "mime_type"),
    [
        (PNG, {"content-type": "image/png"}, "http://e/pic.png?x=1", "pic.png", "image/png"),
        (PNG, {"content-type": "image/png"}, "http://e/u", "file.png", "image/png"),
        (PNG, {}, "http://e/u", "file.png", "image/png"),
        (b"%PDF-1", {"content-type": "application/pdf"}, "http://e/u", "file.pdf", "application/pdf"),
        (b"text", {"content-type": "text/plain", "content-disposition": 'inline; filename="../n.txt"'},
         "http://e/u", "n.txt", "text/plain"),
        (b"x", {"content-disposition": "attachment; filename*=UTF-8''%e4%b8%ad.csv"},
         "http://e/u", "中.csv", "text/csv"),
        (b"\xff\x00", {"content-type": "application/octet-stream"}, "http://e/a.zip", "a.zip", "application/zip"),
        (b"ID3", {"content-type": "audio/mpeg"}, "http://e/u", "file.mp3", "audio/mpeg"),
    ],
)  # fmt: skip
async def test_file_answers(content: bytes, headers: dict[str, str], url: str, name: str, mime_type: str) -> None:
    outputs = await received(content, headers, url)
    assert isinstance(outputs["files"], list)
    (saved,) = outputs["files"]
    assert isinstance(saved, File)
    assert (saved.filename, saved.mime_type, outputs["body"]) == (name, mime_type, "")


async def test_a_large_file_is_refused_by_the_port() -> None:
    answer = http_answer(b"x" * (10 * 1024 * 1024 + 1), headers={"content-type": "image/png"})
    record = await failure_of("http-request", http(), ports=a_world(http=RecordedHttp([answer])))
    assert record.error_type == "ResponseSizeError"


def missing() -> HttpResponse:
    return http_answer(b"none", status=404)


async def test_a_retry_takes_an_error_answer_as_a_failure() -> None:
    recorded = RecordedHttp([missing(), http_answer(b"found")])
    played = await run_node("http-request", http(), ports=a_world(http=recorded), retries=2)
    assert played.node("n").outputs["body"] == "found"
    assert len(recorded.requests) == 2


async def test_after_the_last_retry_the_answer_counts() -> None:
    recorded = RecordedHttp([missing()])
    played = await run_node("http-request", http(), ports=a_world(http=recorded), retries=2)
    assert (played.node("n").status, played.node("n").outputs["status_code"]) == (NodeStatus.SUCCEEDED, 404)
    assert len(recorded.requests) == 3


async def test_after_the_last_retry_a_strategy_takes_over() -> None:
    played = await run_node(
        "http-request", http(), ports=a_world(http=RecordedHttp([missing()])), retries=1, strategy="fail-branch"
    )
    assert played.node("n").outputs == {
        "error_message": "Request failed with status code 404.",
        "error_type": "HTTPResponseCodeError",
    }
