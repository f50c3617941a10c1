"""A strict Ollama server whose answers are scripted."""

import json
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from tests.doubles import vectors
from tests.doubles.http_double import RECORDED, Refused
from tests.doubles.openai_wire import tokens_of
from tests.doubles.recording import JsonValue, Request
from tests.doubles.script import Reply
from tests.doubles.vendor import ScriptedVendor

Line = dict[str, Any]


class ScriptedOllama(ScriptedVendor):
    """The API under `url`. `models`: those that the server holds, None for any."""

    def __init__(self, *, models: tuple[str, ...] | None = None) -> None:
        super().__init__()
        self.models = models

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/chat", self._chat),
            web.post("/api/generate", self._generate),
            web.post("/api/embed", self._embed),
            web.get("/api/tags", self._tags),
        ]

    def check_key(self, recorded: Request) -> None:
        """The server itself knows no keys; whoever stands before it may."""

    def error_body(self, refused: Refused) -> JsonValue:
        return {"error": refused.message}

    def broken_off(self) -> bytes:
        return b'{"error":"llama runner process has terminated"}\n'

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = self._body(request, "chat")
        for message in body["messages"]:
            if message["role"] == "tool" and not message.get("tool_name"):
                raise Refused(400, "the result of a tool does not name it")
        return await self._answer(request, body, "chat")

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, self._body(request, "generate"), "generate")

    async def _answer(self, request: web.Request, body: Line, path: str) -> web.StreamResponse:
        reply = self.next_reply(request[RECORDED]) or Reply("Hello")
        lines = list(self._lines(body, reply, path))
        if body.get("stream", True):
            return await self.streamed(request, map(ndjson, lines), "application/x-ndjson")
        whole = lines[-1]
        if path == "generate":
            whole["response"], whole["thinking"] = reply.text, reply.reasoning
        else:
            whole["message"] |= {"content": reply.text, "thinking": reply.reasoning, "tool_calls": called(reply)}
        return web.json_response(whole)

    def _lines(self, body: Line, reply: Reply, path: str) -> Iterator[Line]:
        head = {"model": body["model"], "created_at": "2026-11-26T05:00:00.000000Z"}

        def line(done: bool = False, text: str = "", thinking: str = "", **more: Any) -> Line:
            if path == "generate":
                return {**head, "response": text, "thinking": thinking, "done": done, **more}
            message: Line = {"role": "assistant", "content": text, **({"thinking": thinking} if thinking else {})}
            calls = more.pop("tool_calls", None)
            return {**head, "message": message | ({"tool_calls": calls} if calls else {}), "done": done, **more}

        for piece in tokens_of(reply.reasoning):
            yield line(thinking=piece)
        for piece in reply.chunks or tokens_of(reply.text):
            if self.style.empty_deltas:
                yield line()
            yield line(text=piece)
        if reply.tool_calls:
            yield line(tool_calls=called(reply))
        counts = {
            "prompt_eval_count": len(tokens_of(json.dumps(body.get("messages") or body["prompt"]))),
            "eval_count": len(tokens_of(reply.text + reply.reasoning)),
        }
        yield line(done=True, done_reason=reply.finish_reason or "stop", total_duration=5, load_duration=1, **counts)

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        body = self._body(request, "embed")
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        found = [vectors.embed(text, 16) for text in texts]
        used = sum(len(tokens_of(text)) for text in texts)
        return web.json_response({"model": body["model"], "embeddings": found, "prompt_eval_count": used})

    async def _tags(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"models": [{"name": name, "model": name} for name in self.models or ()]})

    def _body(self, request: web.Request, schema: str) -> Line:
        body: Line = self.json_body(request[RECORDED], f"ollama/{schema}")
        if self.models is not None and body["model"] not in self.models:
            raise Refused(404, f"model '{body['model']}' not found", kind=None)
        return body


def called(reply: Reply) -> list[Line]:
    """The calls, whose arguments are objects here."""
    return [
        {"function": {"name": each.name, "arguments": json.loads(each.arguments_text)}} for each in reply.tool_calls
    ]


def ndjson(line: Line) -> bytes:
    """A line as the wire carries it."""
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"
