"""Knowledge bases as runs see them. Source: spec knowledge §12.5."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select

from treadle.apps.uploads import Uploads
from treadle.engine.errors import KnowledgeRetrievalError
from treadle.engine.ports import KnowledgeBase as SearchableBase
from treadle.engine.ports import RetrievalRequest
from treadle.engine.values import Value
from treadle.knowledge.metadata_values import values_of
from treadle.knowledge.tables import DocForm, MetadataField
from treadle.platform.db import Database
from treadle.platform.refusals import Refusal
from treadle.tools.sources import Caller

from .merging import merge_from
from .records import Asking, ExternalRecord, Found, Record
from .service import RetrievalService


class KnowledgePort:
    """The bases of the workspace of one run."""

    def __init__(self, db: Database, retrieval: RetrievalService, files: Uploads, caller: Caller) -> None:
        self._db = db
        self._retrieval = retrieval
        self._files = files
        self._caller = caller

    async def bases(self, dataset_ids: Sequence[str]) -> list[SearchableBase]:
        """Those of `dataset_ids` that exist in this workspace and hold something to search, in the order asked."""
        found = await self._retrieval.bases(self._caller.workspace_id, dataset_ids)
        fields: dict[str, dict[str, str]] = {}
        if found:
            query = select(MetadataField.base_id, MetadataField.name, MetadataField.type).where(
                MetadataField.workspace_id == self._caller.workspace_id,
                MetadataField.base_id.in_([base.id for base in found]),
            )
            async with self._db.connect() as connection:
                for row in await connection.execute(query):
                    fields.setdefault(row.base_id, {})[row.name] = row.type
        return [
            SearchableBase(
                id=base.id,
                name=base.name,
                description=base.description,
                metadata_fields=fields.get(base.id, {}),
            )
            for base in found
        ]

    async def retrieve(self, request: RetrievalRequest) -> list[dict[str, Value]]:
        """Items by descending score, positions from 1. Raises KnowledgeRetrievalError.

        Passages are found by their text alone: pictures beside a question are left out.
        """
        if request.files and not request.query.strip():
            raise KnowledgeRetrievalError(
                "Knowledge bases are searched by text, and the query is empty beside the picture; choose a query "
                "variable, such as what a model says of the picture."
            )
        try:
            found = await self._retrieval.retrieve(
                self._caller.workspace_id,
                request.dataset_ids,
                request.query,
                merge=None if request.merge is None else merge_from(request.merge),
                conditions=request.filter,
                asking=Asking(
                    source="app",
                    role=self._caller.role,
                    by=self._caller.user_id or None,
                    app_id=self._caller.app_id or None,
                ),
            )
        except Refusal as error:
            raise KnowledgeRetrievalError(error.message) from error
        said = [_text(each.record) for each in found]
        texts = await self._files.completed(self._caller.workspace_id, said)
        pictures = await self._files.pictures(self._caller.workspace_id, said)
        return [
            {
                **_item(each, place, request.retriever_from),
                "content": text,
                "files": [self._files.descriptor(row) for row in rows],
            }
            for place, (each, text, rows) in enumerate(zip(found, texts, pictures, strict=True), 1)
        ]


def _text(record: Record | ExternalRecord) -> tuple[str, str]:
    """The document of a passage, none of one that is elsewhere, and what a model reads of it."""
    if isinstance(record, ExternalRecord):
        return "", record.content
    return record.document.id, content_of(record)


def _item(found: Found, position: int, retriever_from: str) -> dict[str, Value]:
    if isinstance(found.record, ExternalRecord):
        return _external_item(found, found.record, position, retriever_from)
    return _own_item(found, found.record, position, retriever_from)


def _own_item(found: Found, record: Record, position: int, retriever_from: str) -> dict[str, Value]:
    segment, document = record.segment, record.document
    metadata: dict[str, Value] = {
        "_source": "knowledge",
        "dataset_id": found.base.id,
        "dataset_name": found.base.name,
        "document_id": document.id,
        "document_name": document.name,
        "document_data_source_type": document.data_source_type,
        "data_source_type": document.data_source_type,
        "segment_id": segment.id,
        "retriever_from": retriever_from,
        "score": found.score,
        "segment_hit_count": segment.hit_count,
        "segment_word_count": segment.word_count,
        "segment_position": segment.position,
        "segment_index_node_hash": segment.index_node_hash,
        "position": position,
        "doc_metadata": values_of(document),
        "child_chunks": [
            {
                "id": each.child.id,
                "content": each.child.content,
                "position": each.child.position,
                "score": each.score,
            }
            for each in record.child_chunks
        ],
    }
    if segment.place:
        metadata |= msgspec.json.decode(segment.place, type=dict[str, str | int | None])
    item: dict[str, Value] = {"metadata": metadata, "title": document.name}
    return item if record.summary is None else {**item, "summary": record.summary}


def _external_item(found: Found, record: ExternalRecord, position: int, retriever_from: str) -> dict[str, Value]:
    return {
        "metadata": {
            "_source": "knowledge",
            "dataset_id": found.base.id,
            "dataset_name": found.base.name,
            "document_id": record.metadata.get("document_id") or record.title,
            "document_name": record.title,
            "document_data_source_type": "external",
            "data_source_type": "external",
            "retriever_from": retriever_from,
            "score": found.score,
            "position": position,
            "doc_metadata": record.metadata,
        },
        "title": record.title,
    }


def content_of(record: Record) -> str:
    """What a model reads of a chunk: of a question with its answer, both; of a part, its parent."""
    segment = record.segment
    if record.document.doc_form == DocForm.QA:
        return f"question:{segment.content} \nanswer:{segment.answer or ''}"
    return segment.content
