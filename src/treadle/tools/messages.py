"""What the code of a tool yields, before pictures and bytes have become kept files.

Source: spec models-and-tools §4.3.
"""

from typing import Literal, TypeAlias

import msgspec

from treadle.engine.usage import Usage
from treadle.engine.values import File, JsonValue, Value

DEFAULT_MIME_TYPE = "application/octet-stream"


class Text(msgspec.Struct, frozen=True, tag="text"):
    """A text for the person or the model."""

    text: str


class Link(msgspec.Struct, frozen=True, tag="link"):
    """An address to pass on. With a `mime_type` it is a file's."""

    url: str
    mime_type: str | None = None


class ImageUrl(msgspec.Struct, frozen=True, tag="image"):
    """The address of a picture, which is fetched and kept."""

    url: str


class Blob(msgspec.Struct, frozen=True, tag="blob"):
    """A file's bytes, to be kept. `save_as` names a variable of an agent's that later calls find the file under."""

    data: bytes
    mime_type: str = DEFAULT_MIME_TYPE
    filename: str = ""
    save_as: str = ""


class BlobChunk(msgspec.Struct, frozen=True, tag="blob_chunk", kw_only=True):
    """A piece of a file's bytes. Pieces of one `id` come in order; the one with `end` is the last."""

    id: str
    sequence: int
    total_length: int
    data: bytes
    end: bool = False
    mime_type: str = DEFAULT_MIME_TYPE
    filename: str = ""


class Json(msgspec.Struct, frozen=True, tag="json"):
    """A JSON value. `suppressed`: an agent does not show it to its model."""

    value: JsonValue
    suppressed: bool = False


class FileMessage(msgspec.Struct, frozen=True, tag="file"):
    """A file that is kept already."""

    file: File


class Variable(msgspec.Struct, frozen=True, tag="variable"):
    """An output of the tool's own; pieces of a streamed one are texts to be joined."""

    name: str
    value: Value
    stream: bool = False


class Log(msgspec.Struct, frozen=True, tag="log", kw_only=True):
    """A step of the tool's work, for the log."""

    id: str
    label: str
    parent_id: str | None = None
    status: Literal["start", "success", "error"] = "start"
    data: dict[str, JsonValue] = {}
    error: str | None = None
    metadata: dict[str, JsonValue] = {}


class Citations(msgspec.Struct, frozen=True, tag="retriever_resources"):
    """Retrieved passages."""

    resources: list[dict[str, JsonValue]]


class ModelUsage(msgspec.Struct, frozen=True, tag="usage"):
    """What a model cost that the tool called itself."""

    usage: Usage


Message: TypeAlias = (
    Text | Link | ImageUrl | Blob | BlobChunk | Json | FileMessage | Variable | Log | Citations | ModelUsage
)
