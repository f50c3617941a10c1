"""What OpenAI-compatible servers send: only the members that are read, as loosely typed as servers in the wild are.

Source: spec models-and-tools §1.9 and §1.19; the published API reference of the vendor.
"""

from typing import TypeAlias

import msgspec

from treadle.engine.usage import Sound


class FunctionPiece(msgspec.Struct):
    """A called function, whole or in pieces. `arguments` is JSON text; some servers send the object itself."""

    name: str | None = None
    arguments: str | dict[str, object] | None = None


class ToolCallPiece(msgspec.Struct):
    """A tool call, whole or in pieces."""

    index: int | None = None
    id: str | int | None = None
    function: FunctionPiece | None = None


class ImageUrl(msgspec.Struct):
    """Where an image is: an address or a data URI."""

    url: str = ""


class ContentPiece(msgspec.Struct):
    """One part of content that is a list: text, thoughts (a list of texts) or an image."""

    type: str = "text"
    text: str | None = None
    thinking: "list[ContentPiece] | str | None" = None
    image_url: ImageUrl | None = None


class Reply(msgspec.Struct):
    """An assistant message, or a fragment of one."""

    content: str | list[ContentPiece] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[ToolCallPiece] | None = None
    function_call: FunctionPiece | None = None
    images: list[ContentPiece] | None = None
    refusal: str | None = None


class Choice(msgspec.Struct):
    """One alternative of the reply: `delta` when streaming, `message` when not, `text` of a legacy completion."""

    index: int | None = 0
    delta: Reply | None = None
    message: Reply | None = None
    text: str | None = None
    finish_reason: str | None = None


class PromptDetails(msgspec.Struct):
    """How many prompt tokens came from the provider's cache, and how many are sound."""

    cached_tokens: int | None = None
    audio_tokens: int | None = None


class CompletionDetails(msgspec.Struct):
    """How many tokens of the reply are sound."""

    audio_tokens: int | None = None


class UsageBlock(msgspec.Struct):
    """Token counts. DeepSeek calls cached tokens `prompt_cache_hit_tokens`; `prompt_audio_seconds` is Mistral's."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None
    prompt_cache_hit_tokens: int | None = None
    prompt_audio_seconds: float | dict[str, object] | None = None

    @property
    def cached(self) -> int:
        """Prompt tokens that the provider's cache held."""
        details = self.prompt_tokens_details
        return (details.cached_tokens if details else None) or self.prompt_cache_hit_tokens or 0

    @property
    def sound(self) -> Sound:
        """The sound in prompt and reply."""
        heard, spoken, seconds = self.prompt_tokens_details, self.completion_tokens_details, self.prompt_audio_seconds
        return Sound(
            prompt_tokens=(heard.audio_tokens if heard else None) or 0,
            completion_tokens=(spoken.audio_tokens if spoken else None) or 0,
            seconds=seconds if isinstance(seconds, int | float) else 0.0,
        )


class ErrorBody(msgspec.Struct):
    """Why the provider refuses."""

    message: str | None = None
    type: str | None = None
    code: str | int | None = None
    status: int | str | None = None


class VendorUsage(msgspec.Struct):
    """Groq's own place for usage."""

    usage: UsageBlock | None = None


class Chunk(msgspec.Struct):
    """A streamed chunk, or a whole answer."""

    choices: list[Choice] | None = None
    usage: UsageBlock | None = None
    error: ErrorBody | str | None = None
    x_groq: VendorUsage | None = None


class Vector(msgspec.Struct):
    """One embedding: numbers, or their bytes in base64."""

    embedding: list[float] | str
    index: int = 0


class VectorList(msgspec.Struct):
    """The answer of the embeddings endpoint."""

    data: list[Vector]
    usage: UsageBlock | None = None


class ListedModel(msgspec.Struct):
    """A model that the server offers."""

    id: str


class ModelList(msgspec.Struct):
    """The answer of the models endpoint; Together AI sends the list alone."""

    data: list[ListedModel]


_AnyList: TypeAlias = ModelList | list[ListedModel]


class Failure(msgspec.Struct):
    """A refusal's body in the forms seen: OpenAI's envelope, a bare message, FastAPI's detail."""

    error: ErrorBody | str | None = None
    message: str | None = None
    msg: str | None = None
    detail: object = None

    @property
    def text(self) -> str:
        """The reason in the provider's words, "" if it gave none."""
        if isinstance(self.error, ErrorBody):
            return self.error.message or str(self.error.code or self.error.type or "")
        if self.error:
            return self.error
        if isinstance(self.detail, str):
            return self.detail
        if self.detail is not None:
            return msgspec.json.encode(self.detail).decode()
        return self.message or self.msg or ""


decode_chunk = msgspec.json.Decoder(Chunk).decode
decode_vectors = msgspec.json.Decoder(VectorList).decode
_decode_models: msgspec.json.Decoder[_AnyList] = msgspec.json.Decoder(_AnyList)
decode_models = _decode_models.decode
decode_failure = msgspec.json.Decoder(Failure).decode
