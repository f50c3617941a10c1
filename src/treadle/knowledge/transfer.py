"""A knowledge base as one file, and back: its settings, documents, chunks and the files they were made of.

The file is a zip archive: `base.json`, `documents.jsonl`, `chunks.jsonl` and a folder `files`. It holds no secrets and
no vectors; what it holds is embedded where it is imported.
"""

import asyncio
import csv
import io
import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO, Any

import msgspec

from treadle.apps.uploads import Uploads
from treadle.knowledge.access import Asker
from treadle.knowledge.document_repository import DocumentRepository, SegmentFilter
from treadle.knowledge.finding import find_document, find_own_base
from treadle.knowledge.repository import BaseRepository
from treadle.knowledge.tables import DocForm, Document, KnowledgeBase, MetadataField, ProcessRule, Segment, SourceType
from treadle.knowledge.telling import source_info
from treadle.platform.db import Database

FORMAT = "treadle-knowledge"
VERSION = 1
_SPOOLED = 16 * 1024 * 1024
_AT_ONCE = 500

_encode = msgspec.json.Encoder().encode


class BaseFile(msgspec.Struct, kw_only=True):
    """`base.json`."""

    format: str = FORMAT
    version: int = VERSION
    name: str
    description: str = ""
    indexing_technique: str | None = None
    doc_form: str | None = None
    data_source_type: str | None = None
    embedding_model: str | None = None
    embedding_model_provider: str | None = None
    retrieval_model: dict[str, Any] | None = None
    keyword_number: int = 10
    built_in_field_enabled: bool = False
    icon_info: dict[str, Any] | None = None
    fields: dict[str, str] = {}
    """Metadata fields: name to type."""


class DocumentLine(msgspec.Struct, kw_only=True):
    """A line of `documents.jsonl`. `number` counts from 1; `file` is its path in the archive."""

    number: int
    name: str
    data_source_type: str
    data_source_info: dict[str, Any] = {}
    doc_form: str
    doc_language: str = "English"
    doc_type: str | None = None
    doc_metadata: dict[str, Any] = {}
    rule: dict[str, Any] | None = None
    enabled: bool = True
    archived: bool = False
    file: str | None = None
    file_name: str | None = None
    mime_type: str | None = None


class ChunkLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A line of `chunks.jsonl`; `document` is the number of its document."""

    document: int
    content: str
    answer: str | None = None
    keywords: list[str] | None = None
    place: dict[str, Any] | None = None
    enabled: bool = True
    children: list[str] = []


class Exports:
    """Bases and documents as files; every call says who asks."""

    def __init__(self, db: Database, uploads: Uploads) -> None:
        self._db = db
        self._uploads = uploads

    async def base(self, asker: Asker, base_id: str) -> tuple[str, IO[bytes]]:
        """The name of a base and its archive, at its beginning; the caller closes it. Raises NotFound, Forbidden."""
        async with self._db.session() as session:
            base = await find_own_base(session, asker, base_id)
            repository = BaseRepository(session, asker.workspace_id)
            fields = (await repository.fields([base.id])).get(base.id, [])
            documents = await DocumentRepository(session, asker.workspace_id).documents(base.id)
            rules = {row.process_rule_id: await repository.rule(row.process_rule_id) for row in documents}
        target = tempfile.SpooledTemporaryFile(_SPOOLED)  # noqa: SIM115  (the caller closes it)
        try:
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("base.json", _encode(_base_file(base, fields)))
                await self._write_documents(asker, archive, list(documents), rules)
                await self._write_chunks(asker, archive, list(documents))
        except BaseException:
            target.close()
            raise
        target.seek(0)
        return base.name, target

    async def chunks_csv(self, asker: Asker, base_id: str, document_id: str) -> tuple[str, str]:
        """The name of a document and its chunks as CSV, as an import of chunks takes them.

        Raises NotFound and Forbidden.
        """
        async with self._db.session() as session:
            _, document = await find_document(session, asker, base_id, document_id)
            rows, _ = await DocumentRepository(session, asker.workspace_id).segment_page(document.id, SegmentFilter())
        pairs = document.doc_form == DocForm.QA
        target = io.StringIO()
        writer = csv.writer(target)
        writer.writerow(["question", "answer"] if pairs else ["segment content"])
        for row in rows:
            writer.writerow([_plain(row.content), _plain(row.answer or "")] if pairs else [_plain(row.content)])
        return document.name, target.getvalue()

    async def _write_documents(
        self,
        asker: Asker,
        archive: zipfile.ZipFile,
        documents: list[Document],
        rules: dict[str | None, ProcessRule | None],
    ) -> None:
        lines: list[bytes] = []
        for number, row in enumerate(documents, 1):
            line = _document_line(number, row, rules.get(row.process_rule_id))
            async with self._db.session() as session:
                files = await DocumentRepository(session, asker.workspace_id).files([row.file_id])
            file = files.get(row.file_id or "")
            if file is not None:
                line.file, line.file_name, line.mime_type = f"files/{number}", file.name, file.mime_type
                data = await self._uploads.bytes_of(file)
                await asyncio.to_thread(archive.writestr, line.file, data)
            lines.append(_encode(line))
        archive.writestr("documents.jsonl", b"\n".join(lines))

    async def _write_chunks(self, asker: Asker, archive: zipfile.ZipFile, documents: list[Document]) -> None:
        with archive.open("chunks.jsonl", "w", force_zip64=True) as target:
            for number, document in enumerate(documents, 1):
                offset = 0
                while True:
                    async with self._db.session() as session:
                        repository = DocumentRepository(session, asker.workspace_id)
                        rows, _ = await repository.segment_page(
                            document.id, SegmentFilter(), offset=offset, limit=_AT_ONCE
                        )
                        children = await repository.children(row.id for row in rows)
                    for row in rows:
                        texts = [child.content for child in children.get(row.id, ())]
                        target.write(_encode(_chunk_line(number, row, texts)) + b"\n")
                    offset += len(rows)
                    if len(rows) < _AT_ONCE:
                        break


def _base_file(base: KnowledgeBase, fields: list[MetadataField]) -> BaseFile:
    return BaseFile(
        name=base.name,
        description=base.description,
        indexing_technique=base.indexing_technique,
        doc_form=base.doc_form,
        data_source_type=base.data_source_type,
        embedding_model=base.embedding_model,
        embedding_model_provider=base.embedding_model_provider,
        retrieval_model=msgspec.json.decode(base.retrieval_model) if base.retrieval_model else None,
        keyword_number=base.keyword_number,
        built_in_field_enabled=base.built_in_field_enabled,
        icon_info=msgspec.json.decode(base.icon_info) if base.icon_info else None,
        fields={row.name: row.type for row in fields},
    )


def _document_line(number: int, row: Document, rule: ProcessRule | None) -> DocumentLine:
    kept = {} if row.data_source_type == SourceType.UPLOAD else source_info(row)
    kept.pop("credential_id", None)
    return DocumentLine(
        number=number,
        name=row.name,
        data_source_type=row.data_source_type,
        data_source_info=kept,
        doc_form=row.doc_form,
        doc_language=row.doc_language,
        doc_type=row.doc_type,
        doc_metadata=msgspec.json.decode(row.doc_metadata) if row.doc_metadata else {},
        rule={"mode": rule.mode, "rules": msgspec.json.decode(rule.rules)} if rule else None,
        enabled=row.enabled,
        archived=row.archived,
    )


def _chunk_line(number: int, row: Segment, children: list[str]) -> ChunkLine:
    return ChunkLine(
        document=number,
        content=row.content,
        answer=row.answer,
        keywords=msgspec.json.decode(row.keywords) if row.keywords else None,
        place=msgspec.json.decode(row.place) if row.place else None,
        enabled=row.enabled,
        children=children,
    )


def _plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def lines_of(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file that are not blank."""
    return (line for line in file if line.strip())
