"""Adding documents to a base, and cutting one anew. Source: spec knowledge §3."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.file_types import extension_of
from treadle.apps.uploads import Uploads
from treadle.knowledge.access import Asker
from treadle.knowledge.bases import Bases, one_of
from treadle.knowledge.document_repository import DocumentRepository
from treadle.knowledge.document_sources import (
    Origin,
    Origins,
    check_extension,
    keep_text,
    of_file,
    origin_of,
    origins_of,
    page_ids,
    source_list,
)
from treadle.knowledge.document_types import checked_type
from treadle.knowledge.embedding_models import EmbeddingModels
from treadle.knowledge.finding import checked_id, find_document, find_ruled_base
from treadle.knowledge.ingest.jobs import Job
from treadle.knowledge.ingest.service import IngestService
from treadle.knowledge.metadata_values import with_built_in
from treadle.knowledge.repository import BaseRepository
from treadle.knowledge.requests import FirstDocuments, JsonMap, NewDataset, NewDocuments
from treadle.knowledge.retrieval_settings import dumped, retrieval_model_from
from treadle.knowledge.shapes import DatasetShown, RetrievalModel
from treadle.knowledge.tables import (
    DocForm,
    Document,
    IndexingStatus,
    KnowledgeBase,
    ProcessRule,
    SourceType,
    Technique,
)
from treadle.knowledge.telling import display_status, source_info
from treadle.knowledge.text.rules import ProcessRule as Rule
from treadle.knowledge.text.rules import RuleError
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam, NotFound, Refusal

MAX_LANGUAGE = 255
_USEFUL = "Answers questions from"


@dataclass(frozen=True, slots=True)
class Added:
    """The documents of one request."""

    base_id: str
    documents: list[Document]
    batch: str


class DocumentAdding:
    """Writes the rows of new documents; reading them is a worker's."""

    def __init__(
        self, db: Database, uploads: Uploads, models: EmbeddingModels, ingest: IngestService, bases: Bases
    ) -> None:
        self._db = db
        self._bases = bases
        self._uploads = uploads
        self._models = models
        self._ingest = ingest

    async def add(self, asker: Asker, base_id: str, wanted: NewDocuments) -> Added:
        """Documents from files or pages, or one that is cut anew. Raises NotFound, Forbidden and Refusal."""
        if wanted.original_document_id:
            return await self.cut_again(asker, base_id, wanted.original_document_id, wanted)
        async with self._db.session() as session:
            await find_ruled_base(session, asker, base_id)
            origins = await origins_of(DocumentRepository(session, asker.workspace_id), source_list(wanted.data_source))
        return await self._write(asker, base_id, origins, wanted)

    async def begin(self, asker: Asker, wanted: FirstDocuments) -> tuple[DatasetShown, Added]:
        """A new base of its first documents. Raises Forbidden, Conflict and Refusal.

        Nothing is kept when the documents are refused.
        """
        asker.may_edit()
        async with self._db.session() as session:
            origins = await origins_of(DocumentRepository(session, asker.workspace_id), source_list(wanted.data_source))
            first = origins.found[0].name
            repository = BaseRepository(session, asker.workspace_id)
            name = wanted.dataset_name or await repository.free_name(f"{first[:18]}...")
        base = await self._bases.create(
            asker,
            NewDataset(
                name=name,
                description=f"{_USEFUL} {first}."[:400],
                permission=wanted.dataset_permission or None,
                partial_member_list=wanted.dataset_members,
            ),
        )
        try:
            return base, await self._write(asker, base.id, origins, wanted)
        except Refusal:
            await self._bases.delete(asker, base.id)
            raise

    async def add_text(self, asker: Asker, base_id: str, name: str, text: str, wanted: NewDocuments) -> Added:
        """A document of text that is sent. Raises NotFound, Forbidden and Refusal."""
        await self._check_before(asker, base_id, wanted)
        origin = of_file(await keep_text(self._uploads, asker, name, text), name)
        if wanted.original_document_id:
            return await self.cut_again(asker, base_id, wanted.original_document_id, wanted, origin)
        return await self._write(asker, base_id, Origins(SourceType.UPLOAD, (origin,)), wanted)

    async def add_file(
        self, asker: Asker, base_id: str, name: str, declared_type: str, data: bytes, wanted: NewDocuments
    ) -> Added:
        """A document of a file that is sent. Raises NotFound, Forbidden and Refusal."""
        await self._check_before(asker, base_id, wanted)
        check_extension(extension_of(name))
        file = await self._uploads.upload(origin_of(asker), name=name, declared_type=declared_type, data=data)
        origin = of_file(file)
        if wanted.original_document_id:
            return await self.cut_again(asker, base_id, wanted.original_document_id, wanted, origin)
        return await self._write(asker, base_id, Origins(SourceType.UPLOAD, (origin,)), wanted)

    async def cut_again(
        self, asker: Asker, base_id: str, document_id: str, wanted: NewDocuments, origin: Origin | None = None
    ) -> Added:
        """Read a document again, with another rule or another content. What was edited in its chunks is lost.

        Raises NotFound, Forbidden, InvalidParam when it is not available, and Refusal.
        """
        rule = parsed_rule(wanted.process_rule, lenient=asker.by_key) if wanted.process_rule else None
        async with self._db.transaction(lock=f"documents of {base_id}") as session:
            base = await find_ruled_base(session, asker, base_id)
            repository = DocumentRepository(session, asker.workspace_id)
            row = await repository.document(base.id, checked_id(document_id, "document"))
            if row is None:
                raise NotFound("There is no such document in this knowledge base.")
            _check_available(row)
            if wanted.doc_form and wanted.doc_form != base.doc_form:
                raise InvalidParam(
                    f"This knowledge base cuts documents as {base.doc_form}; that cannot change.", param="doc_form"
                )
            if origin is None and wanted.data_source is not None and wanted.data_source.info_list.file_info_list:
                origin = (await origins_of(repository, wanted.data_source.info_list)).found[0]
            if wanted.name:
                row.name = _document_name(wanted.name)
            _begin_again(row, wanted, asker, new_batch())
            if rule is not None:
                row.process_rule_id = await _new_rule(session, asker, base, rule)
            if origin is not None:
                row.file_id, row.name = origin.file_id, origin.name
                row.data_source_info = msgspec.json.encode(origin.info).decode()
            await _refresh_built_in(session, asker, base, [row])
            await session.flush()
        await self._ingest.queue([row.id])
        return Added(base.id, [row], row.batch)

    async def read_all_again(self, asker: Asker, base_id: str) -> list[str]:
        """Read every document of a base again that is not archived; gives their ids. Raises NotFound, Forbidden."""
        async with self._db.transaction(lock=f"documents of {base_id}") as session:
            base = await find_ruled_base(session, asker, base_id)
            found = await DocumentRepository(session, asker.workspace_id).documents(base.id)
            rows = [row for row in found if not row.archived]
            for row in rows:
                _begin_again(row, NewDocuments(), asker, row.batch)
        await self._ingest.queue([row.id for row in rows])
        return [row.id for row in rows]

    async def _check_before(self, asker: Asker, base_id: str, wanted: NewDocuments) -> None:
        """What can be refused before a file is kept."""
        async with self._db.session() as session:
            base = await find_ruled_base(session, asker, base_id)
            if wanted.original_document_id:
                _, row = await find_document(session, asker, base_id, wanted.original_document_id)
                _check_available(row)
                return
            checked_type(wanted.doc_type, wanted.doc_metadata)
            rule = parsed_rule(wanted.process_rule, lenient=asker.by_key) if wanted.process_rule else None
            _check_form(base, wanted, rule)
            _check_technique(base, wanted)

    async def _write(self, asker: Asker, base_id: str, origins: Origins, wanted: NewDocuments) -> Added:
        rule = parsed_rule(wanted.process_rule, lenient=asker.by_key) if wanted.process_rule else None
        if rule is None and not asker.by_key:
            raise InvalidParam("`process_rule` is required: say how the documents are to be cut.", param="process_rule")
        batch = new_batch()
        async with self._db.transaction(lock=f"documents of {base_id}") as session:
            base = await find_ruled_base(session, asker, base_id)
            if base.data_source_type not in (None, origins.type):
                raise InvalidParam(
                    f"The documents of this knowledge base come from {base.data_source_type}; "
                    f"make another one for {origins.type.value}.",
                    param="data_source_type",
                )
            await self._settle_base(asker, base, origins.type, wanted, rule)
            rule_id = await self._rule_for(session, asker, base, rule)
            documents, gone = await _rows(session, asker, base, origins, wanted, rule_id, batch)
            base.updated_by, base.updated_at = asker.account_id, now_us()
            await _refresh_built_in(session, asker, base, documents)
            await session.flush()
        if gone:
            await self._ingest.forget_documents(gone)
        await self._ingest.queue([row.id for row in documents])
        return Added(base.id, documents, batch)

    async def _settle_base(
        self, asker: Asker, base: KnowledgeBase, type: SourceType, wanted: NewDocuments, rule: Rule | None
    ) -> None:
        """What the first document decides for the whole base. Raises InvalidParam and Refusal."""
        form = _check_form(base, wanted, rule)
        technique = _check_technique(base, wanted)
        if base.doc_form is not None and base.data_source_type is not None:
            return
        base.data_source_type, base.doc_form = type, form
        base.indexing_technique = technique
        if technique == Technique.HIGH_QUALITY:
            if wanted.embedding_model or wanted.embedding_model_provider or not base.embedding_model:
                model = await self._models.choose(
                    asker.workspace_id, wanted.embedding_model_provider or None, wanted.embedding_model or None
                )
                base.embedding_model_provider, base.embedding_model = model.provider, model.name
        else:
            base.embedding_model_provider = base.embedding_model = None
        retrieval = retrieval_model_from(wanted.retrieval_model)
        if retrieval is not None or base.retrieval_model is None:
            base.retrieval_model = dumped(retrieval or RetrievalModel(), base)

    async def _rule_for(self, session: AsyncSession, asker: Asker, base: KnowledgeBase, rule: Rule | None) -> str:
        """The id of the rule to cut by: a new one, else the newest of the base, else the automatic one."""
        if rule is None:
            newest = await BaseRepository(session, asker.workspace_id).newest_rule(base.id)
            if newest is not None:
                return newest.id
            rule = Rule()
        return await _new_rule(session, asker, base, rule)


async def _rows(
    session: AsyncSession,
    asker: Asker,
    base: KnowledgeBase,
    origins: Origins,
    wanted: NewDocuments,
    rule_id: str,
    batch: str,
) -> tuple[list[Document], list[str]]:
    """The rows of the documents, and the ids of those that a Notion selection leaves out."""
    repository = DocumentRepository(session, asker.workspace_id)
    found, gone = list(origins.found), list[str]()
    if origins.type is SourceType.NOTION:
        found, gone = await _notion_changes(repository, base.id, found)
    same: dict[str, Document] = {}
    if origins.type is SourceType.UPLOAD and wanted.duplicate:
        same = await repository.uploads_named(base.id, [each.name for each in found])
    position = await repository.last_position(base.id)
    rows: list[Document] = []
    for origin in found:
        row = same.pop(origin.name, None)
        if row is None:
            position += 1
            row = new_document(asker, base, origins.type, position)
            repository.add(row)
        row.name, row.file_id = origin.name, origin.file_id
        row.data_source_info = msgspec.json.encode(origin.info).decode()
        row.process_rule_id = rule_id
        _begin_again(row, wanted, asker, batch)
        row.doc_form = base.doc_form or DocForm.TEXT
        rows.append(row)
    return rows, gone


async def _notion_changes(
    repository: DocumentRepository, base_id: str, found: Sequence[Origin]
) -> tuple[list[Origin], list[str]]:
    """The selection is what is to be there: pages not yet there, and documents whose page is not selected."""
    selected = page_ids(found)
    there: dict[str, str] = {}
    for row in await repository.documents(base_id):
        if row.data_source_type == SourceType.NOTION:
            there[str(source_info(row).get("notion_page_id"))] = row.id
    new = [each for each in found if str(each.info["notion_page_id"]) not in there]
    return new, [document_id for page, document_id in there.items() if page not in selected]


def new_document(asker: Asker, base: KnowledgeBase, type: str, position: int) -> Document:
    """A row without content, whose name and state the caller sets."""
    now = now_us()
    return Document(
        id=new_id(),
        workspace_id=asker.workspace_id,
        base_id=base.id,
        position=position,
        data_source_type=type,
        created_from=asker.created_from,
        created_by=asker.account_id,
        created_at=now,
        updated_at=now,
        doc_form=base.doc_form or DocForm.TEXT,
        doc_language="English",
        indexing_status=IndexingStatus.COMPLETED,
        word_count=0,
        tokens=0,
        segment_count=0,
        hit_count=0,
        attempts=0,
        enabled=True,
        archived=False,
        is_paused=False,
    )


def _begin_again(row: Document, wanted: NewDocuments, asker: Asker, batch: str) -> None:
    """Back to the start: whatever a worker holds of it is its no more."""
    was_read = row.processing_started_at is not None or row.segment_count > 0
    row.job = Job.REINDEX if was_read else Job.INDEX
    row.batch = batch
    row.lease_owner = row.lease_until = None
    row.attempts = 0
    row.indexing_status = IndexingStatus.WAITING
    row.processing_started_at = row.parsing_completed_at = row.cleaning_completed_at = None
    row.splitting_completed_at = row.completed_at = row.stopped_at = None
    row.error = row.notice = row.indexing_latency = None
    row.is_paused, row.paused_at, row.paused_by = False, None, None
    row.created_from = asker.created_from
    row.updated_at = now_us()
    if wanted.doc_language:
        if len(wanted.doc_language) > MAX_LANGUAGE:
            raise InvalidParam(f"`doc_language` is longer than {MAX_LANGUAGE} characters.", param="doc_language")
        row.doc_language = wanted.doc_language
    described = checked_type(wanted.doc_type, wanted.doc_metadata)
    if described is not None:
        row.doc_type = described.type
        row.doc_metadata = msgspec.json.encode(described.values).decode()


async def _new_rule(session: AsyncSession, asker: Asker, base: KnowledgeBase, rule: Rule) -> str:
    row = ProcessRule(
        id=new_id(),
        workspace_id=asker.workspace_id,
        base_id=base.id,
        mode=rule.mode,
        rules=msgspec.json.encode(rule.dump()["rules"]).decode(),
        created_by=asker.account_id,
        created_at=now_us(),
    )
    session.add(row)
    await session.flush()
    return row.id


async def _refresh_built_in(session: AsyncSession, asker: Asker, base: KnowledgeBase, rows: Sequence[Document]) -> None:
    if not base.built_in_field_enabled:
        return
    names = await BaseRepository(session, asker.workspace_id).names(row.created_by for row in rows)
    for row in rows:
        with_built_in(row, names.get(row.created_by or ""))


def _check_available(row: Document) -> None:
    """Raises InvalidParam for a document that is being read, disabled or archived."""
    if display_status(row) != "available":
        raise InvalidParam("Document is not available: wait until it is indexed, enabled and not archived.")


def _check_form(base: KnowledgeBase, wanted: NewDocuments, rule: Rule | None) -> str:
    """How documents of the base are cut. Raises InvalidParam."""
    given = wanted.doc_form or base.doc_form or (DocForm.HIERARCHICAL if _parents(rule) else DocForm.TEXT)
    try:
        form = DocForm(given).value
    except ValueError:
        names = ", ".join(DocForm)
        raise InvalidParam(f"`doc_form` must be one of {names}, not {given!r}.", param="doc_form") from None
    if base.doc_form not in (None, form):
        raise InvalidParam(
            f"This knowledge base cuts documents as {base.doc_form}, not as {form}; that cannot change.",
            param="doc_form",
        )
    if rule is not None and _parents(rule) != (form == DocForm.HIERARCHICAL) and rule.mode != "automatic":
        raise InvalidParam(
            "`process_rule.mode` hierarchical and `doc_form` hierarchical_model belong together.", param="doc_form"
        )
    return form


def _parents(rule: Rule | None) -> bool:
    return rule is not None and rule.mode == "hierarchical"


def _check_technique(base: KnowledgeBase, wanted: NewDocuments) -> str:
    """How the base is indexed. Raises InvalidParam."""
    if base.indexing_technique is not None and base.data_source_type is not None:
        return base.indexing_technique
    given = wanted.indexing_technique or base.indexing_technique
    if not given:
        raise InvalidParam(
            "`indexing_technique` is required for the first document: high_quality or economy.",
            param="indexing_technique",
        )
    technique = one_of(given, Technique, "indexing_technique")
    if technique == Technique.ECONOMY and wanted.doc_form in (DocForm.HIERARCHICAL, DocForm.QA):
        raise Refusal(
            "Parent-child and question-answer chunks need a high-quality knowledge base.",
            code="high_quality_dataset_only",
            param="indexing_technique",
        )
    return technique


def parsed_rule(given: JsonMap, *, lenient: bool = False) -> Rule:
    """A process rule as a caller wrote it; with `lenient` unknown ways to clean have no effect. Raises InvalidParam."""
    try:
        return Rule.parse(_without_unknown_cleaning(given) if lenient else given)
    except RuleError as error:
        raise InvalidParam(str(error), param="process_rule") from error


_CLEANING = ("remove_extra_spaces", "remove_urls_emails", "remove_stopwords")


def _without_unknown_cleaning(given: JsonMap) -> JsonMap:
    """The rule without entries of `pre_processing_rules` whose id nobody knows."""
    rules: object = given.get("rules")
    try:
        listed = msgspec.convert(rules, _Cleaning).pre_processing_rules
    except msgspec.ValidationError:
        return given
    kept = [entry for entry in listed if entry.get("id") in _CLEANING]
    return {**given, "rules": {**msgspec.convert(rules, JsonMap), "pre_processing_rules": kept}}


class _Cleaning(msgspec.Struct):
    pre_processing_rules: list[JsonMap]


def _document_name(given: str) -> str:
    name = given.strip().replace("\x00", "")
    if not 1 <= len(name) <= 255:
        raise InvalidParam("`name` must have 1 to 255 characters.", param="name")
    return name


def new_batch() -> str:
    """20 digits: the time, and a random number. Source: spec knowledge §2.3."""
    return f"{datetime.now():%Y%m%d%H%M%S}{100_000 + secrets.randbelow(900_000)}"
