"""Strict servers of generateContent, at the Gemini API and at Vertex AI, whose answers are scripted."""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.doubles.anthropic_wire import ScriptedClaude, write
from tests.doubles.anthropic_wire import check as check_claude
from tests.doubles.gemini_files import ScriptedFiles
from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.openai_wire import tokens_of
from tests.doubles.recording import Form, JsonValue, Request
from tests.doubles.script import ModelScript, Reply, StreamStyle
from tests.doubles.vectors import embed

Chunk = dict[str, Any]

_STATUS = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE",
}  # fmt: skip
_FINISH = {"length": "MAX_TOKENS", "content_filter": "SAFETY"}


class ScriptedGemini(ModelScript, HttpDouble):
    """The API under `url`, which ends with `/v1beta`."""

    def __init__(self, *, key: str = "AIza-scripted") -> None:
        ModelScript.__init__(self)
        HttpDouble.__init__(self)
        self.key = key
        self.cached = 0
        """Prompt tokens that come from the cache."""
        self.sound = 0
        """Tokens of sound in the prompt."""
        self.gives_ids = True
        """Whether calls have ids, as those of newer models have."""
        self.block_reason: str | None = None
        self.model_pages: list[list[Chunk]] = [[{"name": "models/gemini-a", "displayName": "Gemini A"}]]
        self.files = ScriptedFiles()
        self._ids = itertools.count(1)

    @property
    def url(self) -> str:
        return f"{self.origin}/v1beta"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1beta/models/{call}", self._call),
            web.get("/v1beta/models", self._models),
            *self.files.routes(),
        ]

    def admit(self, recorded: Request) -> None:
        if recorded.headers.get("x-goog-api-key") != self.key:
            raise Refused(400, "API key not valid. Please pass a valid API key.", kind="auth", code="API_KEY_INVALID")
        self._fail_if_told(recorded)

    def _fail_if_told(self, recorded: Request) -> None:
        failure = self.next_failure(recorded)
        if failure is not None:
            code = failure.code or (f"{failure.retry_after:g}s" if failure.retry_after is not None else None)
            raise Refused(failure.status, failure.message, kind=None, code=code)

    def error_body(self, refused: Refused) -> JsonValue:
        details: list[JsonValue] = []
        if refused.code is not None and refused.code[0].isdigit():
            details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": refused.code})
        elif refused.code is not None:
            details.append({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": refused.code})
        return error_object(refused.status, refused.message, details)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        model, _, method = request.match_info["call"].rpartition(":")
        match method:
            case "generateContent" | "streamGenerateContent":
                body: Chunk = spelled(request[RECORDED].json)
                self.check("gemini/generate_content", body)
                check(body, model)
                self.files.demand(request[RECORDED], body)
                return await self.answer(request, body, stream=method != "generateContent")
            case "batchEmbedContents":
                body = request[RECORDED].json
                if any(each["model"] != f"models/{model}" for each in body["requests"]):
                    raise Refused(400, "the model of each request must be the one of the address")
                texts = [each["content"]["parts"][0]["text"] for each in body["requests"]]
                return web.json_response({"embeddings": [{"values": embed(text, 8)} for text in texts]})
            case _:
                raise Refused(404, f"unknown method {method}", kind="route")

    async def answer(self, request: web.Request, body: Chunk, *, stream: bool) -> web.StreamResponse:
        """The scripted answer."""
        reply = self.next_reply(request[RECORDED]) or Reply("Hello")
        hang = self.next_hang()
        if self.block_reason is not None:
            blocked = {"promptFeedback": {"blockReason": self.block_reason}, "usageMetadata": {"promptTokenCount": 3}}
            chunks = [blocked]
        else:
            chunks = list(self._chunks(reply, body, self.style))
        if not stream:
            return web.json_response(whole(chunks))
        if request.query.get("alt") != "sse":
            raise Refused(400, "this double streams only with alt=sse")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for count, chunk in enumerate(chunks):
            if hang is not None and count == (hang.after_events or 0):
                await asyncio.Event().wait()
            if count == self.style.cut_after and request.transport is not None:
                request.transport.close()
                return response
            if count == self.style.error_after:
                await write(response, "", error_object(503, "The model is overloaded.", []), self.style)
                return response
            await write(response, "", chunk, self.style)
        return response

    def _chunks(self, reply: Reply, body: Chunk, style: StreamStyle) -> Iterator[Chunk]:
        """The pieces of a streamed reply; usage is complete in the last."""
        prompt = len(tokens_of(json.dumps(body["contents"])))
        thoughts, texts = tokens_of(reply.reasoning), list(reply.chunks or tokens_of(reply.text))
        parts: list[Chunk] = [{"text": text, "thought": True} for text in thoughts]
        for text in texts:
            if style.empty_deltas:
                parts.append({"text": ""})
            parts.append({"text": text})
        for place, call in enumerate(reply.tool_calls):
            function: Chunk = {"name": call.name, "args": json.loads(call.arguments_text)}
            if self.gives_ids:
                function["id"] = f"fc_{next(self._ids)}"
            parts.append({"functionCall": function, **({} if place else {"thoughtSignature": "c2lnbmVk"})})
        spoken = len(texts) + sum(len(tokens_of(call.name + call.arguments_text)) for call in reply.tool_calls)
        counts: Chunk = {"promptTokenCount": prompt, "cachedContentTokenCount": self.cached}
        if self.sound:
            kinds = {"TEXT": prompt - self.sound, "AUDIO": self.sound}
            counts["promptTokensDetails"] = [{"modality": kind, "tokenCount": each} for kind, each in kinds.items()]
        for part in parts:
            content = {"role": "model", "parts": [part]}
            yield {
                "candidates": [{"content": content, "index": 0}],
                "usageMetadata": counts,
                "modelVersion": "gemini-a",
            }
        counts = {**counts, "candidatesTokenCount": spoken, "thoughtsTokenCount": len(thoughts)}
        last = {"content": {"role": "model", "parts": [{"text": ""}]}, "index": 0}
        last["finishReason"] = _FINISH.get(reply.finish_reason or "", "STOP")
        yield {"candidates": [last], "usageMetadata": counts, "modelVersion": "gemini-a"}

    async def _models(self, request: web.Request) -> web.StreamResponse:
        place = int(request.query.get("pageToken", "0"))
        page: Chunk = {"models": self.model_pages[place]}
        if place + 1 < len(self.model_pages):
            page["nextPageToken"] = str(place + 1)
        return web.json_response(page)


class ScriptedVertex(ScriptedGemini):
    """A project `p-1` of Vertex AI under `url`, with the token endpoint of its one service account."""

    def __init__(self) -> None:
        super().__init__()
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.claude = ScriptedClaude()
        self.claude_bodies: list[Chunk] = []
        self.tokens = 0
        """How many tokens were given."""
        self.bucket: dict[str, tuple[str, bytes]] = {}
        """The objects of the bucket `b-1`: content type and content by name."""

    @property
    def url(self) -> str:
        return self.origin

    @property
    def account(self) -> str:
        """The service account's key file."""
        pem = self._private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "p-1",
                "private_key_id": "key-1",
                "private_key": pem.decode(),
                "client_email": "robot@p-1.iam.gserviceaccount.com",
                "token_uri": f"{self.origin}/token",
            }
        )

    def routes(self) -> list[web.RouteDef]:
        at = "/v1/projects/p-1/locations/{location}/publishers"
        return [
            web.post("/token", self._token),
            web.post(f"{at}/google/models/{{call}}", self._call),
            web.post(f"{at}/anthropic/models/{{call}}", self._claude),
            web.get("/v1beta1/publishers/{publisher}/models", self._garden),
            web.post("/upload/storage/v1/b/{bucket}/o", self._store),
            web.get("/storage/v1/b/{bucket}/o/{object}", self._object),
        ]

    def admit(self, recorded: Request) -> None:
        if recorded.path != "/token" and recorded.bearer != f"ya29.{self.tokens}":
            raise Refused(401, "Request had invalid authentication credentials.", kind="auth")
        self._fail_if_told(recorded)

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = request[RECORDED].body
        assert isinstance(form, Form)
        if form.values("grant_type") != ["urn:ietf:params:oauth:grant-type:jwt-bearer"]:
            raise Refused(400, "unsupported grant type")
        signed = form.values("assertion")[0]
        try:
            stated = jwt.decode(
                signed, self._private.public_key(), algorithms=["RS256"], audience=f"{self.origin}/token"
            )
        except jwt.PyJWTError:
            return web.json_response(
                {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, status=400
            )
        if stated["iss"] != "robot@p-1.iam.gserviceaccount.com" or stated["exp"] - time.time() > 3601:
            raise Refused(400, "the statement names another account, or is valid for more than an hour")
        if jwt.get_unverified_header(signed)["kid"] != "key-1" or "cloud-platform" not in stated["scope"]:
            raise Refused(400, "the statement names another key, or no scope")
        self.tokens += 1
        return web.json_response({"access_token": f"ya29.{self.tokens}", "expires_in": 3599, "token_type": "Bearer"})

    async def _call(self, request: web.Request) -> web.StreamResponse:
        model, _, method = request.match_info["call"].rpartition(":")
        if method != "predict":
            return await super()._call(request)
        instances = request[RECORDED].json["instances"]
        if model.startswith("gemini-embedding") and len(instances) > 1:
            raise Refused(400, "this model takes one instance a request")
        return web.json_response(
            {
                "predictions": [
                    {"embeddings": {"values": embed(each["content"], 8), "statistics": {"token_count": 2}}}
                    for each in instances
                ]
            }
        )

    async def _garden(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("x-goog-user-project") != "p-1":
            raise Refused(403, "The API requires a quota project.")
        if not 0 < int(request.query["pageSize"]) <= 100 or set(request.query) - {"pageSize", "pageToken"}:
            raise Refused(400, "unknown parameters")
        publisher, page = request.match_info["publisher"], request.query.get("pageToken", "")
        names = {
            ("google", ""): ["gemini-3.8-flash", "imagen-4"],
            ("google", "two/2"): ["text-embedding-005", "chirp-3"],
            ("anthropic", ""): ["claude-opus-5-5"],
        }[publisher, page]
        models: list[Chunk] = [
            {"name": f"publishers/{publisher}/models/{name}", "versionId": "default"} for name in names
        ]
        more = {"nextPageToken": "two/2"} if (publisher, page) == ("google", "") else {}
        return web.json_response({"publisherModels": models, **more})

    async def _store(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["bucket"] != "b-1":
            raise Refused(404, "The specified bucket does not exist.", kind=None)
        if set(request.query) != {"uploadType", "name"} or request.query["uploadType"] != "media":
            raise Refused(400, "this double takes simple uploads")
        self.bucket[request.query["name"]] = (request.content_type, request[RECORDED].raw)
        return web.json_response({"kind": "storage#object", "name": request.query["name"], "bucket": "b-1"})

    async def _object(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["bucket"] != "b-1" or request.match_info["object"] not in self.bucket:
            raise Refused(404, f"No such object: {request.match_info['object']}", kind=None)
        return web.json_response({"kind": "storage#object", "name": request.match_info["object"]})

    async def _claude(self, request: web.Request) -> web.StreamResponse:
        model, _, method = request.match_info["call"].rpartition(":")
        body = dict(request[RECORDED].json)
        version = body.pop("anthropic_version", None)
        schemas = {"2026-10-21": "messages", "vertex-2023-10-16": "messages_with_sampling"}
        if version not in schemas or "model" in body:
            raise Refused(400, "anthropic_version: Field required; model: Extra inputs are not permitted")
        if body.get("stream", False) != (method == "streamRawPredict"):
            raise Refused(400, "stream does not fit the method")
        body["model"] = model
        self.check(f"anthropic/{schemas[version]}", body)
        check_claude(body)
        self.claude_bodies.append(body)
        return await self.claude.answer(request, body)


_FREE = frozenset({"args", "response", "parametersJsonSchema", "responseJsonSchema"})
"""Members whose content is the caller's own."""


def spelled(body: Any) -> Any:
    """The body as the vendor reads it: members in either spelling, base64 in either alphabet."""
    if isinstance(body, list):
        return [spelled(each) for each in body]
    if not isinstance(body, dict):
        return body
    read: Chunk = {}
    for name, value in body.items():
        head, *rest = name.split("_")
        name = head + "".join(word.capitalize() for word in rest)
        if name in ("data", "thoughtSignature") and isinstance(value, str) and "_validator" not in value:
            value = value.replace("-", "+").replace("_", "/")
        read[name] = value if name in _FREE else spelled(value)
    return read


def whole(chunks: list[Chunk]) -> Chunk:
    """The unstreamed answer that these pieces make."""
    if "candidates" not in chunks[-1]:
        return chunks[-1]
    parts = [part for chunk in chunks for part in chunk["candidates"][0]["content"]["parts"]]
    last = {**chunks[-1]["candidates"][0], "content": {"role": "model", "parts": parts}}
    return {**chunks[-1], "candidates": [last]}


def error_object(code: int, message: str, details: list[JsonValue]) -> Chunk:
    """The vendor's error envelope."""
    return {"error": {"code": code, "message": message, "status": _STATUS.get(code, "INTERNAL"), "details": details}}


def check(body: Chunk, model: str) -> None:
    """What the vendor demands beyond the schema. Raises Refused."""
    config = body.get("generationConfig", {})
    if config.get("responseJsonSchema") is not None and body.get("tools"):
        raise Refused(400, "Function calling with a response mime type: 'application/json' is unsupported")
    if len(config.get("stopSequences", ())) > 5:
        raise Refused(400, "at most 5 stop sequences")
    thinking = config.get("thinkingConfig", {})
    if "thinkingLevel" in thinking and "thinkingBudget" in thinking:
        raise Refused(400, "You can only set only one of thinking budget and thinking level.")
    roles = [content.get("role") for content in body["contents"]]
    if not roles or any(one == other for one, other in itertools.pairwise(roles)):
        raise Refused(400, "contents: the turns of user and model alternate")
    open_calls = 0
    for content in body["contents"]:
        if not content["parts"]:
            raise Refused(400, "contents: parts must not be empty")
        answered = sum("functionResponse" in part for part in content["parts"])
        if answered != open_calls:
            raise Refused(400, "the number of function response parts must equal that of function call parts")
        calls = [part for part in content["parts"] if "functionCall" in part]
        if calls and "thoughtSignature" not in calls[0] and model >= "gemini-3":
            raise Refused(400, "Function call is missing a thought_signature in functionCall parts")
        open_calls = len(calls)
