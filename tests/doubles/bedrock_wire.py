"""A strict Bedrock whose answers are scripted: it checks signatures and sends binary frames."""

import hashlib
import hmac
import itertools
import json
import struct
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from aiohttp import web

from tests.doubles import vectors
from tests.doubles.cohere_wire import pieces
from tests.doubles.http_double import RECORDED, Refused
from tests.doubles.openai_wire import tokens_of
from tests.doubles.recording import Request
from tests.doubles.rerank_wire import shared_words
from tests.doubles.script import Reply
from tests.doubles.vendor import ScriptedVendor

Event = dict[str, Any]

STREAM = "application/vnd.amazon.eventstream"
_STOP = {"length": "max_tokens", "content_filter": "content_filtered"}


class ScriptedBedrock(ScriptedVendor):
    """The runtime and the agents' runtime under `url`; `key` is the access key, `secret` what it signs with."""

    def __init__(self, *, key: str = "AKIASCRIPTED", secret: str = "secret/key", token: str | None = None) -> None:
        super().__init__(key=key)
        self.secret = secret
        self.token = token
        self.cache = (0, 0)
        """Tokens read from the cache, and written to it."""
        self.redacted = ""
        self.refusal = "throttlingException"
        self.models: list[Event] = []
        self.profile_pages: list[list[Event]] = [[]]

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/model/{model}/converse", self._converse),
            web.post("/model/{model}/converse-stream", self._converse_stream),
            web.post("/model/{model}/invoke", self._invoke),
            web.post("/rerank", self._rerank),
            web.get("/foundation-models", self._models),
            web.get("/inference-profiles", self._profiles),
        ]

    def check_key(self, recorded: Request) -> None:
        """Signatures are checked where the path is known as it was sent."""

    def broken_off(self) -> bytes:
        headers = {":message-type": "exception", ":exception-type": self.refusal, ":content-type": "application/json"}
        return frame(headers, {"message": "Too many tokens, please wait"})

    def _checked(self, request: web.Request) -> Request:
        recorded = request[RECORDED]
        if recorded.bearer is not None:
            if recorded.bearer != self.key:
                raise Refused(403, "Authentication failed: Please make sure your API Key is valid.", kind="auth")
            return recorded
        if self.token != recorded.headers.get("x-amz-security-token"):
            raise Refused(403, "The security token included in the request is invalid.", kind="auth")
        if recorded.headers.get("authorization") != authorization(request, recorded, self.key, self.secret):
            raise Refused(403, "The request signature we calculated does not match.", kind="auth")
        return recorded

    async def _models(self, request: web.Request) -> web.StreamResponse:
        self._checked(request)
        return web.json_response({"modelSummaries": self.models})

    async def _profiles(self, request: web.Request) -> web.StreamResponse:
        self._checked(request)
        page = int(request.query.get("nextToken", "0/=").removesuffix("/="))
        more = {"nextToken": f"{page + 1}/="} if page + 1 < len(self.profile_pages) else {}
        return web.json_response({"inferenceProfileSummaries": self.profile_pages[page], **more})

    async def _converse(self, request: web.Request) -> web.StreamResponse:
        body = self._body(request)
        reply = self.next_reply(request[RECORDED]) or Reply("Hello")
        content: list[Event] = []
        if reply.reasoning:
            signed = {"text": reply.reasoning, "signature": "c2lnbmVk"}
            content.append({"reasoningContent": {"reasoningText": signed}})
        if reply.text:
            content.append({"text": reply.text})
        content += [{"toolUse": {**each, "input": json.loads(arguments)}} for each, arguments in self._calls(reply)]
        message = {"role": "assistant", "content": content}
        return web.json_response(
            {
                "output": {"message": message},
                "stopReason": stop_reason(reply),
                "usage": self._usage(body, reply),
                "metrics": {"latencyMs": 3},
            }
        )

    async def _converse_stream(self, request: web.Request) -> web.StreamResponse:
        body = self._body(request)
        reply = self.next_reply(request[RECORDED]) or Reply("Hello")
        frames = (event_frame(name, payload) for name, payload in self._events(body, reply))
        return await self.streamed(request, frames, STREAM)

    def _body(self, request: web.Request) -> Event:
        body = self.json_body(self._checked(request), "bedrock/converse")
        check_converse(body)
        return body

    def _calls(self, reply: Reply) -> Iterator[tuple[Event, str]]:
        for place, call in enumerate(reply.tool_calls):
            yield {"toolUseId": f"tooluse_{place}", "name": call.name}, call.arguments_text

    def _usage(self, body: Event, reply: Reply) -> Event:
        counts = len(tokens_of(json.dumps(body["messages"]))), len(tokens_of(reply.text + reply.reasoning))
        read, written = self.cache
        usage = {"inputTokens": counts[0], "outputTokens": counts[1], "totalTokens": sum(counts)}
        return usage | {"cacheReadInputTokens": read, "cacheWriteInputTokens": written}

    def _events(self, body: Event, reply: Reply) -> Iterator[tuple[str, Event]]:
        yield "messageStart", {"role": "assistant"}
        index = 0
        if reply.reasoning:
            for piece in tokens_of(reply.reasoning):
                yield block_delta(index, {"reasoningContent": {"text": piece}})
            yield block_delta(index, {"reasoningContent": {"signature": "c2lnbmVk"}})
            yield "contentBlockStop", {"contentBlockIndex": index}
            index += 1
        if self.redacted:
            yield block_delta(index, {"reasoningContent": {"redactedContent": self.redacted}})
            index += 1
        for piece in reply.chunks or tokens_of(reply.text):
            if self.style.empty_deltas:
                yield block_delta(index, {"text": ""})
            yield block_delta(index, {"text": piece})
        yield "contentBlockStop", {"contentBlockIndex": index}
        for use, arguments in self._calls(reply):
            index += 1
            yield "contentBlockStart", {"contentBlockIndex": index, "start": {"toolUse": use}}
            for piece in pieces(arguments, 10):
                yield block_delta(index, {"toolUse": {"input": piece}})
            yield "contentBlockStop", {"contentBlockIndex": index}
        yield "messageStop", {"stopReason": stop_reason(reply)}
        yield "metadata", {"usage": self._usage(body, reply), "metrics": {"latencyMs": 3}, "p": "abcdefghijkl"}

    async def _invoke(self, request: web.Request) -> web.StreamResponse:
        recorded = self._checked(request)
        if request.match_info["model"].startswith("cohere."):
            body: Any = self.json_body(recorded, "bedrock/cohere_embed")
            found = [vectors.embed(text, 16) for text in body["texts"]]
            answer: Event = {"embeddings": found, "id": "1", "response_type": "embeddings_floats"}
            used = sum(len(tokens_of(text)) for text in body["texts"])
            return web.json_response(answer, headers={"X-Amzn-Bedrock-Input-Token-Count": str(used)})
        body = self.json_body(recorded, "bedrock/titan_embed")
        counted = len(tokens_of(body["inputText"]))
        return web.json_response({"embedding": vectors.embed(body["inputText"], 16), "inputTextTokenCount": counted})

    async def _rerank(self, request: web.Request) -> web.StreamResponse:
        body: Any = self.json_body(self._checked(request), "bedrock/rerank")
        documents = [each["inlineDocumentSource"]["textDocument"]["text"] for each in body["sources"]]
        most = body["rerankingConfiguration"]["bedrockRerankingConfiguration"]["numberOfResults"]
        ranked = shared_words(body["queries"][0]["textQuery"]["text"], documents)[:most]
        return web.json_response({"results": [{"index": at, "relevanceScore": score} for at, score in ranked]})


def check_converse(body: Event) -> None:
    """The rules that no schema tells: turns alternate, no text is blank, results answer calls, calls need tools."""
    roles = [message["role"] for message in body["messages"]]
    if not roles or roles[0] != "user" or any(one == other for one, other in itertools.pairwise(roles)):
        raise Refused(400, f"roles must alternate and begin with the user: {roles}")
    called: set[str] = set()
    for message in body["messages"]:
        for block in message["content"]:
            if not block.get("text", "x").strip():
                raise Refused(400, "text content blocks must contain non-whitespace text")
            if "toolUse" in block:
                called.add(block["toolUse"]["toolUseId"])
            if "toolResult" in block and block["toolResult"]["toolUseId"] not in called:
                raise Refused(400, "a tool result answers no call")
    if called and "toolConfig" not in body:
        raise Refused(400, "The toolConfig field must be defined when using toolUse and toolResult content blocks.")


def stop_reason(reply: Reply) -> str:
    """Why the message ends."""
    return "tool_use" if reply.tool_calls else _STOP.get(reply.finish_reason or "", "end_turn")


def block_delta(index: int, delta: Event) -> tuple[str, Event]:
    """A piece of a block."""
    return "contentBlockDelta", {"contentBlockIndex": index, "delta": delta, "p": "abc"}


def event_frame(name: str, payload: Event) -> bytes:
    """An event as a frame."""
    return frame({":event-type": name, ":content-type": "application/json", ":message-type": "event"}, payload)


def frame(headers: dict[str, str], payload: Event | bytes | None) -> bytes:
    """A frame with headers that are texts."""
    head = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value.encode())) + value.encode()
        for name, value in headers.items()
    )
    body = (
        payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode() if payload else b""
    )
    prelude = struct.pack(">II", len(head) + len(body) + 16, len(head))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + body
    return message + struct.pack(">I", zlib.crc32(message))


def authorization(request: web.Request, recorded: Request, key: str, secret: str, service: str = "bedrock") -> str:
    """The Authorization header that signs this request, worked out anew (Signature Version 4)."""
    if "%" in request.raw_path and unquote(request.raw_path) == request.raw_path:
        return ""
    path, _, query = request.raw_path.partition("?")
    return signed(recorded, quote(path, safe="/-_.~"), key, secret, service, canonical_query(query))


def canonical_query(query: str) -> str:
    """A query as it is signed: each part decoded and encoded again, in their order."""
    pairs = (f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in parse_qsl(query))
    return "&".join(sorted(pairs))


def signed(recorded: Request, path: str, key: str, secret: str, service: str, query: str = "") -> str:
    """The Authorization header of a request with this canonical path and query; "" for a wrong scope."""
    given = recorded.headers.get("authorization", "")
    scope = given.partition("Credential=")[2].partition(",")[0].split("/")[1:]
    names = given.partition("SignedHeaders=")[2].partition(",")[0]
    if len(scope) != 4 or scope[2:] != [service, "aws4_request"] or "host" not in names:
        return ""
    heads = "".join(f"{name}:{recorded.headers[name].strip()}\n" for name in names.split(";"))
    canonical = "\n".join((recorded.method, path, query, heads, names, hashlib.sha256(recorded.raw).hexdigest()))
    stamp = recorded.headers["x-amz-date"]
    text = "\n".join(("AWS4-HMAC-SHA256", stamp, "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest()))
    derived = f"AWS4{secret}".encode()
    for part in scope:
        derived = hmac.digest(derived, part.encode(), "sha256")
    signature = hmac.digest(derived, text.encode(), "sha256").hex()
    return f"AWS4-HMAC-SHA256 Credential={key}/{'/'.join(scope)}, SignedHeaders={names}, Signature={signature}"
