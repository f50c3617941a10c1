"""Summaries of chunks: made by a model behind the indexing, and indexed beside the chunks. Source: spec knowledge §23.

What is to be done is what the rows say: chunks without a summary, or with one that was made of another text. So the
work goes on where a process that died left it, and nothing is asked of the model twice.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from treadle.engine.errors import (
    InvokeBadRequestError,
    ProviderNotInitializeError,
)
from treadle.engine.ports import ChatRequest, Message, ModelRef
from treadle.knowledge.summary_settings import SummaryIndexSetting, kept_summaries, summarises
from treadle.knowledge.tables import (
    DocForm,
    Document,
    Facet,
    FacetKind,
    IndexingStatus,
    KnowledgeBase,
    Segment,
    SegmentStatus,
    SummaryStatus,
)
from treadle.knowledge.text.chunking import text_hash
from treadle.models.service import ModelService
from treadle.platform.clock import now_us
from treadle.platform.db import Database, table_of
from treadle.platform.ids import new_id

from .indexing import Indexer
from .jobs import Job
from .leases import Claim, DocumentLeases
from .repository import IngestRepository, Node, facet_node

AT_ONCE: Final = 8
"""Chunks of one document that a model summarises at the same time."""
_LONGEST_TEXT: Final = 60_000
"""Characters of a chunk that the model reads: a chunk may be a whole document."""
_MAX_TOKENS: Final = 600
INSTRUCTION: Final = (
    "Write a summary of the text below, by which people who ask about it will find it. Name its subject, the people, "
    "things, places and numbers that matter, and what is said of them. Use the language of the text, at most four "
    "sentences, and add nothing that the text does not say. Answer with the summary alone."
)
_facets = table_of(Facet)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A chunk that is to be summarised."""

    segment_id: str
    content: str
    hash: str


@dataclass(frozen=True, slots=True)
class _Made:
    """What the model said of a chunk, or why it said nothing."""

    of: _Wanted
    text: str = ""
    error: str | None = None


class Summaries:
    """Makes the summaries of single documents."""

    def __init__(self, db: Database, leases: DocumentLeases, indexer: Indexer, models: ModelService) -> None:
        self._db = db
        self._leases = leases
        self._indexer = indexer
        self._models = models

    async def make(self, claim: Claim) -> None:
        """Summarise what a document has without a summary. Raises LeaseLost, and InvokeError or IndexUnavailableError
        for what concerns all of its chunks; what was made until then is kept."""
        base = await self._indexer.base(claim.workspace_id, claim.base_id)
        if base is None or base.doc_form == DocForm.QA:
            await self._leases.done(claim, summary_status=None)
            return
        setting = kept_summaries(base)
        model: ModelRef | None = None
        while wanted := await self._wanting(claim):
            model = model or await self._model(claim.workspace_id, setting)
            answers = await asyncio.gather(
                *(self._made(claim.workspace_id, model, setting, each) for each in wanted), return_exceptions=True
            )
            await self._keep(claim, [each for each in answers if isinstance(each, _Made)])
            for each in answers:
                if isinstance(each, BaseException):
                    raise each
        async with self._db.begin() as connection:
            failed, reason = await _failures(connection, claim.document_id)
            status = SummaryStatus.COMPLETED if not failed else SummaryStatus.ERROR
            values: dict[str, Any] = {"summary_status": status}
            if failed:
                values["notice"] = await self._notice(connection, claim, f"{_chunks(failed)} not summarised: {reason}")
            await self._leases.finish(connection, claim, **values)

    async def give_up(self, claim: Claim, reason: str) -> None:
        """The document stays without the summaries that are missing, and says why. Raises LeaseLost."""
        async with self._db.begin() as connection:
            notice = await self._notice(connection, claim, f"Its chunks could not be summarised: {reason}")
            await self._leases.finish(connection, claim, summary_status=SummaryStatus.ERROR, notice=notice)

    async def index(self, workspace_id: str, base_id: str, facet_ids: Sequence[str]) -> None:
        """Facets whose rows were written, into the index; out of it, if they are not to be found. One that cannot be
        embedded says so. Raises InvokeError and IndexUnavailableError."""
        query = select(_facets).where(_facets.c.id.in_(facet_ids), _facets.c.workspace_id == workspace_id)
        async with self._db.connect() as connection:
            rows = (await connection.execute(query)).all()
        nodes = [facet_node(row) for row in rows]
        await self._put(workspace_id, base_id, nodes, [row.id for row in rows if row.status == SegmentStatus.COMPLETED])

    async def _put(self, workspace_id: str, base_id: str, nodes: Sequence[Node], ready: Sequence[str]) -> None:
        put = await self._indexer.put(workspace_id, base_id, [node for node in nodes if node.node_id in ready])
        if put.refused:
            async with self._db.begin() as connection:
                for facet_id, reason in put.refused.items():
                    await connection.execute(
                        update(Facet)
                        .where(Facet.id == facet_id, Facet.workspace_id == workspace_id)
                        .values(status=SegmentStatus.ERROR, error=reason)
                    )
        await self._indexer.settle(workspace_id, base_id, nodes)

    async def _wanting(self, claim: Claim) -> list[_Wanted]:
        query = (
            select(Segment.id, Segment.content, Segment.index_node_hash)
            .where(Segment.document_id == claim.document_id, Segment.workspace_id == claim.workspace_id, *_lacking())
            .outerjoin(Facet, _of_segment())
            .order_by(Segment.position, Segment.id)
            .limit(AT_ONCE)
        )
        async with self._db.connect() as connection:
            return [_Wanted(*row) for row in await connection.execute(query)]

    async def _model(self, workspace_id: str, setting: SummaryIndexSetting) -> ModelRef:
        if setting.model_name and setting.model_provider_name:
            return ModelRef(setting.model_provider_name, setting.model_name)
        found = await self._models.default_model(workspace_id)
        if found is None:
            raise ProviderNotInitializeError(
                "The workspace has no default language model; choose one in its settings, or for the summaries of "
                "this knowledge base."
            )
        return found

    async def _made(self, workspace_id: str, model: ModelRef, setting: SummaryIndexSetting, wanted: _Wanted) -> _Made:
        text = wanted.content[:_LONGEST_TEXT]
        request = ChatRequest(
            model=model,
            messages=(
                Message(role="system", content=(setting.summary_prompt or "").strip() or INSTRUCTION),
                Message(role="user", content=text),
            ),
            parameters={"temperature": 0.1, "max_tokens": _MAX_TOKENS},
        )
        try:
            answer = (await self._models.for_workspace(workspace_id).complete(request)).text.strip()
        except InvokeBadRequestError as error:
            return _Made(wanted, error=str(error))
        if not answer:
            return _Made(wanted, error=f"[{model.provider}] {model.name}: the model answered nothing.")
        return _Made(wanted, text=answer.replace("\x00", ""))

    async def _keep(self, claim: Claim, made: Sequence[_Made]) -> None:
        """Write summaries of chunks that are still there, and index them."""
        if not made:
            return
        now = now_us()
        ids = [each.of.segment_id for each in made]
        nodes: list[Node] = []
        async with self._db.begin() as connection:
            await self._leases.hold(connection, claim, attempts=0)
            there = set((await connection.execute(select(Segment.id).where(Segment.id.in_(ids)))).scalars())
            known = {row.segment_id: row for row in await connection.execute(_summaries_of(ids))}
            for each in made:
                old = known.get(each.of.segment_id)
                if each.of.segment_id not in there or (old is not None and old.by_hand):
                    continue
                row = summary_row(
                    workspace_id=claim.workspace_id,
                    base_id=claim.base_id,
                    document_id=claim.document_id,
                    segment_id=each.of.segment_id,
                    text=each.text,
                    facet_id=old.id if old is not None else new_id(),
                    now=now,
                )
                row |= {"source_hash": each.of.hash}
                if each.error is not None:
                    row |= {"status": SegmentStatus.ERROR, "error": each.error}
                await write_facet(connection, row, there=old is not None)
                nodes.append(_node(row))
        claim.attempts = 0
        ready = [node.node_id for node in nodes if node.text]
        await self._put(claim.workspace_id, claim.base_id, nodes, ready)

    async def _notice(self, connection: AsyncConnection, claim: Claim, said: str) -> str:
        """What the document says already, and `said` once."""
        document = await IngestRepository(connection, claim.workspace_id).document(claim.document_id)
        before = (document.notice if document is not None else None) or ""
        return before if said in before else f"{before} {said}".strip()


async def ask_for_summaries(
    session: AsyncConnection | AsyncSession,
    base: KnowledgeBase,
    document_ids: Sequence[str] | None,
    *,
    anew: bool = False,
) -> int:
    """From here on these documents (None: all) wait for the summaries that they lack; with `anew` all but those that
    people wrote are made once more. Gives how many wait."""
    mine = (Document.base_id == base.id, Document.workspace_id == base.workspace_id, *_summarised())
    if document_ids is not None:
        mine = (*mine, Document.id.in_(document_ids))
    again = Facet.status == SegmentStatus.ERROR
    stale = (
        update(Facet)
        .where(
            Facet.base_id == base.id,
            Facet.kind == FacetKind.SUMMARY,
            Facet.by_hand.is_(False),
            Facet.document_id.in_(select(Document.id).where(*mine)),
            *(() if anew else (again,)),
        )
        .values(source_hash="")
    )
    await session.execute(stale.execution_options(synchronize_session=False))
    waits = update(Document).where(*mine).values(summary_status=SummaryStatus.WAITING)
    result: Any = await session.execute(waits.execution_options(synchronize_session=False))
    await begin_summaries(session, *mine)
    return int(result.rowcount)


async def begin_summaries(session: AsyncConnection | AsyncSession, *conditions: Any) -> None:
    """Documents that wait for summaries, and for nothing else, are taken up."""
    statement = (
        update(Document)
        .where(Document.summary_status == SummaryStatus.WAITING, Document.job.is_(None), *_summarised(), *conditions)
        .values(job=Job.SUMMARISE, lease_owner=None, lease_until=0, attempts=0)
    )
    await session.execute(statement.execution_options(synchronize_session=False))


async def resume_summaries(connection: AsyncConnection, base: KnowledgeBase | None, document_id: str) -> None:
    """A document was indexed, or chunks of it were: it waits for summaries if its base makes them."""
    if base is not None and summarises(base):
        await ask_for_summaries(connection, base, [document_id])


def summary_row(
    *, workspace_id: str, base_id: str, document_id: str, segment_id: str, text: str, facet_id: str, now: int
) -> dict[str, Any]:
    """The row of a summary that is to be found."""
    return {
        "id": facet_id,
        "workspace_id": workspace_id,
        "base_id": base_id,
        "document_id": document_id,
        "segment_id": segment_id,
        "kind": FacetKind.SUMMARY,
        "content": text,
        "hash": text_hash(text),
        "source_hash": "",
        "by_hand": False,
        "status": SegmentStatus.COMPLETED,
        "error": None,
        "created_at": now,
        "updated_at": now,
    }


async def write_facet(connection: AsyncConnection | AsyncSession, row: dict[str, Any], *, there: bool) -> None:
    """Write a facet, in the place of the one with its id if that is `there`."""
    if not there:
        await connection.execute(_facets.insert(), [row])
        return
    values = {name: value for name, value in row.items() if name not in ("id", "created_at")}
    await connection.execute(update(_facets).where(_facets.c.id == row["id"]).values(**values))


def _node(row: dict[str, Any]) -> Node:
    return Node(
        node_id=row["id"],
        document_id=row["document_id"],
        segment_id=row["segment_id"],
        text=row["content"],
        hash=row["hash"],
        kind=FacetKind.SUMMARY,
    )


def _summarised() -> tuple[Any, ...]:
    """Documents whose chunks can have summaries."""
    return (
        Document.indexing_status == IndexingStatus.COMPLETED,
        Document.enabled.is_(True),
        Document.archived.is_(False),
        Document.doc_form != DocForm.QA,
    )


def _of_segment() -> Any:
    return and_(Facet.segment_id == Segment.id, Facet.kind == FacetKind.SUMMARY)


def _lacking() -> tuple[Any, ...]:
    """Chunks that are found and have no summary of what they say now."""
    return (
        Segment.status == SegmentStatus.COMPLETED,
        Segment.enabled.is_(True),
        or_(Facet.id.is_(None), and_(Facet.by_hand.is_(False), Facet.source_hash != Segment.index_node_hash)),
    )


def _summaries_of(segment_ids: Sequence[str]) -> Any:
    return select(Facet.id, Facet.segment_id, Facet.by_hand).where(
        Facet.segment_id.in_(segment_ids), Facet.kind == FacetKind.SUMMARY
    )


async def _failures(connection: AsyncConnection, document_id: str) -> tuple[int, str]:
    """How many chunks of a document have no summary because of an error, and the first reason."""
    query = select(func.count(), func.min(Facet.error)).where(
        Facet.document_id == document_id, Facet.kind == FacetKind.SUMMARY, Facet.status == SegmentStatus.ERROR
    )
    count, reason = (await connection.execute(query)).one()
    return count, reason or ""


def _chunks(count: int) -> str:
    return "1 chunk was" if count == 1 else f"{count} chunks were"
