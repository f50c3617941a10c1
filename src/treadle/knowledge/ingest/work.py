"""One document from its source to chunks that can be found, a step at a time.

Each step ends in a transaction that proves the lease, so that a process that died, was overtaken or was told otherwise
leaves nothing half done: up to the point where the chunks are stored all is begun anew, from there on each group of
chunks is indexed once. Source: spec knowledge §2.1.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Container, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from treadle.apps.uploads import Uploads
from treadle.engine.values import JsonValue
from treadle.knowledge.index.port import IndexedChunk
from treadle.knowledge.tables import (
    DocForm,
    Document,
    IndexingStatus,
    KnowledgeBase,
    ProcessRule,
    SegmentStatus,
)
from treadle.knowledge.text.chunking import Chunk, chunks, text_hash
from treadle.knowledge.text.pieces import ExtractionError
from treadle.knowledge.text.questions import questions
from treadle.knowledge.text.rules import AUTOMATIC
from treadle.knowledge.text.rules import ProcessRule as Rule
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id

from .indexing import Indexer, Put, merge
from .jobs import Job
from .leases import Claim, DocumentLeases, LeaseLost, Standing
from .reading import DocumentReader, Reading, Unchanged
from .repository import IngestRepository, NewSegment, Node, SegmentRow
from .summaries import begin_summaries, resume_summaries
from .targets import Target, targets_of

GROUP: Final = 128
"""Chunks that are embedded and written together."""
_CHILDREN: Final = 512
"""Children after which a group is closed, whatever their parents are."""
_STORED: Final = 500
_EXCERPT: Final = 60

AskModel = Callable[[str, str], Awaitable[str]]
"""What the default model of a workspace answers to a prompt."""


class Paused(Exception):
    """The document was paused: the work rests where it is."""


class DocumentGone(Exception):
    """The document, or its base, is there no more."""


@dataclass(slots=True)
class _Group:
    """Chunks that are prepared for every generation, and not written yet."""

    rows: list[SegmentRow]
    prepared: list[tuple[Target, list[IndexedChunk], Put]]


class DocumentWork:
    """Does the jobs of single documents."""

    def __init__(
        self,
        *,
        db: Database,
        leases: DocumentLeases,
        indexer: Indexer,
        reader: DocumentReader,
        uploads: Uploads,
        ask: AskModel,
        longest: int,
    ) -> None:
        self._db = db
        self._leases = leases
        self._indexer = indexer
        self._reader = reader
        self._uploads = uploads
        self._ask = ask
        self._longest = longest

    async def index(self, claim: Claim) -> None:
        """Carry a document on from the step that it stands at. Raises Paused, LeaseLost, DocumentGone, and what the
        steps raise: ExtractionError, RuleError, InvokeError, IndexUnavailableError, SourceError."""
        document, base = await self._rows(claim)
        if document.indexing_status != IndexingStatus.INDEXING and not await self._store(claim, document, base):
            return
        await self._index_groups(claim, document)

    async def add(self, claim: Claim, *, newest: bool) -> None:
        """All chunks of a document that are to be found, into the index; into its newest generation alone with
        `newest`. Out of it, if the document is not to be found. Raises as `index` does."""
        document, base = await self._rows(claim)
        after, tokens, refused = "", 0, dict[str, str]()
        while document.enabled and not document.archived:
            async with self._db.connect() as connection:
                rows = await IngestRepository(connection, claim.workspace_id).searchable(
                    document.id, document.doc_form, after, GROUP
                )
            if not rows:
                break
            after, total = rows[-1].id, Put()
            for nodes in _bounded([node for row in rows for node in row.nodes]):
                put = await self._indexer.put(claim.workspace_id, base.id, nodes, newest=newest)
                merge(total, put)
                await self._indexer.settle(claim.workspace_id, base.id, nodes)
            tokens += sum(total.tokens.values())
            async with self._db.begin() as connection:
                await self._leases.hold(connection, claim, attempts=0)
                repository = IngestRepository(connection, claim.workspace_id)
                await repository.note_segments(outcomes_of(rows, total, total.refused))
            claim.attempts = 0
            refused |= total.refused
        values: dict[str, Any] = {"tokens": tokens} if tokens else {}
        if refused:
            reason = next(iter(refused.values()))
            count = "1 chunk" if len(refused) == 1 else f"{len(refused)} chunks"
            values["notice"] = f"{count} could not be embedded and cannot be found by meaning: {reason}"
        await self._finish(claim, **values)

    async def remove(self, claim: Claim) -> None:
        """A document out of the index, if it is not to be found. Raises as `index` does."""
        document, base = await self._rows(claim)
        if document.enabled and not document.archived:
            await self.add(claim, newest=False)
            return
        await self._indexer.remove_documents(claim.workspace_id, base.id, [document.id])
        await self._leases.done(claim)

    async def _rows(self, claim: Claim) -> tuple[Document, KnowledgeBase]:
        base = await self._indexer.base(claim.workspace_id, claim.base_id)
        async with self._db.connect() as connection:
            document = await IngestRepository(connection, claim.workspace_id).document(claim.document_id)
        if document is None or base is None:
            raise DocumentGone(claim.document_id)
        return document, base

    async def _store(self, claim: Claim, document: Document, base: KnowledgeBase) -> bool:
        """Read, cut and store; the chunks wait to be indexed then. False if there was nothing to do."""
        started = document.processing_started_at or now_us()
        values: dict[str, Any] = {
            "indexing_status": IndexingStatus.PARSING,
            "processing_started_at": started,
            "error": None,
        }
        if claim.job != Job.SYNC:
            self._rest_if_paused(await self._leases.step(claim, **values))
        async with self._db.connect() as connection:
            repository = IngestRepository(connection, claim.workspace_id)
            rule_row = await repository.rule(document.process_rule_id, base.id)
            stale = await repository.has_segments(document.id)
        rule = parsed_rule(rule_row)
        rule.check(self._longest)
        images = await self._uploads.made_by(claim.workspace_id, [document.id])
        try:
            reading = await self._reader.read(document, fresh=claim.job == Job.SYNC)
        except Unchanged:
            await self._stay(claim)
            return False
        extraction = reading.extraction
        if stale:
            await self._indexer.remove_documents(claim.workspace_id, base.id, [document.id])
        self._rest_if_paused(
            await self._leases.step(
                claim,
                indexing_status=IndexingStatus.SPLITTING,
                processing_started_at=started,
                parsing_completed_at=now_us(),
                word_count=extraction.characters,
                error=None,
            )
        )
        form = DocForm(document.doc_form)
        found = await asyncio.to_thread(chunks, extraction.pieces, rule, form.value, longest=self._longest)
        notice = extraction.notice
        if form == DocForm.QA:
            made = await questions(found, lambda prompt: self._ask(claim.workspace_id, prompt), document.doc_language)
            if found and not made.chunks:
                raise ExtractionError(made.notice or "The model made no questions and answers of this document.")
            notice = " ".join(part for part in (notice, made.notice) if part) or None
            found = made.chunks
        await self._write(claim, document, found, {"notice": notice, **_source(reading)})
        await self._uploads.forget(claim.workspace_id, images)
        return True

    async def _write(self, claim: Claim, document: Document, found: Sequence[Chunk], values: dict[str, Any]) -> None:
        """Store the chunks in the place of the document's old ones. Until the last transaction the document stands
        before this step, so that another process begins it anew."""
        async with self._db.begin() as connection:
            standing = await self._leases.hold(connection, claim)
            await IngestRepository(connection, claim.workspace_id).delete_segments(document.id)
        self._rest_if_paused(standing)
        for at in range(0, len(found), _STORED):
            part = found[at : at + _STORED]
            rows = await asyncio.to_thread(new_segments, document, part, at + 1)
            async with self._db.begin() as connection:
                await self._leases.hold(connection, claim)
                await IngestRepository(connection, claim.workspace_id).add_segments(rows)
        async with self._db.begin() as connection:
            now = now_us()
            standing = await self._leases.hold(
                connection,
                claim,
                attempts=0,
                indexing_status=IndexingStatus.INDEXING,
                cleaning_completed_at=now,
                splitting_completed_at=now,
                segment_count=len(found),
                **values,
            )
            await IngestRepository(connection, claim.workspace_id).begin_indexing(document.id, now)
        self._rest_if_paused(standing)

    async def _index_groups(self, claim: Claim, document: Document) -> None:
        """Index what is stored, until nothing is left: a generation that comes to be kept meanwhile makes chunks wait
        once more. A chunk counts as completed when every generation that is kept holds it."""
        self._rest_if_paused(await self._leases.step(claim))
        while True:
            async with aclosing(self._prepared(claim, document)) as groups:
                async for group in groups:
                    await self._index_group(claim, group)
            if await self._completed(claim, document):
                return

    async def _prepared(self, claim: Claim, document: Document) -> AsyncGenerator[_Group]:
        """Groups that are embedded, one of them ahead of what is being written."""
        after = 0
        ahead: asyncio.Task[_Group | None] | None = None

        async def prepare(after: int) -> _Group | None:
            async with self._db.connect() as connection:
                rows = await IngestRepository(connection, claim.workspace_id).unfinished(
                    document.id, document.doc_form, after, GROUP
                )
            if not rows:
                return None
            rows = _closed(rows)
            base = await self._indexer.base(claim.workspace_id, claim.base_id)
            nodes = [node for row in rows for node in row.nodes]
            group = _Group(rows, [])
            for target in targets_of(base) if base is not None else ():
                parts = [await self._indexer.prepare(target, some) for some in _bounded(nodes)]
                put = Put()
                for _, each in parts:
                    merge(put, each)
                group.prepared.append((target, [chunk for some, _ in parts for chunk in some], put))
            return group

        try:
            group = await prepare(after)
            while group is not None:
                ahead = asyncio.create_task(prepare(group.rows[-1].position))
                yield group
                group = await ahead
        finally:
            if ahead is not None and not ahead.done():
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    async def _index_group(self, claim: Claim, group: _Group) -> None:
        nodes = [node for row in group.rows for node in row.nodes]
        total = Put()
        searchable = await self._searchable(claim)
        for target, prepared, put in group.prepared:
            if searchable:
                await self._indexer.add(target, prepared, put)
            merge(total, put)
        try:
            while not await self._written(claim, group.rows, total, searchable=searchable):
                merge(total, await self._indexer.put(claim.workspace_id, claim.base_id, nodes))
        except LeaseLost:
            await self._indexer.settle(claim.workspace_id, claim.base_id, nodes)
            raise

    async def _written(self, claim: Claim, rows: Sequence[SegmentRow], put: Put, *, searchable: bool) -> bool:
        """Note chunks as completed; False, and nothing is noted, when a generation is kept that does not hold them."""
        async with self._db.begin() as connection:
            repository = IngestRepository(connection, claim.workspace_id)
            base = await repository.base(claim.base_id, share=True)
            wanted = {target.generation for target in targets_of(base)} if base is not None else set[int]()
            if searchable and not wanted <= put.generations:
                return False
            standing = await self._leases.hold(connection, claim, attempts=0)
            failed = failures_of(rows, put)
            await repository.fail_segments(failed, now_us())
            await repository.finish_segments(outcomes_of(rows, put, failed))
        claim.attempts = 0
        self._rest_if_paused(standing)
        return True

    async def _completed(self, claim: Claim, document: Document) -> bool:
        """The document is done; False, and nothing is written, if chunks of it wait. Whoever disabled it meanwhile
        finds it out of the index."""
        async with self._db.begin() as connection:
            repository = IngestRepository(connection, claim.workspace_id)
            base = await repository.base(claim.base_id, share=True)
            if await repository.unfinished(document.id, document.doc_form, 0, 1):
                return False
            tokens, count, failures = await repository.totals(document.id)
            first = await repository.first_failure(document.id) if failures else None
            current = await repository.document(document.id)
            if current is None:
                raise DocumentGone(document.id)
            now = now_us()
            values: dict[str, Any] = {
                "tokens": tokens,
                "segment_count": count,
                "indexing_latency": (now - (current.processing_started_at or now)) / SECOND,
            }
            if first is not None and failures == count:
                values |= {"indexing_status": IndexingStatus.ERROR, "error": first[1], "stopped_at": now}
            else:
                values |= {"indexing_status": IndexingStatus.COMPLETED, "completed_at": now, "error": None}
            if first is not None and failures < count:
                how_many = "1 chunk" if failures == 1 else f"{failures} chunks"
                said = f"{how_many} of {count} could not be indexed; the first is chunk {first[0]}: {first[1]}"
                values["notice"] = " ".join(part for part in (current.notice, said) if part)
            standing = await self._leases.finish(connection, claim, **values)
            await resume_summaries(connection, base, document.id)
        if not standing.searchable:
            await self._indexer.remove_documents(claim.workspace_id, claim.base_id, [claim.document_id])
        return True

    async def _finish(self, claim: Claim, **values: Any) -> None:
        """The job is over. Whoever disabled the document meanwhile finds it out of the index."""
        async with self._db.begin() as connection:
            standing = await self._leases.finish(connection, claim, **values)
            await begin_summaries(connection, Document.id == claim.document_id)
        if not standing.searchable:
            await self._indexer.remove_documents(claim.workspace_id, claim.base_id, [claim.document_id])

    async def _stay(self, claim: Claim) -> None:
        """A source has not changed: nothing to do, but for a generation that is being built."""
        async with self._db.begin() as connection:
            base = await IngestRepository(connection, claim.workspace_id).base(claim.base_id, share=True)
            if base is not None and len(targets_of(base)) > 1:
                await self._leases.hold(connection, claim)
                await self._leases.hand_on(connection, claim, Job.EMBED)
            else:
                await self._leases.finish(connection, claim)

    async def _searchable(self, claim: Claim) -> bool:
        async with self._db.connect() as connection:
            document = await IngestRepository(connection, claim.workspace_id).document(claim.document_id)
        if document is None:
            raise DocumentGone(claim.document_id)
        return document.enabled and not document.archived

    def _rest_if_paused(self, standing: Standing) -> None:
        if standing.is_paused:
            raise Paused


def parsed_rule(row: ProcessRule | None) -> Rule:
    """The rule in a row, the automatic one without. Raises RuleError."""
    if row is None:
        return AUTOMATIC
    return Rule.parse({"mode": row.mode, "rules": msgspec.json.decode(row.rules) if row.rules else {}})


def new_segments(document: Document, found: Sequence[Chunk], position: int) -> list[NewSegment]:
    """Rows for chunks, the first of them at `position`."""
    now = now_us()
    made: list[NewSegment] = []
    for place, chunk in enumerate(found, position):
        segment_id = new_id()
        common: dict[str, Any] = {
            "workspace_id": document.workspace_id,
            "base_id": document.base_id,
            "document_id": document.id,
            "created_by": document.created_by,
            "created_at": now,
            "updated_at": now,
        }
        segment = {
            **common,
            "id": segment_id,
            "position": place,
            "content": chunk.content,
            "answer": chunk.answer,
            "word_count": chunk.word_count,
            "tokens": 0,
            "place": _place(chunk),
            "index_node_id": new_id(),
            "index_node_hash": chunk.hash or text_hash(chunk.content),
            "hit_count": 0,
            "enabled": False,
            "status": SegmentStatus.WAITING,
        }
        children = tuple(
            {
                **common,
                "id": new_id(),
                "segment_id": segment_id,
                "position": number,
                "content": text,
                "word_count": len(text),
                "type": "automatic",
                "index_node_id": new_id(),
                "index_node_hash": text_hash(text),
            }
            for number, text in enumerate(chunk.children, 1)
        )
        made.append(NewSegment(segment=segment, children=children))
    return made


def _source(reading: Reading) -> dict[str, Any]:
    info = reading.source_info
    return {} if info is None else {"data_source_info": msgspec.json.encode(info).decode()}


def _place(chunk: Chunk) -> str | None:
    place: dict[str, JsonValue] = {}
    if chunk.page is not None:
        place["page"] = chunk.page
    if chunk.heading:
        place["heading"] = " › ".join(chunk.heading)
    if chunk.source:
        place["source"] = chunk.source
    return msgspec.json.encode(place).decode() if place else None


def _closed(rows: list[SegmentRow]) -> list[SegmentRow]:
    """The first of `rows`, so many that their nodes are not too many at a time; at least one."""
    count = 0
    for number, row in enumerate(rows):
        count += len(row.nodes)
        if count > _CHILDREN and number:
            return rows[:number]
    return rows


def _bounded(nodes: Sequence[Node]) -> list[Sequence[Node]]:
    return [nodes[at : at + _CHILDREN] for at in range(0, len(nodes), _CHILDREN)]


def failures_of(rows: Sequence[SegmentRow], put: Put) -> dict[str, str]:
    """Chunks of which a node was refused, and why, with the text named."""
    failed: dict[str, str] = {}
    for row in rows:
        for node in _own(row):
            reason = put.refused.get(node.node_id)
            if reason is not None:
                failed[row.id] = f"“{excerpt(node.text)}” cannot be embedded: {reason}"
                break
    return failed


def excerpt(text: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _EXCERPT else line[:_EXCERPT].rstrip() + "…"


def outcomes_of(rows: Sequence[SegmentRow], put: Put, failed: Container[str]) -> list[dict[str, Any]]:
    """What `IngestRepository.finish_segments` writes of chunks that did not fail."""
    now = now_us()
    return [
        {
            "b_id": row.id,
            "b_tokens": sum(put.tokens.get(node.node_id, 0) for node in _own(row)),
            "b_keywords": _keywords(row, put),
            "b_at": now,
        }
        for row in rows
        if row.id not in failed
    ]


def _own(row: SegmentRow) -> list[Node]:
    """The nodes that a chunk cannot be without."""
    return [node for node in row.nodes if node.kind is None]


def _keywords(row: SegmentRow, put: Put) -> str | None:
    found = [word for node in _own(row) for word in put.keywords.get(node.node_id, ())]
    return msgspec.json.encode(list(dict.fromkeys(found))).decode() if found else None
