"""What a document is made of: the text of its file, or of the page that it was taken from."""

from collections.abc import Awaitable, Callable

import msgspec

from treadle.apps.uploads import FileOrigin, Uploads
from treadle.engine.values import JsonValue
from treadle.knowledge.tables import Document, SourceType
from treadle.knowledge.text.extraction import DEFAULT_LIMITS, Extractor, Limits
from treadle.knowledge.text.pieces import Extraction, ExtractionError
from treadle.platform.refusals import NotFound
from treadle.platform.signed_links import reference


class Unchanged(Exception):
    """The source is as it was when the document was last read."""


class SourceUnreachable(Exception):
    """The source cannot be asked now. The message says which one, why and what to do."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The pieces of a document; `source_info` is what is known of its source now, None when nothing changed."""

    extraction: Extraction
    source_info: dict[str, JsonValue] | None = None


ReadPage = Callable[[Document, bool], Awaitable[Reading]]
"""Reads a document that is a page elsewhere; fetched once more when the second argument is true.

Raises Unchanged, ExtractionError and SourceUnreachable.
"""


class DocumentReader:
    """Reads documents of every source."""

    def __init__(
        self,
        uploads: Uploads,
        extractor: Extractor,
        pages: dict[str, ReadPage],
        *,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        """`pages` reads what is no file, by `Document.data_source_type`."""
        self._uploads = uploads
        self._extractor = extractor
        self._pages = pages
        self._limits = limits

    async def read(self, document: Document, *, fresh: bool = False) -> Reading:
        """The text of a document; with `fresh` its page is fetched once more. Images in a file are kept as files of
        the document. Raises Unchanged, ExtractionError, SourceUnreachable and FileStoreError."""
        if document.data_source_type != SourceType.UPLOAD:
            read = self._pages.get(document.data_source_type)
            if read is None:
                raise ExtractionError(f"Documents from {document.data_source_type} cannot be read here.")
            return await read(document, fresh)
        file = await self._uploads.stored(document.file_id or "", document.workspace_id)
        if file is None:
            raise ExtractionError(f"The file of {document.name} is gone; upload it again.")
        try:
            data = await self._uploads.bytes_of(file)
        except NotFound as error:
            raise ExtractionError(f"The content of {document.name} is gone; upload it again.") from error
        origin = FileOrigin(document.workspace_id, "", "account", document.created_by or "", document.id)

        async def keep(image: bytes, mime_type: str) -> str:
            extension = mime_type.rpartition("/")[2].partition("+")[0]
            row = await self._uploads.make(origin, name=f"image.{extension}", mime_type=mime_type, data=image)
            return reference(row.id, row.extension)

        extraction = await self._extractor.extract(data, file.name, self._limits, on_image=keep)
        return Reading(extraction=extraction)
