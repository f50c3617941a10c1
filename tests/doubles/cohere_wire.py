"""A strict server of Cohere's API, version 2, whose answers are scripted."""

import json
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from tests.doubles import vectors
from tests.doubles.http_double import RECORDED, Refused
from tests.doubles.openai_wire import tokens_of
from tests.doubles.rerank_wire import shared_words
from tests.doubles.script import Reply
from tests.doubles.vendor import ScriptedVendor

Event = dict[str, Any]

_FINISH = {"length": "MAX_TOKENS", "stop": "COMPLETE"}


class ScriptedCohere(ScriptedVendor):
    """The API under `url`."""

    def __init__(self, *, key: str = "co-scripted") -> None:
        super().__init__(key=key)
        self.argument_pieces = 10
        self.cached_tokens = 0
        self.citations = False
        self.model_pages: list[list[Event]] = [[]]

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v2/chat", self._chat),
            web.post("/v2/embed", self._embed),
            web.post("/v2/rerank", self._rerank),
            web.get("/v1/models", self._models),
        ]

    def broken_off(self) -> bytes:
        return sse({"type": "message-end", "delta": {"finish_reason": "ERROR", "error": "the model is overloaded"}})

    async def _models(self, request: web.Request) -> web.StreamResponse:
        if not set(request.query) <= {"page_size", "page_token"} or not 1 <= int(request.query["page_size"]) <= 1000:
            raise Refused(400, "invalid request: page_size must be between 1 and 1000")
        token = request.query.get("page_token", "page+0")
        page = int(token.removeprefix("page+"))
        more = {"next_page_token": f"page+{page + 1}"} if page + 1 < len(self.model_pages) else {}
        return web.json_response({"models": self.model_pages[page], **more})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = self.json_body(request[RECORDED], "cohere/chat")
        check_chat(body)
        reply = self.next_reply(request[RECORDED]) or Reply("Hello")
        usage = self._usage(body, reply)
        finish = "TOOL_CALL" if reply.tool_calls else _FINISH.get(reply.finish_reason or "stop", "COMPLETE")
        if not body["stream"]:
            return web.json_response(whole(reply, finish, usage))
        return await self.streamed(request, map(sse, self._events(reply, finish, usage)))

    def _usage(self, body: Event, reply: Reply) -> Event:
        counted = {
            "input_tokens": float(len(tokens_of(json.dumps(body["messages"])))),
            "output_tokens": float(len(tokens_of(reply.text + reply.reasoning))),
        }
        return {"billed_units": dict(counted), "tokens": counted, "cached_tokens": float(self.cached_tokens)}

    def _events(self, reply: Reply, finish: str, usage: Event) -> Iterator[Event]:
        yield {"id": "1", "type": "message-start", "delta": {"message": {"role": "assistant", "content": []}}}
        index = 0
        for kind, text in (("thinking", reply.reasoning), ("text", reply.text)):
            if text:
                yield content("content-start", index, {"type": kind, kind: ""})
                for piece in (reply.chunks if kind == "text" else None) or tokens_of(text):
                    if self.style.empty_deltas:
                        yield content("content-delta", index, {kind: ""})
                    yield content("content-delta", index, {kind: piece})
                if self.citations and kind == "text":
                    cited = {"start": 0, "end": 3, "text": text[:3], "sources": [], "type": "TEXT_CONTENT"}
                    yield {"type": "citation-start", "index": 0, "delta": {"message": {"citations": cited}}}
                    yield {"type": "citation-end", "index": 0}
                yield {"type": "content-end", "index": index}
                index += 1
        for place, call in enumerate(reply.tool_calls):
            begun = {"id": f"call_{place}", "type": "function", "function": {"name": call.name, "arguments": ""}}
            yield {"type": "tool-call-start", "index": place, "delta": {"message": {"tool_calls": begun}}}
            for piece in pieces(call.arguments_text, self.argument_pieces):
                added = {"function": {"arguments": piece}}
                yield {"type": "tool-call-delta", "index": place, "delta": {"message": {"tool_calls": added}}}
            yield {"type": "tool-call-end", "index": place}
        yield {"type": "message-end", "delta": {"finish_reason": finish, "usage": usage}}

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        body = self.json_body(request[RECORDED], "cohere/embed")
        texts: Any = body.get("texts")
        if not texts or len(texts) > 96:
            raise Refused(400, "texts must be 1 to 96 strings", kind="schema")
        used = sum(len(tokens_of(text)) for text in texts)
        found = [vectors.embed(text, 16) for text in texts]
        meta = {"api_version": {"version": "2"}, "billed_units": {"input_tokens": float(used)}}
        return web.json_response({"id": "1", "embeddings": {"float": found}, "texts": texts, "meta": meta})

    async def _rerank(self, request: web.Request) -> web.StreamResponse:
        body: Any = self.json_body(request[RECORDED], "cohere/rerank")
        ranked = shared_words(body["query"], body["documents"])[: body.get("top_n")]
        results = [{"index": index, "relevance_score": score} for index, score in ranked]
        return web.json_response({"id": "1", "results": results, "meta": {"billed_units": {"search_units": 1}}})


def check_chat(body: Event) -> None:
    """The rules that no schema tells: results answer calls, and a message says something."""
    open_calls: set[str] = set()
    for message in body["messages"]:
        calls = message.get("tool_calls") or []
        open_calls |= {call["id"] for call in calls}
        if message["role"] == "tool" and message["tool_call_id"] not in open_calls:
            raise Refused(400, f"no tool call {message['tool_call_id']!r} precedes its result")
        if not message.get("content") and not calls and message["role"] != "assistant" and message["role"] != "tool":
            raise Refused(400, "a message must have content")


def whole(reply: Reply, finish: str, usage: Event) -> Event:
    """An unstreamed answer."""
    message: Event = {"role": "assistant", "content": []}
    if reply.reasoning:
        message["content"].append({"type": "thinking", "thinking": reply.reasoning})
    if reply.text:
        message["content"].append({"type": "text", "text": reply.text})
    if reply.tool_calls:
        message["tool_calls"] = [
            {
                "id": f"call_{place}",
                "type": "function",
                "function": {"name": each.name, "arguments": each.arguments_text},
            }
            for place, each in enumerate(reply.tool_calls)
        ]
    return {"id": "1", "finish_reason": finish, "message": message, "usage": usage}


def content(kind: str, index: int, piece: Event) -> Event:
    """An event about a piece of content."""
    return {"type": kind, "index": index, "delta": {"message": {"content": piece}}}


def pieces(text: str, count: int) -> list[str]:
    """`text` in about so many pieces."""
    size = max(-(-len(text) // count), 1)
    return [text[at : at + size] for at in range(0, len(text), size)]


def sse(event: Event) -> bytes:
    """An event as the wire carries it."""
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
