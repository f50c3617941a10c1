"""What apps may reach. No test leaves the machine: public addresses are never connected to."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from treadle.engine.errors import HttpRequestNodeError, InvalidURLError, ResponseSizeError
from treadle.engine.ports import HttpRequest, HttpResponse
from treadle.platform.egress import CheckedResolver, GuardedHttp
from treadle.platform.egress_rules import EgressRefused, EgressRules
from treadle.settings import Settings

PUBLIC = "93.184.216.34"


class FakeResolver(AbstractResolver):
    """Answers from a table; several answers for a name are given in turn."""

    def __init__(self, **table: list[list[str]]) -> None:
        self._table = {name.replace("_", "."): answers for name, answers in table.items()}
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[ResolveResult]:
        self.asked.append(host)
        answers = self._table.get(host)
        if answers is None:
            raise OSError(f"no address for {host}")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [result(host, address, port) for address in addresses]

    async def close(self) -> None: ...


def result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)


@dataclass
class Seen:
    """What the server was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    port: int = 0
    seen: list[Seen] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "inside.test") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server on loopback. `/redirect/CODE?to=URL` redirects, `/size/N` answers N bytes, `/bomb` inflates."""
    server = Server()

    async def answer(request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        server.seen.append(Seen(request.method, request.raw_path, headers, await request.read()))
        match request.path.split("/"):
            case ["", "redirect", code]:
                return web.Response(status=int(code), headers={"Location": request.query["to"]})
            case ["", "size", size]:
                return web.Response(body=b"x" * int(size))
            case ["", "bomb"]:
                body = gzip.compress(b"\0" * 50_000_000)
                return web.Response(body=body, headers={"Content-Encoding": "gzip"})
            case ["", "slow"]:
                await asyncio.sleep(60)
            case ["", "drip"]:
                stream = web.StreamResponse()
                await stream.prepare(request)
                while True:
                    await stream.write(b".")
                    await asyncio.sleep(0.02)
            case _:
                pass
        return web.Response(text="hello", headers=[("X-A", "1"), ("X-A", "2")])  # type: ignore[arg-type]

    app = web.Application(client_max_size=1 << 26)
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    yield server
    await runner.cleanup()


@pytest.fixture
async def guards() -> AsyncIterator[Any]:
    """Makes guards and closes them."""
    made: list[GuardedHttp] = []

    def make(*allowed: str, resolver: AbstractResolver | None = None, seconds: float = 30) -> GuardedHttp:
        settings = Settings(egress_allow=allowed, egress_timeout=seconds)
        guard = GuardedHttp(settings, resolver or FakeResolver(inside_test=[["127.0.0.1"]]))
        made.append(guard)
        return guard

    yield make
    for guard in made:
        await guard.close()


def get(url: str, **changes: Any) -> HttpRequest:
    return HttpRequest(**{"method": "GET", "url": url, **changes})


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://2130706433:{port}/",
        "http://0177.0.0.1:{port}/",
        "http://0x7f.0.0.1:{port}/",
        "http://0x7f000001:{port}/",
        "http://0:{port}/",
        "http://0.0.0.0:{port}/",
        "http://[::1]:{port}/",
        "http://[::]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[::ffff:7f00:1]:{port}/",
        "http://[::127.0.0.1]:{port}/",
        "http://[64:ff9b::7f00:1]:{port}/",
        "http://[2002:7f00:1::]:{port}/",
        "http://[fe80::1%25lo]:{port}/",
        "http://[fd00:ec2::254]:{port}/",
        "http://①②⑦.⓪.⓪.①:{port}/",
        "http://example.com@127.0.0.1:{port}/",
        "http://127.0.0.1\\@example.com:{port}/",
        "http://localhost:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://172.31.255.255/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://100.127.255.254/",
        "http://198.18.0.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
    ],
)
async def test_no_spelling_of_a_private_address_is_reached(server: Server, guards: Any, url: str) -> None:
    resolver = FakeResolver(
        **{"localhost": [["127.0.0.1"]], "0x7f_0_0_1": [["127.0.0.1"]], "0x7f000001": [["127.0.0.1"]]}
    )
    with pytest.raises(HttpRequestNodeError):
        await guards(resolver=resolver).send(get(url.format(port=server.port)))
    assert server.seen == []


async def test_a_refusal_says_what_to_do_and_counts_as_a_failed_request(guards: Any) -> None:
    with pytest.raises(EgressRefused, match=r"169\.254\.169\.254 is refused.*TREADLE_EGRESS_ALLOW") as refused:
        await guards().send(get("http://169.254.169.254/"))
    assert refused.value.error_type == "HttpRequestNodeError"


async def test_a_name_that_leads_inside_is_refused_with_both(server: Server, guards: Any) -> None:
    with pytest.raises(EgressRefused, match=r"inside\.test \(127\.0\.0\.1\) is refused"):
        await guards().send(get(server.url()))


async def test_one_private_address_among_public_ones_is_enough(server: Server, guards: Any) -> None:
    resolver = FakeResolver(mixed_test=[[PUBLIC, "127.0.0.1"]])
    with pytest.raises(EgressRefused):
        await guards(resolver=resolver).send(get(server.url(host="mixed.test")))


async def test_a_name_cannot_move_between_two_requests(server: Server, guards: Any) -> None:
    resolver = FakeResolver(moving_test=[["127.0.0.1"], ["10.0.0.1"]])
    guard = guards("127.0.0.1", resolver=resolver)
    assert (await guard.send(get(server.url(host="moving.test"), headers=(("Connection", "close"),)))).status == 200
    with pytest.raises(EgressRefused, match=r"10\.0\.0\.1"):
        await guard.send(get(server.url(host="moving.test")))
    assert resolver.asked == ["moving.test", "moving.test"]


class ShiftingResults(list[ResolveResult]):
    """A list that shows a public address when it is checked, and loopback when it is used."""

    looks = 0

    def __iter__(self) -> Iterator[ResolveResult]:
        self.looks += 1
        return iter([result("shifty.test", PUBLIC if self.looks == 1 else "127.0.0.1", 0)])


async def test_the_address_is_checked_again_when_it_is_connected_to(server: Server, guards: Any) -> None:
    class ShiftingResolver(FakeResolver):
        async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[ResolveResult]:
            shifting = ShiftingResults()
            shifting.append(result(host, "127.0.0.1", port))
            return shifting

    rules = EgressRules()
    resolved = await CheckedResolver(rules, ShiftingResolver()).resolve("shifty.test", server.port)
    assert [found["host"] for found in resolved] == ["127.0.0.1"]
    with pytest.raises(HttpRequestNodeError, match="127"):
        await guards(resolver=ShiftingResolver()).send(get(server.url(host="shifty.test")))
    assert server.seen == []


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_cannot_lead_inside(server: Server, guards: Any, code: int) -> None:
    guard = guards(f"inside.test:{server.port}")
    for target in ("http://127.0.0.1/", "http://169.254.169.254/", "http://[::1]/", "http://localtest.me/"):
        with pytest.raises(HttpRequestNodeError):
            await guard.send(get(server.url(f"/redirect/{code}?to={target}")))
    assert all(seen.path.startswith("/redirect") for seen in server.seen)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://inside.test/", "gopher://inside.test/"])
async def test_a_redirect_cannot_leave_http(server: Server, guards: Any, target: str) -> None:
    with pytest.raises(InvalidURLError):
        await guards("inside.test").send(get(server.url(f"/redirect/302?to={target}")))


@pytest.mark.parametrize(
    ("code", "method", "following", "body"),
    [
        (301, "POST", "GET", b""),
        (302, "POST", "GET", b""),
        (303, "POST", "GET", b""),
        (303, "PUT", "GET", b""),
        (303, "HEAD", "HEAD", b""),
        (302, "PUT", "PUT", b"data"),
        (307, "POST", "POST", b"data"),
        (308, "POST", "POST", b"data"),
    ],
)
async def test_redirects_rewrite_methods_as_browsers_do(
    server: Server, guards: Any, code: int, method: str, following: str, body: bytes
) -> None:
    request = get(
        server.url(f"/redirect/{code}?to=/end"), method=method, body=b"data", headers=(("Content-Type", "text/x"),)
    )
    answer = await guards("inside.test").send(request)
    assert (answer.status, answer.url) == (200, server.url("/end"))
    last = server.seen[-1]
    assert (last.method, last.path, last.body) == (following, "/end", body)
    assert last.headers.get("content-type", "") != "text/x" or body


async def test_credentials_stay_with_the_origin_they_were_given_for(server: Server, guards: Any) -> None:
    resolver = FakeResolver(inside_test=[["127.0.0.1"]], other_test=[["127.0.0.1"]])
    guard = guards("inside.test", "other.test", resolver=resolver)
    secrets = dict.fromkeys(("X-API-KEY", "apikey", "X-Subscription-Token", "X-Access-Key", "AuthKey"), "k")
    headers = (("Authorization", "Bearer k"), ("Cookie", "a=b"), ("X-Mine", "1"), *secrets.items())
    same, other = server.url("/end"), server.url("/end", host="other.test")
    await guard.send(get(server.url(f"/redirect/302?to={same}"), headers=headers))
    assert server.seen[-1].headers["authorization"] == "Bearer k"
    await guard.send(get(server.url(f"/redirect/302?to={other}"), headers=headers))
    kept = server.seen[-1].headers
    assert (kept.get("authorization"), kept.get("cookie"), kept["x-mine"]) == (None, None, "1")
    assert not [name for name in secrets if name.lower() in kept]


@pytest.mark.parametrize(("code", "method"), [(307, "POST"), (308, "POST"), (302, "PUT"), (307, "PATCH")])
async def test_a_body_does_not_follow_to_another_server(server: Server, guards: Any, code: int, method: str) -> None:
    resolver = FakeResolver(inside_test=[["127.0.0.1"]], other_test=[["127.0.0.1"]])
    guard = guards("inside.test", "other.test", resolver=resolver)
    there = server.url("/end", host="other.test")
    request = get(server.url(f"/redirect/{code}?to={there}"), method=method, body=b"token=k")
    with pytest.raises(HttpRequestNodeError, match=r"redirects to another server, http://other\.test:\d+, which"):
        await guard.send(request)
    assert [seen.path.startswith("/redirect") for seen in server.seen] == [True]
    answer = await guard.send(get(server.url(f"/redirect/303?to={there}"), method=method, body=b"token=k"))
    assert (answer.status, server.seen[-1].method, server.seen[-1].body) == (200, "GET", b"")


async def test_redirects_come_to_an_end(server: Server, guards: Any) -> None:
    with pytest.raises(HttpRequestNodeError, match="more than 10 times"):
        await guards("inside.test").send(get(server.url("/redirect/302?to=//")))
    assert len(server.seen) == 11


async def test_an_answer_is_given_whole(server: Server, guards: Any) -> None:
    answer = await guards("inside.test").send(
        get(server.url("/a%20b?x=1%3A2&y=ü z"), method="POST", body=b"data", headers=(("Host", "virtual.test"),))
    )
    assert isinstance(answer, HttpResponse)
    assert (answer.status, answer.body, answer.headers["x-a"]) == (200, b"hello", "1, 2")
    [seen] = server.seen
    assert (seen.method, seen.path, seen.body) == ("POST", "/a%20b?x=1:2&y=%C3%BC+z", b"data")
    assert seen.headers["host"] == "virtual.test"


async def test_a_quoted_url_is_sent_as_it_is_written(server: Server, guards: Any) -> None:
    await guards("inside.test").send(get(server.url("/?x=1%3A2&y=%C3%BC+%2F")))
    assert server.seen[-1].path == "/?x=1%3A2&y=%C3%BC+%2F"


@pytest.mark.parametrize("url", ["", "ftp://x/", "//x/", "http://", "http://x:99999/", "http://a b/", "http://x:0/"])
async def test_what_is_no_http_url_is_refused(guards: Any, url: str) -> None:
    with pytest.raises(HttpRequestNodeError):
        await guards("x").send(get(url))


@pytest.mark.parametrize("text", ["\r\nX-Injected: 1", "\n", "\x00", "\t"])
async def test_control_characters_make_no_second_request(server: Server, guards: Any, text: str) -> None:
    guard = guards("inside.test")
    with pytest.raises(InvalidURLError):
        await guard.send(get(server.url(f"/a{text}")))
    if text != "\t":
        with pytest.raises(HttpRequestNodeError):
            await guard.send(get(server.url(), headers=(("X-A", f"1{text}"),)))
    assert server.seen == []


async def test_a_large_answer_is_cut_off(server: Server, guards: Any) -> None:
    guard = guards("inside.test")
    assert len((await guard.send(get(server.url("/size/1000"), max_bytes=1000))).body) == 1000
    with pytest.raises(ResponseSizeError):
        await guard.send(get(server.url("/size/1001"), max_bytes=1000))
    with pytest.raises(ResponseSizeError):
        await guard.send(get(server.url("/bomb"), max_bytes=1_000_000))


async def test_a_slow_answer_is_given_up(server: Server, guards: Any) -> None:
    with pytest.raises(HttpRequestNodeError, match="did not answer"):
        await guards("inside.test").send(get(server.url("/slow"), read_timeout=0.1))
    with pytest.raises(HttpRequestNodeError, match=r"within 0\.2 seconds"):
        await guards("inside.test", seconds=0.2).send(get(server.url("/drip")))


async def test_unreachable_hosts_are_told_clearly(guards: Any) -> None:
    with pytest.raises(HttpRequestNodeError, match="its name is not known"):
        await guards().send(get("http://nowhere.test/"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(HttpRequestNodeError, match="could not be reached"):
        await guards("inside.test").send(get(f"http://inside.test:{port}/"))


@pytest.mark.parametrize(
    ("allowed", "host", "address", "port", "reached"),
    [
        ("", "x", PUBLIC, 443, True),
        ("", "x", PUBLIC, 8443, True),
        ("", "x", PUBLIC, 22, False),
        ("", "x", PUBLIC, 25, False),
        ("", "x", PUBLIC, 1024, False),
        ("", "x", "2606:2800:220:1::1", 443, True),
        ("", "x", "::ffff:93.184.216.34", 443, True),
        ("", "x", "64:ff9b::5db8:d822", 443, True),
        ("", "x", "2001:db8::1", 443, False),
        ("", "x", "2001:0:5ef5:79fd::1", 443, False),
        ("", "x", "64:ff9b::a00:1", 443, False),
        ("", "x", "64:ff9b:1::1", 443, False),
        ("", "x", "ff02::1", 443, False),
        ("", "x", "fec0::1", 443, False),
        ("10.0.0.0/8", "x", "10.1.2.3", 80, True),
        ("10.0.0.0/8", "x", "10.1.2.3", 22, True),
        ("10.0.0.0/8", "x", "::ffff:10.1.2.3", 80, True),
        ("10.0.0.0/8", "x", "11.1.2.3", 22, False),
        ("10.0.0.5:8080", "x", "10.0.0.5", 8080, True),
        ("10.0.0.5:8080", "x", "10.0.0.5", 80, False),
        ("10.0.0.5:22", "x", PUBLIC, 22, False),
        ("[fd00::1]:80", "x", "fd00::1", 80, True),
        ("[fd00::1]:80", "x", "fd00::1", 81, False),
        ("fd00::/8", "x", "fd00::2", 80, True),
    ],
)
def test_addresses_and_ports(allowed: str, host: str, address: str, port: int, reached: bool) -> None:
    rules = EgressRules([allowed] if allowed else [])
    if reached:
        rules.check(host, address, port)
    else:
        with pytest.raises(EgressRefused):
            rules.check(host, address, port)


@pytest.mark.parametrize(
    ("allowed", "host", "port", "trusted"),
    [
        ("wiki.corp", "wiki.corp", 80, True),
        ("wiki.corp", "WIKI.corp.", 22, True),
        ("wiki.corp", "evilwiki.corp", 80, False),
        ("wiki.corp", "a.wiki.corp", 80, False),
        ("*.corp", "a.b.corp", 80, True),
        ("*.corp", "corp", 80, False),
        ("*.corp", "evilcorp", 80, False),
        ("wiki.corp:8080", "wiki.corp", 8080, True),
        ("wiki.corp:8080", "wiki.corp", 80, False),
    ],
)
def test_trusted_names(allowed: str, host: str, port: int, trusted: bool) -> None:
    assert EgressRules([allowed]).trusts(host, port) is trusted
