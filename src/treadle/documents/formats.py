"""Which reader takes which format, and the one function for all of them (workflow-nodes §10)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from treadle.engine.errors import TextExtractionError, UnsupportedFileTypeError

from .bounds import DEFAULT_BOUNDS, Bounds
from .epub import epub_text
from .mail import mail_text, outlook_text
from .package import ZIP_MAGIC
from .pdf import pdf_text
from .slides import slides_text
from .tables import csv_text, excel_text
from .text import json_text, plain_text, properties_text, subtitles_text, yaml_text
from .word import word_text

Extractor: TypeAlias = Callable[[bytes, Bounds], str]

_TEXT: Final = (
    "txt", "markdown", "md", "mdx", "html", "htm", "xml", "vtt", "c", "h", "cpp", "hpp", "cc", "cxx", "c++", "py", "js",
    "ts", "jsx", "tsx", "java", "php", "rb", "go", "rs", "swift", "kt", "scala", "sh", "bash", "bat", "ps1", "sql", "r",
    "m", "pl", "lua", "vim", "asm", "s", "css", "scss", "less", "sass", "ini", "cfg", "conf", "toml", "env", "log",
)  # fmt: skip


def _old_word(data: bytes, bounds: Bounds) -> str:
    return word_text(data, bounds) if data.startswith(ZIP_MAGIC) else _refuse_old("Word", ".doc", ".docx")


def _old_slides(data: bytes, bounds: Bounds) -> str:
    return slides_text(data, bounds) if data.startswith(ZIP_MAGIC) else _refuse_old("PowerPoint", ".ppt", ".pptx")


def _refuse_old(program: str, old: str, new: str) -> str:
    raise UnsupportedFileTypeError(f"Files of the old {program} format {old} cannot be read; save it as {new}.")


EXTENSIONS: Final[Mapping[str, Extractor]] = MappingProxyType(
    {
        **dict.fromkeys((f".{name}" for name in _TEXT), plain_text),
        ".json": json_text,
        ".yaml": yaml_text,
        ".yml": yaml_text,
        ".properties": properties_text,
        ".pdf": pdf_text,
        ".docx": word_text,
        ".doc": _old_word,
        ".csv": csv_text,
        ".xls": excel_text,
        ".xlsx": excel_text,
        ".pptx": slides_text,
        ".ppt": _old_slides,
        ".epub": epub_text,
        ".eml": mail_text,
        ".msg": outlook_text,
    }
)
"""The reader of every extension."""

_OFFICE: Final = "application/vnd.openxmlformats-officedocument"

MIME_TYPES: Final[Mapping[str, Extractor]] = MappingProxyType(
    {
        **dict.fromkeys(("text/plain", "text/html", "text/htm", "text/markdown", "text/xml"), plain_text),
        "application/json": json_text,
        "application/x-yaml": yaml_text,
        "text/yaml": yaml_text,
        "text/properties": properties_text,
        "text/vtt": subtitles_text,
        "application/pdf": pdf_text,
        f"{_OFFICE}.wordprocessingml.document": word_text,
        "application/msword": _old_word,
        "text/csv": csv_text,
        f"{_OFFICE}.spreadsheetml.sheet": excel_text,
        "application/vnd.ms-excel": excel_text,
        f"{_OFFICE}.presentationml.presentation": slides_text,
        "application/vnd.ms-powerpoint": _old_slides,
        "application/epub+zip": epub_text,
        "message/rfc822": mail_text,
        "application/vnd.ms-outlook": outlook_text,
    }
)
"""The reader of every MIME type, for files without an extension."""


def extract_text(data: bytes, extension: str, mime_type: str, *, bounds: Bounds = DEFAULT_BOUNDS) -> str:
    """The text of a document. The extension (with or without its dot) says what it is, the MIME type where it is empty.

    It may take seconds: see `read_text`. Raises UnsupportedFileTypeError and TextExtractionError.
    """
    extension, mime_type = extension.lower(), mime_type.partition(";")[0].strip().lower()
    if extension and not extension.startswith("."):
        extension = f".{extension}"
    extractor = EXTENSIONS.get(extension) if extension else MIME_TYPES.get(mime_type)
    if extractor is None:
        kind = f"the extension {extension}" if extension else f'the MIME type "{mime_type}"'
        raise UnsupportedFileTypeError(f"No text can be taken out of files with {kind}.")
    try:
        return extractor(data, bounds).replace("\x00", "")
    except (TextExtractionError, UnsupportedFileTypeError):
        raise
    except RecursionError as error:
        raise TextExtractionError("The document is nested too deeply.") from error
    except Exception as error:  # every library has errors of its own for a damaged file
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise TextExtractionError(f"The document ({extension or mime_type}) cannot be read: {reason[:200]}.") from error
