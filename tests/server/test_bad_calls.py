"""Calls that no good client makes: each gets the documented error, and nothing of it is kept."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.server import sample_apps
from tests.server.harness import Workbench, eventually
from tests.server.http_client import AppApi
from tests.server.matchers import refused

JSON = {"Content-Type": "application/json"}
MIB = 1024 * 1024


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def bench(request: pytest.FixtureRequest) -> Workbench:
    """Both servers."""
    name = "workbench" if request.param == "sqlite" else "postgres_workbench"
    made: Workbench = request.getfixturevalue(name)
    return made


@contextmanager
def leaving_nothing(bench: Workbench) -> Iterator[None]:
    """No row more and none less in any table afterwards; end users may be noted, as every call does."""
    before = bench.counts()
    yield
    after = bench.counts()
    for noted in ("end_users", "changes"):
        before.pop(noted)
        after.pop(noted)
    assert after == before


def send(api: AppApi, path: str, content: bytes, **headers: str) -> httpx.Response:
    return api.call("POST", path, content=content, headers={**JSON, **headers})


def nested(depth: int, opening: str = "[", closing: str = "]") -> str:
    return opening * depth + closing * depth


def chat_with(**members: str) -> bytes:
    """A chat request with members given as raw JSON."""
    fixed = {"inputs": "{}", "query": '"hi"', "user": '"u"', "auto_generate_name": "false"}
    return ("{" + ",".join(f'"{name}":{value}' for name, value in {**fixed, **members}.items()) + "}").encode()


BAD_BODIES: list[tuple[str, bytes, int, str]] = [
    ("empty", b"", 400, "bad_request"),
    ("spaces", b"   ", 400, "bad_request"),
    ("half an object", b'{"query":', 400, "bad_request"),
    ("two objects", b"{}{}", 400, "bad_request"),
    ("not UTF-8", b'{"query": "\xff"}', 400, "bad_request"),
    ("UTF-16", '{"query": "hi"}'.encode("utf-16"), 400, "bad_request"),
    ("a lone surrogate", chat_with(query='"\\ud800"'), 400, "bad_request"),
    ("NaN", chat_with(inputs='{"a": NaN}'), 400, "bad_request"),
    ("a list", b"[]", 400, "invalid_param"),
    ("a text", b'"hi"', 400, "invalid_param"),
    ("null", b"null", 400, "invalid_param"),
    ("no user", b'{"inputs": {}, "query": "hi"}', 400, "invalid_param"),
    ("an empty user", chat_with(user='""'), 400, "invalid_param"),
    ("a long user", chat_with(user=json.dumps("u" * 256)), 400, "invalid_param"),
    ("inputs that are a list", chat_with(inputs="[]"), 400, "invalid_param"),
    ("inputs that are a text", chat_with(inputs='"x"'), 400, "invalid_param"),
    ("a query that is a list", chat_with(query="[1]"), 400, "invalid_param"),
    ("a query of NUL", chat_with(query='"\\u0000"'), 400, "invalid_param"),
    ("files that are an object", chat_with(files="{}"), 400, "invalid_param"),
    ("files that hold numbers", chat_with(files="[1]"), 400, "invalid_param"),
    ("an unknown response mode", chat_with(response_mode='"async"'), 400, "invalid_param"),
    ("a response mode that is a number", chat_with(response_mode="1"), 400, "invalid_param"),
    ("a conversation that is a number", chat_with(conversation_id="7"), 400, "invalid_param"),
    ("a conversation that is no UUID", chat_with(conversation_id='"x"'), 400, "invalid_param"),
    ("a conversation nobody has", chat_with(conversation_id=f'"{uuid4()}"'), 404, "not_found"),
    ("a number beyond any integer", chat_with(conversation_id="1" * 5000), 400, "bad_request"),
]


@pytest.mark.parametrize(("body", "status", "code"), [case[1:] for case in BAD_BODIES], ids=[c[0] for c in BAD_BODIES])
def test_bad_bodies(bench: Workbench, body: bytes, status: int, code: str) -> None:
    api = bench.of(sample_apps.CHAT)
    with leaving_nothing(bench):
        answer = send(api, "/chat-messages", body)
        refused(answer, status, code)


@pytest.mark.parametrize("depth", [900, 5_000, 200_000])
def test_deep_nesting(bench: Workbench, depth: int) -> None:
    """Accepted or refused, but never an internal error: unknown members are ignored whatever they hold."""
    api = bench.of(sample_apps.CHAT)
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        middle = "1" if opening.startswith("{") else ""
        deep = opening * depth + middle + closing * depth
        for members in ({"extra": deep}, {"inputs": '{"a":' + deep + "}"}):
            answer = send(api, "/chat-messages", chat_with(**members))
            assert answer.status_code in (200, 400), answer.text
            if answer.status_code == 400:
                assert answer.json()["code"] in ("bad_request", "invalid_param")


def test_a_huge_body(bench: Workbench) -> None:
    api = bench.of(sample_apps.CHAT)
    with leaving_nothing(bench):
        refused(send(api, "/chat-messages", chat_with(extra=json.dumps("x" * 16 * MIB))), 413, "request_too_large")

        def unending() -> Iterator[bytes]:
            yield b'{"query": "'
            for _ in range(20):
                yield b"x" * MIB

        try:
            answer = api.call("POST", "/chat-messages", content=unending(), headers=JSON)
        except httpx.HTTPError:
            pass  # the server may hang up while the client still sends
        else:
            refused(answer, 413, "request_too_large")


def test_surrogates_and_nul_in_texts(bench: Workbench) -> None:
    """Whatever a database could not hold is refused or taken out."""
    api, echo = bench.of(sample_apps.CHAT), bench.of(sample_apps.ECHO)
    fine = send(api, "/chat-messages", chat_with(query='"\\ud83e\\uddea ok"'))
    assert fine.json()["answer"] == "You said: 🧪 ok"
    for text in ("a\\u0000b", "\\ud800", "\\udc00x"):
        for body, path, target in (
            (chat_with(user=f'"{text}{uuid4().hex}"'), "/chat-messages", api),
            (f'{{"inputs": {{"word": "{text}"}}, "user": "u"}}'.encode(), "/workflows/run", echo),
            (f'{{"inputs": {{"{text}": 1}}, "user": "u"}}'.encode(), "/workflows/run", echo),
        ):
            answer = send(target, path, body)
            assert answer.status_code in (200, 400), f"{text} {path}: {answer.text}"
    for query in ("%00", "%ff", "a%00b", "%ed%a0%80"):
        answer = bench.http.get(f"{api.base}/conversations?user={query}", headers=api.headers)
        assert answer.status_code in (200, 400), f"{query}: {answer.text}"
        answer = bench.http.get(f"{echo.base}/workflows/logs?keyword={query}", headers=echo.headers)
        assert answer.status_code in (200, 400), f"{query}: {answer.text}"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/chat-messages"), ("PUT", "/chat-messages"), ("DELETE", "/chat-messages"), ("PATCH", "/workflows/run"),
        ("POST", "/conversations"), ("POST", "/parameters"), ("DELETE", "/messages"), ("GET", "/files/upload"),
        ("TRACE", "/parameters"), ("PROPFIND", "/parameters"),
    ],
)  # fmt: skip
def test_wrong_verbs(workbench: Workbench, method: str, path: str) -> None:
    api = workbench.of(sample_apps.CHAT)
    refused(api.call(method, path), 405, "method_not_allowed")


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (401, {"Authorization": "Bearer"}),
        (401, {"Authorization": ""}),
        (401, {"Authorization": "Bearer " + "x" * 4000}),
        (401, {"Authorization": "Bearer \xe9\xe8"}),
        (415, {"Content-Type": ""}),
        (415, {"Content-Type": "text/plain"}),
        (415, {"Content-Type": "application/jsonx"}),
        (415, {"Content-Type": "multipart/form-data"}),
        (415, {"Content-Type": "\xff\xfe"}),
        (200, {"Content-Type": "Application/JSON;charset=\xff"}),
        (200, {"Accept": "\xff", "X-App-Code": "\xff", "Cookie": "treadle_session=\xff", "User-Agent": "\xff"}),
        (200, {"Content-Type": "application/json", "X-Forwarded-For": "' OR 1=1", "Host": "evil.example"}),
    ],
)
def test_garbage_in_headers(workbench: Workbench, status: int, headers: dict[str, str]) -> None:
    api = workbench.of(sample_apps.CHAT)
    raw = {**JSON, **api.headers, **headers}
    encoded = {name: value.encode("latin-1") for name, value in raw.items()}
    answer = workbench.http.post(f"{api.base}/chat-messages", content=chat_with(), headers=encoded)
    assert answer.status_code == status, answer.text
    if status != 200:
        refused(answer, status, {401: "unauthorized", 415: "unsupported_media_type"}[status])


def raw_answer(bench: Workbench, data: bytes) -> bytes:
    """What the server says to these bytes before it closes."""
    host, port = bench.server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/parameters HTTP/1.1\r\nHost: x\r\nBroken header\r\n\r\n",
        b"POST /v1/chat-messages HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"POST /v1/chat-messages HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/chat-messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Long: " + b"y" * 200_000 + b"\r\nConnection: close\r\n\r\n",
    ],
)
def test_broken_http(workbench: Workbench, data: bytes) -> None:
    """Refused by the HTTP server or answered, and the next caller is served."""
    answer = raw_answer(workbench, data)
    if answer:
        assert int(answer.split(b" ")[1]) in (200, 400, 404, 413, 414, 431, 503)
    assert workbench.raw().get("/health").status_code == 200


def multipart(*parts: bytes, boundary: str = "edge") -> dict[str, Any]:
    body = b"".join(b"--edge\r\n" + part + b"\r\n" for part in parts) + b"--edge--\r\n"
    return {"content": body, "headers": {"Content-Type": f"multipart/form-data; boundary={boundary}"}}


FILE_PART = b'Content-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\nx'
BAD_FORMS: dict[str, tuple[dict[str, Any], int, str]] = {
    "no boundary": ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "bad_request"),
    "wrong boundary": (multipart(FILE_PART, boundary="other"), 400, "bad_request"),
    "no parts": (multipart(), 400, "no_file_uploaded"),
    "no name": (multipart(b'Content-Disposition: form-data; filename="a.png"\r\n\r\nx'), 400, "bad_request"),
    "no disposition": (multipart(b"Content-Type: image/png\r\n\r\nx"), 400, "bad_request"),
    "a text for a file": (multipart(b'Content-Disposition: form-data; name="file"\r\n\r\nx'), 400, "no_file_uploaded"),
    "too many files": (multipart(*[FILE_PART] * 30), 400, "bad_request"),
    "many fields": (
        multipart(*[b'Content-Disposition: form-data; name="n"\r\n\r\nx'] * 500),
        400,
        "bad_request",
    ),
    "urlencoded": (
        {"content": b"file=x", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        415,
        "unsupported_media_type",
    ),
}


@pytest.mark.parametrize("name", BAD_FORMS)
def test_bad_forms(bench: Workbench, name: str) -> None:
    options, status, code = BAD_FORMS[name]
    api = bench.of(sample_apps.IMAGE_CHAT)
    with leaving_nothing(bench):
        answer = api.call("POST", "/files/upload", **options)
        body = answer.json()
        assert answer.status_code == status, answer.text
        assert body["code"] in (code, "no_file_uploaded", "too_many_files"), answer.text
        assert set(body) <= {"code", "message", "status", "params"}


def stored_files(bench: Workbench) -> int:
    folder = bench.data_dir / "files"
    return sum(1 for path in folder.rglob("*") if path.is_file()) if folder.exists() else 0


def test_a_form_beyond_the_limit_is_not_read(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.IMAGE_CHAT)
    head = f"POST /v1/files/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\n"
    head += (
        "Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\n"
    )
    answer = raw_answer(workbench, head.encode())
    assert int(answer.split(b" ")[1]) == 413


def test_an_upload_that_breaks_off_leaves_nothing(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.IMAGE_CHAT)
    host, port = workbench.server.url.removeprefix("http://").split(":")
    files = stored_files(workbench)
    with leaving_nothing(workbench):
        for sent in (0, 100, 300_000):
            with socket.create_connection((host, int(port)), timeout=10) as connection:
                head = f"POST /v1/files/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\n"
                head += "Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: 900000\r\n\r\n"
                body = b"--edge\r\n" + FILE_PART + b"x" * 900_000
                connection.sendall(head.encode() + body[:sent])
        assert api.upload("ok.exe", b"x").status_code == 400
    assert stored_files(workbench) == files


def test_a_slow_upload_is_read_to_its_end(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.IMAGE_CHAT)
    png = workbench.png()
    waiting, go_on = threading.Event(), threading.Event()

    def slowly() -> Iterator[bytes]:
        body = multipart(b'Content-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + png)["content"]
        yield body[:40]
        waiting.set()
        assert go_on.wait(20)
        yield body[40:]

    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(lambda: api.call("POST", "/files/upload", content=slowly(), headers=headers))
        assert waiting.wait(20)
        assert api.get("/info").status_code == 200  # others are served meanwhile
        go_on.set()
        assert answer.result(20).status_code == 201


# ---- many at once ----


def at_once(count: int, call: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """Calls from as many threads, let go together."""
    barrier = threading.Barrier(count)

    def one(number: int) -> httpx.Response:
        barrier.wait(20)
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_first_calls_of_one_user_at_once_make_one_end_user(bench: Workbench) -> None:
    app = bench.import_app(sample_apps.CHAT)
    api = bench.api(app)
    answers = at_once(12, lambda number: api.chat(f"question {number}"))
    assert {answer.status_code for answer in answers} == {200}
    users = bench.rows("SELECT session_id FROM end_users WHERE app_id = :id", id=app.id)
    assert users == [(api.user,)]
    listed = api.get("/conversations", user=api.user).json()["data"]
    assert len(listed) == 12


def test_turns_of_one_conversation_at_once_are_all_kept(bench: Workbench) -> None:
    api = bench.of(sample_apps.CHATFLOW)
    conversation = api.chat("first").json()["conversation_id"]
    answers = at_once(6, lambda number: api.chat(f"turn {number}", conversation_id=conversation))
    assert {answer.status_code for answer in answers} == {200}
    rows = api.get("/messages", user=api.user, conversation_id=conversation, limit=100).json()["data"]
    assert sorted(row["query"] for row in rows) == ["first", *(f"turn {number}" for number in range(6))]


def test_ratings_at_once_are_one_rating(bench: Workbench) -> None:
    api = bench.of(sample_apps.CHAT)
    message = api.chat("rate me").json()["id"]
    body = {"rating": "like", "user": api.user}
    answers = at_once(8, lambda _: api.post(f"/messages/{message}/feedbacks", body))
    assert {answer.status_code for answer in answers} == {200}
    assert len(bench.rows("SELECT id FROM feedbacks WHERE message_id = :id", id=message)) == 1


def test_pins_at_once_are_one_pin(bench: Workbench) -> None:
    visitor = bench.visitor(bench.shared_app(sample_apps.CHAT))
    events = visitor.events("/chat-messages", {"inputs": {}, "query": "pin me"})
    conversation = events[0]["conversation_id"]
    answers = at_once(8, lambda _: visitor.patch(f"/conversations/{conversation}/pin"))
    assert {answer.status_code for answer in answers} == {200}
    assert len(visitor.get("/conversations", pinned="true").json()["data"]) == 1


# ---- readers that leave ----


def test_a_reader_who_leaves_does_not_end_the_run(bench: Workbench) -> None:
    gate = uuid4().hex
    api = bench.api(bench.import_app(sample_apps.held_chatflow(bench.gate.held(gate))))
    with api.stream("/chat-messages", api.chat_body("wait", response_mode="streaming")) as stream:
        first = stream.until("message")
    bench.gate.wait(gate)
    query = {"user": api.user, "conversation_id": first["conversation_id"]}
    bench.gate.open(gate)
    eventually(lambda: api.get("/messages", **query).json()["data"][0]["answer"] != "", "the answer is kept")
    eventually(
        lambda: (
            bench.rows("SELECT status FROM runs WHERE conversation_id = :id", id=first["conversation_id"])
            == [("succeeded",)]
        ),
        "the run ends",
    )
    (row,) = api.get("/messages", **query).json()["data"]
    assert (row["status"], row["answer"].startswith("Just a moment. {")) == ("normal", True)


def test_many_readers_who_leave_cost_nothing(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.CHAT)
    conversations = []
    for number in range(10):
        with api.stream("/chat-messages", api.chat_body(f"leave {number}", response_mode="streaming")) as stream:
            conversations.append(stream.until("message")["conversation_id"])
    for number, conversation in enumerate(conversations):
        query = {"user": api.user, "conversation_id": conversation}
        eventually(
            lambda number=number, query=query: [
                (row["answer"], row["status"]) for row in api.get("/messages", **query).json()["data"]
            ] == [(f"You said: leave {number}", "normal")],
            "the whole answer is kept",
        )  # fmt: skip
    assert workbench.raw().get("/health").status_code == 200


def test_a_blocking_caller_who_leaves_does_not_end_the_run(workbench: Workbench) -> None:
    gate = uuid4().hex
    app = workbench.import_app(sample_apps.held_workflow(workbench.gate.held(gate)))
    api = workbench.api(app)
    host, port = workbench.server.url.removeprefix("http://").split(":")
    body = json.dumps({"inputs": {}, "user": api.user}).encode()
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        head = f"POST /v1/workflows/run HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        workbench.gate.wait(gate)
    workbench.gate.open(gate)
    eventually(
        lambda: [row["workflow_run"]["status"] for row in api.get("/workflows/logs").json()["data"]] == ["succeeded"],
        "the run is logged",
    )
