"""The echo server tells what it was sent and misbehaves on demand."""

from collections.abc import AsyncIterator
from hashlib import sha256

import aiohttp
import pytest

from tests.doubles.echo_server import CHARSET_TEXT, EchoServer


@pytest.fixture
async def echo() -> AsyncIterator[EchoServer]:
    async with EchoServer() as server:
        yield server


@pytest.fixture
async def http(echo: EchoServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(echo.url) as session:
        yield session


async def test_any_request_is_echoed(http: aiohttp.ClientSession, echo: EchoServer) -> None:
    async with http.patch("/any/path?b=2&a=1&a=%26", json={"x": [1]}, headers={"X-Own": "yes"}) as response:
        body = await response.json()

    assert (body["method"], body["path"]) == ("PATCH", "/any/path")
    assert body["query"] == [["b", "2"], ["a", "1"], ["a", "&"]]
    assert body["headers"]["x-own"] == "yes"
    assert (body["json"], body["text"], body["size"]) == ({"x": [1]}, '{"x": [1]}', 10)
    assert echo.requests[0].json == {"x": [1]}


async def test_forms_and_files_are_taken_apart(http: aiohttp.ClientSession) -> None:
    async with http.post("/form", data={"a": "1", "b": "ü"}) as response:
        plain = await response.json()
    form = aiohttp.FormData()
    form.add_field("title", "Größe")
    form.add_field("file", b"\x00\xff\r\n", filename="名前.bin", content_type="application/x-own")
    async with http.post("/upload", data=form) as response:
        multipart = await response.json()

    assert plain["form"] == [["a", "1"], ["b", "ü"]]
    assert multipart["form"] == [["title", "Größe"]]
    [part] = multipart["files"]
    assert {**part, "filename": None} == {
        "field": "file",
        "filename": None,
        "content_type": "application/x-own",
        "size": 4,
        "sha256": sha256(b"\x00\xff\r\n").hexdigest(),
    }


async def test_text_and_binary_bodies(http: aiohttp.ClientSession) -> None:
    async with http.put("/", data="täxt") as response:
        text = await response.json()
    async with http.put("/", data=b"\xff\x00", headers={"Content-Type": "application/octet-stream"}) as response:
        binary = await response.json()
    assert (text["text"], text["json"], text["form"]) == ("täxt", None, [])
    assert (binary["text"], binary["size"]) == (None, 2)


async def test_awkward_answers(http: aiohttp.ClientSession) -> None:
    async with http.get("/status/418") as response:
        assert response.status == 418
    async with http.get("/bytes/12582912") as response:
        assert len(await response.read()) == 12 * 2**20
    async with http.get("/big-text?size=1500000") as response:
        assert len(await response.text()) == 1_500_000
    async with http.get("/file/photo.png") as response:
        assert (response.content_type, (await response.read())[:4]) == ("image/png", b"\x89PNG")
    async with http.get("/file/data.json") as response:
        assert response.headers["Content-Disposition"] == 'attachment; filename="data.json"'
        assert await response.json() == {"name": "data.json"}
    async with http.get("/redirect?to=/landed&status=307", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (307, "/landed")
    async with http.get("/redirect?to=/landed") as response:
        assert (await response.json())["path"] == "/landed"
    async with http.get("/stream?lines=2") as response:
        assert await response.text() == "line 0\nline 1\n"
    async with http.get("/gzip") as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert (await response.json())["path"] == "/gzip"
    async with http.head("/file/data.json") as response:
        assert (response.status, await response.read()) == (200, b"")


@pytest.mark.parametrize("name", list(CHARSET_TEXT))
async def test_every_charset_is_served_with_and_without_its_label(http: aiohttp.ClientSession, name: str) -> None:
    async with http.get(f"/charset/{name}") as response:
        assert await response.text() == CHARSET_TEXT[name]
    async with http.get(f"/charset/{name}?label=no") as response:
        assert response.charset is None
        assert (await response.read()).decode(name) == CHARSET_TEXT[name]


async def test_dropped_and_slow_connections(http: aiohttp.ClientSession, echo: EchoServer) -> None:
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await http.get("/drop")
    with pytest.raises(TimeoutError):
        await http.get("/slow?seconds=30", timeout=aiohttp.ClientTimeout(total=0.1))
    assert (await echo.wait_client_closed()).path == "/slow"
