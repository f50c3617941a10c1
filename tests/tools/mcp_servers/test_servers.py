"""MCP servers as tools: real servers of the `mcp` package over every transport, OAuth, and what is refused."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.server.harness import eventually
from tests.tools.conftest import OTHER_WORKSPACE, WORKSPACE, Tooling
from treadle.engine.errors import ToolInvokeError, ToolNodeError
from treadle.engine.ports import ToolFile, ToolJson, ToolLink, ToolRef, ToolText, ToolVariable
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.egress_rules import EgressRules
from treadle.platform.refusals import Conflict, InvalidParam, NotFound, Refusal
from treadle.tools.mcp.connections import McpConnections
from treadle.tools.mcp.service import McpDraft, McpService
from treadle.tools.mcp.source import McpSource

SERVER = Path(__file__).with_name("public_server.py")
COMMAND = f"{sys.executable} {SERVER} stdio"
TEAM = {"http:": "X-Team", "stdio": "X_TEAM"}
CALLBACK = "http://127.0.0.1:8700/console/api/mcp/oauth/callback"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(kind: str, port: int, *options: str) -> subprocess.Popen[bytes]:
    """The server, once it listens."""
    process = subprocess.Popen(
        [sys.executable, str(SERVER), kind, str(port), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    def listens() -> bool:
        assert process.poll() is None, "the server did not start"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    eventually(listens, "the MCP server listens")
    return process


def served(kind: str, path: str, *options: str) -> Iterator[str]:
    port = free_port()
    process = start(kind, port, *options)
    try:
        yield f"http://127.0.0.1:{port}{path}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def over_http() -> Iterator[str]:
    yield from served("http", "/mcp")


@pytest.fixture(scope="module")
def over_sse() -> Iterator[str]:
    yield from served("sse", "/sse")


@pytest.fixture(scope="module")
def with_oauth() -> Iterator[str]:
    yield from served("http", "/mcp", "--oauth")


@pytest.fixture
async def mcp(db: Database, tmp_path: Path, tooling: Tooling) -> AsyncIterator[McpService]:
    connections = McpConnections(EgressRules(["127.0.0.1"]), (COMMAND,))
    service = McpService(db, Crypto.open(tmp_path / "key"), connections, callback=CALLBACK)
    tooling.tools.add_source("mcp", McpSource(service.find, connections), service)
    yield service
    await service.close()


def draft(address: str, **more: object) -> McpDraft:
    return McpDraft(name="Public", identifier="public", address=address, **more)  # type: ignore[arg-type]


def tool(name: str, identifier: str = "public") -> ToolRef:
    return ToolRef(provider_type="mcp", provider_id=identifier, tool_name=name)


@pytest.fixture(params=["http", "sse", "stdio"])
def address(request: pytest.FixtureRequest) -> str:
    if request.param == "stdio":
        return f"stdio:{COMMAND}"
    return str(request.getfixturevalue(f"over_{request.param}"))


async def test_a_server_is_asked_for_its_tools_and_called(mcp: McpService, tooling: Tooling, address: str):
    provider = await mcp.add(WORKSPACE, draft(address, headers={TEAM[address[:5]]: "blue"}))
    assert provider.authorized
    described = {each.name: [(one.name, one.type, one.required) for one in each.parameters] for each in provider.tools}
    assert described == {
        "add": [("a", "number", True), ("b", "number", False)],
        "weather": [("city", "string", True)],
        "people": [],
        "picture": [],
        "headers": [],
        "boom": [],
        "figures": [],
        "papers": [],
        "song": [],
        "sleep": [("seconds", "number", True)],
        "learn": [("name", "string", True)],
    }
    assert ToolText("5") in await tooling.call(tool("add"), {"a": 3})
    assert ToolText("blue") in await tooling.call(tool("headers"), {})
    weather = await tooling.call(tool("weather"), {"city": "Lyon"})
    assert ToolVariable("degrees", 21.5) in weather
    assert ToolVariable("city", "Lyon") in weather
    assert [each for each in await tooling.call(tool("people"), {}) if isinstance(each, ToolJson)] == [
        ToolJson({"name": "Ada"}),
        ToolJson({"name": "Bob"}),
    ]
    said, picture, *_ = await tooling.call(tool("picture"), {})
    assert said == ToolText("here")
    assert isinstance(picture, ToolFile)
    assert picture.file.mime_type == "image/png"
    with pytest.raises(ToolInvokeError, match="the kettle is empty"):
        await tooling.call(tool("boom"), {})


async def test_every_kind_of_content_arrives(mcp: McpService, tooling: Tooling, over_http: str):
    await mcp.add(WORKSPACE, draft(over_http))
    assert await tooling.call(tool("figures"), {}) == [ToolJson({"looms": 3})]
    note, sheet, bare, link = await tooling.call(tool("papers"), {})
    assert (note, link) == (ToolText("Warp first."), ToolLink("https://looms.example/manual"))
    assert isinstance(sheet, ToolFile)
    assert (sheet.file.filename, sheet.file.mime_type) == ("sheet.csv", "text/csv")
    assert isinstance(bare, ToolFile)
    assert tooling.files.stored[bare.file.id or ""] == b"a,b\n1,2\n"
    [sound] = await tooling.call(tool("song"), {})
    assert isinstance(sound, ToolFile)
    assert sound.file.mime_type in ("audio/wav", "audio/x-wav")


async def test_an_answer_that_takes_too_long_is_not_waited_for(mcp: McpService, tooling: Tooling, over_http: str):
    await mcp.add(WORKSPACE, draft(over_http, read_timeout=0.5))
    assert ToolText("awake") in await tooling.call(tool("sleep"), {"seconds": 0.01})
    with pytest.raises(ToolInvokeError, match=r"(?i)time"):
        await tooling.call(tool("sleep"), {"seconds": 30})
    assert ToolText("3") in await tooling.call(tool("add"), {"a": 1})


@pytest.mark.parametrize("kind", ["http", "sse"])
async def test_tools_that_a_server_learns_while_it_is_used_are_there(mcp: McpService, tooling: Tooling, kind: str):
    port = free_port()
    process = await asyncio.to_thread(start, kind, port)
    try:
        await mcp.add(WORKSPACE, draft(f"http://127.0.0.1:{port}/{'mcp' if kind == 'http' else 'sse'}"))
        assert ToolText("3") in await tooling.call(tool("add"), {"a": 1})
        await asyncio.sleep(0.5)  # the connection subscribes beside the calls
        assert ToolText("learned") in await tooling.call(tool("learn"), {"name": "weave"})
        for _ in range(200):
            names = {each.name for each in (await mcp.providers(WORKSPACE))[0].tools}
            if "weave" in names:
                break
            await asyncio.sleep(0.05)
        assert ToolText("weave") in await tooling.call(tool("weave"), {})
    finally:
        process.kill()
        process.wait()


async def test_headers_of_the_caller_are_passed_on_to_a_connection_of_its_own(
    mcp: McpService, tooling: Tooling, over_http: str
):
    provider = await mcp.add(WORKSPACE, draft(over_http, headers={"X-Team": "{{request.headers.X-User-Team}}"}))
    assert provider.more["masked_headers"] == {"X-Team": "{{request.headers.X-User-Team}}"}
    said = await asyncio.gather(
        *[tooling.call(tool("headers"), {}, headers={"x-user-team": team}) for team in ("blue", "red", "blue")],
        tooling.call(tool("headers"), {}),
    )
    assert [each[0] for each in said] == [ToolText("blue"), ToolText("red"), ToolText("blue"), ToolText("none")]


async def test_many_calls_share_one_connection(mcp: McpService, tooling: Tooling, over_http: str):
    await mcp.add(WORKSPACE, draft(over_http))
    answers = await asyncio.gather(*[tooling.call(tool("add"), {"a": number, "b": 0}) for number in range(20)])
    assert [answer[0] for answer in answers] == [ToolText(str(number)) for number in range(20)]


async def test_a_server_that_was_restarted_is_connected_again(mcp: McpService, tooling: Tooling):
    port = free_port()
    process = await asyncio.to_thread(start, "sse", port)
    try:
        await mcp.add(WORKSPACE, draft(f"http://127.0.0.1:{port}/sse", timeout=5))
        assert ToolText("3") in await tooling.call(tool("add"), {"a": 1})
        process.kill()
        process.wait()
        with pytest.raises(ToolInvokeError, match="cannot be reached"):
            await tooling.call(tool("add"), {"a": 1})
        process = await asyncio.to_thread(start, "sse", port)
        assert ToolText("3") in await tooling.call(tool("add"), {"a": 1})
    finally:
        process.kill()
        process.wait()


async def test_somebody_signs_in(mcp: McpService, tooling: Tooling, with_oauth: str):
    provider = await mcp.add(WORKSPACE, draft(with_oauth))
    assert not provider.authorized
    assert provider.tools == ()
    url = await mcp.authorize(WORKSPACE, provider.id)
    assert url
    async with httpx.AsyncClient(follow_redirects=False) as browser:
        answer = await browser.get(url)
    assert answer.status_code == 302
    returned = httpx.URL(answer.headers["location"])
    assert str(returned).startswith(CALLBACK)
    assert not await mcp.returned(state="guessed", code=returned.params["code"])
    assert await mcp.returned(state=returned.params["state"], code=returned.params["code"])
    await asyncio.gather(*mcp._flows)
    assert (await mcp.provider(WORKSPACE, provider.id)).authorized
    assert ToolText("5") in await tooling.call(tool("add"), {"a": 3})


async def test_a_server_that_wants_a_sign_in_says_so_in_a_run(mcp: McpService, with_oauth: str):
    connections = McpConnections(EgressRules(["127.0.0.1"]))
    provider = await mcp.add(WORKSPACE, draft(with_oauth))
    found = await mcp.find(WORKSPACE, provider.more["server_identifier"])  # type: ignore[arg-type]
    assert found is not None
    with pytest.raises(ToolInvokeError, match="authorize it in the tool settings"):
        await connections.call(found.server, "add", {"a": 1})
    await connections.close()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"address": "ftp://x/mcp"}, "no http or https URL"),
        ({"address": "http://"}, "no http or https URL"),
        ({"address": "stdio:rm -rf /"}, "may not be started"),
        ({"address": f"stdio:{COMMAND} --oauth"}, "may not be started"),
        ({"name": " "}, "1 to 40 characters"),
        ({"identifier": "a b"}, "letters, digits"),
        ({"identifier": "x" * 65}, "letters, digits"),
        ({"timeout": 0.0}, "timeout"),
        ({"headers": {"X": "a\r\nB: c"}}, "no control characters"),
        ({"grant": "password"}, "grant"),
    ],
)
async def test_what_cannot_be_used_is_refused(mcp: McpService, over_http: str, change: dict[str, str], sentence: str):
    given = {"name": "Public", "identifier": "public", "address": over_http, **change}
    with pytest.raises(InvalidParam, match=sentence):
        await mcp.add(WORKSPACE, McpDraft(**given))  # type: ignore[arg-type]
    assert await mcp.providers(WORKSPACE) == []


async def test_a_server_that_does_not_answer_is_not_added(mcp: McpService):
    with pytest.raises(Refusal, match="The MCP server cannot be reached") as refused:
        await mcp.add(WORKSPACE, draft("http://127.0.0.1:9/mcp?key=sesame", timeout=2))
    assert "sesame" not in refused.value.message
    assert await mcp.providers(WORKSPACE) == []


async def test_private_addresses_are_not_connected_to(db: Database, tmp_path: Path, over_http: str):
    service = McpService(db, Crypto.open(tmp_path / "key"), McpConnections(EgressRules()), callback=CALLBACK)
    for address in (over_http, over_http.replace("127.0.0.1", "localhost"), "http://169.254.169.254/mcp"):
        with pytest.raises(Refusal, match="is refused: it is no public address"):
            await service.add(WORKSPACE, draft(address, timeout=2))
    await service.close()


async def test_secrets_are_sealed_and_masked(mcp: McpService, db: Database, over_http: str):
    provider = await mcp.add(WORKSPACE, draft(f"{over_http}?key=sesame", headers={"Authorization": "Bearer tulip-9"}))
    assert provider.more["masked_headers"] == {"Authorization": "Be**********-9"}
    assert "sesame" not in str(provider)
    async with db.connect() as connection:
        from sqlalchemy import text

        row = (await connection.execute(text("SELECT * FROM tool_mcp_servers"))).one()
    assert "sesame" not in str(row)
    assert "tulip" not in str(row)
    kept = await mcp.update(
        WORKSPACE,
        provider.id,
        draft(str(provider.more["server_url"]), headers={"Authorization": "Be**********-9"}),
    )
    found = await mcp.find(WORKSPACE, "public")
    assert found is not None
    assert found.server.address == f"{over_http}?key=sesame"
    assert found.server.headers == (("Authorization", "Bearer tulip-9"),)
    assert kept.tools == provider.tools


async def test_names_identifiers_and_addresses_are_taken_once(mcp: McpService, over_http: str, over_sse: str):
    await mcp.add(WORKSPACE, draft(over_http))
    for other, what in (
        (McpDraft(name="Public", identifier="b", address=over_sse), "name"),
        (McpDraft(name="B", identifier="public", address=over_sse), "identifier"),
        (McpDraft(name="B", identifier="b", address=over_http), "address"),
    ):
        with pytest.raises(Conflict, match=f"has this {what} already"):
            await mcp.add(WORKSPACE, other)
    assert (await mcp.add(OTHER_WORKSPACE, draft(over_http))).name == "Public"


async def test_another_workspace_sees_nothing(mcp: McpService, tooling: Tooling, over_http: str):
    provider = await mcp.add(WORKSPACE, draft(over_http))
    assert await mcp.providers(OTHER_WORKSPACE) == []
    for forbidden in (mcp.provider, mcp.refresh, mcp.delete, mcp.authorize):
        with pytest.raises(NotFound):
            await forbidden(OTHER_WORKSPACE, provider.id)
    with pytest.raises(ToolNodeError, match='no MCP server "public"'):
        await tooling.call(tool("add"), {"a": 1}, workspace=OTHER_WORKSPACE)


async def test_a_deleted_server_is_gone(mcp: McpService, tooling: Tooling, over_http: str):
    provider = await mcp.add(WORKSPACE, draft(over_http))
    await mcp.delete(WORKSPACE, provider.id)
    with pytest.raises(ToolNodeError, match='no MCP server "public"'):
        await tooling.call(tool("add"), {"a": 1})
    with pytest.raises(NotFound):
        await mcp.delete(WORKSPACE, provider.id)


async def test_an_unknown_tool_names_the_way_out(mcp: McpService, tooling: Tooling, over_http: str):
    await mcp.add(WORKSPACE, draft(over_http))
    with pytest.raises(ToolNodeError, match="refresh its tools if it is a new one"):
        await tooling.call(tool("subtract"), {})


async def test_a_server_that_is_off_is_not_called(mcp: McpService, tooling: Tooling, over_http: str):
    provider = await mcp.add(WORKSPACE, draft(over_http))
    await mcp.switch(WORKSPACE, provider.id, enabled=False)
    with pytest.raises(ToolNodeError, match='"Public" is switched off'):
        await tooling.call(tool("add"), {"a": 3})
    await mcp.refresh(WORKSPACE, provider.id)
    assert not (await mcp.provider(WORKSPACE, provider.id)).more["enabled"]
    await mcp.switch(WORKSPACE, provider.id, enabled=True)
    assert ToolText("5") in await tooling.call(tool("add"), {"a": 3})
