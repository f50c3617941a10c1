"""A strict Replicate: predictions that are made, polled, listened to and cancelled."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from tests.doubles import vectors
from tests.doubles.http_double import RECORDED, Refused
from tests.doubles.openai_wire import tokens_of
from tests.doubles.recording import JsonValue
from tests.doubles.script import Reply
from tests.doubles.vendor import ScriptedVendor


class ScriptedReplicate(ScriptedVendor):
    """The API under `url`. `field` is what the embedding model calls its texts; `waits` how often it is polled."""

    def __init__(self, *, field: str = "texts", waits: int = 0, streams: bool = True) -> None:
        super().__init__()
        self.field = field
        self.waits = waits
        self.streams = streams
        self.failed = ""
        self.cancelled: list[str] = []
        self._predictions: dict[str, dict[str, Any]] = {}

    @property
    def url(self) -> str:
        return f"{self.origin}/v1"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/collections/language-models", self._collection),
            web.post("/v1/predictions", self._versioned),
            web.post("/v1/models/{owner}/{name}/predictions", self._official),
            web.get("/v1/models/{owner}/{name}", self._model),
            web.get("/v1/models/{owner}/{name}/versions/{version}", self._version),
            web.get("/v1/predictions/{id}", self._poll),
            web.post("/v1/predictions/{id}/cancel", self._cancel),
            web.get("/stream/{id}", self._stream),
        ]

    async def _collection(self, request: web.Request) -> web.StreamResponse:
        models = [{"owner": "meta", "name": "meta-llama-3-8b-instruct", "visibility": "public"}]
        return web.json_response({"name": "Language models", "slug": "language-models", "models": models})

    def error_body(self, refused: Refused) -> JsonValue:
        return {"detail": refused.message, "status": refused.status}

    def broken_off(self) -> bytes:
        return b"event: error\ndata: the model ran out of memory\n\n"

    async def _versioned(self, request: web.Request) -> web.StreamResponse:
        return self._begun(request, self.json_body(request[RECORDED], "replicate/prediction"))

    async def _official(self, request: web.Request) -> web.StreamResponse:
        return self._begun(request, self.json_body(request[RECORDED], "replicate/model_prediction"))

    def _begun(self, request: web.Request, body: Any) -> web.Response:
        given = body["input"]
        name = f"p{len(self._predictions)}"
        if "prompt" in given:
            reply = self.next_reply(request[RECORDED]) or Reply("Hello there")
            output: Any = list(tokens_of(reply.text))
        else:
            texts = json.loads(given[self.field]) if self.field != "text" else [given["text"]]
            output = [vectors.embed(text, 16) for text in texts]
        urls = {"get": f"{self.origin}/v1/predictions/{name}", "cancel": f"{self.origin}/v1/predictions/{name}/cancel"}
        if body.get("stream") and self.streams:
            urls["stream"] = f"{self.origin}/stream/{name}"
        self._predictions[name] = {"id": name, "urls": urls, "output": output, "left": self.waits}
        return web.json_response(self._shown(name), status=201)

    def _shown(self, name: str) -> dict[str, Any]:
        kept = self._predictions[name]
        shown = {"id": name, "urls": kept["urls"], "status": "processing", "output": None, "error": None}
        if kept["left"] > 0:
            kept["left"] -= 1
            return shown
        if self.failed:
            return {**shown, "status": "failed", "error": self.failed}
        return {**shown, "status": "succeeded", "output": kept["output"]}

    async def _poll(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._shown(request.match_info["id"]))

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        self.cancelled.append(request.match_info["id"])
        self.changed()
        return web.json_response({"id": request.match_info["id"], "status": "canceled"})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Accept") != "text/event-stream":
            raise Refused(406, "an event stream is all there is")
        return await self.streamed(request, self._events(self._predictions[request.match_info["id"]]["output"]))

    def _events(self, pieces: list[str]) -> Iterator[bytes]:
        for number, piece in enumerate(pieces):
            lines = "\n".join(f"data: {line}" for line in piece.split("\n"))
            yield f"event: output\nid: {number}\n{lines}\n\n".encode()
        yield b"event: done\ndata: {}\n\n"

    async def _model(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"name": request.match_info["name"], "latest_version": self._described()})

    async def _version(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0)
        return web.json_response(self._described())

    def _described(self) -> dict[str, Any]:
        members = {self.field: {"type": "string"}, "normalize": {"type": "boolean"}}
        return {"id": "v1", "openapi_schema": {"components": {"schemas": {"Input": {"properties": members}}}}}
