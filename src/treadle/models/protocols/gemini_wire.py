"""What generateContent sends: only the members that are read. Members that are not known are passed over.

Source: spec models-and-tools §1.19 (GEM, VTX); the vendor's API reference.
"""

import msgspec

from treadle.engine.usage import Sound


class Blob(msgspec.Struct, rename="camel"):
    """Media in the reply, as base64."""

    mime_type: str = ""
    data: str = ""


class FunctionCall(msgspec.Struct):
    """A tool call; it always comes whole."""

    name: str = ""
    args: dict[str, object] | None = None
    id: str | None = None


class PartPiece(msgspec.Struct, rename="camel"):
    """A part of the reply. A part with `thought` is the model's thinking, not its answer."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: FunctionCall | None = None
    inline_data: Blob | None = None


class Content(msgspec.Struct):
    """What the model said, or a piece of it."""

    parts: list[PartPiece] | None = None


class Candidate(msgspec.Struct, rename="camel"):
    """One alternative of the reply."""

    content: Content | None = None
    finish_reason: str | None = None
    finish_message: str | None = None


class Modality(msgspec.Struct, rename="camel"):
    """How many tokens of a count are of one kind."""

    modality: str = ""
    token_count: int | None = None


class UsageBlock(msgspec.Struct, rename="camel"):
    """Token counts; thoughts do not count among those of the candidates, cached ones count among the prompt's."""

    prompt_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    cached_content_token_count: int | None = None
    prompt_tokens_details: list[Modality] | None = None
    cache_tokens_details: list[Modality] | None = None
    candidates_tokens_details: list[Modality] | None = None

    @property
    def sound(self) -> Sound:
        """The sound in prompt and reply."""
        return Sound(
            prompt_tokens=_of_sound(self.prompt_tokens_details),
            cached_tokens=_of_sound(self.cache_tokens_details),
            completion_tokens=_of_sound(self.candidates_tokens_details),
        )


def _of_sound(counts: list[Modality] | None) -> int:
    return sum(each.token_count or 0 for each in counts or () if each.modality == "AUDIO")


class PromptFeedback(msgspec.Struct, rename="camel"):
    """Why the prompt was not answered."""

    block_reason: str | None = None
    block_reason_message: str | None = None


class ErrorDetail(msgspec.Struct, rename="camel"):
    """More about an error: a reason by name, or how long to wait (`34s`)."""

    reason: str | None = None
    retry_delay: str | None = None


class ErrorBody(msgspec.Struct):
    """Why there is no reply, or no more of it."""

    code: int | None = None
    message: str = ""
    status: str = ""
    details: list[ErrorDetail] | None = None


class Chunk(msgspec.Struct, rename="camel"):
    """A piece of a stream, or a whole answer."""

    candidates: list[Candidate] | None = None
    usage_metadata: UsageBlock | None = None
    prompt_feedback: PromptFeedback | None = None
    error: ErrorBody | None = None


class Vector(msgspec.Struct):
    """One embedding."""

    values: list[float]


class VectorList(msgspec.Struct):
    """The answer of batchEmbedContents."""

    embeddings: list[Vector]


class Statistics(msgspec.Struct):
    """What one text came to."""

    token_count: int = 0


class Prediction(msgspec.Struct):
    """One embedding of Vertex AI."""

    class Embedded(msgspec.Struct):
        values: list[float]
        statistics: Statistics | None = None

    embeddings: Embedded


class PredictionList(msgspec.Struct):
    """The answer of predict."""

    predictions: list[Prediction]


class ListedModel(msgspec.Struct, rename="camel"):
    """A model that the API offers."""

    name: str
    display_name: str = ""
    input_token_limit: int | None = None
    output_token_limit: int | None = None


class ModelList(msgspec.Struct, rename="camel"):
    """A page of the models."""

    models: list[ListedModel] = []
    next_page_token: str | None = None


decode_chunk = msgspec.json.Decoder(Chunk).decode
decode_chunks = msgspec.json.Decoder(list[Chunk]).decode
decode_vectors = msgspec.json.Decoder(VectorList).decode
decode_predictions = msgspec.json.Decoder(PredictionList).decode
decode_models = msgspec.json.Decoder(ModelList).decode
