"""What the Messages API sends: only the members that are read. Members and kinds that are not known are passed over.

Source: spec models-and-tools §1.19 (ANT); the published API reference of the vendor.
"""

import msgspec


class UsageBlock(msgspec.Struct):
    """Token counts. Those of the cache come on top of `input_tokens`."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class Block(msgspec.Struct):
    """A block of content, whole or at its beginning."""

    type: str
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: dict[str, object] | None = None


class Delta(msgspec.Struct):
    """What is added to a block, or, without a type, to the message itself."""

    type: str | None = None
    text: str | None = None
    partial_json: str | None = None
    thinking: str | None = None
    signature: str | None = None
    stop_reason: str | None = None


class ErrorBody(msgspec.Struct):
    """Why there is no reply, or no more of it."""

    type: str = ""
    message: str = ""


class Reply(msgspec.Struct):
    """A message, whole or at its beginning."""

    content: list[Block] | None = None
    stop_reason: str | None = None
    usage: UsageBlock | None = None


class Event(msgspec.Struct):
    """An event of a stream; an unstreamed answer is one too, of type `message` or `error`."""

    type: str = ""
    index: int = 0
    delta: Delta | None = None
    content_block: Block | None = None
    message: Reply | str | None = None
    usage: UsageBlock | None = None
    error: ErrorBody | str | None = None
    content: list[Block] | None = None
    stop_reason: str | None = None


class ListedModel(msgspec.Struct):
    """A model of the account."""

    id: str
    display_name: str = ""
    max_input_tokens: int | None = None
    max_tokens: int | None = None


class ModelList(msgspec.Struct):
    """A page of the models of the account."""

    data: list[ListedModel]
    has_more: bool = False
    last_id: str | None = None


decode_event = msgspec.json.Decoder(Event).decode
decode_models = msgspec.json.Decoder(ModelList).decode
