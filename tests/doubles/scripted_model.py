"""A strict OpenAI-compatible model server whose answers are scripted.

`python -m tests.doubles.scripted_model` runs the cheap, unchecked server for benchmarks instead (steady_model.py).
"""

import asyncio
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence

from aiohttp import web

from tests.doubles import openai_media, openai_wire, vectors
from tests.doubles.chat_rules import check_chat, offered_tools
from tests.doubles.default_reply import default_reply
from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.openai_wire import Answer, Usage, tokens_of
from tests.doubles.recording import JsonValue, Request
from tests.doubles.script import Hang, ModelScript, Reply, conversation_text

Scores = Callable[[str, Sequence[str]], Sequence[float]]

SERVED_MODELS = ("stub-chat", "stub-completion", "stub-embedding", "stub-rerank", "stub-whisper", "stub-tts")


class ScriptedModel(ModelScript, HttpDouble):
    """An OpenAI-compatible server under `url`, which ends with `prefix`.

    keys: accepted API keys, the first being `key`. models: names served; None accepts every name.
    dimensions: length of embeddings. allow: further body members that this vendor accepts, such as `top_k`.
    """

    def __init__(
        self,
        *,
        keys: Sequence[str] = ("sk-scripted",),
        models: Sequence[str] | None = None,
        prefix: str = "/v1",
        dimensions: int = 64,
        allow: Iterable[str] = (),
    ) -> None:
        ModelScript.__init__(self)
        HttpDouble.__init__(self)
        self.keys = tuple(keys)
        self.models = None if models is None else tuple(models)
        self.prefix = prefix
        self.dimensions = dimensions
        self.allow = frozenset(allow)
        self.transcript = "This is what the recording says."
        self.counts_sound = True
        """Whether transcripts say what they cost."""
        self.flagged_words: set[str] = {"flagged"}
        self._scores: Scores | None = None
        self._ids = itertools.count(1)

    @property
    def key(self) -> str:
        """An accepted API key."""
        return self.keys[0]

    @property
    def url(self) -> str:
        return self.origin + self.prefix

    def rerank_by(self, scores: Scores) -> None:
        """Scores documents by `scores(query, documents)` instead of by shared words."""
        self._scores = scores

    def routes(self) -> list[web.RouteDef]:
        at = self.prefix
        return [
            web.get(f"{at}/models", self._list_models),
            web.get(f"{at}/models/{{model:.+}}", self._one_model),
            web.post(f"{at}/chat/completions", self._chat),
            web.post(f"{at}/completions", self._complete),
            web.post(f"{at}/embeddings", self._embed),
            web.post(f"{at}/rerank", self._rerank),
            web.post(f"{at}/moderations", self._moderate),
            web.post(f"{at}/audio/transcriptions", self._transcribe),
            web.post(f"{at}/audio/speech", self._speak),
            web.post(f"{at}/images/generations", self._draw),
            web.get("/generated/{index}-{size}.png", self._drawing),
        ]

    def admit(self, recorded: Request) -> None:
        if recorded.path.startswith("/generated/"):
            return
        authorization = recorded.headers.get("authorization")
        if authorization is None:
            raise Refused(401, "No API key was sent in the Authorization header.", kind="auth")
        if recorded.bearer is None:
            raise Refused(401, "The Authorization header must read 'Bearer' and an API key.", kind="auth")
        if recorded.bearer not in self.keys:
            masked = f"{recorded.bearer[:3]}***{recorded.bearer[-2:]}"
            raise Refused(401, f"Incorrect API key provided: {masked}.", kind="auth", code="invalid_api_key")
        failure = self.next_failure(recorded)
        if failure is not None:
            headers = {} if failure.retry_after is None else {"Retry-After": f"{failure.retry_after:g}"}
            raise Refused(failure.status, failure.message, kind=None, code=failure.code, headers=headers)

    def error_body(self, refused: Refused) -> JsonValue:
        match refused.status:
            case 429:
                kind, code = "requests", "rate_limit_exceeded"
            case status if status >= 500:
                kind, code = "server_error", None
            case 403:
                kind, code = "permission_error", None
            case _:
                kind, code = "invalid_request_error", None
        return openai_wire.error_body(refused.message, kind=kind, param=refused.param, code=refused.code or code)

    def _body(self, request: web.Request, schema: str) -> dict[str, JsonValue]:
        body = self.json_body(request[RECORDED], f"openai/{schema}", allow=self.allow)
        self._check_model(body.get("model"))
        return body

    def _check_model(self, model: JsonValue) -> None:
        if self.models is not None and model is not None and model not in self.models:
            raise Refused(
                404, f"The model {model!r} does not exist or you have no access to it.", code="model_not_found"
            )

    def _described(self, model: str) -> dict[str, JsonValue]:
        return {"id": model, "object": "model", "created": 1700000000, "owned_by": "scripted"}

    async def _list_models(self, request: web.Request) -> web.StreamResponse:
        models: list[JsonValue] = [self._described(model) for model in self.models or SERVED_MODELS]
        return web.json_response({"object": "list", "data": models})

    async def _one_model(self, request: web.Request) -> web.StreamResponse:
        self._check_model(request.match_info["model"])
        return web.json_response(self._described(request.match_info["model"]))

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = self._body(request, "chat_completions")
        check_chat(body)
        recorded = request[RECORDED]
        reply = self.next_reply(recorded) or default_reply(recorded)
        unoffered = [call.name for call in reply.tool_calls if call.offered and call.name not in offered_tools(body)]
        if unoffered:
            raise Refused(400, f"The script calls tools that the request does not offer: {', '.join(unoffered)}.")
        answer = self._answer(recorded, reply, body.get("max_completion_tokens") or body.get("max_tokens"), "chatcmpl")
        if body.get("stream"):
            usage = asks_for_usage(body)
            return await self._stream(request, openai_wire.chat_chunks(answer, self.style, include_usage=usage))
        return await self._whole(openai_wire.chat_body(answer))

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = self._body(request, "completions")
        if body.get("stream_options") is not None and not body.get("stream"):
            raise Refused(400, "'stream_options' is only allowed when 'stream' is true.", param="stream_options")
        recorded = request[RECORDED]
        reply = self.next_reply(recorded) or Reply(f"You said: {conversation_text(recorded)}")
        answer = self._answer(recorded, reply, body.get("max_tokens"), "cmpl")
        if body.get("stream"):
            usage = asks_for_usage(body)
            return await self._stream(request, openai_wire.completion_chunks(answer, self.style, include_usage=usage))
        prefix = conversation_text(recorded) if body.get("echo") else ""
        return await self._whole(openai_wire.completion_body(answer, prefix))

    def _answer(self, recorded: Request, reply: Reply, limit: JsonValue, id_prefix: str) -> Answer:
        body = recorded.json
        stop: str | list[str] = body.get("stop") or []
        legacy = bool(body.get("functions"))
        said = openai_wire.cut(
            reply, [stop] if isinstance(stop, str) else stop, limit if isinstance(limit, int) else None
        )
        finish = said.finish_reason or "stop"
        reasoning = len(tokens_of(said.reasoning))
        spoken = said.text + "".join(call.name + call.arguments_text for call in said.tool_calls)
        return Answer(
            id=f"{id_prefix}-{next(self._ids):06d}",
            model=body["model"],
            text=said.text,
            pieces=said.chunks or (),
            reasoning=said.reasoning,
            tool_calls=said.tool_calls,
            call_ids=tuple(f"call_{next(self._ids):06d}" for _ in said.tool_calls),
            finish_reason="function_call" if legacy and finish == "tool_calls" else finish,
            usage=Usage(len(tokens_of(conversation_text(recorded))), len(tokens_of(spoken)) + reasoning, reasoning),
            choices=body.get("n") or 1,
            legacy_functions=legacy,
        )

    async def _whole(self, body: dict[str, JsonValue]) -> web.StreamResponse:
        hang = self.next_hang()
        await asyncio.sleep(self.delay_seconds)
        if hang is not None:
            await silence()
        return web.json_response(body)

    async def _stream(self, request: web.Request, chunks: Iterator[dict[str, JsonValue]]) -> web.StreamResponse:
        hang = self.next_hang()
        await asyncio.sleep(self.delay_seconds)
        if hang is not None and hang.after_events is None:
            await silence()
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
        )
        await response.prepare(request)
        await self._write_events(request, response, chunks, hang)
        return response

    async def _write_events(
        self,
        request: web.Request,
        response: web.StreamResponse,
        chunks: Iterator[dict[str, JsonValue]],
        hang: Hang | None,
    ) -> None:
        style = self.style
        for count, chunk in enumerate(chunks):
            if hang is not None and count == hang.after_events:
                await silence()
            if count == style.cut_after:
                if request.transport is not None:
                    request.transport.close()
                return
            if count == style.error_after:
                await response.write(openai_wire.event(broken_stream(), style))
                return
            if count:
                await asyncio.sleep(self.chunk_delay_seconds)
            data = openai_wire.event(chunk, style)
            if style.split_bytes:
                for piece in pieces_of(data):
                    await response.write(piece)
                    await asyncio.sleep(0.001)  # lets the pieces travel as packets of their own
            else:
                await response.write(data)
        if style.done:
            await response.write(openai_wire.frame("[DONE]", style))

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        body = self._body(request, "embeddings")
        texts = embedded_texts(body["input"])
        wanted = body.get("dimensions")
        dimensions = wanted if isinstance(wanted, int) else self.dimensions
        found = [vectors.embed(text, dimensions) for text in texts]
        packed = body.get("encoding_format") == "base64"
        count = sum(len(tokens_of(text)) for text in texts)
        await asyncio.sleep(self.delay_seconds)
        return web.json_response(
            {
                "object": "list",
                "data": [
                    {"object": "embedding", "index": at, "embedding": vectors.as_base64(vector) if packed else vector}
                    for at, vector in enumerate(found)
                ],
                "model": body["model"],
                "usage": {"prompt_tokens": count, "total_tokens": count},
            }
        )

    async def _rerank(self, request: web.Request) -> web.StreamResponse:
        body = self._body(request, "rerank")
        query = str(body["query"])
        documents = [
            item if isinstance(item, str) else str(item["text"]) for item in request[RECORDED].json["documents"]
        ]
        scores = (self._scores or shared_words)(query, documents)
        order = sorted(range(len(documents)), key=lambda at: -scores[at])
        top = body.get("top_n")
        results: list[JsonValue] = []
        for at in order[: top if isinstance(top, int) else None]:
            result: dict[str, JsonValue] = {"index": at, "relevance_score": float(scores[at])}
            if body.get("return_documents") is not False:
                result["document"] = {"text": documents[at]}
            results.append(result)
        count = sum(len(tokens_of(text)) for text in [query, *documents])
        await asyncio.sleep(self.delay_seconds)
        return web.json_response({"model": body["model"], "usage": {"total_tokens": count}, "results": results})

    async def _moderate(self, request: web.Request) -> web.StreamResponse:
        body = self._body(request, "moderations")
        results: list[JsonValue] = [
            openai_media.moderation_result(text, self.flagged_words)
            for text in openai_media.moderated_texts(body["input"])
        ]
        model = body.get("model", "omni-moderation-latest")
        return web.json_response({"id": f"modr-{next(self._ids):06d}", "model": model, "results": results})

    async def _transcribe(self, request: web.Request) -> web.StreamResponse:
        _, fields = openai_media.recording_of(request[RECORDED])
        self.check("openai/audio_transcriptions", fields)
        form = {name: values for name, values in fields.items() if isinstance(values, list)}
        self._check_model(form["model"][0])
        wanted = str(form.get("response_format", ["json"])[0])
        match wanted:
            case "text":
                return web.Response(text=f"{self.transcript}\n")
            case "srt" | "vtt":
                return web.Response(text=openai_media.subtitles(self.transcript, wanted))
            case "verbose_json":
                granularities = [str(item) for item in form.get("timestamp_granularities[]", [])]
                words = self.transcript.split()
                return web.json_response(openai_media.verbose_transcript(self.transcript, words, granularities))
            case _:
                model = str(form["model"][0]) if self.counts_sound else None
                return web.json_response(openai_media.transcript(model, self.transcript))

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        body = self._body(request, "audio_speech")
        audio, media_type = openai_media.speech(str(body.get("response_format", "mp3")))
        if body.get("stream_format") == "sse":
            return await self._speak_in_events(request, str(body["model"]), audio)
        response = web.StreamResponse(headers={"Content-Type": media_type})
        await response.prepare(request)
        for at in range(0, len(audio), 512):
            await response.write(audio[at : at + 512])
        return response

    async def _speak_in_events(self, request: web.Request, model: str, audio: bytes) -> web.StreamResponse:
        if model.startswith("tts-1"):
            raise Refused(400, "stream_format 'sse' is not supported for this model.", param="stream_format")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for event in openai_media.speech_events(audio):
            await response.write(f"data: {json.dumps(event)}\n\n".encode())
        return response

    async def _draw(self, request: web.Request) -> web.StreamResponse:
        body = self._body(request, "images_generations")
        size = str(body.get("size") or "1024x1024")
        count = body.get("n") or 1
        data: list[JsonValue] = []
        for index in range(count if isinstance(count, int) else 1):
            if body.get("response_format") == "b64_json":
                data.append({"b64_json": openai_media.image_base64(index, size), "revised_prompt": body["prompt"]})
            else:
                url = f"{self.origin}/generated/{index}-{size}.png"
                data.append({"url": url, "revised_prompt": body["prompt"]})
        return web.json_response({"created": 1700000000, "data": data})

    async def _drawing(self, request: web.Request) -> web.StreamResponse:
        image = openai_media.image_file(int(request.match_info["index"]), request.match_info["size"])
        return web.Response(body=image, content_type="image/png")


def asks_for_usage(body: dict[str, JsonValue]) -> bool:
    """Whether a streaming request asks for token counts."""
    options = body.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


def embedded_texts(value: JsonValue) -> list[str]:
    """The texts of an embedding request; token arrays stand for their numbers."""
    if isinstance(value, str):
        return [value]
    items = value if isinstance(value, list) else []
    if all(isinstance(item, int) for item in items):
        return [" ".join(str(item) for item in items)]
    return [
        item if isinstance(item, str) else " ".join(map(str, item)) for item in items if isinstance(item, str | list)
    ]


def shared_words(query: str, documents: Sequence[str]) -> list[float]:
    """Relevance by words in common, in [0, 1]."""
    wanted = set(vectors.features(query))
    return [len(wanted & set(vectors.features(text))) / max(len(wanted), 1) for text in documents]


def pieces_of(data: bytes) -> Iterator[bytes]:
    """An event in two pieces, cut inside its first multi-byte character or else in its middle."""
    middle = next((at + 1 for at, byte in enumerate(data) if byte > 127), len(data) // 2)
    yield data[:middle]
    yield data[middle:]


def broken_stream() -> dict[str, JsonValue]:
    """The error object that takes the place of a chunk."""
    return openai_wire.error_body("The server had an error.", kind="server_error", param=None, code=None)


async def silence() -> None:
    """Says nothing until the client hangs up."""
    await asyncio.Event().wait()


if __name__ == "__main__":
    from tests.doubles.steady_model import main

    main()
