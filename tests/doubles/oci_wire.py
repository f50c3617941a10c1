"""A strict generative AI of Oracle Cloud: signatures are checked with the public key, bodies against its reference."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.doubles import vectors
from tests.doubles.http_double import RECORDED, Refused
from tests.doubles.openai_wire import tokens_of
from tests.doubles.recording import JsonValue, Request
from tests.doubles.script import Reply
from tests.doubles.vendor import ScriptedVendor

_DEMANDED = ["date", "(request-target)", "host"]
_DEMANDED_OF_BODIES = [*_DEMANDED, "content-length", "content-type", "x-content-sha256"]


class ScriptedOracleCloud(ScriptedVendor):
    """The inference API under `url`; `pem` is the private key of the user."""

    def __init__(self) -> None:
        super().__init__(key="ocid1.tenancy.1/ocid1.user.1/aa:bb")
        self.sessions: dict[str, rsa.RSAPublicKey] = {}
        """The keys of sessions of machines, by their tokens."""
        self.model_pages: list[list[dict[str, Any]]] = [[]]
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/20231130/actions/chat", self._chat),
            web.post("/20231130/actions/embedText", self._embed),
            web.get("/20231130/models", self._models),
        ]

    def error_body(self, refused: Refused) -> JsonValue:
        return {"code": "InvalidParameter", "message": refused.message}

    def broken_off(self) -> bytes:
        return b'data: {"code":"InternalServerError","message":"the model went away"}\n\n'

    def check_key(self, recorded: Request) -> None:
        if recorded.method == "GET":
            return  # signed with its query as it was sent, which only its handler knows
        self._check_signature(recorded, recorded.path, _DEMANDED_OF_BODIES)
        if recorded.headers["x-content-sha256"] != base64.b64encode(hashlib.sha256(recorded.raw).digest()).decode():
            raise Refused(401, "The digest of the body is wrong.", kind="auth")

    def _check_signature(self, recorded: Request, target: str, demanded: list[str]) -> None:
        given = dict(re.findall(r'(\w+)="([^"]*)"', recorded.headers.get("authorization", "")))
        values = {**recorded.headers, "(request-target)": f"{recorded.method.lower()} {target}"}
        text = "\n".join(f"{name}: {values[name]}" for name in demanded)
        session = self.sessions.get(given.get("keyId", "").removeprefix("ST$"))
        if given.get("headers", "").split() != demanded or (session is None and given.get("keyId") != self.key):
            raise Refused(401, "The required information to complete authentication was not provided.", kind="auth")
        try:
            mark = base64.b64decode(given["signature"])
            (session or self._key.public_key()).verify(mark, text.encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature as error:
            raise Refused(401, "Failed to verify the HTTP(S) Signature", kind="auth") from error

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body: Any = self.json_body(request[RECORDED], "oci/chat")
        asked = body["chatRequest"]
        reply = self.next_reply(request[RECORDED]) or Reply("Hello")
        if asked.get("isStream"):
            events = cohere_events(reply) if asked["apiFormat"] == "COHERE" else generic_events(reply)
            return await self.streamed(request, (f"data: {json.dumps(each)}\n\n".encode() for each in events))
        if asked["apiFormat"] == "COHERE":
            answer: Any = list(cohere_events(reply))[-1]
        else:
            message = {
                "role": "ASSISTANT",
                "content": [{"type": "TEXT", "text": reply.text}],
                "toolCalls": calls_of(reply),
            }
            answer = {"apiFormat": "GENERIC", "choices": [{"index": 0, "message": message, "finishReason": "stop"}]}
        usage = {"promptTokens": 7, "completionTokens": 3, "totalTokens": 10}
        return web.json_response({"modelId": "m", "modelVersion": "1", "chatResponse": {**answer, "usage": usage}})

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        body: Any = self.json_body(request[RECORDED], "oci/embed")
        return web.json_response({"id": "1", "embeddings": [vectors.embed(text, 16) for text in body["inputs"]]})

    async def _models(self, request: web.Request) -> web.StreamResponse:
        self._check_signature(request[RECORDED], request.raw_path, _DEMANDED)
        if not request.query.get("compartmentId", "").startswith("ocid1."):
            raise Refused(400, "compartmentId may not be null")
        page = int(request.query.get("page", "/+:0=").strip("/+:="))
        more = {"opc-next-page": f"/+:{page + 1}="} if page + 1 < len(self.model_pages) else {}
        return web.json_response({"items": self.model_pages[page]}, headers=more)


def generic_events(reply: Reply) -> Iterator[dict[str, Any]]:
    """The events of the general layout: a call's arguments come in two pieces."""
    for piece in reply.chunks or tokens_of(reply.text):
        yield {"index": 0, "message": {"role": "ASSISTANT", "content": [{"type": "TEXT", "text": piece}]}, "pad": "aa"}
    for call in calls_of(reply):
        arguments = call["arguments"]
        yield {"index": 0, "message": {"role": "ASSISTANT", "toolCalls": [{**call, "arguments": arguments[:3]}]}}
        yield {
            "index": 0,
            "message": {"role": "ASSISTANT", "toolCalls": [{"type": "FUNCTION", "arguments": arguments[3:]}]},
        }
    yield {"message": {"role": "ASSISTANT"}, "finishReason": "tool_calls" if reply.tool_calls else "stop", "pad": "aaa"}


def cohere_events(reply: Reply) -> Iterator[dict[str, Any]]:
    """The events of Cohere's layout: the last one has all of it again."""
    for piece in reply.chunks or tokens_of(reply.text):
        yield {"apiFormat": "COHERE", "text": piece, "pad": "a"}
    calls = [{"name": call.name, "parameters": json.loads(call.arguments_text)} for call in reply.tool_calls]
    yield {"apiFormat": "COHERE", "text": reply.text, "finishReason": "COMPLETE", "toolCalls": calls or None}


def calls_of(reply: Reply) -> list[dict[str, Any]]:
    """The calls of the general layout."""
    return [
        {"type": "FUNCTION", "id": f"call_{place}", "name": call.name, "arguments": call.arguments_text}
        for place, call in enumerate(reply.tool_calls)
    ]
