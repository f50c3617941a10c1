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
from sqlalchemy import case, func
from sqlalchemy.ext.asyncio import AsyncConnection

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
from .repository import IngestRepository, NewSegment, Node, SegmentRow, rows_of
from .summaries import begin_summaries, resume_summaries
from .targets import Target, targets_of

GROUP: Final = 128
"""Chunks that are embedded and written together."""
_CHILDREN: Final = 512
"""Children after which a group is closed, whatever their parents are."""
_STORED: Final = 500
_SHORT: Final = 100_000
"""Characters of a text that is cut too fast for anybody to see."""
_EXCERPT: Final = 60
_NOTHING_LEFT: Final = "No chunk is left of the text once it is cleaned and cut: it holds blanks and symbols alone."

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
    searchable: bool | None
    """Whether the document is to be found; None if that has still to be looked up."""
    last: bool
    """Nothing waited behind them."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """The chunks of a document were written. `rows`: all of them, where they are few."""

    rows: list[SegmentRow]
    base: KnowledgeBase
    searchable: bool


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

    async def index(self, claim: Claim, document: Document) -> None:
        """Carry a document on from the step that it stands at. Raises Paused, LeaseLost, DocumentGone, and what the
        steps raise: ExtractionError, RuleError, InvokeError, IndexUnavailableError, SourceError."""
        base = await self._indexer.base(claim.workspace_id, claim.base_id)
        if base is None:
            raise DocumentGone(claim.document_id)
        stored = None
        if document.indexing_status != IndexingStatus.INDEXING:
            stored = await self._store(claim, document, base)
            if stored is None:
                return
        await self._index_groups(claim, document, stored)

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

    async def _store(self, claim: Claim, document: Document, base: KnowledgeBase) -> _Stored | None:
        """Read, cut and store; the chunks wait to be indexed then. None if there was nothing to do."""
        started = document.processing_started_at or now_us()
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
            return None
        extraction, form = reading.extraction, DocForm(document.doc_form)
        if stale:
            await self._indexer.remove_documents(claim.workspace_id, base.id, [document.id])
        read: dict[str, Any] = {
            "processing_started_at": started,
            "parsing_completed_at": now_us(),
            "word_count": extraction.characters,
            "error": None,
        }
        if form == DocForm.QA or extraction.characters > _SHORT:
            splitting = await self._leases.step(claim, indexing_status=IndexingStatus.SPLITTING, **read)
            self._rest_if_paused(splitting)
        found = await asyncio.to_thread(chunks, extraction.pieces, rule, form.value, longest=self._longest)
        notice = extraction.notice
        if form == DocForm.QA:
            made = await questions(found, lambda prompt: self._ask(claim.workspace_id, prompt), document.doc_language)
            if found and not made.chunks:
                raise ExtractionError(made.notice or "The model made no questions and answers of this document.")
            notice = " ".join(part for part in (notice, made.notice) if part) or None
            found = made.chunks
        elif not found and extraction.characters:
            notice = " ".join(part for part in (notice, _NOTHING_LEFT) if part)
        values = {"notice": notice, **read, **_source(reading)}
        stored = await self._write(claim, document, base, found, values, stale=stale)
        await self._uploads.forget(claim.workspace_id, images)
        return stored

    async def _write(
        self,
        claim: Claim,
        document: Document,
        base: KnowledgeBase,
        found: Sequence[Chunk],
        values: dict[str, Any],
        *,
        stale: bool,
    ) -> _Stored:
        """Store the chunks in the place of the document's old ones. Until the last transaction the document stands
        before this step, so that another process begins it anew."""
        rest, last = range(0, max(len(found) - _STORED, 0), _STORED), (len(found) - 1) // _STORED * _STORED
        if stale:
            async with self._db.begin() as connection:
                standing = await self._leases.hold(connection, claim)
                await IngestRepository(connection, claim.workspace_id).delete_segments(document.id)
            self._rest_if_paused(standing)
        for at in rest:
            rows = await asyncio.to_thread(new_segments, document, found[at : at + _STORED], at + 1)
            async with self._db.begin() as connection:
                await self._leases.hold(connection, claim)
                await IngestRepository(connection, claim.workspace_id).add_segments(rows)
        rows = await asyncio.to_thread(new_segments, document, found[last:], last + 1) if found else []
        now = now_us()
        for row in rows:
            row.segment.update(status=SegmentStatus.INDEXING, indexing_at=now)
        async with self._db.begin() as connection:
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
            repository = IngestRepository(connection, claim.workspace_id)
            await repository.add_segments(rows)
            if rest:
                await repository.begin_indexing(document.id, now)
        self._rest_if_paused(standing)
        claim.attempts = 0
        whole = len(found) <= GROUP
        return _Stored(rows_of(rows, document.doc_form) if whole else [], base, standing.searchable)

    async def _index_groups(self, claim: Claim, document: Document, stored: _Stored | None) -> None:
        """Index what is stored, until nothing is left: a generation that comes to be kept meanwhile makes chunks wait
        once more. A chunk counts as completed when every generation that is kept holds it."""
        if stored is None:
            self._rest_if_paused(await self._leases.step(claim))
        while True:
            async with aclosing(self._prepared(claim, document, stored)) as groups:
                async for group in groups:
                    if await self._index_group(claim, document, group):
                        return
            if await self._completed(claim, document):
                return
            stored = None

    async def _prepared(self, claim: Claim, document: Document, stored: _Stored | None) -> AsyncGenerator[_Group]:
        """Groups that are embedded, one of them ahead of what is being written. `stored`: what was just written."""
        after = 0
        ahead: asyncio.Task[_Group | None] | None = None

        async def prepare(after: int) -> _Group | None:
            found, base, searchable = list[SegmentRow](), None, None
            if stored is not None and not after:
                found, base, searchable = stored.rows, stored.base, stored.searchable
            if not found:
                async with self._db.connect() as connection:
                    found = await IngestRepository(connection, claim.workspace_id).unfinished(
                        document.id, document.doc_form, after, GROUP
                    )
            if not found:
                return None
            rows = _closed(found)
            base = base or await self._indexer.base(claim.workspace_id, claim.base_id)
            nodes = [node for row in rows for node in row.nodes]
            group = _Group(rows, [], searchable, last=len(rows) == len(found) < GROUP)
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
                if not group.last:
                    ahead = asyncio.create_task(prepare(group.rows[-1].position))
                yield group
                if ahead is None or group.last:
                    return
                group = await ahead
        finally:
            if ahead is not None and not ahead.done():
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    async def _index_group(self, claim: Claim, document: Document, group: _Group) -> bool:
        """Index chunks; True if the document is completed by that."""
        nodes = [node for row in group.rows for node in row.nodes]
        total = Put()
        searchable = await self._searchable(claim) if group.searchable is None else group.searchable
        for target, prepared, put in group.prepared:
            if searchable:
                await self._indexer.add(target, prepared, put)
            merge(total, put)
        try:
            while (written := await self._written(claim, document, group, total, searchable=searchable)) is None:
                merge(total, await self._indexer.put(claim.workspace_id, claim.base_id, nodes))
        except LeaseLost:
            await self._indexer.settle(claim.workspace_id, claim.base_id, nodes)
            raise
        return written

    async def _written(
        self, claim: Claim, document: Document, group: _Group, put: Put, *, searchable: bool
    ) -> bool | None:
        """Note chunks as completed, and with the last of them the document: True then. None, and nothing is noted, when
        a generation is kept that does not hold them."""
        ended = None
        async with self._db.begin() as connection:
            repository = IngestRepository(connection, claim.workspace_id)
            base = await repository.base(claim.base_id, share=True)
            wanted = {target.generation for target in targets_of(base)} if base is not None else set[int]()
            if searchable and not wanted <= put.generations:
                return None
            standing = await self._leases.hold(connection, claim, attempts=0)
            failed = failures_of(group.rows, put)
            await repository.fail_segments(failed, now_us())
            await repository.finish_segments(outcomes_of(group.rows, put, failed))
            if group.last and not standing.is_paused:
                ended = await self._end(connection, claim, document, base, standing)
        for target, _, _ in group.prepared:
            if target.generation not in wanted:  # it was given up after the chunks were prepared
                await self._indexer.drop(target.kind, claim.workspace_id, claim.base_id, target.generation)
        claim.attempts = 0
        if ended is None:
            self._rest_if_paused(standing)
            return False
        await self._hide(claim, ended)
        return True

    async def _completed(self, claim: Claim, document: Document) -> bool:
        """The document is done; False, and nothing is written, if chunks of it wait."""
        async with self._db.begin() as connection:
            base = await IngestRepository(connection, claim.workspace_id).base(claim.base_id, share=True)
            standing = await self._leases.hold(connection, claim)
            ended = await self._end(connection, claim, document, base, standing)
        if ended is None:
            return False
        await self._hide(claim, ended)
        return True

    async def _end(
        self,
        connection: AsyncConnection,
        claim: Claim,
        document: Document,
        base: KnowledgeBase | None,
        standing: Standing,
    ) -> Standing | None:
        """The document, which stands so, is done, in the caller's transaction; None if chunks of it wait."""
        repository = IngestRepository(connection, claim.workspace_id)
        totals, now = await repository.totals(document.id), now_us()
        if totals.unfinished:
            return None
        first = await repository.first_failure(document.id) if totals.failed else None
        values: dict[str, Any] = {
            "tokens": totals.tokens,
            "segment_count": totals.chunks,
            "indexing_latency": (now - (standing.started_at or now)) / SECOND,
        }
        if first is not None and totals.failed == totals.chunks:
            values |= {"indexing_status": IndexingStatus.ERROR, "error": first[1], "stopped_at": now}
        else:
            values |= {"indexing_status": IndexingStatus.COMPLETED, "completed_at": now, "error": None}
        if first is not None and totals.failed < totals.chunks:
            how_many = "1 chunk" if totals.failed == 1 else f"{totals.failed} chunks"
            said = f"{how_many} of {totals.chunks} could not be indexed; the first is chunk {first[0]}: {first[1]}"
            values["notice"] = " ".join(part for part in (standing.notice, said) if part)
        standing = await self._leases.finish(connection, claim, **values)
        await resume_summaries(connection, base, document.id)
        return standing

    async def _hide(self, claim: Claim, standing: Standing) -> None:
        """Whoever disabled the document while it was indexed finds it out of the index."""
        if not standing.searchable:
            await self._indexer.remove_documents(claim.workspace_id, claim.base_id, [claim.document_id])

    async def _finish(self, claim: Claim, **values: Any) -> None:
        """The job is over."""
        async with self._db.begin() as connection:
            standing = await self._leases.finish(connection, claim, **values)
            await begin_summaries(connection, Document.id == claim.document_id)
        await self._hide(claim, standing)

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


def being_read(now: int) -> dict[str, Any]:
    """What is written into a document as its job begins: one that is to be read is being read from then on."""
    read = Document.job.in_((Job.INDEX, Job.REINDEX)) & (Document.indexing_status != IndexingStatus.INDEXING)
    started = func.coalesce(Document.processing_started_at, now)
    return {
        "indexing_status": case((read, IndexingStatus.PARSING), else_=Document.indexing_status),
        "processing_started_at": case((read, started), else_=Document.processing_started_at),
        "error": case((read, None), else_=Document.error),
    }


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
