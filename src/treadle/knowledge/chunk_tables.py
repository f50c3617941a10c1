"""Tables of chunks (CSV) that people add to a document. Source: spec knowledge §16.4."""

import asyncio
import csv
import io
from dataclasses import dataclass

from treadle.apps.uploads import Uploads
from treadle.knowledge.access import Asker
from treadle.knowledge.chunk_rows import check_open
from treadle.knowledge.document_repository import DocumentRepository
from treadle.knowledge.finding import checked_id, find_document
from treadle.knowledge.ingest.imports import ImportedChunk, imported
from treadle.knowledge.ingest.service import IngestService
from treadle.knowledge.tables import DocForm
from treadle.platform.db import Database
from treadle.platform.refusals import InvalidParam, NotFound, Refusal

MAX_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class ImportState:
    """How far a table is: waiting, processing, completed or error; `done` of `total` chunks are found by searches."""

    job_id: str
    job_status: str
    error: str | None = None
    done: int = 0
    total: int = 0


class ChunkTables:
    """Adds tables of chunks to documents; every call says who asks."""

    def __init__(self, db: Database, uploads: Uploads, ingest: IngestService) -> None:
        self._db = db
        self._uploads = uploads
        self._ingest = ingest

    async def add_file(self, asker: Asker, base_id: str, document_id: str, file_id: str) -> ImportState:
        """A table that was uploaded before. Raises NotFound, Forbidden and InvalidParam."""
        row = await self._uploads.stored(checked_id(file_id, "file"), asker.workspace_id)
        if row is None or row.kind != "upload":
            raise NotFound("There is no such uploaded file.")
        return await self.add(asker, base_id, document_id, row.name, await self._uploads.bytes_of(row))

    async def add(self, asker: Asker, base_id: str, document_id: str, name: str, data: bytes) -> ImportState:
        """The first row is a header; then content, and in a question-answer document the answer.

        Raises NotFound, Forbidden, InvalidParam and Refusal.
        """
        if not name.lower().endswith(".csv"):
            raise Refusal("The table must be a file that ends in .csv.", code="invalid_param", param="file")
        async with self._db.session() as session:
            base, document = await find_document(session, asker, base_id, document_id)
        check_open(document)
        pairs = document.doc_form == DocForm.QA
        rows = await asyncio.to_thread(rows_of, data, pairs=pairs)
        job_id = await self._ingest.import_chunks(asker.workspace_id, base.id, document.id, rows, asker.account_id)
        return ImportState(job_id, "waiting", total=len(rows))

    async def state(self, asker: Asker, job_id: str) -> ImportState:
        """Raises Forbidden, and InvalidParam for an unknown one."""
        asker.may_work()
        async with self._db.session() as session:
            repository = DocumentRepository(session, asker.workspace_id)
            row = await repository.chunk_import(job_id)
            if row is None:
                raise InvalidParam("There is no such import; it may have been long ago.", param="job_id")
            await find_document(session, asker, row.base_id, row.document_id)
            ids, total = imported(row)
            done = await repository.indexed(row.document_id, ids)
        return ImportState(row.id, row.status, row.error, done=done, total=total)


def rows_of(data: bytes, *, pairs: bool) -> list[ImportedChunk]:
    """The chunks of a table; `pairs`: the second column is the answer. Raises InvalidParam."""
    text = decoded(data)
    found: list[ImportedChunk] = []
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=False)
        if next(reader, None) is None:
            raise InvalidParam("The table is empty.", param="file")
        for number, row in enumerate(reader, 2):
            cells = [cell.replace("\x00", "").strip() for cell in row]
            if not any(cells):
                continue
            if pairs and (len(cells) < 2 or not cells[0] or not cells[1]):
                raise InvalidParam(f"Row {number} lacks its question or its answer.", param="file")
            if not cells[0]:
                continue
            found.append(ImportedChunk(content=cells[0], answer=cells[1] if pairs else None))
            if len(found) > MAX_ROWS:
                raise InvalidParam(f"The table has more than {MAX_ROWS:,} rows; split it.", param="file")
    except csv.Error as error:
        raise InvalidParam(f"The table is no valid CSV: {error}.", param="file") from error
    if not found:
        raise InvalidParam("The table has no row with content below its header.", param="file")
    return found


def decoded(data: bytes) -> str:
    """Text of a file that spreadsheets write: UTF-8, UTF-16, or what Windows used in China and the West."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("cp1252", "replace")
