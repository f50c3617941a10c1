"""What others were broken into by, tried on the whole application."""

import json
import re
import statistics
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from httpx import ASGITransport
from starlette.routing import BaseRoute, Mount

from tests.server import sample_apps
from tests.server.app_files import code, end, http, llm, secret, start, text_input, workflow
from tests.server.harness import Workbench, eventually
from tests.server.http_client import Api
from tests.server.matchers import TEXT, refused
from treadle.platform.db import Base
from treadle.server.app import create_app
from treadle.server.declared import Caller
from treadle.server.services import Services, open_services
from treadle.settings import Settings

PASSWORD = "correct horse 1"


# ---- every route says who may call it ----


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    """Services of a new data folder, in this process."""
    settings = Settings(data_dir=tmp_path / "data", local_model=False, database_url="")
    async with open_services(settings=settings) as opened:
        yield opened


def routes_of(app: Any, prefix: str = "") -> Iterator[tuple[str, BaseRoute]]:
    """Every route with its whole path, through middleware and mounts."""
    while not hasattr(app, "routes"):
        app = app._app
    for route in app.routes:
        if isinstance(route, Mount):
            yield from routes_of(route, prefix + route.path)
        elif (included := getattr(route, "original_router", None)) is not None:
            yield from routes_of(included, prefix)
        else:
            yield prefix + str(getattr(route, "path", "")), route


async def test_every_route_declares_its_caller(services: Services) -> None:
    found = list(routes_of(create_app(services)))
    assert {path.split("/")[1] for path, _ in found} >= {"v1", "api", "console", "files", "health"}
    undeclared = [path for path, route in found if not isinstance(getattr(route, "caller", None), Caller)]
    assert undeclared == []


async def test_only_known_routes_are_open_to_anyone(services: Services) -> None:
    opened = {
        path for path, route in routes_of(create_app(services)) if getattr(route, "caller", None) is Caller.ANYONE
    }
    assert opened == {
        "/health",
        "/v1/",
        "/api/passport",
        "/console/api/mcp/oauth/callback",
        "/console/api/oauth/data-source/callback/notion",
        "/console/api/oauth/login/{provider}",
        "/console/api/oauth/authorize/{provider}",
        "/console/api/activation",
        "/console/api/activation/validity",
        "/console/api/setup",
        "/console/api/system-features",
        "/console/api/password-reset",
        "/console/api/password-reset/validity",
        "/console/api/signin/code",
        "/console/api/signin/code/validity",
        "/console/api/signin",
        "/console/api/apps",
        "/assets/{path:path}",
        "/{path:path}",
    }


async def test_declared_callers_are_asked_for_what_they_declare(services: Services) -> None:
    """Without any credential every other route answers 401, or 404 for signed links."""
    application = create_app(services)
    await services.accounts.create_first(email="a@example.com", name="A", password=PASSWORD)
    async with httpx.AsyncClient(transport=ASGITransport(application), base_url="http://t") as client:
        for path, route in routes_of(application):
            caller = getattr(route, "caller", None)
            if caller is Caller.ANYONE:
                continue
            filled = re.sub(r"{(\w+):uuid}", str(uuid4()), path)
            filled = re.sub(r"{\w+(:\w+)?}", "x", filled)
            for method in getattr(route, "methods", ()):
                answer = await client.request(method, filled)
                expected = {
                    Caller.SIGNATURE: (403, 404),
                    Caller.FIRST_RUN: (400, 403),
                    Caller.SECRET_ADDRESS: (404,),
                }.get(caller, (401,))
                assert answer.status_code in expected, f"{method} {path}: {answer.status_code}"


# ---- console: sessions, CSRF, set-up ----


@pytest.fixture(scope="module")
def owner(workbench: Workbench) -> dict[str, str]:
    """The first account of the shared server."""
    email = "owner@example.com"
    if not workbench.rows("SELECT id FROM accounts WHERE email = :email", email=email):
        workbench.change("DELETE FROM accounts")
        workbench.command("admin", "create", "--email", email, "--password", PASSWORD)
    return {"email": email, "password": PASSWORD}


def console(bench: Workbench) -> Api:
    """A browser that has not signed in."""
    return Api(httpx.Client(timeout=30), f"{bench.server.url}/console/api")


def signed_in(bench: Workbench, owner: dict[str, str]) -> Api:
    api = console(bench)
    assert api.post("/signin", owner).status_code == 200
    return api


def test_the_session_cookie_is_out_of_reach_of_scripts(workbench: Workbench, owner: dict[str, str]) -> None:
    answer = console(workbench).post("/signin", owner)
    assert answer.status_code == 200
    cookies = {line.split("=")[0]: line.lower() for line in answer.headers.get_list("set-cookie")}
    assert set(cookies) == {"treadle_session", "treadle_csrf"}
    assert "httponly" in cookies["treadle_session"]
    assert all("samesite=lax" in line or "samesite=strict" in line for line in cookies.values())
    assert all("path=/" in line for line in cookies.values())
    assert PASSWORD not in answer.text


def test_every_console_write_needs_its_csrf_token(workbench: Workbench, owner: dict[str, str]) -> None:
    api, other = signed_in(workbench, owner), signed_in(workbench, owner)
    token = api.http.cookies["treadle_csrf"]
    for wrong in ("", "x", token[:-1], token[::-1], other.http.cookies["treadle_csrf"], "é"):
        headers = {"X-CSRF-Token": wrong.encode()} if wrong else {}
        refused(api.call("POST", "/signout", headers=headers), 403, "csrf")
    assert api.get("/account").status_code == 200
    assert api.call("POST", "/signout", headers={"X-CSRF-Token": token}).json() == {"result": "success"}
    refused(api.get("/account"), 401, "unauthorized")
    assert other.get("/account").status_code == 200


async def test_every_console_write_of_a_member_checks_the_token(services: Services) -> None:
    """The walk that finds a write which forgot."""
    application = create_app(services)
    await services.accounts.create_first(email="a@example.com", name="A", password=PASSWORD)
    async with httpx.AsyncClient(transport=ASGITransport(application), base_url="http://t") as client:
        await client.post("/console/api/signin", json={"email": "a@example.com", "password": PASSWORD})
        writes = 0
        for path, route in routes_of(application):
            if not path.startswith("/console/api") or getattr(route, "caller", None) is not Caller.MEMBER:
                continue
            for method in set(getattr(route, "methods", ())) - {"GET", "HEAD"}:
                filled = re.sub(r"{\w+(:\w+)?}", "x", path)
                answer = await client.request(method, filled, json={})
                assert (answer.status_code, answer.json()["code"]) == (403, "csrf"), f"{method} {path}"
                writes += 1
        assert writes


def test_a_session_ends_when_it_is_over(workbench: Workbench, owner: dict[str, str]) -> None:
    api = signed_in(workbench, owner)
    token = api.http.cookies["treadle_session"]
    assert workbench.rows("SELECT id FROM sessions WHERE token_hash = :token", token=token) == []
    workbench.change("UPDATE sessions SET expires_at = 1")
    refused(api.get("/account"), 401, "unauthorized")
    for forged in ("", "x", token[::-1], "null"):
        headers = {"Cookie": f"treadle_session={forged}"}
        refused(workbench.raw(**headers).get("/console/api/account"), 401, "unauthorized")


def test_an_unknown_address_and_a_wrong_password_look_the_same(
    workbench: Workbench, owner: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answer, in the same class of time: both work through one password hash."""
    api = console(workbench)

    def attempt(email: str) -> tuple[float, httpx.Response]:
        started = time.perf_counter()
        answer = api.post("/signin", {"email": email, "password": "wrong horse 1"})
        return time.perf_counter() - started, answer

    known, unknown = list[float](), list[float]()
    for _ in range(4):
        seconds, first = attempt(owner["email"])
        known.append(seconds)
        seconds, second = attempt(f"{uuid4().hex}@example.com")
        unknown.append(seconds)
        refused(first, 401, "authentication_failed")
        assert (first.status_code, first.json()) == (second.status_code, second.json())
        workbench.change("DELETE FROM login_failures")
    ratio = statistics.median(known) / statistics.median(unknown)
    assert 0.33 < ratio < 3


def test_guessing_is_locked_for_known_and_unknown_addresses(workbench: Workbench, owner: dict[str, str]) -> None:
    api = console(workbench)
    for email in (owner["email"], f"{uuid4().hex}@example.com"):
        for _ in range(5):
            refused(api.post("/signin", {"email": email, "password": "wrong horse 1"}), 401, "authentication_failed")
        locked = api.post("/signin", {"email": email, "password": PASSWORD})
        refused(locked, 429, "too_many_requests")
        assert int(locked.headers["retry-after"]) > 0
    workbench.change("DELETE FROM login_failures")
    assert api.post("/signin", owner).status_code == 200


async def test_set_up_works_once(services: Services) -> None:
    async with httpx.AsyncClient(transport=ASGITransport(create_app(services)), base_url="http://t") as client:
        first = {"email": "first@example.com", "name": "First", "password": PASSWORD}
        for bad in ({**first, "password": "short1"}, {**first, "password": "onlyletters"}, {**first, "email": "x y"}):
            answer = await client.post("/console/api/setup", json=bad)
            refused(answer, 400, "invalid_param")
        assert (await client.post("/console/api/setup", json=first)).status_code == 201
        again = {**first, "email": "second@example.com"}
        refused(await client.post("/console/api/setup", json=again), 403, "already_setup")
        refused(await client.post("/console/api/setup", json={}), 403, "already_setup")


# ---- origins ----


ORIGIN = {"Origin": "https://evil.example"}


def test_programs_may_call_from_any_page_and_the_console_from_its_own(
    workbench: Workbench, owner: dict[str, str]
) -> None:
    raw, key = workbench.raw(**ORIGIN), workbench.shared_app(sample_apps.ECHO).key
    for prefix in ("/v1", "/api"):
        asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
        before = raw.call("OPTIONS", f"{prefix}/workflows/run", headers=asks)
        assert before.status_code == 200
        assert before.headers["access-control-allow-origin"] == "*"
        allowed = before.headers["access-control-allow-methods"]
        assert {each.strip() for each in allowed.split(",")} == {"GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"}
        answer = raw.call("GET", f"{prefix}/parameters", headers={"Authorization": f"Bearer {key}"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
    session = signed_in(workbench, owner)
    for method, path in (("GET", "/account"), ("OPTIONS", "/signout"), ("POST", "/signin"), ("GET", "/runs")):
        answer = session.call(method, path, headers={**ORIGIN, "Access-Control-Request-Method": "POST"})
        assert not [name for name in answer.headers if name.startswith("access-control")]
    page = raw.get("/")
    assert "access-control-allow-origin" not in page.headers


def test_pages_carry_a_strict_policy(workbench: Workbench) -> None:
    policy = workbench.raw().get("/chat/abc").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "object-src 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe-eval" not in policy


PUBLISHED = ("/chat/abc", "/chatbot/abc", "/completion/abc", "/workflow/abc", "/chatbot/abc/?x=1")
CONSOLE = (
    "/",
    "/apps",
    "/app/x/overview",
    "/signin",
    "/form/abc",
    "/chat",
    "/chat/abc/apps",
    "//chat/abc",
    "/x/chat/abc",
)


async def framing_of(services: Services, paths: Sequence[str]) -> list[tuple[list[str], str | None]]:
    """What pages say about frames: the directives of their policies, and the older header."""
    async with httpx.AsyncClient(transport=ASGITransport(create_app(services)), base_url="http://t") as client:
        answers = [await client.get(f"http://t{path}") for path in paths]
    return [
        (
            [
                directive.strip()
                for policy in answer.headers.get_list("content-security-policy")
                for directive in policy.split(";")
                if directive.strip().startswith("frame-ancestors")
            ],
            answer.headers.get("x-frame-options"),
        )
        for answer in answers
    ]


NEVER_FRAMED = (["frame-ancestors 'none'"], "DENY")


async def test_no_other_site_frames_the_console(services: Services) -> None:
    assert await framing_of(services, CONSOLE) == [NEVER_FRAMED] * len(CONSOLE)
    apis = ("/health", "/v1/parameters", "/api/site", "/console/api/account", "/files/x/file-preview", "/assets/x")
    assert await framing_of(services, apis) == [NEVER_FRAMED] * len(apis)


async def test_published_apps_may_be_framed_by_whom_the_operator_allows(tmp_path: Path) -> None:
    for origins, expected in (
        (["*"], ([], None)),
        ([], NEVER_FRAMED),
        (
            ["https://a.example", "https://*.b.example:8443"],
            (["frame-ancestors 'self' https://a.example https://*.b.example:8443"], None),
        ),
    ):
        settings = Settings(data_dir=tmp_path / "data", local_model=False, database_url="", embed_origins=origins)
        async with open_services(settings=settings) as opened:
            assert await framing_of(opened, PUBLISHED) == [expected] * len(PUBLISHED)
            assert await framing_of(opened, CONSOLE[:1]) == [NEVER_FRAMED]


@pytest.mark.parametrize("origin", ["example.com", "https://a.example/x", "https://a.example; script-src *", "'self'"])
def test_what_is_no_origin_is_refused_at_the_start(origin: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        Settings(embed_origins=[origin])


def test_every_answer_keeps_its_type_and_its_address_to_itself(workbench: Workbench) -> None:
    for path in ("/", "/chat/abc", "/health", "/v1/parameters", "/console/api/account", "/nothing/here"):
        headers = workbench.raw().get(path).headers
        assert headers.get_list("x-content-type-options") == ["nosniff"]
        assert headers.get_list("referrer-policy") == ["same-origin"]


# ---- what is kept, and how ----


def test_keys_are_kept_as_hashes(workbench: Workbench) -> None:
    app = workbench.import_app(sample_apps.ECHO)
    secret_part = app.key.removeprefix("app-")
    rows = workbench.rows("SELECT * FROM api_keys WHERE app_id = :id", id=app.id)
    assert len(rows) == 1
    assert secret_part not in str(rows)
    assert secret_part not in bytes_of_data(workbench)


def bytes_of_data(bench: Workbench) -> str:
    """Everything on disk and in the server's log, as text."""
    files = [path for path in bench.data_dir.rglob("*") if path.is_file() and path.name != "secret.key"]
    return "".join(path.read_bytes().decode("latin-1") for path in [*files, bench.server.log])


def test_secrets_are_in_no_record_log_or_export(workbench: Workbench) -> None:
    """A secret variable travels to an http node and through a model, and stays out of everything that is kept."""
    hidden = f"s3cr3t-{uuid4().hex}"
    gate = uuid4().hex
    app = workbench.import_app(
        workflow(
            start(text_input("word"), to="call"),
            http(
                "call",
                workbench.gate.free(gate),
                to="write",
                headers="X-Token:{{#env.TOKEN#}}",
                params="k:{{#env.TOKEN#}}",
            ),
            llm("write", "Use {{#env.TOKEN#}} {{#start.word#}}", to="end"),
            end(text="write.text", body="call.body"),
            environment=[secret("TOKEN", hidden)],
        )
    )
    api = workbench.api(app)
    events = api.run_events({"word": "now"})
    assert events[-1]["data"]["status"] == "succeeded"
    assert hidden not in str([event for event in events if event["event"].startswith("node_")])
    (request,) = workbench.gate.requests_to(f"/{gate}")
    assert request.headers["x-token"] == hidden
    api.get(f"/workflows/run/{events[0]['workflow_run_id']}")
    eventually(lambda: api.get("/workflows/logs").json()["total"] == 1, "the run is logged")
    assert hidden not in bytes_of_data(workbench)
    assert hidden not in workbench.command("app", "export", app.id)
    assert hidden in workbench.command("app", "export", app.id, "--include-secrets")
    for path in ("/parameters", "/info", "/site", "/workflows/logs", f"/workflows/run/{events[0]['workflow_run_id']}"):
        assert hidden not in api.get(path).text


def test_model_credentials_are_encrypted(workbench: Workbench) -> None:
    assert workbench.model.key not in bytes_of_data(workbench)
    assert oct((workbench.data_dir / "secret.key").stat().st_mode & 0o777) == "0o600"
    assert oct(workbench.data_dir.stat().st_mode & 0o777) == "0o700"
    assert workbench.model.key not in workbench.command("model", "list", "--json")


NUMBERS = {"knowledge_embedding_cache.vector", "knowledge_index_rows.vector", "knowledge_index_rows.terms"}
"""Read by `numpy.frombuffer`, which builds nothing else."""


def test_checkpoints_are_plain_json(workbench: Workbench) -> None:
    """Nothing in a run's rows can build an object: no pickles, only JSON text and numbers."""
    workbench.of(sample_apps.WRITER).run({"topic": "tides"})
    workbench.of(sample_apps.CHATFLOW).chat("hi")
    columns = {
        "runs": ("inputs", "outputs"),
        "node_executions": ("inputs", "process_data", "outputs", "execution_metadata", "usage"),
        "messages": ("inputs", "files", "message_metadata", "agent_thoughts"),
        "conversations": ("inputs",),
        "conversation_variables": ("value",),
    }
    for table, names in columns.items():
        rows = workbench.rows(f"SELECT {', '.join(names)} FROM {table}")
        assert rows
        for row in rows:
            for value in row:
                if value is not None:
                    json.loads(value)
    binary = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.type.__class__.__name__ in ("LargeBinary", "PickleType", "BLOB")
    ]
    assert set(binary) <= NUMBERS


# ---- files and paths ----


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../../settings.py",
        "/assets/..%2f..%2f..%2fsettings.py",
        "/assets/%2e%2e/%2e%2e/app.py",
        "/assets//etc/passwd",
        "/assets/%00",
        "/../app.py",
        "/..%2fapp.py",
        "/%2e%2e%2fapp.py",
        "/..%5capp.py",
        "//etc/passwd",
        "/static/../app.py",
        "/files/tools/../../secret.key",
        "/files/..%2f..%2fsecret.key/file-preview",
    ],
)
def test_no_path_leads_out_of_the_web_app(workbench: Workbench, path: str) -> None:
    """Sent as it is: clients would tidy the path up."""
    import socket

    host, port = workbench.server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    status = int(answer.split(b" ")[1])
    assert status in (200, 400, 404, 503)
    for leak in (b"root:", b"import ", b"create_app", b"v1."):
        assert leak not in answer
    if status == 200:
        assert b"<!doctype html" in answer.lower()


def test_apps_may_not_reach_private_addresses(tmp_path: Path) -> None:
    """The guard that the shared server is told to relax for its doubles."""
    from tests.doubles.scripted_model import ScriptedModel
    from tests.server.gate import Gate
    from tests.server.harness import Server

    with ScriptedModel().in_thread() as model, Gate().in_thread() as gate, httpx.Client(timeout=30) as client:
        server = Server(tmp_path / "data", {"TREADLE_EGRESS_ALLOW": ""})
        bench = Workbench(server, model, gate, client)
        server.start()
        try:
            name = uuid4().hex
            port = gate.origin.rpartition(":")[2]
            for address in (gate.free(name), f"http://localhost:{port}/free/{name}", f"http://[::1]:{port}/free/{name}",
                            f"http://0x7f000001:{port}/free/{name}", f"http://127.1:{port}/free/{name}",
                            "http://169.254.169.254/latest/meta-data"):  # fmt: skip
                api = bench.api(bench.import_app(workflow(start(to="call"), http("call", address, to="end"), end())))
                ran = api.run().json()["data"]
                assert (ran["status"], ran["error"]) == ("failed", TEXT), address
            remote = {"type": "image", "transfer_method": "remote_url", "url": gate.free(name)}
            refused(bench.of(sample_apps.FILE_WORKFLOW).run({"report": remote}), 400, "invalid_param")
            assert gate.calls(name) == 0
        finally:
            server.stop()


def test_user_code_does_not_run_in_the_server(workbench: Workbench) -> None:
    source = "import os\ndef main():\n    return {'pid': str(os.getpid()), 'key': os.environ.get('HOME', '')}\n"
    api = workbench.of(
        workflow(
            start(to="look"), code("look", source, {"pid": "string", "key": "string"}, to="end"), end(pid="look.pid")
        )
    )
    ran = api.run().json()["data"]
    assert ran["status"] == "failed" or ran["outputs"]["pid"] != str(workbench.server.pid)
