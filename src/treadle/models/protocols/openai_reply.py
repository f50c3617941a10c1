"""From the chunks of an OpenAI-compatible reply to ChatDeltas.

Source: spec models-and-tools §1.9, §1.19.
"""

import secrets
import time
from dataclasses import dataclass, field

import msgspec

from treadle.engine.errors import InvokeBadRequestError, InvokeError, InvokeRateLimitError, InvokeServerUnavailableError
from treadle.engine.ports import ChatDelta, ChatRequest, Part, ToolCall
from treadle.engine.usage import Usage
from treadle.models.target import Target

from .cost import cost_of
from .failures import refusal, shorten, spent, unreadable
from .openai_wire import Chunk, ContentPiece, ErrorBody, FunctionPiece, Reply, ToolCallPiece, UsageBlock, decode_chunk

_DONE = b"[DONE]"


@dataclass(slots=True)
class OpenCall:
    """A tool call that is still arriving."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list[str])


class ReplyReader:
    """Reads one reply, chunk by chunk; knows at the end what it cost and whether it was complete."""

    def __init__(self, target: Target, request: ChatRequest) -> None:
        self._target = target
        self._request = request
        self._started = time.perf_counter()
        self._first: float | None = None
        self._said: list[str] = []
        self._calls: dict[int, OpenCall] = {}
        self._usage: UsageBlock | None = None
        self._finish: str | None = None
        self.done = False
        """Whether [DONE] has come."""
        self.failure: InvokeError | None = None
        """Why the reply breaks off after what has been read."""

    @property
    def complete(self) -> bool:
        """Whether the reply has come to its end, with or without [DONE]."""
        return self.done or self._finish is not None

    def read(self, payloads: list[bytes]) -> list[ChatDelta]:
        """The deltas in these events, up to a failure."""
        deltas: list[ChatDelta] = []
        try:
            for payload in payloads:
                self._read_event(payload, deltas)
        except InvokeError as error:
            self.failure = error
        return deltas

    def _read_event(self, payload: bytes, deltas: list[ChatDelta]) -> None:
        try:
            chunk = decode_chunk(payload)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            text = payload.strip()
            if text == _DONE:
                self.done = True
            elif text and not self.done:
                raise unreadable(self._target, text) from error
            return
        choices = chunk.choices
        if choices and (delta := choices[0].delta) is not None and type(text := delta.content) is str and text:
            if self._first is None:
                self._first = time.perf_counter()
            self._said.append(text)
            deltas.append(ChatDelta(text=text))
            if (
                choices[0].finish_reason is None
                and chunk.usage is None
                and delta.tool_calls is None
                and delta.reasoning_content is None
                and delta.reasoning is None
                and delta.function_call is None
                and delta.images is None
            ):
                return
            delta.content = None
        self._read_rest(chunk, deltas)

    def whole(self, body: bytes) -> ChatDelta:
        """The delta of an unstreamed answer. Raises InvokeError."""
        deltas = self.read([body])
        if self.failure is not None:
            raise self.failure
        if not deltas and self._finish is None and not self._calls and self._usage is None:
            raise unreadable(self._target, body)
        last = self.end()
        return ChatDelta(
            text="".join(delta.text for delta in deltas),
            reasoning="".join(delta.reasoning for delta in deltas),
            images=tuple(image for delta in deltas for image in delta.images),
            tool_calls=last.tool_calls,
            usage=last.usage,
            finish_reason=last.finish_reason,
        )

    def end(self) -> ChatDelta:
        """The last delta: complete tool calls, usage (counted here if the provider did not) and finish reason."""
        calls = tuple(
            ToolCall(call.id or f"call_{secrets.token_hex(8)}", call.name, "".join(call.arguments) or "{}")
            for call in self._calls.values()
        )
        return ChatDelta(
            tool_calls=calls, usage=self._cost(calls), finish_reason=self._finish or ("tool_calls" if calls else "stop")
        )

    def _read_rest(self, chunk: Chunk, deltas: list[ChatDelta]) -> None:
        if chunk.error is not None and (not chunk.choices or chunk.choices[0].finish_reason == "error"):
            raise stream_error(self._target, chunk.error)
        self._usage = chunk.usage or (chunk.x_groq.usage if chunk.x_groq else None) or self._usage
        if not chunk.choices:
            return
        choice = chunk.choices[0]
        reply = choice.delta or choice.message
        delta = self._of_reply(reply) if reply is not None else ChatDelta(text=choice.text or "")
        if delta.text or delta.reasoning or delta.images:
            self._first = self._first or time.perf_counter()
            self._said += (delta.reasoning, delta.text)
            deltas.append(delta)
        self._finish = choice.finish_reason or self._finish

    def _of_reply(self, reply: Reply) -> ChatDelta:
        text, reasoning = reply.content or "", reply.reasoning_content or reply.reasoning or ""
        images = [_image(piece.image_url.url) for piece in reply.images or () if piece.image_url]
        if not isinstance(text, str):
            images += [_image(piece.image_url.url) for piece in text if piece.image_url]
            reasoning += "".join(_thoughts(piece) for piece in text)
            text = "".join(piece.text or "" for piece in text)
        for piece in reply.tool_calls or ():
            self._add_call(piece)
        if reply.function_call is not None:
            self._add_call(ToolCallPiece(index=0, function=reply.function_call))
        return ChatDelta(text=text or reply.refusal or "", reasoning=reasoning, images=tuple(images))

    def _add_call(self, piece: ToolCallPiece) -> None:
        """Adds a fragment to its call. A new id under a used index is a new call: some servers number all of them 0."""
        new_id = "" if piece.id is None else str(piece.id)
        last = max(self._calls, default=-1)
        index = piece.index
        if new_id:
            known = next((at for at, call in self._calls.items() if call.id == new_id), None)
            if known is not None:
                index = known
            elif index is None or (index in self._calls and self._calls[index].id):
                index = last + 1
        elif index is None:
            index = max(last, 0)
        call = self._calls.setdefault(index, OpenCall())
        call.id = call.id or new_id
        function = piece.function or FunctionPiece()
        call.name = call.name or function.name or ""
        if function.arguments:
            arguments = function.arguments
            call.arguments.append(arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode())

    def _cost(self, calls: tuple[ToolCall, ...]) -> Usage:
        counted = self._usage or UsageBlock()
        return cost_of(
            self._target,
            self._request,
            said=self._said,
            calls=calls,
            started=self._started,
            first=self._first,
            prompt=counted.prompt_tokens or 0,
            completion=counted.completion_tokens or 0,
            cached=counted.cached,
            sound=counted.sound,
        )


def stream_error(target: Target, error: ErrorBody | str) -> InvokeError:
    """The error for an error object where a reply should be."""
    if isinstance(error, str):
        error = ErrorBody(message=error)
    message = error.message or str(error.type or error.code or "no reason given")
    for status in (error.status, error.code):
        if isinstance(status, int) and 400 <= status < 600:
            return refusal(target, status, message, {})
    kind = f"{error.type} {error.code}".lower()
    said = shorten(message)
    if "insufficient_quota" in kind:
        return spent(target, message, 429)
    if "rate_limit" in kind or "quota" in kind:
        return InvokeRateLimitError(
            target.says(f"the provider's rate limit or quota is used up: {said}. Try again later.")
        )
    if "invalid_request" in kind:
        return InvokeBadRequestError(
            target.says(f"the provider refused the request: {said}. Change the prompt or the model's parameters.")
        )
    return InvokeServerUnavailableError(target.says(f"the provider broke the reply off: {said}. Try again."))


def _thoughts(piece: ContentPiece) -> str:
    thinking = piece.thinking
    if thinking is None or isinstance(thinking, str):
        return thinking or ""
    return "".join(thought.text or "" for thought in thinking)


def _image(url: str) -> Part:
    if not url.startswith("data:"):
        return Part(type="image", url=url)
    head, _, data = url.partition(",")
    mime_type = head.removeprefix("data:").partition(";")[0] or "image/png"
    return Part(type="image", data=data, mime_type=mime_type, format=mime_type.rpartition("/")[2])
