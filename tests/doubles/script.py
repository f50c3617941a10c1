"""What a scripted model says next, and how well it behaves while it says it."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests.doubles.recording import JsonValue, Request

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]


@dataclass(frozen=True)
class ToolCall:
    """A tool the model wants called. `arguments` given as text is sent as it is, valid JSON or not."""

    name: str
    arguments: Mapping[str, JsonValue] | str = field(default_factory=dict[str, JsonValue])
    offered: bool = True
    """False lets the script call a tool that the request does not offer, as a confused model would."""

    @property
    def arguments_text(self) -> str:
        """The arguments as the wire carries them: JSON text."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True)
class Reply:
    """One answer of the model."""

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    finish_reason: FinishReason | None = None
    """None: what follows from the rest (`tool_calls`, `length` when max_tokens cut it, else `stop`)."""
    chunks: tuple[str, ...] | None = None
    """The pieces of `text` when streaming; None: cut by `tokens_of`."""


@dataclass(frozen=True)
class StreamStyle:
    """How a stream is written. The defaults are those of the vendor; every other value was seen in the wild."""

    line_end: Literal["\n", "\r\n"] = "\n"
    space_after_colon: bool = True
    role_first: bool = True
    """The first delta carries the role and empty content."""
    empty_deltas: bool = False
    """A delta without any member before each text delta."""
    keep_alive_comments: bool = False
    """A comment line before each event."""
    usage: Literal["last_chunk", "with_finish", "omit"] = "last_chunk"
    """`last_chunk`: when asked for, after the finish, with empty choices. `with_finish`: always, on the finish."""
    done: bool = True
    """The closing [DONE]."""
    split_bytes: bool = False
    """Cuts the TCP writes inside multi-byte characters and inside event lines."""
    error_after: int | None = None
    """After so many events an error object takes the place of the rest."""
    cut_after: int | None = None
    """After so many events the connection breaks."""


@dataclass
class Failure:
    """Refuses the next `times` requests that match."""

    times: int
    status: int
    retry_after: float | None
    message: str
    code: str | None
    key: str | None
    path: str | None

    def matches(self, request: Request) -> bool:
        """Whether this request is to fail."""
        return (self.key is None or self.key == request.bearer) and (
            self.path is None or request.path.endswith(self.path)
        )


@dataclass
class Hang:
    """Falls silent in the next `times` chat or completion answers (None: all)."""

    times: int | None
    after_events: int | None
    """None: before the status line; else after so many events of a stream."""


class ModelScript:
    """The script of a model: rules first, then the queue, then the standing reply, then a default answer.

    May be written while the model serves in another thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[tuple[Callable[[Request], bool], Reply]] = []
        self._queue: deque[Reply] = deque()
        self._standing: Reply | None = None
        self._echo = False
        self._failures: list[Failure] = []
        self._hang: Hang | None = None
        self.style = StreamStyle()
        self.delay_seconds = 0.0
        self.chunk_delay_seconds = 0.0

    def reply(self, reply: str | Reply) -> None:
        """Answers every request from now on with `reply`, unless a rule or the queue says otherwise."""
        self._standing = as_reply(reply)

    def reply_sequence(self, replies: Iterable[str | Reply]) -> None:
        """Queues one answer for each of the next requests, in order."""
        with self._lock:
            self._queue.extend(as_reply(reply) for reply in replies)

    def reply_when(self, when: str | Callable[[Request], bool], reply: str | Reply) -> None:
        """Answers with `reply` whenever the predicate holds, or the conversation's text contains the substring.

        The rule made last is asked first.
        """

        def says(request: Request) -> bool:
            return isinstance(when, str) and when in conversation_text(request)

        holds = says if isinstance(when, str) else when
        with self._lock:
            self._rules.insert(0, (holds, as_reply(reply)))

    def echo_last_user(self) -> None:
        """Answers with the text of the last user message, word for word."""
        self._echo = True

    def tool_call(
        self, name: str, arguments: Mapping[str, JsonValue] | str | None = None, *, text: str = "", offered: bool = True
    ) -> None:
        """Queues an answer that calls one tool, with `text` beside the call."""
        call = ToolCall(name, {} if arguments is None else arguments, offered)
        self.reply_sequence([Reply(text=text, tool_calls=(call,))])

    def tool_calls(self, calls: Sequence[tuple[str, Mapping[str, JsonValue]]]) -> None:
        """Queues an answer that calls several tools in parallel."""
        self.reply_sequence([Reply(tool_calls=tuple(ToolCall(name, arguments) for name, arguments in calls))])

    def fail(
        self,
        times: int = 1,
        status: int = 500,
        *,
        retry_after: float | None = None,
        message: str = "The scripted model was told to fail.",
        code: str | None = None,
        key: str | None = None,
        path: str | None = None,
    ) -> None:
        """Refuses the next `times` requests (of this API key, to this path, if given) with the vendor's envelope."""
        with self._lock:
            self._failures.append(Failure(times, status, retry_after, message, code, key, path))

    def delay(self, seconds: float) -> None:
        """Waits so long before each answer begins."""
        self.delay_seconds = seconds

    def chunk_delay(self, seconds: float) -> None:
        """Waits so long before each event of a stream but the first."""
        self.chunk_delay_seconds = seconds

    def hang(self, times: int | None = None, *, after_events: int | None = None) -> None:
        """Falls silent until the client closes, in the next `times` answers (None: in all)."""
        self._hang = Hang(times, after_events)

    def stream_as(self, style: StreamStyle) -> None:
        """Writes streams in this style from now on."""
        self.style = style

    def next_failure(self, request: Request) -> Failure | None:
        """The scripted failure of this request, which is then spent."""
        with self._lock:
            for failure in self._failures:
                if failure.times > 0 and failure.matches(request):
                    failure.times -= 1
                    return failure
        return None

    def next_hang(self) -> Hang | None:
        """The silence due in this answer, which is then spent."""
        with self._lock:
            hang = self._hang
            if hang is None or hang.times == 0:
                return None
            if hang.times is not None:
                hang.times -= 1
            return hang

    def next_reply(self, request: Request) -> Reply | None:
        """The scripted answer of this request; None leaves it to the model's default."""
        with self._lock:
            for holds, reply in self._rules:
                if holds(request):
                    return reply
            if self._queue:
                return self._queue.popleft()
        if self._standing is not None:
            return self._standing
        return Reply(last_user_text(request)) if self._echo else None


def as_reply(reply: str | Reply) -> Reply:
    """A bare text as a Reply."""
    return Reply(text=reply) if isinstance(reply, str) else reply


def message_text(message: Mapping[str, JsonValue]) -> str:
    """The text of a chat message: its string content or its text parts joined."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict) and part["type"] == "text")


def conversation_text(request: Request) -> str:
    """Everything the model was given to read: all messages, or the prompt."""
    prompt = request.json.get("prompt")
    if prompt is not None:
        return prompt if isinstance(prompt, str) else "\n".join(str(piece) for piece in prompt)
    return "\n".join(message_text(message) for message in request.json["messages"])


def last_user_text(request: Request) -> str:
    """The text of the last user message, or the prompt of a completion."""
    messages = request.json.get("messages")
    if messages is None:
        return conversation_text(request)
    users = [message for message in messages if message["role"] == "user"]
    return message_text(users[-1]) if users else ""
