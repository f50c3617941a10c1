"""From the pieces of a generateContent reply to ChatDeltas.

Source: spec models-and-tools §1.9, §1.11, §1.19 (GEM, VTX); the vendor's API reference.
"""

import secrets
import time
from collections.abc import Mapping

import msgspec

from treadle.engine.errors import InvokeBadRequestError, InvokeError
from treadle.engine.ports import ChatDelta, ChatRequest, Part, ToolCall
from treadle.models.target import Target

from .cost import cost_of
from .exchange import unexplained
from .failures import refusal, shorten, unreadable
from .gemini_wire import Blob, Chunk, ErrorBody, FunctionCall, PartPiece, UsageBlock, decode_chunk, decode_chunks

_FINISH = {"STOP": "stop", "MAX_TOKENS": "length"}
_FILTERED = frozenset({
    "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR",
    "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION",
})  # fmt: skip
_BAD_KEY = "API_KEY_INVALID"


class ReplyReader:
    """Reads one reply, piece by piece; knows at the end what it cost and whether it was complete."""

    done = False
    """Nothing marks the end of a stream but the end of the connection."""

    def __init__(self, target: Target, request: ChatRequest) -> None:
        self._target = target
        self._request = request
        self._started = time.perf_counter()
        self._first: float | None = None
        self._said: list[str] = []
        self._calls: list[ToolCall] = []
        self._usage = UsageBlock()
        self._finish: str | None = None
        self.failure: InvokeError | None = None
        """Why the reply breaks off after what has been read."""

    @property
    def complete(self) -> bool:
        """Whether the reply has come to its end."""
        return self._finish is not None

    def read(self, payloads: list[bytes]) -> list[ChatDelta]:
        """The deltas in these events, up to a failure."""
        deltas: list[ChatDelta] = []
        try:
            for payload in payloads:
                try:
                    chunk = decode_chunk(payload)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    if payload.strip():
                        raise unreadable(self._target, payload) from error
                    continue
                self._read_chunk(chunk, deltas)
        except InvokeError as error:
            self.failure = error
        return deltas

    def whole(self, body: bytes) -> ChatDelta:
        """The delta of an unstreamed answer. Raises InvokeError."""
        deltas = self.read([body])
        if self.failure is not None:
            raise self.failure
        if not self.complete:
            raise unreadable(self._target, body)
        return msgspec.structs.replace(
            self.end(),
            text="".join(delta.text for delta in deltas),
            reasoning="".join(delta.reasoning for delta in deltas),
            images=tuple(image for delta in deltas for image in delta.images),
        )

    def end(self) -> ChatDelta:
        """The last delta: the tool calls, usage (counted here if the provider did not) and finish reason."""
        calls, counted = tuple(self._calls), self._usage
        usage = cost_of(
            self._target,
            self._request,
            said=self._said,
            calls=calls,
            started=self._started,
            first=self._first,
            prompt=(counted.prompt_token_count or 0) + (counted.tool_use_prompt_token_count or 0),
            completion=(counted.candidates_token_count or 0) + (counted.thoughts_token_count or 0),
            cached=counted.cached_content_token_count or 0,
            sound=counted.sound,
        )
        return ChatDelta(tool_calls=calls, usage=usage, finish_reason=self._reason())

    def _reason(self) -> str:
        reason = self._finish or "STOP"
        if reason in _FILTERED:
            return "content_filter"
        return "tool_calls" if self._calls and reason == "STOP" else _FINISH.get(reason, reason.lower())

    def _read_chunk(self, chunk: Chunk, deltas: list[ChatDelta]) -> None:
        if chunk.error is not None:
            raise refused_as(self._target, chunk.error, {})
        if chunk.usage_metadata is not None:
            self._usage = chunk.usage_metadata
        if not chunk.candidates:
            feedback = chunk.prompt_feedback
            if feedback is not None and feedback.block_reason:
                raise _blocked(self._target, feedback.block_reason, feedback.block_reason_message)
            return
        candidate = chunk.candidates[0]
        if candidate.content is not None:
            for part in candidate.content.parts or ():
                self._read_part(part, deltas)
        if candidate.finish_reason is not None:
            self._finish = candidate.finish_reason

    def _read_part(self, part: PartPiece, deltas: list[ChatDelta]) -> None:
        if part.text:
            if self._first is None:
                self._first = time.perf_counter()
            self._said.append(part.text)
            deltas.append(ChatDelta(reasoning=part.text) if part.thought else ChatDelta(text=part.text))
        elif part.function_call is not None:
            self._calls.append(_call(part.function_call, part.thought_signature))
        elif part.inline_data is not None and not part.thought:
            deltas.append(ChatDelta(images=(_image(part.inline_data),)))


def _call(call: FunctionCall, signature: str | None) -> ToolCall:
    arguments = msgspec.json.encode(call.args or {}).decode()
    return ToolCall(call.id or f"call_{secrets.token_hex(8)}", call.name, arguments, signature or "")


def _image(blob: Blob) -> Part:
    mime_type = blob.mime_type or "image/png"
    return Part(type="image", data=blob.data, mime_type=mime_type, format=mime_type.rpartition("/")[2])


def _blocked(target: Target, reason: str, message: str | None) -> InvokeBadRequestError:
    said = f": {shorten(message)}" if message else ""
    return InvokeBadRequestError(target.says(f"the provider does not answer this prompt ({reason}){said}. Change it."))


def refused_as(target: Target, error: ErrorBody, headers: Mapping[str, str], status: int = 0) -> InvokeError:
    """The error for an error object; the time to wait may stand in it instead of in the headers."""
    details = error.details or []
    status = error.code or status or 500
    if status == 400 and any(detail.reason == _BAD_KEY for detail in details):
        status = 401
    delay = next((detail.retry_delay for detail in details if detail.retry_delay), None)
    if delay is not None and "retry-after" not in headers:
        headers = {**headers, "retry-after": delay.removesuffix("s")}
    return refusal(target, status, error.message or error.status, headers)


def refused(target: Target, status: int, body: bytes, headers: Mapping[str, str]) -> InvokeError:
    """The error for an answer with this status. Streams refuse with a list of one."""
    try:
        chunks = decode_chunks(body) if body.lstrip().startswith(b"[") else [decode_chunk(body)]
    except (msgspec.DecodeError, UnicodeDecodeError):
        chunks = []
    error = next((chunk.error for chunk in chunks if chunk.error is not None), None)
    if error is None:
        return unexplained(target, status, body, headers)
    return refused_as(target, error, headers, status)
