"""Runs of pipelines: each makes a document from one source, or shows what it would make. Source: spec knowledge §23."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.accounts.tables import Role
from treadle.apps.pipeline_inputs import asked_by
from treadle.apps.running.active_run import ActiveRun
from treadle.apps.running.records import RunRecord
from treadle.apps.running.requests import StartRun
from treadle.apps.running.runs import RunHost
from treadle.apps.tables import CreatedFrom, StoredFile, TriggeredFrom
from treadle.apps.uploads import Uploads
from treadle.engine.events import RunEnd, RunPaused, RunStatus
from treadle.engine.values import Value
from treadle.knowledge.access import Asker
from treadle.knowledge.document_adding import new_batch, new_document
from treadle.knowledge.document_repository import DocumentRepository
from treadle.knowledge.finding import find_base, find_document
from treadle.knowledge.ingest.reading import SourceUnreachable
from treadle.knowledge.pipeline_orders import PipelineOrder, keep_order, order_of
from treadle.knowledge.pipelines import BasePipeline, Pipelines
from treadle.knowledge.requests import JsonMap
from treadle.knowledge.source_pages import SourcePages
from treadle.knowledge.tables import PAGE_SOURCES, Document, IndexingStatus, StoredOrder
from treadle.knowledge.text.pieces import ExtractionError
from treadle.nodes.config import as_value
from treadle.nodes.inputs import InputError, validate_inputs
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import Forbidden, InvalidParam, Refusal

MOST_SOURCES = 20
_MAX_NAME = 255
_DONE = (IndexingStatus.COMPLETED, IndexingStatus.ERROR)


@dataclass(frozen=True, slots=True)
class PipelineAdded:
    """The documents that runs have begun to make."""

    pipeline: BasePipeline
    batch: str
    documents: list[Document] = field(default_factory=list[Document])

    def shown(self) -> dict[str, Any]:
        base = self.pipeline.base
        return {
            "batch": self.batch,
            "dataset": {
                "id": base.id,
                "name": base.name,
                "description": base.description,
                "chunk_structure": base.doc_form,
            },
            "documents": [
                {
                    "id": row.id,
                    "position": row.position,
                    "data_source_type": row.data_source_type,
                    "data_source_info": msgspec.json.decode(row.data_source_info),
                    "name": row.name,
                    "indexing_status": row.indexing_status,
                    "error": row.error,
                    "enabled": row.enabled,
                }
                for row in self.documents
            ],
        }


@dataclass(frozen=True, slots=True)
class Trial:
    """What a run of a draft is given."""

    pipeline_id: str
    inputs: Mapping[str, Value]
    system: Mapping[str, Value]


class PipelineRuns:
    """Starts runs, and notes on documents how runs end that did not make them."""

    def __init__(self, db: Database, pipelines: Pipelines, host: RunHost, uploads: Uploads, pages: SourcePages) -> None:
        self._db = db
        self._pages = pages
        self._pipelines = pipelines
        self._host = host
        self._uploads = uploads
        host.on_ended.append(self._ended)

    async def add(self, asker: Asker, base_id: str, order: PipelineOrder) -> PipelineAdded:
        """Begin to make a document of each source; a run for each. Raises NotFound, Forbidden and Refusal."""
        asker.may_work()
        pipeline = await self._pipelines.of_base(asker, base_id, published=True)
        inputs = await self._checked(asker, pipeline, order)
        names = [await self._name(asker, info) for info in order.datasource_info_list]
        added = PipelineAdded(pipeline, new_batch())
        async with self._db.transaction(lock=f"documents of {pipeline.base.id}") as session:
            position = await DocumentRepository(session, asker.workspace_id).last_position(pipeline.base.id)
            for info, name in zip(order.datasource_info_list, names, strict=True):
                position += 1
                row = _new_document(asker, pipeline, order, info, name, position, added.batch)
                session.add(row)
                await session.flush()
                await keep_order(session, asker, row, order, info)
                added.documents.append(row)
        for row, info in zip(added.documents, order.datasource_info_list, strict=True):
            await self._begin(asker, pipeline, order, inputs, row, info)
        return added

    async def again(
        self,
        asker: Asker,
        base_id: str,
        document_id: str,
        inputs: JsonMap | None = None,
        *,
        file: StoredFile | None = None,
    ) -> PipelineAdded:
        """Make a document anew from its source, or from another file, with the answers that are kept, or with other
        ones. Its chunks stay until the new ones are there. Raises NotFound, Forbidden, InvalidParam for a file where a
        page is read, and Refusal (`document_indexing`) while it is made."""
        asker.may_work()
        pipeline = await self._pipelines.of_base(asker, base_id, published=True)
        order = await self.order(asker, base_id, document_id)
        if inputs is not None:
            order.inputs = inputs
        if file is not None:
            if order.datasource_type != "local_file":
                raise InvalidParam("This document is made of a page, not of a file: send no file.", param="file")
            order.datasource_info_list = [{"related_id": file.id}]
        checked = await self._checked(asker, pipeline, order)
        (info,) = order.datasource_info_list
        name = await self._name(asker, info)
        async with self._db.transaction(lock=f"documents of {pipeline.base.id}") as session:
            _, row = await find_document(session, asker, base_id, document_id)
            if row.archived:
                raise Forbidden(f"{row.name} is archived and cannot be changed.", code="archived_document_immutable")
            if row.indexing_status not in _DONE or row.job is not None:
                raise Refusal(f"{row.name} is being made already; wait until that has ended.", code="document_indexing")
            row.batch = new_batch()
            if file is not None:
                row.file_id, row.name = file.id, name
                row.data_source_info = msgspec.json.encode(info).decode()
            _begin_again(row)
            await keep_order(session, asker, row, order, info)
        await self._begin(asker, pipeline, order, checked, row, info)
        return PipelineAdded(pipeline, row.batch, [row])

    async def retry(self, asker: Asker, base_id: str, document_ids: Sequence[str]) -> None:
        """Make documents anew that ended in an error; all others are left alone. Raises as `again` does."""
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
            rows = await DocumentRepository(session, asker.workspace_id).documents(base.id, document_ids)
        for row in rows:
            if row.indexing_status == IndexingStatus.ERROR and not row.archived:
                await self.again(asker, base.id, row.id)

    async def order(self, asker: Asker, base_id: str, document_id: str) -> PipelineOrder:
        """What a document was made of. Raises NotFound, Forbidden, and Refusal when nothing is kept of that."""
        async with self._db.session() as session:
            _, row = await find_document(session, asker, base_id, document_id)
            return await self._kept(session, row)

    async def carry_on(self, document: Document) -> None:
        """Begin the run of a document again whose process died before the run was written down; `pipeline_run_id` is
        new. A run that cannot begin is noted on the document."""
        asker = Asker(workspace_id=document.workspace_id, account_id=document.created_by, role=Role.OWNER)
        try:
            pipeline = await self._pipelines.of_base(asker, document.base_id, published=True)
            async with self._db.session() as session:
                order = await self._kept(session, document)
            inputs = await self._checked(asker, pipeline, order)
        except Refusal as refusal:
            await self.fail(document.pipeline_run_id or "", refusal.message)
            return
        await self._begin(asker, pipeline, order, inputs, document, order.datasource_info_list[0])

    async def preview(self, asker: Asker, base_id: str, order: PipelineOrder) -> ActiveRun:
        """A run of the draft with the first source, which keeps nothing. Raises NotFound, Forbidden and Refusal."""
        asker.may_work()
        pipeline = await self._pipelines.of_base(asker, base_id, published=False)
        inputs = await self._checked(asker, pipeline, order)
        system = _system(pipeline, order, order.datasource_info_list[0]) | {"invoke_from": "debugger"}
        return await self._host.start(self._request(asker, pipeline, order, inputs, system))

    async def _begin(
        self,
        asker: Asker,
        pipeline: BasePipeline,
        order: PipelineOrder,
        inputs: Mapping[str, Value],
        row: Document,
        info: JsonMap,
    ) -> None:
        """Start the run that makes `row` of the source `info`, or note on it why there is none."""
        try:
            info = await self._whole(row, info)
        except (ExtractionError, SourceUnreachable) as error:
            await self.fail(row.pipeline_run_id or "", str(error))
            return
        system = _system(pipeline, order, info) | {
            "document_id": row.id,
            "batch": row.batch,
            "invoke_from": "published",
        }
        try:
            await self._host.call(self._request(asker, pipeline, order, inputs, system, run_id=row.pipeline_run_id))
        except Refusal as refusal:
            await self.fail(row.pipeline_run_id or "", refusal.message)

    async def _whole(self, row: Document, info: JsonMap) -> JsonMap:
        """A source with all that it says: the page of a document that rules once cut is read anew. Raises
        ExtractionError and SourceUnreachable."""
        if row.data_source_type not in PAGE_SOURCES or "content" in info:
            return info
        return {**info, "content": await self._pages.text(row)}

    async def _kept(self, session: AsyncSession, row: Document) -> PipelineOrder:
        stored = await session.get(StoredOrder, row.id)
        if stored is None:
            raise Refusal(
                f"Nothing is kept of how {row.name} was made, so it cannot be made again; add its source anew.",
                code="pipeline_order_missing",
                status=404,
            )
        return order_of(stored)

    async def trial(self, asker: Asker, base_id: str, order: PipelineOrder) -> Trial:
        """The same for a member at the canvas, who starts the run. Raises as `preview` does."""
        asker.may_work()
        pipeline = await self._pipelines.of_base(asker, base_id, published=False)
        inputs = await self._checked(asker, pipeline, order)
        system = _system(pipeline, order, order.datasource_info_list[0]) | {"invoke_from": "debugger"}
        return Trial(pipeline.app.id, inputs, system)

    def _request(
        self,
        asker: Asker,
        pipeline: BasePipeline,
        order: PipelineOrder,
        inputs: Mapping[str, Value],
        system: Mapping[str, Value],
        *,
        run_id: str | None = None,
    ) -> StartRun:
        return StartRun(
            app=pipeline.app,
            created_from=CreatedFrom.SERVICE_API if asker.by_key else CreatedFrom.CONSOLE,
            triggered_from=TriggeredFrom.PIPELINE_RUN if run_id else TriggeredFrom.PIPELINE_DEBUGGING,
            root=order.start_node_id,
            user_id=asker.account_id or "",
            user=asker.account_id or "",
            inputs=inputs,
            compiled=pipeline.version,
            system=system,
            run_id=run_id,
        )

    async def _checked(self, asker: Asker, pipeline: BasePipeline, order: PipelineOrder) -> dict[str, Value]:
        """The answers to what the pipeline asks. Raises InvalidParam for an order that cannot be run."""
        config = pipeline.source(order.start_node_id)
        if order.datasource_type != config.provider_type:
            raise InvalidParam(
                f"The data source {order.start_node_id} takes {config.provider_type}, not {order.datasource_type}.",
                param="datasource_type",
            )
        if not 1 <= len(order.datasource_info_list) <= MOST_SOURCES:
            raise InvalidParam(
                f"`datasource_info_list` must name 1 to {MOST_SOURCES} sources.", param="datasource_info_list"
            )
        questions = [each.question for each in asked_by(pipeline.version.pipeline_variables, order.start_node_id)]
        files = self._uploads.for_caller(asker.workspace_id, asker.account_id or "")
        try:
            return await validate_inputs(questions, order.inputs, files=files)
        except InputError as error:
            raise InvalidParam(f"{error.message}.", param=error.variable) from error

    async def _name(self, asker: Asker, info: JsonMap) -> str:
        """What the document is called. Raises InvalidParam for a file that the workspace does not have."""
        related = info.get("related_id")
        if isinstance(related, str):
            file = await self._uploads.stored(related, asker.workspace_id)
            if file is None:
                raise InvalidParam(f"There is no uploaded file {related[:40]!r}.", param="datasource_info_list")
            return file.name[:_MAX_NAME]
        names = (info.get(key) for key in ("name", "title", "source_url"))
        return next((name for name in names if isinstance(name, str) and name), "Untitled")[:_MAX_NAME]

    async def _ended(self, record: RunRecord, end: RunEnd) -> None:
        if record.triggered_from != TriggeredFrom.PIPELINE_RUN:
            return
        status = "paused" if isinstance(end, RunPaused) else end.status
        await self.fail(record.id, why_not_made(status, None if isinstance(end, RunPaused) else end.error))

    async def fail(self, run_id: str, reason: str) -> None:
        """Note why a run made no document; without effect on one that is made, or has told its own error."""
        mine = (Document.pipeline_run_id == run_id, Document.indexing_status.not_in(_DONE))
        ended = {"indexing_status": IndexingStatus.ERROR, "error": reason, "stopped_at": now_us()}
        async with self._db.transaction() as session:
            await session.execute(update(Document).where(*mine).values(**ended))


def why_not_made(status: str, error: str | None) -> str:
    """Why a run that ended so has made no document."""
    if status == "paused":
        return "The pipeline waits for a person; a document cannot."
    if status in (RunStatus.SUCCEEDED, RunStatus.PARTIAL):
        return "The pipeline ended before it had kept any chunks."
    return error or "The run was stopped."


def _begin_again(row: Document) -> None:
    row.pipeline_run_id = new_id()
    row.indexing_status = IndexingStatus.PARSING
    row.attempts = 0
    row.processing_started_at = row.updated_at = now_us()
    row.parsing_completed_at = row.cleaning_completed_at = row.splitting_completed_at = None
    row.completed_at = row.stopped_at = row.error = row.indexing_latency = None


def _system(pipeline: BasePipeline, order: PipelineOrder, info: JsonMap) -> dict[str, Value]:
    return {
        "dataset_id": pipeline.base.id,
        "datasource_type": order.datasource_type,
        "datasource_info": as_value(info),
    }


def _new_document(
    asker: Asker, pipeline: BasePipeline, order: PipelineOrder, info: JsonMap, name: str, position: int, batch: str
) -> Document:
    related = info.get("related_id")
    told: Sequence[str] = [key for key in info if key != "content"]
    row = new_document(asker, pipeline.base, order.datasource_type, position)
    row.name, row.batch = name, batch
    row.data_source_info = msgspec.json.encode({key: info[key] for key in told}).decode()
    row.file_id = related if isinstance(related, str) else None
    row.pipeline_run_id = new_id()
    row.indexing_status = IndexingStatus.PARSING
    row.processing_started_at = row.created_at
    return row
