"""A server that answers with what it was sent, and with every kind of awkward response."""

import asyncio
import gzip
import json
from collections.abc import Mapping
from hashlib import sha256

from aiohttp import web

from tests.doubles import media
from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.recording import Form, JsonValue, Request

BIG_TEXT = 2 * 2**20

CHARSET_TEXT: Mapping[str, str] = {
    "utf-8": "Größe, naïve, 東京",
    "iso-8859-1": "Größe, naïve, café",
    "windows-1252": "“Größe” – naïve €",
    "gbk": "东京的天气很好，适合散步",
    "shift_jis": "東京の天気はとても良いです",
    "euc-kr": "서울의 날씨가 좋습니다",
    "big5": "東京的天氣很好，適合散步",
}


class EchoServer(HttpDouble):
    """Echoes any request as JSON, except under the paths named here.

    `/status/{n}` · `/slow?seconds=` · `/bytes/{n}` · `/file/{name}` (by extension: png, json as attachment,
    anything else as octet-stream text) · `/redirect?to=&status=` · `/big-text?size=` · `/stream?lines=` ·
    `/charset/{name}?label=` (label=no leaves the charset out of the content type) · `/drop` · `/gzip`
    """

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/status/{status:\\d+}", self._status),
            web.route("*", "/slow", self._slow),
            web.route("*", "/bytes/{count:\\d+}", self._bytes),
            web.route("*", "/file/{name}", self._file),
            web.route("*", "/redirect", self._redirect),
            web.route("*", "/big-text", self._big_text),
            web.route("*", "/stream", self._stream),
            web.route("*", "/charset/{name}", self._charset),
            web.route("*", "/drop", self._drop),
            web.route("*", "/gzip", self._gzip),
            web.route("*", "/{path:.*}", self._echo),
        ]

    def error_body(self, refused: Refused) -> JsonValue:
        return {"error": refused.message}

    async def _echo(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(echo_of(request[RECORDED]))

    async def _status(self, request: web.Request) -> web.StreamResponse:
        status = int(request.match_info["status"])
        if status in (204, 304):
            return web.Response(status=status)
        return web.json_response({"status": status}, status=status)

    async def _slow(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(float(request.query.get("seconds", "1")))
        return web.json_response(echo_of(request[RECORDED]))

    async def _bytes(self, request: web.Request) -> web.StreamResponse:
        count = int(request.match_info["count"])
        return web.Response(body=(bytes(range(256)) * (count // 256 + 1))[:count])

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        attachment = {"Content-Disposition": f'attachment; filename="{name}"'}
        match name.rpartition(".")[2]:
            case "png":
                return web.Response(body=media.png(), content_type="image/png")
            case "json":
                body = json.dumps({"name": name}).encode()
                return web.Response(body=body, content_type="application/json", headers=attachment)
            case _:
                body = f"The file {name}.\n".encode()
                return web.Response(body=body, content_type="application/octet-stream", headers=attachment)

    async def _redirect(self, request: web.Request) -> web.StreamResponse:
        status = int(request.query.get("status", "302"))
        return web.Response(status=status, headers={"Location": request.query["to"]})

    async def _big_text(self, request: web.Request) -> web.StreamResponse:
        size = int(request.query.get("size", str(BIG_TEXT)))
        line = "All work and no play makes a dull test. "
        return web.Response(text=(line * (size // len(line) + 1))[:size])

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/plain; charset=utf-8"})
        await response.prepare(request)
        for line in range(int(request.query.get("lines", "3"))):
            await response.write(f"line {line}\n".encode())
        return response

    async def _charset(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"].lower()
        body = CHARSET_TEXT[name].encode(name)
        label = "" if request.query.get("label") == "no" else f"; charset={name}"
        return web.Response(body=body, headers={"Content-Type": f"text/plain{label}"})

    async def _drop(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.close()
        return web.Response()

    async def _gzip(self, request: web.Request) -> web.StreamResponse:
        body = gzip.compress(json.dumps(echo_of(request[RECORDED])).encode())
        return web.Response(body=body, content_type="application/json", headers={"Content-Encoding": "gzip"})


def echo_of(recorded: Request) -> dict[str, JsonValue]:
    """A request as JSON. `text` is the body when it is UTF-8, `json`, `form` and `files` when it is such a body."""
    form = recorded.body if isinstance(recorded.body, Form) else Form()
    is_json = "json" in recorded.headers.get("content-type", "") and not isinstance(recorded.body, Form)
    text: str | None
    try:
        text = recorded.raw.decode()
    except UnicodeDecodeError:
        text = None
    return {
        "method": recorded.method,
        "path": recorded.path,
        "query": [[name, value] for name, value in recorded.query],
        "headers": dict(recorded.headers),
        "size": len(recorded.raw),
        "text": text,
        "json": json.loads(recorded.raw) if is_json and text else None,
        "form": [[name, value] for name, value in form.fields],
        "files": [
            {
                "field": part.field,
                "filename": part.filename,
                "content_type": part.content_type,
                "size": len(part.content),
                "sha256": sha256(part.content).hexdigest(),
            }
            for part in form.files
        ],
    }
