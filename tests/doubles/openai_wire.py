"""The shapes of the OpenAI wire: completion objects, stream chunks and server-sent event frames."""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tests.doubles.recording import JsonValue
from tests.doubles.script import FinishReason, Reply, StreamStyle, ToolCall

ARGUMENT_PIECE = 7


def tokens_of(text: str) -> list[str]:
    """The text cut into the model's tokens: a word, at most eight characters long, with the space before it."""
    return re.findall(r"\s*\S{1,8}|\s+\Z", text)


@dataclass(frozen=True)
class Usage:
    """Token counts of one call, by `tokens_of`."""

    prompt: int
    completion: int
    reasoning: int = 0

    @property
    def body(self) -> dict[str, JsonValue]:
        """The `usage` member."""
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": self.reasoning, "audio_tokens": 0},
        }


@dataclass(frozen=True)
class Answer:
    """A reply made ready for the wire: cut, finished, numbered."""

    id: str
    model: str
    text: str
    pieces: tuple[str, ...]
    reasoning: str
    tool_calls: tuple[ToolCall, ...]
    call_ids: tuple[str, ...]
    finish_reason: FinishReason
    usage: Usage
    choices: int
    legacy_functions: bool


def cut(reply: Reply, stop: Sequence[str], max_tokens: int | None) -> Reply:
    """The reply as far as the stop sequences and the token limit let it come, with its reason to finish."""
    text, finish = reply.text, reply.finish_reason
    ends = [at for at in (text.find(sequence) for sequence in stop if sequence) if at >= 0]
    if ends:
        text = text[: min(ends)]
    tokens = tokens_of(text)
    if max_tokens is not None and len(tokens) > max_tokens:
        text, finish = "".join(tokens[:max_tokens]), finish or "length"
    pieces = tuple(cut_pieces(reply.chunks, len(text)) if reply.chunks is not None else tokens_of(text))
    if finish is None:
        finish = "tool_calls" if reply.tool_calls else "stop"
    return replace(reply, text=text, finish_reason=finish, chunks=pieces)


def cut_pieces(pieces: Sequence[str], length: int) -> Iterator[str]:
    """The pieces up to so many characters."""
    for piece in pieces:
        if length <= 0:
            return
        yield piece[:length]
        length -= len(piece)


def chat_body(answer: Answer) -> dict[str, JsonValue]:
    """A whole `chat.completion`."""
    message: dict[str, JsonValue] = {
        "role": "assistant",
        "content": answer.text if answer.text or not answer.tool_calls else None,
        "refusal": None,
    }
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning
    if answer.tool_calls and answer.legacy_functions:
        call = answer.tool_calls[0]
        message["function_call"] = {"name": call.name, "arguments": call.arguments_text}
    elif answer.tool_calls:
        message["tool_calls"] = [
            {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments_text}}
            for call_id, call in zip(answer.call_ids, answer.tool_calls, strict=True)
        ]
    return {
        "id": answer.id,
        "object": "chat.completion",
        "created": int(time.time()),
        "model": answer.model,
        "system_fingerprint": "fp_scripted",
        "choices": [
            {"index": index, "message": message, "logprobs": None, "finish_reason": answer.finish_reason}
            for index in range(answer.choices)
        ],
        "usage": answer.usage.body,
    }


def chat_chunks(answer: Answer, style: StreamStyle, *, include_usage: bool) -> Iterator[dict[str, JsonValue]]:
    """The `chat.completion.chunk` objects of a streamed answer, in order."""
    head: dict[str, JsonValue] = {
        "id": answer.id,
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": answer.model,
        "system_fingerprint": "fp_scripted",
    }
    nulls: dict[str, JsonValue] = {"usage": None} if include_usage and style.usage == "last_chunk" else {}
    for index in range(answer.choices):
        for delta in deltas(answer, style):
            choice: JsonValue = {"index": index, "delta": delta, "logprobs": None, "finish_reason": None}
            yield {**head, "choices": [choice], **nulls}
        finish: JsonValue = {"index": index, "delta": {}, "logprobs": None, "finish_reason": answer.finish_reason}
        usage = {"usage": answer.usage.body} if style.usage == "with_finish" else nulls
        yield {**head, "choices": [finish], **usage}
    if include_usage and style.usage == "last_chunk":
        yield {**head, "choices": [], "usage": answer.usage.body}


def deltas(answer: Answer, style: StreamStyle) -> Iterator[dict[str, JsonValue]]:
    """The message fragments of one choice."""
    role: dict[str, JsonValue] = {} if style.role_first else {"role": "assistant"}
    if style.role_first:
        yield {"role": "assistant", "content": "", "refusal": None}
    for token in tokens_of(answer.reasoning):
        yield {**role, "content": None, "reasoning_content": token}
    for piece in answer.pieces:
        if style.empty_deltas:
            yield {}
        yield {**role, "content": piece}
    if answer.tool_calls and answer.legacy_functions:
        call = answer.tool_calls[0]
        yield {**role, "function_call": {"name": call.name, "arguments": ""}}
        for piece in argument_pieces(call):
            yield {"function_call": {"arguments": piece}}
        return
    for index, (call_id, call) in enumerate(zip(answer.call_ids, answer.tool_calls, strict=True)):
        function: JsonValue = {"name": call.name, "arguments": ""}
        yield {**role, "tool_calls": [{"index": index, "id": call_id, "type": "function", "function": function}]}
        for piece in argument_pieces(call):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def argument_pieces(call: ToolCall) -> list[str]:
    """A call's arguments as they trickle in, cut without regard to JSON."""
    text = call.arguments_text
    return [text[at : at + ARGUMENT_PIECE] for at in range(0, len(text), ARGUMENT_PIECE)]


def completion_body(answer: Answer, prefix: str = "") -> dict[str, JsonValue]:
    """A whole `text_completion`; `prefix` is the prompt when it is to be echoed."""
    return {
        "id": answer.id,
        "object": "text_completion",
        "created": int(time.time()),
        "model": answer.model,
        "choices": [
            {"index": index, "text": prefix + answer.text, "logprobs": None, "finish_reason": answer.finish_reason}
            for index in range(answer.choices)
        ],
        "usage": answer.usage.body,
    }


def completion_chunks(answer: Answer, style: StreamStyle, *, include_usage: bool) -> Iterator[dict[str, JsonValue]]:
    """The chunks of a streamed `text_completion`."""
    head: dict[str, JsonValue] = {
        "id": answer.id,
        "object": "text_completion",
        "created": int(time.time()),
        "model": answer.model,
    }
    for index in range(answer.choices):
        for piece in answer.pieces:
            yield {**head, "choices": [{"index": index, "text": piece, "logprobs": None, "finish_reason": None}]}
        last: JsonValue = {"index": index, "text": "", "logprobs": None, "finish_reason": answer.finish_reason}
        yield {**head, "choices": [last], **({"usage": answer.usage.body} if style.usage == "with_finish" else {})}
    if include_usage and style.usage == "last_chunk":
        yield {**head, "choices": [], "usage": answer.usage.body}


def frame(data: str, style: StreamStyle) -> bytes:
    """One server-sent event with this data."""
    end = style.line_end
    comment = f": keep-alive{end}" if style.keep_alive_comments else ""
    return f"{comment}data:{' ' if style.space_after_colon else ''}{data}{end}{end}".encode()


def event(chunk: Mapping[str, JsonValue], style: StreamStyle) -> bytes:
    """One chunk as a server-sent event, its text as raw UTF-8."""
    return frame(json.dumps(chunk, ensure_ascii=False, separators=(",", ":")), style)


def error_body(message: str, *, kind: str, param: str | None, code: str | None) -> dict[str, JsonValue]:
    """The vendor's error envelope."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
