"""Strict servers of those whose speech has a layout of its own: Model Studio, MiniMax, Fish Audio, Tencent Cloud."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from tests.doubles import media, vectors
from tests.doubles.http_double import RECORDED, Refused
from tests.doubles.recording import Form, JsonValue, Request
from tests.doubles.rerank_wire import shared_words
from tests.doubles.vendor import ScriptedVendor


class ScriptedSpeech(ScriptedVendor):
    """What these vendors share: what is heard in a recording."""

    transcript = "Good morning"

    def broken_off(self) -> bytes:
        return b""


class ScriptedDashScope(ScriptedSpeech):
    """Model Studio's own paths beside the compatible ones."""

    @property
    def url(self) -> str:
        return f"{self.origin}/compatible-mode/v1"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/v1/services/rerank/text-rerank/text-rerank", self._rerank),
            web.post("/api/v1/services/aigc/multimodal-generation/generation", self._generate),
        ]

    def error_body(self, refused: Refused) -> JsonValue:
        return {"code": "InvalidParameter", "message": refused.message, "request_id": "1"}

    async def _rerank(self, request: web.Request) -> web.StreamResponse:
        body: Any = self.json_body(request[RECORDED], "speech/dashscope_rerank")
        ranked = shared_words(body["input"]["query"], body["input"]["documents"])[: body["parameters"].get("top_n")]
        results: list[Any] = [{"index": index, "relevance_score": score} for index, score in ranked]
        return web.json_response({"output": {"results": results}, "usage": {"total_tokens": 79}, "request_id": "1"})

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        recorded = request[RECORDED]
        if "X-DashScope-SSE" not in request.headers:
            self.json_body(recorded, "speech/dashscope_asr")
            said = {"role": "assistant", "content": [{"text": self.transcript}]}
            choice = {"finish_reason": "stop", "message": said}
            return web.json_response({"output": {"choices": [choice]}, "usage": {"seconds": 3}, "request_id": "1"})
        self.json_body(recorded, "speech/dashscope_tts")
        return await self.streamed(request, self._sound())

    def _sound(self) -> Iterator[bytes]:
        samples = media.pcm()
        for number, at in enumerate(range(0, len(samples), 400)):
            audio = {"data": base64.b64encode(samples[at : at + 400]).decode(), "id": "audio_1"}
            output = json.dumps({"output": {"finish_reason": "null", "audio": audio}, "usage": {}})
            yield f"id:{number}\nevent:result\n:HTTP_STATUS/200\ndata:{output}\n\n".encode()
        last = {"output": {"finish_reason": "stop", "audio": {"data": "", "url": "http://127.0.0.1/a.wav"}}}
        yield f"id:99\nevent:result\n:HTTP_STATUS/200\ndata:{json.dumps(last)}\n\n".encode()


class ScriptedMiniMax(ScriptedSpeech):
    """MiniMax, which refuses with status 200."""

    def __init__(self, group: str = "group-1") -> None:
        super().__init__()
        self.group = group
        self.state = (0, "success")

    @property
    def url(self) -> str:
        return f"{self.origin}/v1"

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/embeddings", self._embed), web.post("/v1/t2a_v2", self._speak)]

    def check_key(self, recorded: Request) -> None:
        super().check_key(recorded)
        if recorded.query != (("GroupId", self.group),):
            raise Refused(400, "invalid group id")

    def _state(self) -> dict[str, Any]:
        return {"status_code": self.state[0], "status_msg": self.state[1]}

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        body: Any = self.json_body(request[RECORDED], "speech/minimax_embed")
        found = None if self.state[0] else [vectors.embed(text, 16) for text in body["texts"]]
        return web.json_response({"vectors": found, "total_tokens": 12, "base_resp": self._state()})

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        self.json_body(request[RECORDED], "speech/minimax_tts")
        if self.state[0]:
            return web.json_response({"base_resp": self._state()})
        sound = media.mp3()
        halves = [sound[:500], sound[500:]]
        events = [{"data": {"audio": each.hex(), "status": 1}, "base_resp": self._state()} for each in halves]
        events.append({"data": {"audio": sound.hex(), "status": 2}, "base_resp": self._state()})
        return await self.streamed(request, (f"data: {json.dumps(each)}\n\n".encode() for each in events))


class ScriptedFishAudio(ScriptedSpeech):
    """Fish Audio with one voice of the account and one public voice."""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/tts", self._speak),
            web.post("/v1/asr", self._transcribe),
            web.get("/model", self._voices),
        ]

    def error_body(self, refused: Refused) -> JsonValue:
        return {"status": refused.status, "message": refused.message}

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        body: Any = self.json_body(request[RECORDED], "speech/fishaudio_tts")
        if request.headers.get("model") not in ("s1", "s2-pro"):
            raise Refused(400, "unknown model")
        return web.Response(body=media.mp3() if body["format"] == "mp3" else media.wav(), content_type="audio/mpeg")

    async def _transcribe(self, request: web.Request) -> web.StreamResponse:
        form = request[RECORDED].body
        if not isinstance(form, Form) or [part.field for part in form.files] != ["audio"]:
            raise Refused(400, "a multipart body with the file `audio` is required")
        return web.json_response({"text": self.transcript, "duration": 1000, "segments": []})

    async def _voices(self, request: web.Request) -> web.StreamResponse:
        own = request.query.get("self") == "true"
        voice = {"_id": "mine", "title": "Mine"} if own else {"_id": "theirs", "title": "Theirs"}
        return web.json_response({"total": 1, "items": [{**voice, "type": "tts", "languages": ["en", "ja"]}]})


class ScriptedTencent(ScriptedSpeech):
    """Tencent Cloud's recognition of recordings; `key` is the secret id, `secret` what it signs with."""

    def __init__(self) -> None:
        super().__init__(key="AKID1")
        self.secret = "s3cret"

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/asr/flash/v1/{app}", self._recognise)]

    def check_key(self, recorded: Request) -> None:
        """A wrong signature is answered with status 200."""

    async def _recognise(self, request: web.Request) -> web.StreamResponse:
        recorded = request[RECORDED]
        asked = "&".join(f"{name}={value}" for name, value in sorted(recorded.query))
        text = f"POST{request.host}{request.path}?{asked}".encode()
        right = base64.b64encode(hmac.digest(self.secret.encode(), text, hashlib.sha1)).decode()
        if recorded.headers.get("authorization") != right or dict(recorded.query).get("secretid") != self.key:
            return web.json_response({"code": 4002, "message": "signature check failed", "request_id": "1"})
        if dict(recorded.query).get("voice_format") not in (
            "wav",
            "pcm",
            "ogg-opus",
            "speex",
            "silk",
            "mp3",
            "m4a",
            "aac",
        ):
            return web.json_response({"code": 4001, "message": "bad voice_format", "request_id": "1"})
        result = [{"text": self.transcript, "channel_id": 0, "sentence_list": []}]
        return web.json_response({"code": 0, "message": "", "audio_duration": 1000, "flash_result": result})
