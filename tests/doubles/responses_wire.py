"""A strict server of OpenAI's Responses API whose answers are scripted."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from tests.doubles.cohere_wire import pieces
from tests.doubles.http_double import RECORDED, Refused
from tests.doubles.openai_wire import tokens_of
from tests.doubles.recording import JsonValue
from tests.doubles.script import Reply
from tests.doubles.vendor import ScriptedVendor

Event = dict[str, Any]


class ScriptedResponses(ScriptedVendor):
    """The API under `url`, which ends with `/v1`."""

    def __init__(self) -> None:
        super().__init__()
        self.cached_tokens = 0

    @property
    def url(self) -> str:
        return f"{self.origin}/v1"

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/responses", self._respond)]

    def error_body(self, refused: Refused) -> JsonValue:
        return {"error": {"message": refused.message, "type": "invalid_request_error", "param": None, "code": None}}

    def broken_off(self) -> bytes:
        return sse({"type": "error", "code": "server_error", "message": "The server had an error", "param": None})

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        body = self.json_body(request[RECORDED], "openai/responses")
        called: set[str] = set()
        for item in body["input"]:
            if item.get("type") == "function_call":
                called.add(item["call_id"])
            if item.get("type") == "function_call_output" and item["call_id"] not in called:
                raise Refused(400, "No tool call found for function call output")
        reply = self.next_reply_of(body)
        response = self._response(body, reply)
        if not body.get("stream"):
            return web.json_response(response)
        numbers = itertools.count()
        events = ({**event, "sequence_number": next(numbers)} for event in self._events(response, reply))
        return await self.streamed(request, map(sse, events))

    def next_reply_of(self, body: Event) -> Reply:
        """The scripted answer, by the queue or the standing reply."""
        return (self._queue.popleft() if self._queue else self._standing) or Reply("Hello")

    def _response(self, body: Event, reply: Reply) -> Event:
        output: list[Event] = []
        if reply.reasoning:
            summary = [{"type": "summary_text", "text": reply.reasoning}]
            sealed = {"encrypted_content": "c2VhbGVk"} if "include" in body else {}
            output.append({"type": "reasoning", "id": "rs_1", "summary": summary, **sealed})
        if reply.text:
            piece = {"type": "output_text", "text": reply.text, "annotations": []}
            message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [piece]}
            output.append(message)
        for place, call in enumerate(reply.tool_calls):
            named = {"call_id": f"call_{place}", "name": call.name, "arguments": call.arguments_text}
            output.append({"type": "function_call", "id": f"fc_{place}", "status": "completed", **named})
        short = reply.finish_reason == "length"
        counts = len(tokens_of(json.dumps(body["input"]))), len(tokens_of(reply.text + reply.reasoning))
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "model": body["model"],
            "status": "incomplete" if short else "completed",
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if short else None,
            "output": output,
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": {
                "input_tokens": counts[0],
                "input_tokens_details": {"cached_tokens": self.cached_tokens, "cache_write_tokens": 0},
                "output_tokens": counts[1],
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": sum(counts),
            },
        }

    def _events(self, response: Event, reply: Reply) -> Iterator[Event]:
        begun = {**response, "status": "in_progress", "output": [], "usage": None}
        yield {"type": "response.created", "response": begun}
        for place, item in enumerate(response["output"]):
            at = {"output_index": place, "item_id": item["id"]}
            match item["type"]:
                case "reasoning":
                    yield added(place, {**item, "summary": [], "encrypted_content": None})
                    part = {"type": "summary_text", "text": ""}
                    yield {"type": "response.reasoning_summary_part.added", **at, "summary_index": 0, "part": part}
                    for piece in tokens_of(reply.reasoning):
                        kind = "response.reasoning_summary_text.delta"
                        yield {"type": kind, **at, "summary_index": 0, "delta": piece}
                case "message":
                    yield added(place, {**item, "content": []})
                    for piece in reply.chunks or tokens_of(reply.text):
                        if self.style.empty_deltas:
                            yield {"type": "response.output_text.delta", **at, "content_index": 0, "delta": ""}
                        yield {"type": "response.output_text.delta", **at, "content_index": 0, "delta": piece}
                    yield {"type": "response.output_text.done", **at, "content_index": 0, "text": reply.text}
                case _:
                    yield added(place, {**item, "arguments": ""})
                    for piece in pieces(item["arguments"], 10):
                        yield {"type": "response.function_call_arguments.delta", **at, "delta": piece}
                    yield {"type": "response.function_call_arguments.done", **at, "arguments": item["arguments"]}
            yield {"type": "response.output_item.done", "output_index": place, "item": item}
        yield {"type": f"response.{response['status']}", "response": response}


def added(place: int, item: Event) -> Event:
    """The beginning of an item."""
    return {"type": "response.output_item.added", "output_index": place, "item": item}


def sse(event: Event) -> bytes:
    """An event as the wire carries it."""
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
