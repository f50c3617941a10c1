"""Files as parts of prompt messages (workflow-nodes §0.8)."""

import mimetypes
from base64 import b64encode
from typing import Literal

from treadle.engine.errors import InvalidVariableTypeError
from treadle.engine.pool import VariablePool
from treadle.engine.ports import Files, Part, PartType
from treadle.engine.template import Selector
from treadle.engine.values import File, Missing, Value

Detail = Literal["low", "high", "auto"]
SendAs = Literal["base64", "url"]

_FEATURE_OF: dict[str, str] = {"image": "vision", "document": "document", "audio": "audio", "video": "video"}
_PART_OF: dict[str, PartType] = {"image": "image", "document": "document", "audio": "audio", "video": "video"}


def accepted(file: File, features: frozenset[str]) -> bool:
    """Whether a model with these features can take the file. A file of no known kind becomes a text that says so."""
    return file.type == "custom" or _FEATURE_OF[file.type] in features


async def part_of(file: File, files: Files, *, detail: Detail, send_as: SendAs) -> Part:
    """The file as a message part.

    Raises InvalidVariableTypeError for a file whose kind cannot be told, FileFetchError when it cannot be read.
    """
    name = file.filename or ""
    if file.type == "custom":
        return Part(type="text", text=f"[The file {name or 'that was sent'} is of a kind that the model cannot read.]")
    mime_type = file.mime_type or mimetypes.guess_type(name)[0] or ""
    extension = file.extension or (mimetypes.guess_extension(mime_type) if mime_type else "") or ""
    if not extension or not mime_type:
        raise InvalidVariableTypeError(f"The file {name or file.id or ''} has no extension or no MIME type.")
    link = file.url or file.remote_url or ""
    by_link = send_as == "url" and bool(link)
    return Part(
        type=_PART_OF[file.type],
        url=link if by_link else "",
        data="" if by_link else b64encode(await files.read(file)).decode("ascii"),
        mime_type=mime_type,
        format=extension.lstrip("."),
        filename=name,
        detail=detail,
    )


def selected_files(pool: VariablePool, selector: Selector) -> list[File]:
    """The file or files at `selector`; none when nothing is there. Raises InvalidVariableTypeError for other values."""
    value = pool.get(selector)
    if isinstance(value, Missing) or value is None or value == []:
        return []
    files = files_of(value)
    if not files or (isinstance(value, list) and len(files) != len(value)):
        raise InvalidVariableTypeError(f"The variable {'.'.join(selector)} holds no files.")
    return files


def files_of(value: "Value | Missing") -> list[File]:
    """The files that `value` is made of: itself, or the files of a list."""
    if isinstance(value, File):
        return [value]
    return [item for item in value if isinstance(item, File)] if isinstance(value, list) else []
