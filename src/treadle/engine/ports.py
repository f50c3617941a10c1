"""What nodes may ask of the world, as Protocols. The application gives a run its ports; tests give doubles.

Message shapes follow spec models-and-tools §1.7 to §1.9.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

from .usage import Price, Usage
from .values import File, JsonValue, Value

Role = Literal["system", "user", "assistant", "tool"]
PartType = Literal["text", "image", "audio", "video", "document"]
Feature = Literal[
    "tool-call", "multi-tool-call", "stream-tool-call", "agent-thought",
    "vision", "document", "video", "audio", "structured-output",
]  # fmt: skip


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a message. Media parts carry `url` or base64 `data`; `format` is the extension without its dot."""

    type: PartType
    text: str = ""
    url: str = ""
    data: str = ""
    mime_type: str = ""
    format: str = ""
    filename: str = ""
    detail: Literal["low", "high", "auto"] = "high"


class ToolCall(msgspec.Struct, frozen=True):
    """A call that the model asks for. `arguments` is the JSON text that the model wrote, complete."""

    id: str
    name: str
    arguments: str


class ToolSpec(msgspec.Struct, frozen=True):
    """A tool offered to the model; `parameters` is a JSON Schema object."""

    name: str
    description: str
    parameters: dict[str, JsonValue]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One prompt message."""

    role: Role
    content: str | tuple[Part, ...] = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    name: str | None = None


class ModelRef(msgspec.Struct, frozen=True):
    """Which model: the provider id as the app file spells it, the model's name, and `chat` or `completion`."""

    provider: str
    name: str
    mode: str = "chat"


class ModelProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What a model can do. `context_size` is in tokens, None when unknown; `parameters` are the names it accepts."""

    mode: Literal["chat", "completion"] = "chat"
    features: frozenset[str] = frozenset()
    context_size: int | None = None
    price: Price = Price()
    parameters: frozenset[str] = frozenset()


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One model call. `parameters` are upstream names (temperature, max_tokens, ...) without `stop`."""

    model: ModelRef
    messages: tuple[Message, ...]
    parameters: Mapping[str, JsonValue] = {}
    stop: tuple[str, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    user: str | None = None


class ChatDelta(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a reply. Tool calls come complete, in one delta; usage and finish reason come with the last one."""

    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    images: tuple[Part, ...] = ()
    usage: Usage | None = None
    finish_reason: str | None = None


class Models(Protocol):
    """The workspace's models. Failures are `engine.errors.InvokeError`s whose text names provider and model."""

    async def resolve(self, model: ModelRef) -> ModelRef:
        """The model that calls for `model` go to: itself, or the one that stands in for it.

        Raises ModelNotExistError or ProviderNotInitializeError.
        """
        ...

    async def profile(self, model: ModelRef) -> ModelProfile:
        """Raises ModelNotExistError or ProviderNotInitializeError."""
        ...

    def chat(self, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        """Streams the reply. Closing the iterator closes the upstream connection at once."""
        ...

    def count_tokens(self, model: ModelRef, messages: Sequence[Message]) -> int:
        """Prompt size in tokens, offline; an estimate where the vocabulary is unknown."""
        ...


class CodeResult(Protocol):
    """What user code returned, and which engine ran it."""

    @property
    def outputs(self) -> dict[str, JsonValue]: ...
    @property
    def engine(self) -> str: ...
    @property
    def elapsed(self) -> float: ...


class Code(Protocol):
    """Runs untrusted code outside the server process."""

    async def run(
        self, language: Literal["python3", "javascript"], code: str, inputs: dict[str, JsonValue]
    ) -> CodeResult:
        """Raises engine.errors.CodeExecutionError with the text shown to users."""
        ...


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One outbound request. `headers` keep order and repeats; timeouts are in seconds."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    connect_timeout: float = 10
    read_timeout: float = 600
    write_timeout: float = 600
    verify_tls: bool = True
    max_bytes: int = 10 * 1024 * 1024


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The final answer after redirects; header names are lower-case, repeats joined by a comma and a space."""

    status: int
    url: str
    headers: dict[str, str]
    body: bytes


class Http(Protocol):
    """Guarded outbound HTTP: private, loopback and link-local addresses are refused unless an operator allowed them."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Raises engine.errors.HttpRequestNodeError (also for refused addresses) or ResponseSizeError."""
        ...


class Files(Protocol):
    """The workspace's files, reached by descriptor."""

    async def read(self, file: File) -> bytes:
        """The bytes; a remote file is fetched through the guard. Raises engine.errors.FileFetchError."""
        ...

    async def save(self, data: bytes, *, filename: str, mime_type: str) -> File:
        """Store a file that a node made (`tool_file`), with a signed url."""
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange of a conversation."""

    query: str
    answer: str
    query_files: tuple[File, ...] = ()
    answer_files: tuple[File, ...] = ()


class Memory(Protocol):
    """The conversation that this run belongs to."""

    async def turns(self, limit: int) -> list[Turn]:
        """At most `limit` newest finished exchanges of the current thread, oldest first; empty without one."""
        ...


class Clock(Protocol):
    """Seconds since the epoch."""

    def __call__(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything a run may ask of the world."""

    models: Models
    code: Code
    http: Http
    files: Files
    memory: Memory


class VariableWrite(msgspec.Struct, frozen=True):
    """A conversation variable that a node changed."""

    name: str
    value: Value
