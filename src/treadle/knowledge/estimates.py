"""What documents would be cut into, without writing anything. Source: spec knowledge §3.4."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec

from treadle.engine.errors import InvokeError
from treadle.knowledge.access import Asker
from treadle.knowledge.document_adding import parsed_rule
from treadle.knowledge.document_repository import DocumentRepository
from treadle.knowledge.document_sources import Origin, Origins, origins_of
from treadle.knowledge.finding import find_base, find_document
from treadle.knowledge.ingest.reading import DocumentReader
from treadle.knowledge.requests import EstimateOrder
from treadle.knowledge.tables import DocForm, Document, IndexingStatus
from treadle.knowledge.text.chunking import PREVIEW_CHUNKS, Chunk, chunks, preview, shown_children
from treadle.knowledge.text.pieces import Extraction, ExtractionError
from treadle.knowledge.text.questions import questions
from treadle.knowledge.text.rules import LONGEST, RuleError
from treadle.knowledge.text.rules import ProcessRule as Rule
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam, Refusal

RAW_PREVIEW = 3000
"""Characters of a file that a preview shows as they were read."""


@dataclass(slots=True)
class ChunkPreview:
    content: str
    child_chunks: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class PairPreview:
    question: str
    answer: str


@dataclass(slots=True)
class Estimate:
    """How many chunks there would be, and the first of them. Nothing is counted or priced."""

    total_segments: int = 0
    preview: list[ChunkPreview] = field(default_factory=list[ChunkPreview])
    qa_preview: list[PairPreview] | None = None
    notice: str | None = None
    """What could not be read of the documents."""
    tokens: int = 0
    total_price: float = 0
    currency: str = "USD"


class Estimates:
    """Previews of documents that are not there yet."""

    def __init__(
        self,
        db: Database,
        reader: DocumentReader,
        ask: Callable[[str, str], Awaitable[str]],
        *,
        longest: int = LONGEST,
    ) -> None:
        """`ask`: what the default model of a workspace answers to a prompt."""
        self._db = db
        self._reader = reader
        self._ask = ask
        self._longest = longest

    async def estimate(self, asker: Asker, order: EstimateOrder) -> Estimate:
        """Raises NotFound, Forbidden, InvalidParam and Refusal."""
        asker.may_work()
        rule = parsed_rule(order.process_rule)
        async with self._db.session() as session:
            form = order.doc_form
            if order.dataset_id:
                form = form or (await find_base(session, asker, order.dataset_id)).doc_form
            origins = await origins_of(DocumentRepository(session, asker.workspace_id), order.info_list)
        form = _form(form, rule)
        total = Estimate(qa_preview=[] if form == DocForm.QA else None)
        for origin in origins.found:
            document = _unsaved(asker, origins, origin, form)
            await self._add(total, document, rule, order.doc_language or "English")
        return total

    async def of_document(self, asker: Asker, base_id: str, document_id: str) -> Estimate:
        """A document that is being read. Raises NotFound, Forbidden, Refusal (`document_already_finished`)."""
        async with self._db.session() as session:
            base, row = await find_document(session, asker, base_id, document_id)
            if row.indexing_status in (IndexingStatus.COMPLETED, IndexingStatus.ERROR):
                raise Refusal("This document has been read already.", code="document_already_finished")
            stored = await DocumentRepository(session, asker.workspace_id).rule(row.process_rule_id)
        rule = parsed_rule({"mode": stored.mode, "rules": msgspec.json.decode(stored.rules)}) if stored else Rule()
        total = Estimate(qa_preview=[] if base.doc_form == DocForm.QA else None)
        await self._add(total, row, rule, row.doc_language)
        return total

    async def text_of(self, asker: Asker, origins: Origins) -> str:
        """The first characters of what a source says. Raises Refusal."""
        document = _unsaved(asker, origins, origins.found[0], DocForm.TEXT)
        extraction = await self._read(document)
        return "\n".join(piece.text for piece in extraction.pieces)[:RAW_PREVIEW]

    async def _add(self, total: Estimate, document: Document, rule: Rule, language: str) -> None:
        extraction = await self._read(document)
        form = DocForm(document.doc_form)
        try:
            found = await asyncio.to_thread(chunks, extraction.pieces, rule, form.value, longest=self._longest)
        except RuleError as error:
            raise InvalidParam(str(error), param="process_rule") from error
        shown = preview(found, form.value)
        total.total_segments += shown.total_segments
        if extraction.notice:
            total.notice = " ".join(part for part in (total.notice, extraction.notice) if part)
        room = PREVIEW_CHUNKS - len(total.preview)
        total.preview += [
            ChunkPreview(chunk.content, list(shown_children(chunk, rule))) for chunk in shown.shown[:room]
        ]
        if form == DocForm.QA and total.qa_preview == [] and found:
            total.qa_preview = await self._pairs(document.workspace_id, found[0], language)

    async def _pairs(self, workspace_id: str, first: Chunk, language: str) -> list[PairPreview]:
        """What a model asks about the first chunk. Raises Refusal."""
        try:
            made = await questions([first], lambda prompt: self._ask(workspace_id, prompt), language)
        except InvokeError as error:
            raise Refusal(str(error), code="provider_not_initialize") from error
        return [PairPreview(chunk.content, chunk.answer or "") for chunk in made.chunks]

    async def _read(self, document: Document) -> Extraction:
        try:
            return (await self._reader.read(document)).extraction
        except ExtractionError as error:
            raise Refusal(f"{document.name}: {error}", code="indexing_estimate_error", status=500) from error


def _form(form: str | None, rule: Rule) -> DocForm:
    if form is None:
        return DocForm.HIERARCHICAL if rule.mode == "hierarchical" else DocForm.TEXT
    try:
        return DocForm(form)
    except ValueError:
        raise InvalidParam(f"`doc_form` must be one of {', '.join(DocForm)}, not {form!r}.", param="doc_form") from None


def _unsaved(asker: Asker, origins: Origins, origin: Origin, form: str) -> Document:
    """A document that is only read."""
    return Document(
        id=new_id(),
        workspace_id=asker.workspace_id,
        base_id="",
        position=1,
        name=origin.name,
        batch="",
        created_from="web",
        data_source_type=origins.type,
        data_source_info=msgspec.json.encode(origin.info).decode(),
        file_id=origin.file_id,
        doc_form=form,
        doc_language="English",
        created_by=asker.account_id,
        created_at=now_us(),
        updated_at=now_us(),
    )
