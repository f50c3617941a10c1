"""Documents: listed, read, renamed, held, switched on and off, archived, deleted. Source: spec knowledge §2, §16.1."""

import asyncio
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.tables import StoredFile
from treadle.apps.uploads import Uploads
from treadle.knowledge.access import Asker
from treadle.knowledge.document_repository import STATUS_FILTERS, DocumentFilter, DocumentRepository, Progress
from treadle.knowledge.document_types import checked_type
from treadle.knowledge.finding import checked_id, find_base, find_document, find_ruled_base
from treadle.knowledge.ingest.jobs import PAUSABLE, Job
from treadle.knowledge.ingest.service import IngestService
from treadle.knowledge.metadata_values import with_built_in
from treadle.knowledge.repository import BaseRepository
from treadle.knowledge.requests import JsonMap
from treadle.knowledge.shapes import DocumentDetail, DocumentShown, FieldValue, Page, ProgressShown
from treadle.knowledge.tables import Document, IndexingStatus, KnowledgeBase, ProcessRule, SourceType
from treadle.knowledge.telling import (
    document_members,
    document_shown,
    maybe,
    metadata_of,
    progress_shown,
    seconds,
    source_detail,
)
from treadle.knowledge.text.rules import AUTOMATIC, DEFAULT, LONGEST
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.refusals import Forbidden, InvalidParam, NotFound, Refusal

Action = Literal["enable", "disable", "archive", "un_archive"]
ACTIONS = ("enable", "disable", "archive", "un_archive")
MAX_LIMIT = 100
MAX_ZIPPED = 100
_NO_PROGRESS = Progress()


@dataclass(frozen=True, slots=True)
class MetadataOnly:
    """A document's metadata and nothing else."""

    id: str
    doc_type: str | None
    doc_metadata: list[FieldValue]


class Documents:
    """The documents of all workspaces; every call says who asks."""

    def __init__(self, db: Database, uploads: Uploads, ingest: IngestService, *, longest: int = LONGEST) -> None:
        self._db = db
        self._uploads = uploads
        self._ingest = ingest
        self._longest = longest

    async def page(
        self, asker: Asker, base_id: str, wanted: DocumentFilter, *, page: int = 1, limit: int = 20, fetch: bool = False
    ) -> Page[DocumentShown]:
        """A page of at most 100; with `fetch` it is said how far each is. Raises NotFound, Forbidden, InvalidParam."""
        if wanted.status and wanted.status not in STATUS_FILTERS:
            raise InvalidParam(f"`status` must be one of {', '.join(sorted(STATUS_FILTERS))}.", param="status")
        size = min(limit, MAX_LIMIT)
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
            repository = DocumentRepository(session, asker.workspace_id)
            rows, total = await repository.page(base.id, wanted, offset=(page - 1) * size, limit=size)
            progress = await repository.progress(row.id for row in rows) if fetch else {}
            shown = await _shown(session, asker, base, rows, progress if fetch else None)
        return Page(data=shown, has_more=page * size < total, limit=limit, total=total, page=page)

    async def shown(self, asker: Asker, base_id: str, rows: Sequence[Document]) -> list[DocumentShown]:
        """Documents just written, as they are now. Raises NotFound and Forbidden."""
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
            return await _shown(session, asker, base, rows, None)

    async def read(self, asker: Asker, base_id: str, document_id: str, *, metadata: str = "all") -> "Detail":
        """A document whole; `metadata` is all, only or without. Raises NotFound, Forbidden, Refusal."""
        if metadata not in ("all", "only", "without"):
            raise Refusal(
                f"`metadata` must be all, only or without, not {metadata!r}.", code="invalid_metadata", param="metadata"
            )
        async with self._db.session() as session:
            base, row = await find_document(session, asker, base_id, document_id)
            repository = BaseRepository(session, asker.workspace_id)
            fields = (await repository.fields([base.id])).get(base.id, [])
            values = metadata_of(row, fields, built_in=base.built_in_field_enabled)
            if metadata == "only":
                return MetadataOnly(row.id, row.doc_type, values)
            files = await DocumentRepository(session, asker.workspace_id).files([row.file_id])
            own = await repository.rule(row.process_rule_id)
            newest = await repository.newest_rule(base.id)
            file = files.get(row.file_id or "")
            members = document_members(row, file, fields, built_in=base.built_in_field_enabled)
        members["data_source_info"] = source_detail(row, file)
        if metadata == "without":
            members["doc_metadata"] = []
        count = row.segment_count
        return DocumentDetail(
            **members,
            dataset_process_rule=_rule_shown(newest),
            document_process_rule=_rule_shown(own),
            completed_at=maybe(row.completed_at),
            updated_at=seconds(row.updated_at),
            indexing_latency=row.indexing_latency,
            doc_type=None if metadata == "without" else row.doc_type,
            average_segment_length=row.word_count // count if count and row.word_count else 0,
            doc_language=row.doc_language,
        )

    async def process_rule(
        self, asker: Asker, document_id: str | None, *, base_id: str | None = None
    ) -> dict[str, Any]:
        """The rule that a page starts from: the newest of a base, which `document_id` may name too, else the default.

        Raises NotFound and Forbidden.
        """
        asker.may_work()
        limits = {"indexing_max_segmentation_tokens_length": self._longest}
        if document_id is None and base_id is None:
            return {**_with_delimiter(DEFAULT.dump()), "limits": limits}
        async with self._db.session() as session:
            if document_id is not None:
                of_document = checked_id(document_id, "document")
                base_id = await DocumentRepository(session, asker.workspace_id).base_of(of_document)
            if base_id is None:
                raise NotFound("There is no such document.")
            base = await find_base(session, asker, base_id)
            rule = await BaseRepository(session, asker.workspace_id).newest_rule(base.id)
        found = _rule_shown(rule) or AUTOMATIC.dump()
        return {"mode": found["mode"], "rules": found["rules"], "limits": limits}

    async def progress(
        self, asker: Asker, base_id: str, *, batch: str | None = None, document_id: str | None = None
    ) -> list[ProgressShown]:
        """How far the documents of a batch, one document, or all of a base are. Raises NotFound, Forbidden."""
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
            repository = DocumentRepository(session, asker.workspace_id)
            if document_id is not None:
                rows: Sequence[Document] = [(await find_document(session, asker, base_id, document_id))[1]]
            elif batch is not None:
                rows = await repository.batch(base.id, batch)
                if not rows:
                    raise NotFound("There is no such batch of documents in this knowledge base.")
            else:
                rows = await repository.documents(base.id)
            counted = await repository.progress(row.id for row in rows)
        return [progress_shown(row, counted.get(row.id, _NO_PROGRESS)) for row in rows]

    async def names(self, asker: Asker, base_id: str, document_ids: Sequence[str]) -> dict[str, str]:
        """Names of documents by id. Raises NotFound and Forbidden."""
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
            rows = await DocumentRepository(session, asker.workspace_id).documents(base.id, document_ids)
        return {row.id: row.name for row in rows}

    async def broken(self, asker: Asker, base_id: str) -> list[ProgressShown]:
        """Documents that ended in an error, or are paused. Raises NotFound, Forbidden."""
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
            repository = DocumentRepository(session, asker.workspace_id)
            rows = await repository.broken(base.id)
            counted = await repository.progress(row.id for row in rows)
        return [progress_shown(row, counted.get(row.id, _NO_PROGRESS)) for row in rows]

    async def unused(self, asker: Asker, base_id: str) -> list[str]:
        """Documents that the server switched off because nobody had used the base. Raises NotFound, Forbidden."""
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
            return await DocumentRepository(session, asker.workspace_id).unused(base.id)

    async def rename(self, asker: Asker, base_id: str, document_id: str, name: str) -> DocumentShown:
        """Its file is renamed with it. Raises NotFound, Forbidden, InvalidParam."""
        wanted = name.strip().replace("\x00", "")
        if not 1 <= len(wanted) <= 255:
            raise InvalidParam("`name` must have 1 to 255 characters.", param="name")
        async with self._db.transaction() as session:
            base, row = await find_document(session, asker, base_id, document_id)
            _refuse_archived(row)
            row.name, row.updated_at = wanted, now_us()
            files = await DocumentRepository(session, asker.workspace_id).files([row.file_id])
            file = files.get(row.file_id or "")
            if file is not None:
                file.name = wanted
            await _refresh_built_in(session, asker, base, row)
            await session.flush()
            (shown,) = await _shown(session, asker, base, [row], None)
        return shown

    async def describe(self, asker: Asker, base_id: str, document_id: str, type: str, values: JsonMap) -> None:
        """Say of what type a document is, and its values. Raises NotFound, Forbidden, Refusal."""
        described = checked_type(type, values)
        assert described is not None
        async with self._db.transaction() as session:
            _, row = await find_document(session, asker, base_id, document_id)
            row.doc_type = described.type
            row.doc_metadata = msgspec.json.encode(described.values).decode()
            row.updated_at = now_us()

    async def set_state(self, asker: Asker, base_id: str, action: str, document_ids: Sequence[str]) -> None:
        """Switch documents on or off, archive them or not; unknown ids are skipped, those already so too.

        All change or none. Raises NotFound, Forbidden, and Refusal (`invalid_action`).
        """
        if action not in ACTIONS:
            raise _invalid_action(f"There is no action {action!r}; use one of {', '.join(ACTIONS)}.")
        now = now_us()
        async with self._db.transaction(lock=f"documents of {base_id}") as session:
            base = await find_base(session, asker, base_id)
            rows = await DocumentRepository(session, asker.workspace_id).documents(base.id, document_ids)
            changed = [row.id for row in rows if _apply(row, action, asker.account_id, now)]
        if changed:
            await self._ingest.queue(changed)

    async def pause(self, asker: Asker, base_id: str, document_id: str) -> None:
        """Hold a document that is being read. Raises NotFound, Forbidden, Refusal (`document_indexing`)."""
        async with self._db.transaction() as session:
            _, row = await find_document(session, asker, base_id, document_id)
            _refuse_archived(row)
            if row.indexing_status not in PAUSABLE or row.pipeline_run_id is not None:
                raise _not_indexing("This document is not being indexed, so it cannot be paused.")
            row.is_paused, row.paused_at, row.paused_by = True, now_us(), asker.account_id

    async def resume(self, asker: Asker, base_id: str, document_id: str) -> None:
        """Go on with a document that is held. Raises NotFound, Forbidden, Refusal (`document_indexing`)."""
        async with self._db.transaction() as session:
            _, row = await find_document(session, asker, base_id, document_id)
            _refuse_archived(row)
            if not row.is_paused:
                raise _not_indexing("This document is not paused.")
            row.is_paused, row.paused_at, row.paused_by = False, None, None
            row.job = row.job or Job.INDEX
        await self._ingest.queue([document_id])

    async def retry(self, asker: Asker, base_id: str, document_ids: Sequence[str]) -> None:
        """Begin again with documents that ended in an error; all others are left alone.

        Raises NotFound, Forbidden, and Refusal (`document_indexing`) while an earlier try of one runs.
        """
        async with self._db.transaction(lock=f"documents of {base_id}") as session:
            base = await find_ruled_base(session, asker, base_id)
            rows = await DocumentRepository(session, asker.workspace_id).documents(base.id, document_ids)
            again = [row for row in rows if not row.archived and row.indexing_status != IndexingStatus.COMPLETED]
            for row in again:
                if row.job is not None and row.indexing_status != IndexingStatus.ERROR and not row.is_paused:
                    raise _not_indexing(f"{row.name} is being tried already; wait until that has ended.")
            for row in again:
                row.job = Job.REINDEX
                row.lease_owner = row.lease_until = None
                row.attempts = 0
                row.indexing_status, row.error, row.stopped_at = IndexingStatus.WAITING, None, None
                row.is_paused, row.paused_at, row.paused_by = False, None, None
        if again:
            await self._ingest.queue([row.id for row in again])

    async def sync(self, asker: Asker, base_id: str, document_id: str | None, type: SourceType) -> None:
        """Fetch a page again, or all of a base. Raises NotFound, Forbidden, InvalidParam, Refusal."""
        async with self._db.transaction(lock=f"documents of {base_id}") as session:
            base = await find_base(session, asker, base_id)
            if document_id is not None:
                _, row = await find_document(session, asker, base_id, document_id)
                if row.data_source_type != type:
                    raise InvalidParam(f"This document does not come from {type.value}.")
                _refuse_archived(row)
                if row.job is not None:
                    raise _not_indexing("This document is being read already.")
                rows: Sequence[Document] = [row]
            else:
                found = await DocumentRepository(session, asker.workspace_id).documents(base.id)
                rows = [row for row in found if row.data_source_type == type and not row.archived and row.job is None]
            for row in rows:
                row.job, row.lease_until, row.attempts = Job.SYNC, None, 0
        await self._ingest.queue([row.id for row in rows])

    async def delete(self, asker: Asker, base_id: str, document_ids: Sequence[str]) -> None:
        """With their chunks and files. Raises NotFound for an unknown one, Forbidden for an archived one by key."""
        wanted = list(dict.fromkeys(checked_id(each, "document") for each in document_ids))
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
            rows = await DocumentRepository(session, asker.workspace_id).documents(base.id, wanted)
        if len(rows) != len(wanted):
            raise NotFound("There is no such document in this knowledge base.")
        if asker.by_key:
            for row in rows:
                _refuse_archived(row)
        await self._ingest.forget_documents([row.id for row in rows])

    async def file_of(self, asker: Asker, base_id: str, document_id: str) -> StoredFile:
        """The file that a document was read from. Raises NotFound and Forbidden."""
        async with self._db.session() as session:
            _, row = await find_document(session, asker, base_id, document_id)
            files = await DocumentRepository(session, asker.workspace_id).files([row.file_id])
        file = files.get(row.file_id or "")
        if file is None or row.data_source_type != SourceType.UPLOAD:
            raise NotFound("This document was not uploaded, so there is no file of it.")
        return file

    async def zipped(self, asker: Asker, base_id: str, document_ids: Sequence[str]) -> bytes:
        """The files of at most 100 documents. Raises NotFound, Forbidden, InvalidParam."""
        if not 1 <= len(document_ids) <= MAX_ZIPPED:
            raise InvalidParam(f"`document_ids` must name 1 to {MAX_ZIPPED} documents.", param="document_ids")
        files = [await self.file_of(asker, base_id, document_id) for document_id in dict.fromkeys(document_ids)]
        contents = [(file.name, await self._uploads.bytes_of(file)) for file in files]
        return await asyncio.to_thread(_zip, contents)


Detail = DocumentDetail | MetadataOnly


async def _shown(
    session: AsyncSession,
    asker: Asker,
    base: KnowledgeBase,
    rows: Sequence[Document],
    progress: dict[str, Progress] | None,
) -> list[DocumentShown]:
    fields = (await BaseRepository(session, asker.workspace_id).fields([base.id])).get(base.id, [])
    files = await DocumentRepository(session, asker.workspace_id).files(row.file_id for row in rows)
    return [
        document_shown(
            row,
            files.get(row.file_id or ""),
            fields,
            built_in=base.built_in_field_enabled,
            progress=None if progress is None else progress.get(row.id, _NO_PROGRESS),
        )
        for row in rows
    ]


async def _refresh_built_in(session: AsyncSession, asker: Asker, base: KnowledgeBase, row: Document) -> None:
    if base.built_in_field_enabled:
        names = await BaseRepository(session, asker.workspace_id).names([row.created_by])
        with_built_in(row, names.get(row.created_by or ""))


def _apply(row: Document, action: str, account_id: str | None, now: int) -> bool:
    """Whether the index has something to do. Raises Refusal."""
    busy = row.job in (Job.ADD_INDEX, Job.REMOVE_INDEX, Job.SYNC)
    match action:
        case "enable" | "disable":
            wanted = action == "enable"
            if row.enabled == wanted:
                return False
            if row.indexing_status != IndexingStatus.COMPLETED or row.completed_at is None:
                raise _invalid_action(f"{row.name} is not indexed yet, so it cannot be switched {_on_or_off(wanted)}.")
            if busy:
                raise _invalid_action(f"{row.name} is being indexed; try again in a moment.")
            row.enabled = wanted
            row.unused_since = None
            row.disabled_at, row.disabled_by = (None, None) if wanted else (now, account_id)
        case _:
            wanted = action == "archive"
            if row.archived == wanted:
                return False
            row.archived = wanted
            row.archived_at, row.archived_by = (now, account_id) if wanted else (None, None)
    row.updated_at = now
    if row.indexing_status != IndexingStatus.COMPLETED:
        return False
    row.job = Job.ADD_INDEX if row.enabled and not row.archived else Job.REMOVE_INDEX
    row.lease_owner = row.lease_until = None
    row.attempts = 0
    return True


def _on_or_off(on: bool) -> str:
    return "on" if on else "off"


def _invalid_action(message: str) -> Refusal:
    return Refusal(message, code="invalid_action")


def _not_indexing(message: str) -> Refusal:
    return Refusal(message, code="document_indexing")


def _refuse_archived(row: Document) -> None:
    if row.archived:
        raise Forbidden(f"{row.name} is archived and cannot be changed.", code="archived_document_immutable")


def _rule_shown(rule: ProcessRule | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    return {
        "id": rule.id,
        "dataset_id": rule.base_id,
        "mode": rule.mode,
        "rules": msgspec.json.decode(rule.rules),
        "created_by": rule.created_by,
        "created_at": seconds(rule.created_at),
    }


def _with_delimiter(rule: dict[str, Any]) -> dict[str, Any]:
    """With both names of the separator: clients read one or the other."""
    rules = rule["rules"]
    cut = rules["segmentation"]
    return {**rule, "rules": {**rules, "segmentation": {"delimiter": cut["separator"], **cut}}}


def _zip(contents: Sequence[tuple[str, bytes]]) -> bytes:
    taken: set[str] = set()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents:
            archive.writestr(_free_name(name, taken), data)
    return target.getvalue()


def _free_name(name: str, taken: set[str]) -> str:
    """`name` without anything that leads out of a folder, and unlike those before."""
    safe = name.replace("/", "_").replace("\\", "_").lstrip(".") or "file"
    stem, dot, extension = safe.rpartition(".")
    candidate, number = safe, 1
    while candidate in taken:
        number += 1
        candidate = f"{stem} ({number}).{extension}" if dot else f"{safe} ({number})"
    taken.add(candidate)
    return candidate
