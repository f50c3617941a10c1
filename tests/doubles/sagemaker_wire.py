"""A strict runtime of SageMaker, and the bucket beside it: signatures are checked, streams are binary frames."""

import json
from typing import Any

from aiohttp import web

from tests.doubles import media, vectors
from tests.doubles.bedrock_wire import STREAM, authorization, frame
from tests.doubles.http_double import RECORDED, Refused
from tests.doubles.openai_wire import event
from tests.doubles.recording import Request
from tests.doubles.rerank_wire import shared_words
from tests.doubles.scripted_model import ScriptedModel

_PART = {":event-type": "PayloadPart", ":content-type": "application/octet-stream", ":message-type": "event"}


class ScriptedSageMaker(ScriptedModel):
    """Endpoints `chat`, `vectors`, `scores`, `whisper`, `voice`; what `chat` says is scripted."""

    def __init__(self) -> None:
        super().__init__()
        self.secret = "secret/key"
        self.broken: tuple[str, bytes] | None = None
        """An exception that takes the place of the second frame: its type and its words."""
        self.stored: dict[str, bytes] = {}
        self.transcript = "Good morning"

    @property
    def url(self) -> str:
        return self.origin

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/endpoints/chat/invocations", self._chat),
            web.post("/endpoints/chat/invocations-response-stream", self._chat_stream),
            web.post("/endpoints/vectors/invocations", self._embed),
            web.post("/endpoints/scores/invocations", self._rank),
            web.post("/endpoints/whisper/invocations", self._hear),
            web.post("/endpoints/voice/invocations", self._say),
            web.post("/", self._endpoints),
            web.put("/bucket/{name:.+}", self._store),
            web.get("/bucket/{name:.+}", self._load),
        ]

    def admit(self, recorded: Request) -> None:
        """Signatures are checked where the path is known as it was sent."""

    def _checked(self, request: web.Request) -> Request:
        recorded = request[RECORDED]
        right = authorization(request, recorded, "AKIASCRIPTED", self.secret, "sagemaker")
        if recorded.headers.get("authorization") != right:
            raise Refused(403, "The request signature we calculated does not match.", kind="auth")
        return recorded

    def _object(self, request: web.Request) -> dict[str, Any]:
        body = self._checked(request).json
        if not isinstance(body, dict):
            raise Refused(400, "an object is required")
        return body

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = self._object(request)
        self.check("openai/chat_completions", {"model": "endpoint", **body})
        message = {"role": "assistant", "content": self._reply(request)}
        return web.json_response({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})

    async def _chat_stream(self, request: web.Request) -> web.StreamResponse:
        body = self._object(request)
        self.check("openai/chat_completions", {"model": "endpoint", **body})
        if body.get("stream") is not True:
            raise Refused(400, "stream must be true")
        words = self._reply(request).split(" ")
        chunks = [
            {"choices": [{"index": 0, "delta": {"content": word if not at else f" {word}"}}]}
            for at, word in enumerate(words)
        ]
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        sent = b"".join(event(chunk, self.style) for chunk in chunks) + b"data: [DONE]\n\n"
        response = web.StreamResponse(headers={"Content-Type": STREAM})
        await response.prepare(request)
        for number, at in enumerate(range(0, len(sent), 37)):  # frames are cut without regard to events
            if self.broken and number == 1:
                kind, words_of_it = self.broken
                await response.write(frame({":message-type": "exception", ":exception-type": kind}, words_of_it))
                break
            await response.write(frame(_PART, sent[at : at + 37]))
        await response.write_eof()
        return response

    def _reply(self, request: web.Request) -> str:
        reply = self.next_reply(request[RECORDED])
        return reply.text if reply is not None else "Hello there"

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        return web.json_response([vectors.embed(text, 16) for text in self._object(request)["inputs"]])

    async def _rank(self, request: web.Request) -> web.StreamResponse:
        body = self._object(request)
        self.check("retrieval/tei_rerank", dict(body))
        return web.json_response(
            [{"index": index, "score": score} for index, score in shared_words(body["query"], body["texts"])]
        )

    async def _endpoints(self, request: web.Request) -> web.StreamResponse:
        recorded = self._checked(request)
        if request.headers.get("X-Amz-Target") != "SageMaker.ListEndpoints":
            raise Refused(400, "UnknownOperationException")
        if request.content_type != "application/x-amz-json-1.1":
            raise Refused(400, "JSON 1.1 is required")
        body = json.loads(recorded.raw)
        if set(body) - {"StatusEquals", "MaxResults", "NextToken"} or body["StatusEquals"] != "InService":
            raise Refused(400, "ValidationException")
        names, more = (["whisper"], {}) if body.get("NextToken") else (["chat", "vectors"], {"NextToken": "2"})
        found = [{"EndpointName": name, "EndpointArn": "arn", "EndpointStatus": "InService"} for name in names]
        return web.json_response({"Endpoints": found, **more})

    async def _hear(self, request: web.Request) -> web.StreamResponse:
        recorded = self._checked(request)
        sound = recorded.raw
        if isinstance(recorded.body, dict):
            address = str(recorded.json["audio_s3_presign_uri"])
            if "X-Amz-Signature=" not in address:
                raise Refused(400, "the address is not signed")
            sound = self.stored[address.partition("?")[0].removeprefix(self.origin)]
        if sound != media.mp3() and not sound.startswith(b"RIFF"):
            raise Refused(400, "no sound")
        return web.json_response({"text": [self.transcript]})

    async def _say(self, request: web.Request) -> web.StreamResponse:
        body = self._object(request)
        self.check("sagemaker/tts", dict(body))
        self.stored["/bucket/said.mp3"] = media.mp3()
        return web.json_response({"s3_presign_url": f"{self.origin}/bucket/said.mp3"})

    async def _store(self, request: web.Request) -> web.StreamResponse:
        if "/s3/aws4_request" not in request[RECORDED].headers.get("authorization", ""):
            raise Refused(403, "unsigned", kind="auth")
        self.stored[request.path] = request[RECORDED].raw
        return web.Response()

    async def _load(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self.stored[request.path], content_type="audio/mpeg")
