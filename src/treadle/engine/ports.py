"""What nodes may ask of the world, as Protocols. The application gives a run its ports; tests give doubles.

Message shapes follow spec models-and-tools §1.7 to §1.9.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

import msgspec

from .errors import NodeError, ToolNodeError
from .events import PauseKey
from .pipeline_port import NoPipeline, Pipeline
from .source_port import NoSources, Sources
from .strategy_port import NoStrategies, Strategies
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
    """A call that the model asks for. `arguments` is the JSON text that the model wrote, complete.

    `carried` is what its protocol wants back with the call in the rest of the turn (signed thoughts), in a form that
    means nothing to anyone else.
    """

    id: str
    name: str
    arguments: str
    carried: str = ""


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
    model: ModelRef | None = None
    """Which model answers, in the first delta of a reply by one that stands behind the model that was called."""


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
    """One outbound request. `headers` keep order and repeats; timeouts are in seconds.

    `secret_headers` are the names of those that must not follow a redirect to another server, as Authorization never
    does.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    connect_timeout: float = 10
    read_timeout: float = 600
    write_timeout: float = 600
    verify_tls: bool = True
    max_bytes: int = 10 * 1024 * 1024
    secret_headers: tuple[str, ...] = ()


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

    async def uploaded(self, file_id: str) -> File:
        """A file that somebody uploaded to this workspace. Raises engine.errors.FileFetchError."""
        ...


@dataclass(frozen=True, slots=True)
class PastCall:
    """A tool call of an earlier exchange. `arguments` is JSON text, `result` what the model read."""

    tool: str
    arguments: str
    result: str


@dataclass(frozen=True, slots=True)
class PastRound:
    """What an agent said in one round of an earlier exchange, and the tools that it called then."""

    text: str
    calls: tuple[PastCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange of a conversation. `rounds` are those of an agent app."""

    query: str
    answer: str
    query_files: tuple[File, ...] = ()
    answer_files: tuple[File, ...] = ()
    rounds: tuple[PastRound, ...] = ()


class Memory(Protocol):
    """The conversation that this run belongs to."""

    async def turns(self, limit: int) -> list[Turn]:
        """At most `limit` newest finished exchanges of the current thread, oldest first; empty without one."""
        ...


class ToolRef(msgspec.Struct, frozen=True, kw_only=True):
    """Which tool, as app files spell it. `provider_type` is builtin, api, workflow, mcp or plugin."""

    provider_type: str
    provider_id: str
    tool_name: str
    credential_id: str | None = None


class ToolOption(msgspec.Struct, frozen=True, kw_only=True):
    """One choice of a `select` parameter; `label` by language (`en_US`, `zh_Hans`, ...)."""

    value: str
    label: dict[str, str] = {}


class ToolParameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a tool. `form` says who gives it: the model or the graph at run time (`llm`), the builder
    beforehand (`form`), or the provider's settings (`schema`). `input_schema` is the JSON Schema of an array or object.

    Source: spec models-and-tools §4.1.
    """

    name: str
    type: str = "string"
    form: Literal["llm", "form", "schema"] = "llm"
    required: bool = False
    default: JsonValue = None
    min: float | None = None
    max: float | None = None
    options: tuple[ToolOption, ...] = ()
    label: dict[str, str] = {}
    human_description: dict[str, str] = {}
    llm_description: str = ""
    input_schema: dict[str, JsonValue] | None = None


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that can be called. `description` is for the model, `human_description` for people, by language."""

    ref: ToolRef
    name: str
    description: str = ""
    human_description: dict[str, str] = {}
    label: dict[str, str] = {}
    provider_name: str = ""
    icon: JsonValue = None
    parameters: tuple[ToolParameter, ...] = ()
    has_runtime_parameters: bool = False
    """Its parameters depend on the credentials and on who asks: they are those of the moment it was found."""
    output_schema: dict[str, JsonValue] | None = None


class ToolText(msgspec.Struct, frozen=True, tag=True):
    text: str


class ToolLink(msgspec.Struct, frozen=True, tag=True):
    """An address for the person. `file`: the address is that of a file."""

    url: str
    file: File | None = None


class ToolFile(msgspec.Struct, frozen=True, tag=True):
    """A file that the tool made or fetched, kept already; its type follows its content. `image` came as a picture."""

    file: File
    image: bool = False


class ToolJson(msgspec.Struct, frozen=True, tag=True):
    """`suppressed`: an agent does not show it to its model."""

    value: JsonValue
    suppressed: bool = False


class ToolVariable(msgspec.Struct, frozen=True, tag=True):
    """An output of the tool's own; pieces of a streamed one are texts to be joined."""

    name: str
    value: Value
    stream: bool = False


class ToolLog(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    id: str
    label: str
    parent_id: str | None = None
    status: Literal["start", "success", "error"] = "start"
    data: dict[str, JsonValue] = {}
    error: str | None = None
    metadata: dict[str, JsonValue] = {}


class ToolCitations(msgspec.Struct, frozen=True, tag=True):
    """Retrieved passages, as `Citations` of the engine carries them."""

    resources: list[dict[str, JsonValue]]


class ToolUsage(msgspec.Struct, frozen=True, tag=True):
    """What models cost that the tool called itself."""

    usage: Usage


ToolMessage: TypeAlias = ToolText | ToolLink | ToolFile | ToolJson | ToolVariable | ToolLog | ToolCitations | ToolUsage


class Tools(Protocol):
    """The workspace's tools, whatever kind. Pictures and bytes that a tool gives arrive as kept files."""

    async def find(self, ref: ToolRef) -> Tool:
        """Raises ToolNodeError: no such provider, no such tool, no credentials."""
        ...

    def invoke(self, tool: Tool, parameters: Mapping[str, Value]) -> AsyncIterator[ToolMessage]:
        """Call with parameters of both forms, already cast (see `nodes.tool_parameters`).

        Closing the iterator ends the call. Raises ToolInvokeError, ToolParameterError or ToolFileError; the message
        says what the upstream said.
        """
        ...


class KnowledgeBase(msgspec.Struct, frozen=True, kw_only=True):
    """A knowledge base that can be searched."""

    id: str
    name: str
    description: str = ""
    metadata_fields: dict[str, str] = {}
    """Name to type (`string`, `number`, `time`)."""


class MetadataCondition(msgspec.Struct, frozen=True, kw_only=True):
    """One condition on a document's metadata; operators as spec workflow-nodes §5 lists them."""

    name: str
    operator: str
    value: str | int | float | list[str] | None = None


class MetadataFilter(msgspec.Struct, frozen=True, kw_only=True):
    conditions: tuple[MetadataCondition, ...]
    logical_operator: Literal["and", "or"] = "and"


class RetrievalRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A search of one or several knowledge bases, each with its own settings, merged as `merge` says.

    `merge` holds `top_k`, `score_threshold`, `reranking_enable`, `reranking_mode`, `reranking_model` and `weights` of
    a node or app; None: the one base's own settings alone.
    """

    dataset_ids: tuple[str, ...]
    query: str
    merge: dict[str, JsonValue] | None = None
    filter: MetadataFilter | None = None
    files: tuple[File, ...] = ()
    retriever_from: str = "workflow"


class Knowledge(Protocol):
    """The workspace's knowledge bases."""

    async def bases(self, dataset_ids: Sequence[str]) -> list[KnowledgeBase]:
        """Those of `dataset_ids` that exist in this workspace and hold something to search, in the order asked."""
        ...

    async def retrieve(self, request: RetrievalRequest) -> list[dict[str, Value]]:
        """Items `{metadata, title, content, files?}` by descending score, positions from 1 (spec workflow-nodes §5).

        Raises KnowledgeRetrievalError.
        """
        ...


class FormInput(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a form for a person. `default` and `options` hold what variables gave."""

    type: Literal["paragraph", "select", "file", "file-list"]
    name: str
    default: str = ""
    options: tuple[str, ...] = ()
    allowed_file_types: tuple[str, ...] = ()
    allowed_file_extensions: tuple[str, ...] = ()
    allowed_file_upload_methods: tuple[str, ...] = ()
    number_limits: int | None = None


class FormAction(msgspec.Struct, frozen=True):
    """A button that answers a form."""

    id: str
    title: str
    button_style: str = "default"


class EmailDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets a form by mail. `only_to_tester`: in runs of a draft, whoever tries it alone."""

    whole_workspace: bool = False
    member_ids: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    subject: str = ""
    body: str = ""
    only_to_tester: bool = False


class FormRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A form that a run waits for. `content` is Markdown with the markers of its fields; `defaults` are those that
    variables gave; it expires after `seconds`. `on_page`: whoever uses the app answers it."""

    key: PauseKey
    title: str
    content: str
    inputs: tuple[FormInput, ...] = ()
    actions: tuple[FormAction, ...] = ()
    defaults: dict[str, str] = {}
    seconds: int
    on_page: bool = False
    mails: tuple[EmailDelivery, ...] = ()


class OpenedForm(msgspec.Struct, frozen=True):
    """`shown`: whoever uses the app is to be shown the form. `expires_at` is in whole seconds since the epoch."""

    id: str
    expires_at: int
    shown: bool


class Forms(Protocol):
    """Forms that people fill while a run waits."""

    async def open(self, request: FormRequest) -> OpenedForm:
        """Keep a form and deliver it; the one that this execution of the node has opened already, if it has."""
        ...


class NoForms:
    """A run that nobody can answer."""

    async def open(self, request: FormRequest) -> OpenedForm:
        raise NodeError("Nobody can be asked here; run this app on a server.")


class NoTools:
    """A workspace without tools."""

    async def find(self, ref: ToolRef) -> Tool:
        raise ToolNodeError(f'There is no tool "{ref.tool_name}" of "{ref.provider_id}" here.')

    def invoke(self, tool: Tool, parameters: Mapping[str, Value]) -> AsyncIterator[ToolMessage]:
        raise ToolNodeError(f'There is no tool "{tool.name}" here.')


class NoKnowledge:
    """A workspace without knowledge bases: nothing is found."""

    async def bases(self, dataset_ids: Sequence[str]) -> list[KnowledgeBase]:
        return []

    async def retrieve(self, request: RetrievalRequest) -> list[dict[str, Value]]:
        return []


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
    tools: Tools = field(default_factory=NoTools)
    knowledge: Knowledge = field(default_factory=NoKnowledge)
    pipeline: Pipeline = field(default_factory=NoPipeline)
    sources: Sources = field(default_factory=NoSources)
    forms: Forms = field(default_factory=NoForms)
    strategies: Strategies = field(default_factory=NoStrategies)
