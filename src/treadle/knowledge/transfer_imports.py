"""A knowledge base out of an archive that `transfer` wrote. Nothing in it is believed: it may come from anywhere."""

import asyncio
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any, TypeVar

import msgspec

from treadle.apps.uploads import Uploads
from treadle.knowledge.access import Asker
from treadle.knowledge.bases import MAX_NAME, Bases, checked_description, icon_text, one_of
from treadle.knowledge.chunk_rows import new_child, new_segment, set_content
from treadle.knowledge.document_adding import new_batch, parsed_rule
from treadle.knowledge.document_repository import DocumentRepository
from treadle.knowledge.document_sources import origin_of
from treadle.knowledge.embedding_models import EmbeddingModels
from treadle.knowledge.ingest.jobs import Job
from treadle.knowledge.ingest.service import IngestService
from treadle.knowledge.metadata_values import FIELD_TYPES
from treadle.knowledge.repository import BaseRepository
from treadle.knowledge.retrieval_settings import dumped, retrieval_model_from
from treadle.knowledge.shapes import DatasetShown
from treadle.knowledge.tables import (
    DocForm,
    Document,
    IndexingStatus,
    KnowledgeBase,
    MetadataField,
    Permission,
    ProcessRule,
    Provider,
    SegmentStatus,
    SourceType,
    Technique,
)
from treadle.knowledge.transfer import FORMAT, VERSION, BaseFile, ChunkLine, DocumentLine, lines_of
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import Conflict, InvalidParam, Refusal, TooLarge

MAX_UNPACKED = 4 * 1024**3
"""Bytes that an archive may unfold to."""
MAX_LINE = 16 * 1024**2
_AT_ONCE = 500
Line = TypeVar("Line", DocumentLine, ChunkLine)


@dataclass(slots=True)
class _Archive:
    base: BaseFile
    documents: list[DocumentLine]
    chunks: dict[int, list[ChunkLine]] = field(default_factory=dict[int, list[ChunkLine]])


class BaseImports:
    """Makes bases out of archives."""

    def __init__(
        self, db: Database, uploads: Uploads, models: EmbeddingModels, ingest: IngestService, bases: Bases
    ) -> None:
        self._db = db
        self._uploads = uploads
        self._models = models
        self._ingest = ingest
        self._bases = bases

    async def make(self, asker: Asker, file: IO[bytes], *, name: str | None = None) -> DatasetShown:
        """A new base; it takes another name where its own is taken, unless `name` is given.

        The embedding model of the archive is used if the workspace has it, else the workspace's default.
        Raises Forbidden, InvalidParam, TooLarge, Conflict and Refusal; then nothing is kept.
        """
        asker.may_edit()
        archive, unpacked = await asyncio.to_thread(_opened, file)
        with archive:
            found = await asyncio.to_thread(_read, archive, unpacked)
            technique, model = await self._technique(asker, found.base)
            files = await self._keep_files(asker, archive, found)
        try:
            base_id, document_ids = await self._write(asker, found, files, name, technique, model)
        except BaseException:
            await self._uploads.forget(asker.workspace_id, list(files.values()))
            raise
        await self._ingest.queue(document_ids)
        return await self._bases.read(asker, base_id)

    async def _technique(self, asker: Asker, base: BaseFile) -> tuple[str | None, tuple[str, str] | None]:
        if base.indexing_technique is None:
            return None, None
        technique = one_of(base.indexing_technique, Technique, "base.json: indexing_technique")
        if technique != Technique.HIGH_QUALITY:
            return technique, None
        try:
            chosen = await self._models.choose(asker.workspace_id, base.embedding_model_provider, base.embedding_model)
        except Refusal:
            chosen = await self._models.choose(asker.workspace_id, None, None)
        return technique, (chosen.provider, chosen.name)

    async def _keep_files(self, asker: Asker, archive: zipfile.ZipFile, found: _Archive) -> dict[int, str]:
        """The original files by the numbers of their documents."""
        kept: dict[int, str] = {}
        try:
            for line in found.documents:
                if line.file is None:
                    continue
                try:
                    data = await asyncio.to_thread(archive.read, line.file)
                except (KeyError, zipfile.BadZipFile, RuntimeError) as error:
                    raise InvalidParam(f"The archive lacks {line.file}, the file of {line.name}.") from error
                row = await self._uploads.upload(
                    origin_of(asker), name=line.file_name or line.name, declared_type=line.mime_type or "", data=data
                )
                kept[line.number] = row.id
        except BaseException:
            await self._uploads.forget(asker.workspace_id, list(kept.values()))
            raise
        return kept

    async def _write(
        self,
        asker: Asker,
        found: _Archive,
        files: Mapping[int, str],
        name: str | None,
        technique: str | None,
        model: tuple[str, str] | None,
    ) -> tuple[str, list[str]]:
        async with self._db.transaction(lock=f"knowledge of {asker.workspace_id}") as session:
            repository = BaseRepository(session, asker.workspace_id)
            base = _base_row(asker, found.base, technique, model)
            base.name = await _free_name(repository, name, found.base.name)
            repository.add(base)
            await repository.flush()
            for field_name, kind in found.base.fields.items():
                session.add(_field_row(asker, base, field_name, kind))
            rows = DocumentRepository(session, asker.workspace_id)
            batch = new_batch()
            ids: list[str] = []
            for position, line in enumerate(found.documents, 1):
                document = await _document_rows(
                    rows, asker, base, line, position, batch, files.get(line.number), found.chunks.get(line.number, [])
                )
                ids.append(document.id)
        return base.id, ids


async def _document_rows(
    rows: DocumentRepository,
    asker: Asker,
    base: KnowledgeBase,
    line: DocumentLine,
    position: int,
    batch: str,
    file_id: str | None,
    chunks: list[ChunkLine],
) -> Document:
    """A document with its chunks, which a worker indexes as they are."""
    now = now_us()
    rule_id = None
    if line.rule is not None:
        rule = parsed_rule(line.rule, lenient=True)
        row = ProcessRule(
            id=new_id(), workspace_id=asker.workspace_id, base_id=base.id, mode=rule.mode,
            rules=msgspec.json.encode(rule.dump()["rules"]).decode(), created_by=asker.account_id, created_at=now,
        )  # fmt: skip
        rows.add(row)
        rule_id = row.id
    upload = line.data_source_type == SourceType.UPLOAD
    document = Document(
        id=new_id(), workspace_id=asker.workspace_id, base_id=base.id, position=position, name=line.name[:255],
        batch=batch, created_from=asker.created_from, data_source_type=SourceType(line.data_source_type),
        data_source_info=msgspec.json.encode({"upload_file_id": file_id} if upload else line.data_source_info).decode(),
        file_id=file_id, process_rule_id=rule_id, doc_form=base.doc_form or DocForm.TEXT,
        doc_language=line.doc_language[:255], doc_type=line.doc_type,
        doc_metadata=msgspec.json.encode(line.doc_metadata).decode() if line.doc_metadata else None,
        indexing_status=IndexingStatus.INDEXING, processing_started_at=now, parsing_completed_at=now,
        cleaning_completed_at=now, splitting_completed_at=now, job=Job.INDEX, attempts=0, is_paused=False,
        enabled=line.enabled, archived=line.archived, segment_count=len(chunks), hit_count=0, tokens=0,
        word_count=sum(len(each.content) + len(each.answer or "") for each in chunks),
        created_by=asker.account_id, created_at=now, updated_at=now,
    )  # fmt: skip
    rows.add(document)
    await rows.flush()
    for number, each in enumerate(chunks, 1):
        segment = new_segment(document, number, asker.account_id, now)
        set_content(segment, each.content, each.answer if base.doc_form == DocForm.QA else None)
        segment.keywords = msgspec.json.encode(each.keywords).decode() if each.keywords else None
        segment.place = msgspec.json.encode(each.place).decode() if each.place else None
        if not each.enabled:
            segment.enabled, segment.status, segment.completed_at = False, SegmentStatus.COMPLETED, now
        rows.add(segment)
        if base.doc_form == DocForm.HIERARCHICAL:
            await rows.flush()
            for place, text in enumerate(each.children, 1):
                rows.add(new_child(segment, place, text, "automatic", asker.account_id))
        if number % _AT_ONCE == 0:
            await rows.flush()
    await rows.flush()
    return document


def _base_row(asker: Asker, base: BaseFile, technique: str | None, model: tuple[str, str] | None) -> KnowledgeBase:
    now = now_us()
    row = KnowledgeBase(
        id=new_id(), workspace_id=asker.workspace_id, name="", description=checked_description(base.description),
        provider=Provider.VENDOR, permission=Permission.ONLY_ME, data_source_type=base.data_source_type,
        indexing_technique=technique, doc_form=base.doc_form, index_generation=0,
        keyword_number=max(1, min(base.keyword_number, 50)), built_in_field_enabled=base.built_in_field_enabled,
        enable_api=True, icon_info=icon_text(base.icon_info), created_by=asker.account_id,
        updated_by=asker.account_id, created_at=now, updated_at=now,
    )  # fmt: skip
    if model is not None:
        row.embedding_model_provider, row.embedding_model = model
    retrieval = retrieval_model_from(base.retrieval_model)
    if retrieval is not None:
        if retrieval.weights is not None:
            retrieval.weights.vector_setting.embedding_model_name = ""
            retrieval.weights.vector_setting.embedding_provider_name = ""
        row.retrieval_model = dumped(retrieval, row)
    return row


def _field_row(asker: Asker, base: KnowledgeBase, name: str, kind: str) -> MetadataField:
    if kind not in FIELD_TYPES or not 1 <= len(name) <= 255:
        raise InvalidParam(f"base.json: the metadata field {name!r} is not valid.")
    return MetadataField(
        id=new_id(), workspace_id=asker.workspace_id, base_id=base.id, type=kind, name=name,
        created_by=asker.account_id, created_at=now_us(),
    )  # fmt: skip


async def _free_name(repository: BaseRepository, wanted: str | None, own: str) -> str:
    """`wanted`, else the archive's own name or one like it that is free. Raises Conflict and InvalidParam."""
    name = (wanted or own).strip().replace("\x00", "")[: None if wanted else MAX_NAME]
    if not 1 <= len(name) <= MAX_NAME:
        raise InvalidParam(f"`name` must have 1 to {MAX_NAME} characters.", param="name")
    number = 1
    candidate = name
    while await repository.named(candidate) is not None:
        if wanted:
            raise Conflict(f"There is a knowledge base named {name!r} already.", code="dataset_name_duplicate")
        number += 1
        suffix = f" ({number})"
        candidate = f"{name[: MAX_NAME - len(suffix)]}{suffix}"
    return candidate


def _opened(file: IO[bytes]) -> tuple[zipfile.ZipFile, int]:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise InvalidParam("The file is no archive of a knowledge base; export one and send that.") from error
    unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > MAX_UNPACKED:
        archive.close()
        raise TooLarge(f"The archive unfolds to more than {MAX_UNPACKED // 1024**3} GiB.")
    return archive, unpacked


def _read(archive: zipfile.ZipFile, _unpacked: int) -> _Archive:
    """Raises InvalidParam."""
    try:
        text = archive.read("base.json")
    except (KeyError, zipfile.BadZipFile, RuntimeError) as error:
        raise InvalidParam("The archive has no base.json; it is no export of a knowledge base.") from error
    try:
        base = msgspec.json.decode(text, type=BaseFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidParam(f"base.json is not valid: {error}.") from error
    if base.format != FORMAT or base.version > VERSION:
        raise InvalidParam("The archive was written by a newer Treadle; install that version.")
    _check(base.doc_form, DocForm, "doc_form")
    _check(base.data_source_type, SourceType, "data_source_type")
    found = _Archive(base, [])
    for line in _lines(archive, "documents.jsonl", DocumentLine):
        _check(line.data_source_type, SourceType, "data_source_type")
        found.documents.append(line)
    numbers = {line.number for line in found.documents}
    for chunk in _lines(archive, "chunks.jsonl", ChunkLine):
        if chunk.document not in numbers:
            raise InvalidParam(f"chunks.jsonl names document {chunk.document}, which documents.jsonl lacks.")
        if not chunk.content.strip():
            continue
        found.chunks.setdefault(chunk.document, []).append(chunk)
    return found


def _lines(archive: zipfile.ZipFile, name: str, kind: type[Line]) -> list[Line]:
    found: list[Line] = []
    try:
        with archive.open(name) as file:
            for number, line in enumerate(lines_of(file), 1):
                if len(line) > MAX_LINE:
                    raise InvalidParam(f"{name}, line {number} is longer than {MAX_LINE:,} bytes.")
                try:
                    found.append(msgspec.json.decode(line, type=kind))
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise InvalidParam(f"{name}, line {number} is not valid: {error}.") from error
    except (KeyError, zipfile.BadZipFile, RuntimeError) as error:
        raise InvalidParam(f"The archive has no readable {name}; export the base again.") from error
    return found


def _check(value: str | None, kind: Any, name: str) -> None:
    if value is not None and value not in {each.value for each in kind}:
        raise InvalidParam(f"base.json: `{name}` must be one of {', '.join(kind)}, not {value!r}.")
