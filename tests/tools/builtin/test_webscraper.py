"""Reading web pages (models-and-tools §4.9)."""

import io
from pathlib import Path

import pytest
from aiohttp import web
from docx import Document

from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.recording import JsonValue
from tests.nodes.ports import replies
from tests.tools.builtin.calls import a_call, given, open_http
from treadle.engine.errors import ToolInvokeError
from treadle.engine.ports import ModelProfile, ModelRef
from treadle.platform.egress import GuardedHttp
from treadle.settings import Settings
from treadle.tools.messages import Text

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

PAGE = """<!doctype html><html lang="en"><head><title>On weaving</title><meta name="author" content="Ada Weaver">
<meta property="article:published_time" content="2024-02-03"></head><body><nav><a href="/">Home</a> <a href="/x">X</a>
</nav><article><h1>On weaving</h1><p>A treadle is a pedal that a weaver works with the foot while both hands stay with
the shuttle, so that the loom never has to wait for anybody.</p><p>Looms with eight treadles lift any combination of
their shafts, which is how patterns of some width come about in plain cotton cloth.</p></article><script>x()</script>
</body></html>"""


class Pages(HttpDouble):
    """A site with a page, a picture, a text and a page for browsers alone."""

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/{name}", self._page)]

    def error_body(self, refused: Refused) -> JsonValue:
        return {"error": refused.message}

    async def _page(self, request: web.Request) -> web.StreamResponse:
        agent = request[RECORDED].headers.get("user-agent", "")
        match request.match_info["name"]:
            case "page":
                return web.Response(text=PAGE, content_type="text/html")
            case "browsers" if "Chrome" not in agent:
                return web.Response(status=403, text="go away")
            case "browsers":
                return web.Response(text=PAGE, content_type="text/html")
            case "text":
                return web.Response(
                    body="grüße".encode("latin-1"), headers={"Content-Type": "text/plain; charset=latin-1"}
                )
            case "closed":
                return web.Response(status=403, text="members only")
            case "empty":
                return web.Response(text="<html></html>", content_type="text/html")
            case "document":
                document = Document()
                document.add_paragraph("Eight shafts.")
                written = io.BytesIO()
                document.save(written)
                return web.Response(body=written.getvalue(), content_type=WORD)
            case "broken":
                return web.Response(body=b"no document", content_type="application/pdf")
            case "picture":
                return web.Response(body=b"x" * 1000, content_type="image/png")
            case _:
                return web.Response(status=404, text="nothing here")


READ = """TITLE: On weaving
AUTHORS: Ada Weaver
PUBLISH DATE: 2024-02-03
TEXT: On weaving
A treadle is a pedal that a weaver works with the foot while both hands stay with the shuttle, so that the loom never \
has to wait for anybody.
Looms with eight treadles lift any combination of their shafts, which is how patterns of some width come about in \
plain cotton cloth."""


async def test_pages(tmp_path: Path) -> None:
    async with Pages() as site, open_http(tmp_path) as http:

        async def read(name: str) -> str:
            [message] = await given("webscraper", "webscraper", a_call({"url": f"{site.origin}/{name}"}, http=http))
            assert isinstance(message, Text)
            return message.text

        assert await read("page") == READ
        assert await read("text") == "grüße"
        assert await read("empty") == "The page holds no readable text."
        assert await read("picture") == "The address holds image/png, which cannot be read as text."
        assert [each.method for each in site.requests] == ["HEAD", "GET"] * 3 + ["HEAD"]
        assert await read("document") == "Eight shafts."
        with pytest.raises(ToolInvokeError, match="The document at the address cannot be read"):
            await read("broken")
        assert await read("browsers") == READ
        with pytest.raises(ToolInvokeError, match="answered with status 403: members only") as closed:
            await read("closed")
        assert type(closed.value) is ToolInvokeError
        with pytest.raises(ToolInvokeError, match="status 404: nothing here"):
            await read("elsewhere")


async def test_a_private_address_is_refused(tmp_path: Path) -> None:
    async with Pages() as site:
        http = GuardedHttp(Settings(data_dir=tmp_path))
        try:
            with pytest.raises(ToolInvokeError, match="is refused: it is no public address"):
                await given("webscraper", "webscraper", a_call({"url": f"{site.origin}/page"}, http=http))
        finally:
            await http.close()
        assert site.requests == []


async def test_a_long_page_is_summarised_by_the_default_model(tmp_path: Path) -> None:
    async with Pages() as site, open_http(tmp_path) as http:
        parameters = {"url": f"{site.origin}/page", "generate_summary": True}
        model = ModelRef("local", "small")

        models = replies("A treadle", " is a pedal.")
        models.model = ModelProfile(context_size=10_000)
        [whole] = await given("webscraper", "webscraper", a_call(parameters, http=http, models=models, model=model))
        assert whole == Text(READ)

        models.model = ModelProfile(context_size=100)
        [short] = await given("webscraper", "webscraper", a_call(parameters, http=http, models=models, model=model))
        assert short == Text("A treadle is a pedal.")
        assert len(models.requests) == 1
        assert models.requests[0].messages[1].content == READ

        with pytest.raises(ToolInvokeError, match="needs a default language model"):
            await given("webscraper", "webscraper", a_call(parameters, http=http))
